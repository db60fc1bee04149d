"""The command line: `memadvise run`, `check`, `demo`, `rules`, `explain`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from memadvise.guard import parse_size
from memadvise.version import __version__

DONE, FOUND, USAGE, RAISED = 0, 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code (0 done, 1 over the limit or not verified, 2 usage, 3 a cell raised)."""
    given = _parser().parse_args(arguments)
    try:
        code: int = given.command(given)
        sys.stdout.flush()
    except BrokenPipeError:  # `memadvise explain RULE | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (ValueError, RuntimeError, OSError) as error:
        print(f"memadvise: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("memadvise: interrupted", file=sys.stderr)
        return USAGE
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="memadvise", description="Measure and lower the memory of notebooks.")
    parser.add_argument("--version", action="version", version=f"memadvise {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run a notebook in a fresh kernel, measure, apply, verify")
    _notebook_options(run)
    run.add_argument("--cell", action="append", default=[], metavar="N_OR_ID", help="measure this code cell (from 0)")
    run.add_argument("--all", action="store_true", help="measure every code cell")
    run.add_argument("--apply", default="none", metavar="best|RULE|N|none", help="what to apply (default: none)")
    run.add_argument("--out", type=Path, metavar="NEW.ipynb", help="write the notebook as it was run last")
    run.add_argument("--json", type=Path, metavar="REPORT.json", help="write the report")
    run.set_defaults(command=_run)
    check = commands.add_parser("check", help="for CI: exit 1 when a cell's peak is over SIZE")
    _notebook_options(check)
    check.add_argument("--max-peak", required=True, type=_size, metavar="SIZE")
    check.set_defaults(command=_check)
    demo = commands.add_parser("demo", help="make realistic data and open the tour in JupyterLab")
    demo.add_argument("--headless", action="store_true", help="run the tour and print before and after")
    demo.add_argument("--size", type=_size, default=parse_size("150MB"), help="size of the data (default: 150MB)")
    demo.add_argument("--folder", type=Path, default=Path("memadvise-demo"), help="where to put data and notebook")
    demo.set_defaults(command=_demo)
    cache = commands.add_parser("cache", help="list the files that rewritten notebooks have built, or remove them")
    cache.add_argument("folder", type=Path, nargs="?", default=Path(), help="where to look (default: here)")
    cache.add_argument("--clear", action="store_true", help="remove them")
    cache.set_defaults(command=_cache)
    commands.add_parser("rules", help="list the rules").set_defaults(command=_rules)
    explain = commands.add_parser("explain", help="print a rule's page")
    explain.add_argument("rule")
    explain.set_defaults(command=_explain)
    return parser


def _notebook_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--limit", type=_size, metavar="SIZE", help="stop a cell before the kernel passes SIZE")
    parser.add_argument("--timeout", type=_seconds, metavar="S", help="seconds that one cell may take")
    parser.add_argument("--kernel", default="", metavar="NAME", help="kernel to run in")


def _size(text: str) -> int:
    try:
        return parse_size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _seconds(text: str) -> int:
    try:
        seconds = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds") from error
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError("seconds must be more than 0, and an end")
    return max(round(seconds), 1)


def _asked(given: argparse.Namespace, cells: tuple[str, ...] = (), apply: str = "none", *, every: bool = False) -> Any:
    from memadvise.batch import Request
    from memadvise.batch.kernel import RunOptions

    folder = given.notebook.resolve().parent
    return Request(RunOptions(folder, given.timeout, given.kernel, given.limit), apply, cells, every)


def _run(given: argparse.Namespace) -> int:
    import nbformat

    from memadvise.batch import read_notebook, run_notebook
    from memadvise.rules import find_rule
    from memadvise.show.report_json import to_json
    from memadvise.show.text import summary_text

    if given.apply not in {"best", "none"} and not given.apply.isdigit():
        try:
            find_rule(given.apply)
        except KeyError as error:
            raise ValueError(f"--apply: {error.args[0]}, or best, none, or a number") from error
    notebook = read_notebook(given.notebook)
    _refuse_target("--out", given.out, given.notebook)
    _refuse_target("--json", given.json, given.notebook)
    request = _asked(given, _chosen(notebook, given.cell), given.apply, every=given.all)
    with _kernel_named():
        result = run_notebook(notebook, request, lambda text: print(f"memadvise: {text}", file=sys.stderr))
    for report in result.report.cells:
        print(summary_text(report), end="\n\n")
    for note in result.notes:
        print(f"note: {note}")
    if not result.report.cells and not result.raised:
        print("No cell was measured: none begins with %%memadvise. Hint: --all, or --cell N.")
    if given.json is not None:
        given.json.write_text(json.dumps(to_json(result.report), indent=1) + "\n", encoding="utf-8")
    if given.out is not None:
        nbformat.write(result.notebook, given.out)
    if result.raised:
        print(f"memadvise: the notebook stopped: {result.problem}", file=sys.stderr)
        return RAISED
    return FOUND if result.verification_failed else DONE


def _refuse_target(option: str, path: Path | None, original: Path) -> None:
    """Say before the run, not after it, that a file can't be written there.

    Raises:
        ValueError: it is the notebook itself, or its folder is not there.
    """
    if path is None:
        return
    if path.exists() and path.samefile(original):
        raise ValueError(f"{option} {path} is the notebook itself, which is never changed. Hint: give another name")
    if path.is_dir() or not path.resolve().parent.is_dir():
        raise ValueError(f"{option} {path} can't be written: it is a folder, or its folder is not there")


@contextmanager
def _kernel_named() -> Iterator[None]:
    """Say in a person's words that a kernel is not installed."""
    from jupyter_client.kernelspec import NoSuchKernel

    try:
        yield
    except NoSuchKernel as error:
        hint = "Hint: give one with --kernel; `jupyter kernelspec list` shows them"
        raise ValueError(f"no kernel is called {error.name!r} here. {hint}") from error


def _chosen(notebook: Any, wanted: Sequence[str]) -> tuple[str, ...]:
    from memadvise.batch.kernel import code_cells

    cells = code_cells(notebook)
    found = []
    for one in wanted:
        match = [cell.cell_id for cell in cells if one == str(cell.index)]
        match = match or [cell.cell_id for cell in cells if one == cell.cell_id]
        if not match:
            raise ValueError(f"--cell {one}: there is no such code cell. Hint: they count from 0 to {len(cells) - 1}")
        found.append(match[0])
    return tuple(found)


def _check(given: argparse.Namespace) -> int:
    from memadvise.batch import read_notebook, run_notebook
    from memadvise.show.text import one_line

    notebook = read_notebook(given.notebook)
    with _kernel_named():
        result = run_notebook(notebook, _asked(given, every=True))
    over = [report for report in result.report.cells if report.measurement.peak_bytes > given.max_peak]
    for report in over:
        print(one_line(report))
    if result.raised:
        print(f"memadvise: the notebook stopped: {result.problem}", file=sys.stderr)
        return RAISED
    print(f"{len(over)} of {len(result.report.cells)} cells are over the limit")
    return FOUND if over else DONE


def _demo(given: argparse.Namespace) -> int:
    from memadvise.demo import open_tour, run_headless

    return run_headless(given.folder, given.size) if given.headless else open_tour(given.folder, given.size)


def _cache(given: argparse.Namespace) -> int:
    from memadvise.apply.cache import cached, clear
    from memadvise.show.units import size

    for path, nbytes in cached(given.folder):
        print(f"{size(nbytes):>12}  {path}")
    if given.clear:
        print(f"{size(clear(given.folder))} freed")
    return DONE


def _rules(given: argparse.Namespace) -> int:
    from memadvise.rules import all_rules

    for rule in all_rules():
        print(f"{rule.technique.value:12} {rule.id:24} {rule.page.splitlines()[0]}")
    return DONE


def _explain(given: argparse.Namespace) -> int:
    from memadvise.rules import find_rule

    try:
        print(find_rule(given.rule).page)
    except KeyError as error:
        raise ValueError(error.args[0]) from error
    return DONE


if __name__ == "__main__":
    sys.exit(main())
