"""`%%memadvise` and `%memadvise`: the thin edge between IPython and the session."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from typing import Any

from IPython.core.error import UsageError

from memadvise.commands import LineCommands
from memadvise.guard import parse_size
from memadvise.model import CellOptions
from memadvise.rewrite.idle import is_idle
from memadvise.session import ATTRIBUTE, MAGIC, MAGICS_ABOVE, Session
from memadvise.view import NotebookView


class _Parser(argparse.ArgumentParser):
    """Says what is wrong as IPython does, instead of ending the process."""

    def error(self, message: str) -> Any:
        raise UsageError(f"{MAGIC}: {message}. Hint: {self.format_usage().strip()}")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog=MAGIC, add_help=False)
    parser.add_argument("-n", "--name", help="a label for the report and the history")
    parser.add_argument("-l", "--limit", type=_size, help="stop the cell before it passes this size, such as 2GB")
    parser.add_argument("--no-guard", action="store_true", help="never stop the cell")
    parser.add_argument("--no-lines", action="store_true", help="do not look at single lines")
    parser.add_argument("--dry-run", action="store_true", help="advise without running the cell")
    parser.add_argument("--json", metavar="FILE", help="write the report to this file")
    parser.add_argument("-q", "--quiet", action="store_true", help="show nothing")
    return parser


def _size(text: str) -> int:
    try:
        return parse_size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def parse_options(line: str) -> CellOptions:
    """Return the options written behind ``%%memadvise``.

    Raises:
        UsageError: an option is unknown or its value is not understood.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"{MAGIC}: {error} in {line!r}") from error
    given = _parser().parse_args(words)
    return CellOptions(
        name=given.name,
        limit_bytes=given.limit,
        guard=not given.no_guard,
        lines=not given.no_lines,
        dry_run=given.dry_run,
        json=given.json,
        quiet=given.quiet,
    )


def options_of(source: str) -> CellOptions | None:
    """Return the options of a cell with the magic at its top; None for other cells, wrong options, and dry runs.

    Wrong options and dry runs are left to the registered magic, which says what is wrong, or does not run the cell.
    """
    found = _magic_line(source.splitlines())
    return found[1] if found else None


def _magic_line(lines: Sequence[str]) -> tuple[int, CellOptions] | None:
    """Return which line holds the magic, and its options; `%%time` and `%%capture` may stand above it."""
    for number, line in enumerate(lines):
        words = line.split(None, 1)
        if not words or words[0] in MAGICS_ABOVE:
            continue
        if words[0] != MAGIC:
            return None
        try:
            options = parse_options(line.strip()[len(MAGIC) :])
        except UsageError:
            return None
        return None if options.dry_run else (number, options)
    return None


class Hooks:
    """The callbacks that stand in the shell while the extension is loaded."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.session = Session(shell, NotebookView(shell))
        self._commands = LineCommands(self.session)
        self._measured: Any = None  # what the shell knows of the cell that is being measured

    def install(self) -> None:
        """Put the hooks, the transformer and the magics in."""
        self.shell.input_transformers_cleanup.insert(0, self.drop_magic_line)
        self.shell.events.register("pre_run_cell", self.before)
        self.shell.events.register("post_run_cell", self.after)
        self.shell.register_magic_function(self.cell_or_line, "line_cell", "memadvise")

    def remove(self) -> None:
        """Take everything out again."""
        self.shell.input_transformers_cleanup.remove(self.drop_magic_line)
        self.shell.events.unregister("pre_run_cell", self.before)
        self.shell.events.unregister("post_run_cell", self.after)
        for kind in ("line", "cell"):
            self.shell.magics_manager.magics[kind].pop("memadvise", None)
        self.session.close()
        self.session.view.close()

    def drop_magic_line(self, lines: list[str]) -> list[str]:
        """Leave out the magic's line before anything else looks at the cell: what runs is the cell as it is."""
        found = _magic_line(lines)
        return lines if found is None else [*lines[: found[0]], *lines[found[0] + 1 :]]

    def before(self, info: Any) -> None:
        """Hook: a cell is about to run."""
        if not self.session.running:
            self.session.guarded("starting to measure", lambda: self._begin(info))

    def _begin(self, info: Any) -> None:
        source = info.raw_cell or ""
        if self.session.expected is None and source.lstrip().startswith(("%memadvise", "%load_ext", "%unload_ext")):
            return
        if self.session.expected is None and options_of(source) is None and is_idle(source):
            return
        cell_id = getattr(info, "cell_id", None)
        if self.session.before_cell(source, options_of(source), cell_id):
            self._measured = info

    def after(self, result: Any) -> None:
        """Hook: a cell has run, whatever became of it."""
        if result is not None and result.execution_count is not None and result.info.cell_id is not None:
            self.session.numbers[result.info.cell_id] = result.execution_count
        if self._measured is not None and self._is_measured(result):
            self._measured = None
            self.session.guarded("ending the measurement", lambda: self._end(result))

    def _is_measured(self, result: Any) -> bool:
        """Tell whether this is the end of the measured cell, not of one that it ran itself."""
        if result is None:
            return True  # cancelled while it awaited something: the kernel has no result then
        # not by identity alone: the shell makes a second record of a cell that an interrupt broke off
        return result.info is self._measured or result.info.raw_cell == self._measured.raw_cell

    def _end(self, result: Any) -> None:
        self.session.after_cell(result)

    def cell_or_line(self, line: str, cell: str | None = None) -> Any:
        """Measure this cell and advise on it; `%memadvise` alone says what holds the kernel's memory.

        As `%%memadvise [-n NAME] [-l SIZE] [--no-guard] [--no-lines] [--dry-run] [--json FILE] [-q]` on a cell's first
        line. As `%memadvise [apply N [--run] | undo | scan | history | free [outputs] | on | off | explain RULE |
        details]` on a line.
        """
        if cell is None:
            return self._commands.run(line)
        options = parse_options(line)
        if options.dry_run:
            return self._commands.dry_run(cell, options)
        # below another cell magic (`%%capture`): what stands below is run and measured as a cell of its own
        self.shell.run_cell(f"{MAGIC} {line}\n{cell}", store_history=False)
        return None


def load(shell: Any) -> None:
    """Install the hooks; nothing happens when they are there already."""
    if shell.__dict__.get(ATTRIBUTE) is None:
        hooks = Hooks(shell)
        hooks.install()
        shell.__dict__[ATTRIBUTE] = hooks


def unload(shell: Any) -> None:
    """Remove the hooks and end the helper process."""
    hooks = shell.__dict__.get(ATTRIBUTE)
    if hooks is not None:
        hooks.remove()
        del shell.__dict__[ATTRIBUTE]
