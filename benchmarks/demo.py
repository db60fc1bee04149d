"""What the tour's rewrites save, and what they cost in time: ``python benchmarks/demo.py``.

Each section of the tour is rewritten and verified once; then the section as it is and as rewritten run in turn, each
time in a fresh kernel, and medians are compared. Writes ``results/demo.md`` and ``results/demo.svg`` beside this file.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from memadvise.batch import read_notebook
from memadvise.demo import make_data
from memadvise.demo.data import DEFAULT_BYTES
from memadvise.demo.steps import REWRITES, Step, measure, rewrite_steps
from memadvise.demo.tour import section, tour_path
from memadvise.model import Measurement, Technique
from memadvise.rules.indexing.repeated_lookup import FOLDER
from memadvise.show.words import verdict

RESULTS = Path(__file__).parent / "results"
MIB = 2**20
RUNS = 7
LIBRARIES = ("numpy", "pandas", "pyarrow", "ipykernel")
ASKED = {Technique.COMPRESSION: 4.0, Technique.CHUNKING: 10.0, Technique.INDEXING: 20.0}  # times lower
SLOWEST = 1.3  # times the original's wall time


@dataclass(frozen=True)
class Section:
    """One section: its verified steps, and runs of it as it is and with all rewrites. ``build``: the first run."""

    technique: Technique
    steps: tuple[Step, ...]
    before: tuple[Measurement, ...]
    after: tuple[Measurement, ...]
    build: Measurement | None = None

    @property
    def lower_by(self) -> float:
        """Median increment as it is, over the median increment as rewritten."""
        return increment(self.before) / max(increment(self.after), 1)

    @property
    def time_ratio(self) -> float:
        """Median wall time as rewritten, over the one as it is."""
        return seconds(self.after) / seconds(self.before)

    @property
    def fastest_ratio(self) -> float:
        """Fastest run as rewritten, over the fastest as it is: other work on the machine disturbs these least."""
        return min(run.wall_s for run in self.after) / min(run.wall_s for run in self.before)

    @property
    def reaches(self) -> dict[str, bool]:
        """What is asked of the section, and whether it holds."""
        return {
            f"at least {ASKED[self.technique]:.0f}x lower": self.lower_by >= ASKED[self.technique],
            f"not slower than {SLOWEST}x": self.time_ratio <= SLOWEST,
            "results equal": all(step.verified for step in self.steps),
        }


def increment(runs: Sequence[Measurement]) -> float:
    """Median bytes of the peak above the section's start."""
    return statistics.median(run.increment_bytes for run in runs)


def peak(runs: Sequence[Measurement]) -> float:
    """Median bytes of the kernel's peak."""
    return statistics.median(run.peak_bytes for run in runs)


def seconds(runs: Sequence[Measurement]) -> float:
    """Median wall seconds of a section's cells."""
    return statistics.median(run.wall_s for run in runs)


def run_section(tour: Any, technique: Technique, rules: tuple[str, ...], folder: Path) -> Section:
    """Rewrite and verify one section, then measure both forms in turn."""
    steps = tuple(rewrite_steps(tour, technique, rules, folder, _say))
    original, rewritten = section(tour, technique.value), steps[-1].notebook
    build = None
    if technique is Technique.INDEXING:
        shutil.rmtree(folder / FOLDER, ignore_errors=True)
        build = measure(rewritten, folder)
    before, after = [], []
    for number in range(1, RUNS + 1):
        _say(f"{technique.value}: pair {number} of {RUNS}")
        before.append(measure(original, folder))
        after.append(measure(rewritten, folder))
    return Section(technique, steps, tuple(before), tuple(after), build)


def report(found: Sequence[Section], size_bytes: int) -> str:
    """Return the results as Markdown."""
    reached = ((one, asked, holds) for one in found for asked, holds in one.reaches.items())
    lines = [
        "# The tour: peaks and times before and after",
        "",
        _conditions(size_bytes),
        "",
        f"Medians of {RUNS} runs of each form, in turn, each in a fresh kernel, over all cells of a section (times: "
        "lowest to highest in brackets). *Above start* is the peak over what the kernel held before the section, "
        f"Python and pandas above all ({found[0].before[0].start_bytes / MIB:,.0f} MiB); the factor compares these.",
        "",
        "| section | rules | peak MiB | above start MiB | lower by | wall s | time (fastest runs) | verdicts |",
        "|---|---|--:|--:|--:|--:|--:|---|",
        *(_row(one) for one in found),
        "",
        *(_build(one.build) for one in found if one.build),
        *(_unsettled(one) for one in found if (one.time_ratio <= SLOWEST) != (one.fastest_ratio <= SLOWEST)),
        "## Asked and reached",
        "",
        "| section | asked | reached |",
        "|---|---|---|",
        *(
            f"| {one.technique.value} | {asked} | {'yes' if holds else '**fell short**'} |"
            for one, asked, holds in reached
        ),
        "",
    ]
    return "\n".join(lines)


def _conditions(size_bytes: int) -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / MIB
    return (
        f"`notebooks/tour.ipynb` on {size_bytes / 1e6:,.0f} MB of CSV, read in one cell and worked on in later ones. "
        f"Python {platform.python_version()}, {libraries}; {platform.system()} {platform.release().split('-')[0]}, "
        f"{os.cpu_count()} CPUs, {memory:,.0f} MiB. Made by `python benchmarks/demo.py`."
    )


def _row(one: Section) -> str:
    words = "; ".join(verdict(step.applied) if step.applied else "not offered" for step in one.steps)
    return (
        f"| {one.technique.value} | {', '.join(step.rule for step in one.steps)} "
        f"| {peak(one.before) / MIB:,.0f} -> {peak(one.after) / MIB:,.0f} "
        f"| {increment(one.before) / MIB:,.0f} -> {increment(one.after) / MIB:,.1f} | {one.lower_by:.1f}x "
        f"| {_spread(one.before)} -> {_spread(one.after)} "
        f"| x{one.time_ratio:.2f} (x{one.fastest_ratio:.2f}) | {words} |"
    )


def _spread(runs: Sequence[Measurement]) -> str:
    times = [run.wall_s for run in runs]
    return f"{seconds(runs):.2f} ({min(times):.2f}-{max(times):.2f})"


def _build(build: Measurement) -> str:
    return (
        f"The index is built once, in the first run: {build.wall_s:.1f} s, {build.increment_bytes / MIB:,.0f} MiB "
        "above start. The table shows the lookups after that.\n"
    )


def _unsettled(one: Section) -> str:
    return (
        f"Times of {one.technique.value} are not settled: by the median of all runs it takes x{one.time_ratio:.2f} as "
        f"long, by the fastest ones x{one.fastest_ratio:.2f}.\n"
    )


def plot(found: Sequence[Section], path: Path) -> None:
    """Draw the peaks above the start, as they are and as rewritten."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 2.6), layout="constrained")
    axes = figure.subplots()
    places = range(len(found))
    before = axes.barh(
        [place - 0.2 for place in places], [increment(one.before) / MIB for one in found], 0.38, label="as it is"
    )
    after = axes.barh(
        [place + 0.2 for place in places], [increment(one.after) / MIB for one in found], 0.38, label="rewritten"
    )
    for bars in (before, after):
        axes.bar_label(bars, fmt="{:,.0f}", padding=3)
    axes.set_yticks(list(places), [one.technique.value for one in found])
    axes.invert_yaxis()
    axes.margins(x=0.1)
    axes.set(xlabel="peak above the section's start, MiB", title="The tour on 150 MB of CSV")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    figure.savefig(path, metadata={"Date": None})


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(folder: Path, size_bytes: int) -> int:
    """Measure every section in ``folder`` and write the results; return 0 when everything that is asked was reached."""
    make_data(folder, size_bytes)
    tour = read_notebook(tour_path())
    found = [run_section(tour, technique, rules, folder) for technique, rules in REWRITES]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "demo.md").write_text(report(found, size_bytes), encoding="utf-8")
    plot(found, RESULTS / "demo.svg")
    print(report(found, size_bytes))
    return 0 if all(all(one.reaches.values()) for one in found) else 1


def main() -> int:
    """Run in the folder that is given, else in one that is removed afterwards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where to put the data (default: a folder that is removed again)")
    chosen = parser.parse_args().folder
    if chosen is not None:
        return run(chosen, DEFAULT_BYTES)
    with tempfile.TemporaryDirectory() as folder:
        return run(Path(folder), DEFAULT_BYTES)


if __name__ == "__main__":
    sys.exit(main())
