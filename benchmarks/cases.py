"""Twelve real cases as they are, rewritten by memadvise, and by an expert: ``nox -s bench -- cases``.

Writes ``results/cases.md`` and ``results/cases.svg`` beside this file. ``--scale 0.2`` makes smaller data,
``--only 03`` runs one case and only prints it, unless ``--results`` says where to.
Linux only: high-water marks are read and reset through /proc.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from casework.catalogue import CASES, Case, case_named
from casework.report import page, plot
from casework.result import CaseResult
from casework.run import run_case

RESULTS = Path(__file__).parent / "results"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases; return 0 when all results are the same and each case reaches half of the expert's ratio."""
    given = _parser().parse_args(arguments)
    results = given.results or (None if given.only else RESULTS)
    if given.data is not None:
        given.data.mkdir(parents=True, exist_ok=True)
        return _run(given.only or CASES, given.data, given.scale, results)
    with tempfile.TemporaryDirectory(prefix="memadvise-cases-") as data:
        return _run(given.only or CASES, Path(data), given.scale, results)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="size of the data; 1 (default) is what was surveyed")
    parser.add_argument("--only", type=_case, action="append", metavar="NN", help="run this case (may be repeated)")
    parser.add_argument("--data", type=Path, help="keep the data here, or use what is there (default: removed again)")
    parser.add_argument("--results", type=Path, help="where page and plot go (default: results)")
    return parser


def _case(number: str) -> Case:
    try:
        return case_named(number.zfill(2))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _run(cases: Sequence[Case], data: Path, scale: float, results: Path | None) -> int:
    found: list[CaseResult] = []
    for case in cases:
        found.append(run_case(case, data, scale, _say))
        if results is not None:  # after each one: they take minutes, and the next may stop
            _write(found, scale, results)
    print(page(found, scale))
    return 0 if all(one.reaches for one in found) else 1


def _write(found: Sequence[CaseResult], scale: float, results: Path) -> None:
    results.mkdir(parents=True, exist_ok=True)
    (results / "cases.md").write_text(page(found, scale), encoding="utf-8")
    plot(found, results / "cases.svg")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
