"""What it costs to compare results: ``python benchmarks/comparison.py``, smaller with ``--scale 0.1``.

Frames of 1 GB are fingerprinted, each in a process of its own, and the fingerprints compared with those of an equal
frame. Then one corruption at a time is planted in a frame of 10 million rows. Writes ``results/comparison.md`` and
``results/comparison.svg`` beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
MIB = 2**20
GB = 10**9
RUNS = 3
KEPT_BYTES = 4 * MIB  # as a session keeps them
SECONDS_ASKED = 3.0
BYTES_ASKED = 100 * 10**6
PLANTED_ROWS = 10_000_000
LIBRARIES = ("numpy", "pandas", "pyarrow")


def _few(random: Any, rows: int, kinds: int) -> Any:
    """Return ``rows`` texts of ``kinds`` different ones, as Arrow holds them."""
    import pyarrow

    texts = pyarrow.array([f"city-{place}" for place in range(kinds)], type=pyarrow.large_string())
    return texts.take(pyarrow.array(random.integers(0, kinds, rows)))


def _many(random: Any, rows: int) -> Any:
    """Return ``rows`` texts of which hardly two are equal."""
    import pyarrow
    import pyarrow.compute as arrow

    kind = pyarrow.large_string()
    numbers = pyarrow.array(random.integers(10**9, 10**10, rows)).cast(kind)
    return arrow.binary_join_element_wise(pyarrow.scalar("client-", kind), numbers, pyarrow.scalar("", kind))


def numbers(random: Any, rows: int) -> Any:
    """Return 6 columns of floats (2 of them with NaN), 4 of int64 and 2 of int32."""
    import numpy
    import pandas

    found: dict[str, Any] = {f"f{place}": random.normal(size=rows) for place in range(6)}
    for place in range(2):
        found[f"f{place}"][random.random(rows) < 0.1] = numpy.nan
    found |= {f"i{place}": random.integers(-(10**9), 10**9, rows) for place in range(4)}
    found |= {f"s{place}": random.integers(0, 1000, rows).astype("int32") for place in range(2)}
    return pandas.DataFrame(found)


def text(random: Any, rows: int) -> Any:
    """Return 6 columns of few texts and 6 of many, as pandas' own text dtype."""
    import pandas

    found = {f"l{place}": pandas.array(_few(random, rows, 200), dtype="str") for place in range(6)}
    found |= {f"h{place}": pandas.array(_many(random, rows), dtype="str") for place in range(6)}
    return pandas.DataFrame(found)


def mixed(random: Any, rows: int) -> Any:
    """Return 12 columns: ints, floats, flags, times, texts, a category and nullable ints."""
    import numpy
    import pandas

    gaps = random.normal(size=rows).round(3)
    gaps[random.random(rows) < 0.1] = numpy.nan
    seconds = random.integers(0, 10**9, rows)
    return pandas.DataFrame(
        {
            "key": numpy.arange(rows),
            "count": random.integers(0, 100, rows),
            "small": random.integers(0, 100, rows).astype("int8"),
            "price": random.normal(size=rows),
            "gaps": gaps,
            "narrow": random.normal(size=rows).astype("float32"),
            "flag": random.random(rows) < 0.5,
            "when": seconds.view("M8[s]").astype("M8[us]"),
            "city": pandas.array(_few(random, rows, 200), dtype="str"),
            "client": pandas.array(_many(random, rows), dtype="str"),
            "category": pandas.Categorical.from_codes(random.integers(0, 50, rows), [f"kind {n}" for n in range(50)]),
            "nullable": pandas.array(random.integers(0, 1000, rows), dtype="Int64"),
        }
    )


def categories(random: Any, rows: int) -> Any:
    """Return 12 columns of categories: 6 of 100 texts, 4 of 5,000 texts, 2 of 1,000 whole numbers."""
    import pandas

    sizes = [100] * 6 + [5000] * 4
    found = {}
    for place, size in enumerate(sizes):
        texts = pandas.Index([f"kind {number}" for number in range(size)])
        codes = random.integers(0, size, rows, dtype="int8" if size < 128 else "int16")
        found[f"c{place}"] = pandas.Categorical.from_codes(codes, texts)
    for place in range(2):
        found[f"n{place}"] = pandas.Categorical.from_codes(random.integers(0, 1000, rows, dtype="int16"), range(1000))
    return pandas.DataFrame(found)


def objects(random: Any, rows: int) -> Any:
    """Return one column of Python texts, each an object of its own."""
    import pandas

    return pandas.DataFrame({"o": pandas.Series(_many(random, rows).to_pylist(), dtype=object)})


KINDS: dict[str, Callable[[Any, int], Any]] = {
    "numbers": numbers,
    "text": text,
    "mixed": mixed,
    "categories": categories,
    "objects": objects,
}


def make_frame(kind: str, size_bytes: float) -> Any:
    """Return a frame of that kind and about that size."""
    import numpy

    def size(rows: int) -> int:
        return int(KINDS[kind](numpy.random.default_rng(0), rows).memory_usage(index=False, deep=True).sum())

    step = 100_000
    each = (size(2 * step) - size(step)) / step
    return KINDS[kind](numpy.random.default_rng(0), int((size_bytes - size(step)) / each) + step)


class Peak:
    """The process's resident bytes above those at the beginning, by the kernel's own mark."""

    def __init__(self) -> None:
        _give_back()
        Path("/proc/self/clear_refs").write_text("5")
        self._start = _mark()

    def above(self) -> int:
        """Return the bytes of the highest point so far."""
        return _mark() - self._start


def _give_back() -> None:
    """Return freed memory to the system: what is taken from it anew must count."""
    import ctypes
    import gc

    import pyarrow

    gc.collect()
    pyarrow.default_memory_pool().release_unused()
    if hasattr(trim := ctypes.CDLL(None), "malloc_trim"):
        trim.malloc_trim(0)


def _mark() -> int:
    # not ru_maxrss: what the parent took before it started this process is in there
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def cost_stage(kind: str, scale: float) -> dict[str, Any]:
    """Fingerprint a frame, then compare with the fingerprint of an equal one that came from another process."""
    from memadvise.trial import compare, snapshot

    frame = make_frame(kind, scale * GB)
    size = int(frame.memory_usage(index=False, deep=True).sum())
    snapshot(frame.head(100), KEPT_BYTES)  # what is imported at the first snapshot is imported
    peak, start, cpu = Peak(), time.perf_counter(), time.process_time()
    found = snapshot(frame, KEPT_BYTES)
    once = time.process_time() - cpu
    seconds, above = time.perf_counter() - start, peak.above()
    sent = pickle.dumps(found)
    cpu = time.process_time()
    verdict = compare({"df": found}, {"df": pickle.loads(sent)})
    return {
        "frame_bytes": size,
        "rows": len(frame),
        "seconds": seconds,
        "snapshot_s": once,
        "compare_s": time.process_time() - cpu,
        "bytes": above,
        "sent_bytes": len(sent),
        "result": verdict.result.value,
        "blind": len(verdict.not_compared),
    }


def planted_stage(scale: float) -> dict[str, Any]:
    """Plant one corruption at a time; the class that each got, beside the right one."""
    from memadvise.trial import compare, snapshot

    rows = max(1000, int(PLANTED_ROWS * scale))
    frame = _to_corrupt(rows)
    before = snapshot(frame, KEPT_BYTES)
    found = []
    for name, (change, expected) in _corruptions(rows).items():
        verdict = compare({"df": before}, {"df": snapshot(change(frame), KEPT_BYTES)})
        told = "; ".join(difference.found for difference in verdict.differences)
        found.append([name, expected, verdict.result.value, told])
    return {"rows": rows, "found": found}


def _to_corrupt(rows: int) -> Any:
    import numpy
    import pandas

    random = numpy.random.default_rng(0)
    number = numpy.arange(rows)
    gaps = random.normal(size=rows)
    gaps[rows // 3] = numpy.nan
    return pandas.DataFrame(
        {
            "f": gaps,
            "z": numpy.where(number % 10, number / 7, 0.0),
            "i": number,
            "t": pandas.array(_few(random, rows, 200), dtype="str"),
            "c": pandas.Categorical.from_codes(number % 3, ["x", "y", "z"]),
            "level": pandas.Categorical.from_codes(number % 3, ["low", "mid", "high"], ordered=True),
            "when": (number * 10**6).view("M8[us]"),
        }
    ).assign(when=lambda frame: frame["when"].dt.tz_localize("UTC"))


def _corruptions(rows: int) -> dict[str, tuple[Callable[[Any], Any], str]]:
    import numpy
    import pandas

    def one(column: str, row: int, value: Any) -> Callable[[Any], Any]:
        def change(frame: Any) -> Any:
            values = frame[column].copy()
            values.iloc[row] = value
            return frame.assign(**{column: values})

        return change

    def swapped(frame: Any) -> Any:
        order = numpy.arange(rows)
        order[[rows // 2, rows // 2 + 1]] = order[[rows // 2 + 1, rows // 2]]
        return frame.iloc[order].reset_index(drop=True)

    def label(frame: Any) -> Any:
        labels = numpy.arange(rows)
        labels[rows // 2] = -1
        return frame.set_axis(pandas.Index(labels))

    far = rows - rows // 7
    return {
        "nothing (an equal copy)": (lambda frame: frame.copy(deep=True), "identical"),
        "one float": (one("f", far, 123.5), "different"),
        "one int": (one("i", far, -1), "different"),
        "one text": (one("t", far, "City-7"), "different"),
        "one category's value": (one("c", 3 * (far // 3), "z"), "different"),
        "0 for NaN": (one("f", rows // 3, 0.0), "different"),
        "-0.0 for 0.0": (one("z", 10 * (far // 10), -0.0), "same-values"),
        "one dtype": (lambda frame: frame.astype({"i": "int32"}), "same-values"),
        "one index label": (label, "different"),
        "two rows swapped": (swapped, "different"),
        "time zone": (lambda frame: frame.assign(when=frame["when"].dt.tz_convert("Europe/London")), "different"),
        "order of the categories": (
            lambda frame: frame.assign(c=frame["c"].cat.reorder_categories(["z", "y", "x"])),
            "same-values",
        ),
        "order of ordered categories": (
            lambda frame: frame.assign(level=frame["level"].cat.reorder_categories(["high", "mid", "low"])),
            "different",
        ),
        "one row less": (lambda frame: frame.iloc[:-1], "different"),
    }


def run(stage: str, kind: str, scale: float) -> dict[str, Any]:
    """Return what one stage found, in a process of its own."""
    command = [sys.executable, __file__, "--stage", stage, "--kind", kind, "--scale", str(scale)]
    print(stage, kind, file=sys.stderr, flush=True)
    return dict(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))


def _median(runs: Sequence[dict[str, Any]], name: str) -> float:
    return float(statistics.median(one[name] for one in runs))


def _row(kind: str, runs: Sequence[dict[str, Any]]) -> str:
    size = runs[0]["frame_bytes"]
    once, both = _per_gb(runs, 1), _per_gb(runs, 2)
    low, high = (pick(one["snapshot_s"] for one in runs) for pick in (min, max))
    return (
        f"| {kind} | {size / 1e6:,.0f} | {runs[0]['rows']:,} | {_median(runs, 'snapshot_s'):.2f} ({low:.2f}-{high:.2f})"
        f" | {1000 * _median(runs, 'compare_s'):.1f} | {once:.2f} | {both:.2f} | {_median(runs, 'bytes') / MIB:.1f}"
        f" | {runs[0]['sent_bytes'] / MIB:.1f} |"
    )


def _per_gb(runs: Sequence[dict[str, Any]], snapshots: int) -> float:
    """Return the CPU seconds per GB of that many snapshots and the compare step."""
    spent = snapshots * _median(runs, "snapshot_s") + _median(runs, "compare_s")
    return spent * GB / float(runs[0]["frame_bytes"])


def report(costs: dict[str, list[dict[str, Any]]], planted: dict[str, Any], scale: float) -> str:
    """Return the page of results."""
    asked = [
        (
            f"{kind}: one snapshot and the compare step in at most {SECONDS_ASKED:.0f} s of CPU per GB",
            _per_gb(runs, 1) <= SECONDS_ASKED,
        )
        for kind, runs in costs.items()
    ]
    asked += [
        (f"{kind}: at most 100 MB above start", max(one["bytes"] for one in runs) <= BYTES_ASKED)
        for kind, runs in costs.items()
    ]
    equal = all(one["result"] == "identical" and not one["blind"] for runs in costs.values() for one in runs)
    asked += [
        ("equal frames identical, all of them compared", equal),
        ("every planted corruption found, in the right class", all(one[1] == one[2] for one in planted["found"])),
    ]
    return "\n".join(
        [
            "# Comparing results: time and memory",
            "",
            _conditions(scale),
            "",
            f"Medians of {RUNS} runs, each in a fresh process (lowest to highest in brackets). CPU seconds count all "
            "threads. *Above start*: the highest resident memory over what the process held just before, frame and "
            f"libraries included; {KEPT_BYTES // MIB} MiB of numbers are kept in it. A trial takes one snapshot in "
            "the kernel and one in the child process: *per GB, one* is one snapshot and the compare step, "
            "*per GB, both* is both snapshots and the compare step.",
            "",
            "| frame | MB | rows | snapshot CPU s | compare CPU ms | CPU s per GB, one | CPU s per GB, both "
            "| above start MiB | fingerprint MiB |",
            "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
            *(_row(kind, runs) for kind, runs in costs.items()),
            "",
            *(f"- {kind}: {' '.join((KINDS[kind].__doc__ or '').split())[7:]}" for kind in costs),
            "",
            f"## Planted in {planted['rows']:,} rows",
            "",
            "| planted | right class | found | told |",
            "|---|---|---|---|",
            *(f"| {name} | {right} | {found} | {told or '-'} |" for name, right, found, told in planted["found"]),
            "",
            "## Asked and reached",
            "",
            "| asked | reached |",
            "|---|---|",
            *(f"| {what} | {'yes' if holds else '**fell short**'} |" for what, holds in asked),
            "",
        ]
    )


def _conditions(scale: float) -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / MIB
    call = "python benchmarks/comparison.py" + ("" if scale == 1 else f" --scale {scale:g}")
    return (
        f"Python {platform.python_version()}, {libraries}; {platform.system()} {platform.release().split('-')[0]}, "
        f"{os.cpu_count()} CPUs, {memory:,.0f} MiB, load {os.getloadavg()[1]:.1f} while it ran. Made by `{call}`."
    )


def plot(costs: dict[str, list[dict[str, Any]]], path: Path) -> None:
    """Draw the CPU seconds per GB of one snapshot, of every run."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": "memadvise"}):
        figure = Figure(figsize=(7, 2.4), layout="constrained")
        axes = figure.subplots()
        for place, runs in enumerate(costs.values()):
            each = [one["snapshot_s"] * GB / one["frame_bytes"] for one in runs]
            axes.scatter(each, [place] * len(each), facecolor="none", edgecolor="#666666")
            axes.scatter(statistics.median(each), place, color="#1b7f3b", zorder=3)
        axes.axvline(SECONDS_ASKED, color="#d9822b", linewidth=0.8)
        axes.set_yticks(range(len(costs)), list(costs))
        axes.invert_yaxis()
        axes.set_xlim(left=0)
        axes.set(xlabel="CPU seconds per GB (filled: median)", title="Fingerprint of a frame")
        figure.savefig(path, metadata={"Date": None})


def measure(scale: float, kinds: Sequence[str]) -> int:
    """Run all stages in turn and write the results; return 0 when everything that is asked was reached."""
    costs: dict[str, list[dict[str, Any]]] = {kind: [] for kind in kinds}
    for _ in range(RUNS):
        for kind in kinds:
            costs[kind].append(run("cost", kind, scale))
    page = report(costs, run("planted", "", scale), scale)
    print(page)
    if list(kinds) == list(KINDS):
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "comparison.md").write_text(page, encoding="utf-8")
        plot(costs, RESULTS / "comparison.svg")
    return 1 if "fell short" in page else 0


def main() -> int:
    """Run one stage, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="of a GB and of 10 million rows")
    parser.add_argument("--only", choices=KINDS, help="this kind of frame alone; nothing is written")
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    parser.add_argument("--kind", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.stage is None:
        return measure(chosen.scale, [chosen.only] if chosen.only else list(KINDS))
    stage = planted_stage(chosen.scale) if chosen.stage == "planted" else cost_stage(chosen.kind, chosen.scale)
    print(json.dumps(stage))
    return 0


if __name__ == "__main__":
    sys.exit(main())
