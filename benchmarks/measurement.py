"""How exact the measurement is beside its peers, and what it costs: ``python benchmarks/measurement.py``.

Exactness: each cell runs in fresh processes under each tool, each seen from outside by its parent through ``/proc``.
Cost: the same cells bare and measured, in turn. Memory: plain processes and kernels, without and with. Writes
``results/measurement.md`` and ``results/measurement.svg`` beside this file; ``--only`` and ``--parts`` for a look at
some of it. Ends with 1 when something does not hold.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from measuring.cells import CELLS, CellKind
from measuring.cost import Cost, cost
from measuring.data import write_data
from measuring.judge import CellResult
from measuring.own_memory import own_memory
from measuring.plot import plot
from measuring.report import report
from measuring.results import Results
from measuring.runs import run_cell
from measuring.tools import BARE, OURS, PEERS
from measuring.works import WORKS, Work

RESULTS = Path(__file__).parent / "results"
RUNS, PAIRS = 3, 9
QUICK_RUNS, QUICK_PAIRS = 1, 3
PARTS = ("cells", "peers", "time", "memory")


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for, write the page and the plot, and return the exit status."""
    chosen = options(arguments)
    with tempfile.TemporaryDirectory() as folder:
        results = measured(chosen, shlex.join(["python", "benchmarks/measurement.py", *arguments]), Path(folder))
    page = report(results)
    chosen.results.mkdir(parents=True, exist_ok=True)
    (chosen.results / "measurement.md").write_text(page, encoding="utf-8")
    if results.cells:
        plot(results, chosen.results / "measurement.svg")
    print(page)
    return 0 if all(all(holds) for holds in results.aims().values()) else 1


def options(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options; an unknown name ends the program with a hint."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer runs of everything")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="this cell only (repeatable)")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"some of {','.join(PARTS)}; peers need cells")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FOLDER", help="where the page and plot go")
    chosen = parser.parse_args(arguments)
    names = [one.name for one in (*CELLS, *WORKS)]
    if unknown := [name for name in chosen.only if name not in names]:
        parser.error(f"no cell is called {unknown[0]!r}. Hint: one of {', '.join(names)}")
    chosen.parts = chosen.parts.split(",")
    if unknown := [part for part in chosen.parts if part not in PARTS]:
        parser.error(f"there is no part {unknown[0]!r}. Hint: some of {','.join(PARTS)}")
    return chosen


def measured(chosen: argparse.Namespace, command: str, folder: Path) -> Results:
    """Run the parts that were chosen, always in the same order."""
    runs, pairs = (QUICK_RUNS, QUICK_PAIRS) if chosen.quick else (RUNS, PAIRS)
    kinds = [kind for kind in CELLS if not chosen.only or kind.name in chosen.only]
    works = [work for work in WORKS if not chosen.only or work.name in chosen.only]
    write_data(folder, [one.source for one in (*kinds, *works)])
    peers = PEERS if "peers" in chosen.parts else ()
    return Results(
        command,
        runs,
        pairs,
        cells=tuple(cell(kind, (BARE, OURS, *peers), runs, folder) for kind in kinds if "cells" in chosen.parts),
        peers=peers,
        costs=tuple(timed(work, pairs, folder) for work in works if "time" in chosen.parts),
        own=tuple(own_memory(runs, folder)) if "memory" in chosen.parts else (),
    )


def cell(kind: CellKind, tools: Sequence[str], runs: int, folder: Path) -> CellResult:
    """Run one cell under each tool, in turn, in fresh processes."""
    rounds = [[run_cell(tool, kind.name, folder) for tool in tools] for _ in range(runs)]
    result = CellResult(kind, {tool: tuple(one[place] for one in rounds) for place, tool in enumerate(tools)})
    say(kind.name, result.holds, result.failure(OURS))
    return result


def timed(work: Work, pairs: int, folder: Path) -> Cost:
    """Time one work."""
    found = cost(work, pairs, folder)
    say(work.name, found.holds, found.failure)
    return found


def say(name: str, holds: bool, failure: str | None) -> None:
    """Show on the terminal how far it is; the page is printed at the end."""
    print(f"{name}: {failure or ('holds' if holds else 'does not hold')}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
