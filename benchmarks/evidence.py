"""What it costs to look at all rows: ``python benchmarks/evidence.py``.

A live frame of 1 GB and 50 columns is looked at and advised on; a file of the same columns is scanned, and read in a
plain loop over pandas' chunks. Every run is a process of its own. Writes ``results/evidence.md`` and
``results/evidence.svg`` beside this file.
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
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
MIB = 2**20
RUNS = 3
FRAME_ROWS = 1_480_000  # 1.0 GB with the columns below
FILE_ROWS = 220_000  # 100 MB of CSV
CHUNK_ROWS = (10_000, 50_000)
LIBRARIES = ("numpy", "pandas", "pyarrow")
SECONDS_ASKED = 2.0
SCAN_BYTES_ASKED = 200 * 10**6
CELLS = ('import pandas as pd\ndf = pd.read_csv("frame.csv")', 'df[df["l0"] == "city-7"].groupby("l1")["f1"].sum()')


def make_frame(rows: int) -> Any:
    """Return 10 columns of ints, 15 of floats, 10 of few texts, 10 of many, 5 of dates and times as text."""
    import numpy
    import pandas
    import pyarrow
    import pyarrow.compute as arrow

    random, kind = numpy.random.default_rng(0), pyarrow.large_string()
    cities = pyarrow.array([f"city-{place}" for place in range(200)], type=kind)
    columns: dict[str, Any] = {f"i{place}": random.integers(0, 10 ** (place + 1), rows) for place in range(10)}
    for place in range(15):
        whole = numpy.where(random.random(rows) < 0.1, numpy.nan, random.integers(0, 100, rows))
        columns[f"f{place}"] = random.normal(size=rows).round(4) if place % 3 else whole
    for place in range(10):
        columns[f"l{place}"] = pandas.array(cities.take(pyarrow.array(random.integers(0, 200, rows))), dtype="str")
    for place in range(10):
        numbers = pyarrow.array(random.integers(10**9, 10**10, rows)).cast(kind)
        named = arrow.binary_join_element_wise(pyarrow.scalar("c-", kind), numbers, pyarrow.scalar("", kind))
        columns[f"h{place}"] = pandas.array(named if place > 2 else numbers, dtype="str")
    for place in range(5):
        times = numpy.datetime64("2020-01-01T00:00:00") + random.integers(0, 86_400_000, rows).astype("m8[s]")
        texts = numpy.datetime_as_string(times, unit="D" if place < 3 else "s")
        columns[f"d{place}"] = pandas.array(pyarrow.array(texts).cast(kind), dtype="str")
    return pandas.DataFrame(columns)


class Peak:
    """The process's resident bytes above those at the beginning, by the kernel's own mark."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")
        self._start = _mark()

    def above(self) -> int:
        """Return the bytes of the highest point so far."""
        return _mark() - self._start


def _mark() -> int:
    # not ru_maxrss: what the parent took before it started this process is in there
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def live_stage(folder: Path) -> dict[str, float]:
    """Look at the live frame, and advise on a cell that works on it."""
    from memadvise.model import Cell, Measurement, NotebookSource
    from memadvise.observe import Patience, machine, observe
    from memadvise.observe.frames import SECONDS
    from memadvise.rules import advise

    frame = make_frame(FRAME_ROWS)
    os.chdir(folder)
    frame.head(100).to_csv("frame.csv", index=False)
    notebook = NotebookSource(tuple(Cell(str(place), place, text) for place, text in enumerate(CELLS)), "1")
    measured = Measurement(2**30, 2**31, 2**30, "none", 0, 1.0)
    peak, start, cpu = Peak(), time.perf_counter(), time.process_time()
    evidence = observe(notebook, {"df": frame}, measured, machine(), patience=Patience(SECONDS, 0))
    seen = time.perf_counter()
    advise(notebook, evidence)
    known = sum(column.nulls is not None for column in evidence.frames[0].columns)
    return {
        "seconds": time.perf_counter() - start,
        "cpu_s": time.process_time() - cpu,
        "advise_s": time.perf_counter() - seen,
        "bytes": peak.above(),
        "frame_bytes": int(frame.memory_usage().sum()),
        "known": known,
        "columns": len(frame.columns),
    }


def scan_stage(folder: Path) -> dict[str, float]:
    """Scan the file."""
    from memadvise.observe.scan import scan

    return _of_file(folder, lambda path: scan(path, {}).rows)


def chunks_stage(folder: Path, rows: int) -> dict[str, float]:
    """Read the file in a loop over pandas' chunks that counts rows and does nothing else."""
    import pandas

    return _of_file(folder, lambda path: sum(len(piece) for piece in pandas.read_csv(path, chunksize=rows)))


def _of_file(folder: Path, work: Callable[[str], int]) -> dict[str, float]:
    import pandas

    path = folder / "data.csv"
    pandas.read_csv(path, nrows=100)  # what pandas loads at its first read is loaded
    peak, start, cpu = Peak(), time.perf_counter(), time.process_time()
    rows = work(str(path))
    spent = {"seconds": time.perf_counter() - start, "cpu_s": time.process_time() - cpu}
    return {**spent, "bytes": peak.above(), "rows": rows}


def run(stage: str, folder: Path) -> dict[str, float]:
    """Return what one stage found, in a process of its own."""
    command = [sys.executable, __file__, "--stage", stage, "--folder", str(folder)]
    print(stage, file=sys.stderr, flush=True)
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def median(runs: Sequence[dict[str, float]], name: str) -> float:
    """Return the median of one figure."""
    return statistics.median(one[name] for one in runs)


def report(found: dict[str, list[dict[str, float]]], size_bytes: int) -> str:
    """Return the results as Markdown."""
    live, scans = found["live"], found["scan"]
    ratios = {rows: median(scans, "seconds") / median(found[f"chunks-{rows}"], "seconds") for rows in CHUNK_ROWS}
    cpu_ratios = [median(scans, "cpu_s") / median(found[f"chunks-{rows}"], "cpu_s") for rows in CHUNK_ROWS]
    asked = [
        (
            f"advice for a live frame of 1 GB and 50 columns in at most {SECONDS_ASKED:.0f} s",
            median(live, "seconds") <= SECONDS_ASKED,
        ),
        ("all columns looked at to the end", all(one["known"] == one["columns"] for one in live)),
        ("a scan at least as fast as a loop over pandas' chunks", min(ratios.values()) <= 1),
        ("a scan under 200 MB", max(one["bytes"] for one in scans) < SCAN_BYTES_ASKED),
    ]
    lines = [
        "# Looking at all rows: time and memory",
        "",
        _conditions(size_bytes, median(live, "frame_bytes")),
        "",
        f"Medians of {RUNS} runs, each in a fresh process (lowest to highest in brackets). *Above start*: the highest "
        "resident memory over what the process held just before, frame and libraries included.",
        "",
        "| what | seconds | CPU seconds | above start MiB |",
        "|---|--:|--:|--:|",
        _row("live frame: evidence and advice", live),
        _row("file: scan", scans),
        *(_row(f"file: chunks of {rows:,} rows, nothing done", found[f"chunks-{rows}"]) for rows in CHUNK_ROWS),
        "",
        f"Of the live frame's seconds the rules took {median(live, 'advise_s'):.2f}. The scan took "
        + " and ".join(f"x{ratio:.2f} of the loop over {rows:,} rows" for rows, ratio in ratios.items())
        + "; by CPU seconds, which other work on the machine disturbs least, "
        + " and ".join(f"x{ratio:.2f}" for ratio in cpu_ratios)
        + ".",
        "",
        "## Asked and reached",
        "",
        "| asked | reached |",
        "|---|---|",
        *(f"| {what} | {'yes' if holds else '**fell short**'} |" for what, holds in asked),
        "",
    ]
    return "\n".join(lines)


def _row(what: str, runs: Sequence[dict[str, float]]) -> str:
    cells = []
    for name, unit, digits in (("seconds", 1, 2), ("cpu_s", 1, 2), ("bytes", MIB, 1)):
        values = sorted(one[name] / unit for one in runs)
        low, middle, high = (f"{value:.{digits}f}" for value in (values[0], statistics.median(values), values[-1]))
        cells.append(f"{middle} ({low}-{high})")
    return f"| {what} | {' | '.join(cells)} |"


def _conditions(size_bytes: int, frame_bytes: float) -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / MIB
    load = os.getloadavg()[1]
    return (
        f"A frame of {frame_bytes / 1e6:,.0f} MB ({FRAME_ROWS:,} rows: 10 columns of ints, 15 of floats, 10 of few "
        f"texts, 10 of many, 5 of dates as text) and a CSV file of {size_bytes / 1e6:,.0f} MB with the same columns. "
        f"Python {platform.python_version()}, {libraries}; {platform.system()} {platform.release().split('-')[0]}, "
        f"{os.cpu_count()} CPUs, {memory:,.0f} MiB, load {load:.1f} while it ran. Made by "
        "`python benchmarks/evidence.py`."
    )


def plot(found: dict[str, list[dict[str, float]]], path: Path) -> None:
    """Draw the seconds of every run."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": "memadvise"}):
        figure = Figure(figsize=(7, 2.4), layout="constrained")
        axes = figure.subplots()
        for place, runs in enumerate(found.values()):
            axes.scatter([one["seconds"] for one in runs], [place] * len(runs), facecolor="none", edgecolor="#666666")
            axes.scatter(median(runs, "seconds"), place, color="#1b7f3b", zorder=3)
        axes.axvline(SECONDS_ASKED, color="#d9822b", linewidth=0.8)
        axes.set_yticks(range(len(found)), list(found))
        axes.invert_yaxis()
        axes.set_xlim(left=0)
        axes.set(xlabel="seconds (filled: median)", title="1 GB live, 100 MB of CSV, 50 columns")
        figure.savefig(path, metadata={"Date": None})


def measure(folder: Path) -> int:
    """Run all stages in turn and write the results; return 0 when everything that is asked was reached."""
    make_frame(FILE_ROWS).to_csv(folder / "data.csv", index=False)
    stages = ["live", "scan", *(f"chunks-{rows}" for rows in CHUNK_ROWS)]
    found: dict[str, list[dict[str, float]]] = {stage: [] for stage in stages}
    for _ in range(RUNS):
        for stage in stages:
            found[stage].append(run(stage, folder))
    text = report(found, (folder / "data.csv").stat().st_size)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "evidence.md").write_text(text, encoding="utf-8")
    plot(found, RESULTS / "evidence.svg")
    print(text)
    return 1 if "fell short" in text else 0


def main() -> int:
    """Run one stage, or all of them in a folder that is removed afterwards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.stage is None:
        with tempfile.TemporaryDirectory() as folder:
            return measure(Path(folder))
    name, _, rows = chosen.stage.partition("-")
    stage = {"live": live_stage, "scan": scan_stage}.get(name)
    print(json.dumps(stage(chosen.folder) if stage else chunks_stage(chosen.folder, int(rows))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
