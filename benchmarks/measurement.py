"""How exact the measurement is, and what it costs: ``python benchmarks/measurement.py``.

Exactness: each cell runs in a fresh process; its parent resets and reads that process's high-water mark from outside,
around the very run that the meter measures. Cost: the same cell bare and measured, interleaved, in one process.
Writes ``results/measurement.md`` and ``results/measurement.svg`` beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from memadvise.measure import CellMeter
from memadvise.model import Measurement

RESULTS = Path(__file__).parent / "results"
MB = 1e6
RUNS = 3
PAIRS = 7
LIBRARIES = ("numpy", "pandas", "pyarrow", "polars", "memory-profiler", "psutil")
ALLOWED_S = (0.030, 0.03)  # added wall time: so many seconds, and so much of the bare cell
ALLOWED_END_S = 1.0

CELLS = {
    "numpy spike": ("import numpy as np", "x = np.ones(25_000_000); del x"),
    "one C call": ("", "b'1' * 300_000_000; None"),
    "pandas read_csv": ("import pandas as pd", "df = pd.read_csv('data.csv')"),
    "pandas merge": (
        "import numpy as np, pandas as pd; n = 1_000_000; a = pd.DataFrame({'id': np.arange(n), 'x': np.ones(n)});"
        "b = pd.DataFrame({'id': np.arange(n)[::-1].copy(), 'y': np.ones(n)})",
        "c = a.merge(b, on='id')",
    ),
    "polars read": ("import polars as pl", "df = pl.read_csv('data.csv')"),
    "Arrow read": ("import pyarrow.csv as pc", "t = pc.read_csv('data.csv')"),
    "list of ints": ("", "x = list(range(5_000_000))"),
    "10 ms cell": ("import numpy as np", "x = np.ones(5_000_000)"),
    "untouched zeros": ("import numpy as np", "x = np.zeros(50_000_000)"),
}
WORK = "for _ in range(rounds):\n    y = np.sort(numbers)"
FRAMES = {
    "1 GB, 2,000 float columns": "df = pd.DataFrame(np.ones((62_500, 2_000)))",
    "1 GB, 12 columns, half of them text": (
        "n = 6_000_000\n"
        "df = pd.DataFrame({**{f'f{i}': np.ones(n) for i in range(6)},"
        " **{f't{i}': pd.Series(np.arange(n) % 9973).astype('str') for i in range(6)}})"
    ),
}


class Meter(Protocol):
    """What stands around a cell; anything with this pair can be put to the test in its place."""

    def begin(self, namespace: Mapping[str, object]) -> None:
        """Called just before the cell."""

    def end(self, namespace: Mapping[str, object]) -> Measurement:
        """Called just after it."""


def make_meter() -> Meter:
    """Return the meter that is put to the test, its helper process ready."""
    meter = CellMeter()
    for _ in range(50):
        meter.begin({})
        time.sleep(0.06)
        if meter.end({}).samples:
            break
    return meter


@dataclass(frozen=True)
class Exactness:
    """One cell: the increments in bytes as measured from inside and from outside, in the same run."""

    cell: str
    measured_bytes: int
    outside_bytes: int
    wall_s: float

    @property
    def error_bytes(self) -> int:
        """Measured minus outside."""
        return self.measured_bytes - self.outside_bytes

    @property
    def holds(self) -> bool:
        """Whether the two agree within 1 % or 1 MB."""
        return abs(self.error_bytes) <= max(0.01 * self.outside_bytes, MB)


@dataclass(frozen=True)
class Cost:
    """Seconds: of the bare cell and of the measured one, begin and end included (medians)."""

    cell: str
    bare_s: float
    measured_s: float

    @property
    def allowed_s(self) -> float:
        """What measuring may add."""
        return ALLOWED_S[0] + ALLOWED_S[1] * self.bare_s


# --- exactness ---


def child(name: str) -> None:
    """Measure one cell, and let the parent look at the same moments."""
    setup, cell = CELLS[name]
    namespace: dict[str, Any] = {}
    exec(setup, namespace)
    meter, code = make_meter(), compile(cell, name, "exec")
    meter.begin(namespace)
    _signal("begin")
    exec(code, namespace)
    _signal("end")
    found = meter.end(namespace)
    print(json.dumps({"measured": found.increment_bytes, "wall": found.wall_s}), flush=True)


def _signal(moment: str) -> None:
    os.write(1, f"{moment}\n".encode())
    os.read(0, 1)


def exactness(name: str, folder: Path) -> Exactness:
    """Run one cell in a fresh process and look at it from outside."""
    command = [sys.executable, str(Path(__file__).resolve()), "--child", name]
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"begin\n"
        Path(f"/proc/{process.pid}/clear_refs").write_text("5")
        start = _status(process.pid)["VmRSS"]
        os.write(process.stdin.fileno(), b".")
        assert process.stdout.readline() == b"end\n"
        outside = _status(process.pid)
        os.write(process.stdin.fileno(), b".")
        found = json.loads(process.stdout.readline())
    return Exactness(name, found["measured"], max(outside["VmHWM"], outside["VmRSS"]) - start, found["wall"])


def _status(pid: int) -> dict[str, int]:
    """Return the sizes of another process's status, in bytes."""
    lines = (line.split() for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines if words[-1] == "kB"}


def write_data(path: Path, rows: int = 600_000) -> None:
    """Write a CSV of about 40 MB with numbers, dates and text."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(0)
    frame = pd.DataFrame({"id": np.arange(rows), "amount": random.normal(50, 20, rows).round(2)})
    frame["country"] = random.choice(["IT", "FR", "DE", "ES"], rows)
    frame["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 365, rows), unit="D")
    frame["note"] = "order number " + frame["id"].astype("str")
    frame.to_csv(path, index=False)


# --- cost ---


def cost(seconds: float) -> Cost:
    """Time a cell of about that length, bare and measured in turn, beside a frame that is there already."""
    import numpy as np
    import pandas as pd

    numbers = np.random.default_rng(0).random(400_000)
    namespace: dict[str, Any] = {"np": np, "numbers": numbers, "rounds": 1}
    namespace["frame"] = pd.DataFrame({f"c{i}": np.ones(500_000) for i in range(20)})
    namespace["text"] = pd.Series([f"word {i % 1000}" for i in range(500_000)])
    namespace |= {f"number_{i}": i for i in range(50)}
    meter, code = make_meter(), compile(WORK, "work", "exec")
    _bare(code, namespace)
    namespace["rounds"] = 20
    namespace["rounds"] = max(1, round(20 * seconds / _bare(code, namespace)))
    pairs = [_pair(meter, code, namespace, first=number % 2 == 0) for number in range(PAIRS)]
    bare, measured = (statistics.median(times) for times in zip(*pairs, strict=True))
    return Cost(f"{seconds:g} s of sorting", bare, measured)


def _bare(code: Any, namespace: dict[str, Any]) -> float:
    began = time.perf_counter()
    exec(code, namespace)
    return time.perf_counter() - began


def _measured(meter: Meter, code: Any, namespace: dict[str, Any]) -> float:
    began = time.perf_counter()
    meter.begin(namespace)
    exec(code, namespace)
    meter.end(namespace)
    return time.perf_counter() - began


def _pair(meter: Meter, code: Any, namespace: dict[str, Any], first: bool) -> tuple[float, float]:
    if first:
        bare = _bare(code, namespace)
        return bare, _measured(meter, code, namespace)
    measured = _measured(meter, code, namespace)
    return _bare(code, namespace), measured


def time_to_result(cell: str) -> float:
    """Return the seconds from the end of a cell that leaves a big frame until its measurement is there."""
    import numpy as np
    import pandas as pd

    namespace: dict[str, Any] = {"np": np, "pd": pd}
    meter = make_meter()
    meter.begin(namespace)
    exec(cell, namespace)
    ended = time.perf_counter()
    meter.end(namespace)
    return time.perf_counter() - ended


# --- the report ---


def report(found: list[Exactness], costs: list[Cost], ends: dict[str, float]) -> str:
    """Return the results as Markdown."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / MB
    lines = [
        "# Measurement: exactness and cost",
        "",
        f"Python {platform.python_version()}, {libraries}; Linux {platform.release().split('-')[0]}, "
        f"{os.cpu_count()} CPUs, {memory:,.0f} MB. Made by `python benchmarks/measurement.py`.",
        "",
        f"## Increment against a reading from outside (worst of {RUNS} fresh processes)",
        "",
        "| cell | measured MB | outside MB | error MB | wall s | within 1 % or 1 MB |",
        "|---|--:|--:|--:|--:|---|",
        *(
            f"| {one.cell} | {one.measured_bytes / MB:.2f} | {one.outside_bytes / MB:.2f} "
            f"| {one.error_bytes / MB:+.3f} | {one.wall_s:.3f} | {_word(one.holds)} |"
            for one in found
        ),
        "",
        "The parent process resets and reads the mark of the child through its `/proc` files: the same counter,",
        "read by another process at other moments. Against sizes known beforehand: `tests/measure/test_accuracy.py`.",
        "",
        f"## Added wall time (median of {PAIRS}, bare and measured in turn)",
        "",
        "| cell | bare s | measured s | added ms | allowed ms | holds |",
        "|---|--:|--:|--:|--:|---|",
        *(
            f"| {one.cell} | {one.bare_s:.3f} | {one.measured_s:.3f} | {(one.measured_s - one.bare_s) * 1e3:.1f} "
            f"| {one.allowed_s * 1e3:.1f} | {_word(one.measured_s - one.bare_s <= one.allowed_s)} |"
            for one in costs
        ),
        "",
        "## From the end of the cell to its measurement",
        "",
        "| cell left | ms | allowed ms | holds |",
        "|---|--:|--:|---|",
        *(
            f"| {name} | {s * 1e3:.1f} | {ALLOWED_END_S * 1e3:.0f} | {_word(s <= ALLOWED_END_S)} |"
            for name, s in ends.items()
        ),
        "",
    ]
    return "\n".join(lines)


def _word(holds: bool) -> str:
    return "yes" if holds else "**no**"


def plot(found: list[Exactness], costs: list[Cost], path: Path) -> None:
    """Draw both comparisons."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 1))
    places = range(len(found))
    left.barh([place + 0.2 for place in places], [one.outside_bytes / MB for one in found], 0.4, label="from outside")
    left.barh([place - 0.2 for place in places], [one.measured_bytes / MB for one in found], 0.4, label="measured")
    left.set_yticks(list(places), [one.cell for one in found])
    left.set(xlabel="increment, MB", title="Exactness")
    left.legend(frameon=False)
    names = [one.cell for one in costs]
    right.bar(names, [(one.measured_s - one.bare_s) * 1e3 for one in costs], 0.5, label="added")
    right.scatter(names, [one.allowed_s * 1e3 for one in costs], marker="_", s=900, color="black", label="allowed")
    right.set(ylabel="ms", title="Added wall time")
    right.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Run everything and write the results."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        write_data(Path(folder) / "data.csv")
        for name in CELLS:
            runs = [exactness(name, Path(folder)) for _ in range(RUNS)]
            found.append(max(runs, key=lambda one: abs(one.error_bytes)))
            print(json.dumps(asdict(found[-1])))
    costs = [cost(seconds) for seconds in (0.2, 1.0)]
    ends = {name: time_to_result(cell) for name, cell in FRAMES.items()}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "measurement.md").write_text(report(found, costs, ends))
    plot(found, costs, RESULTS / "measurement.svg")
    print(report(found, costs, ends))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    chosen = parser.parse_args().child
    child(chosen) if chosen else main()
