"""Between the shell and the lines of a cell: sees each statement as the shell compiles it, just before it runs.

The shell's compiler is given a class of ours for as long as the cell runs; nothing is pasted into the cell.
"""

from __future__ import annotations

import linecache
import threading
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, MethodType
from typing import Any

from memadvise.measure.lines import LineTracker
from memadvise.measure.lines.guest import is_defect
from memadvise.measure.lines.source import Lines
from memadvise.measure.spans import spans

NO_LINES = "no peaks of single lines: every number that Python's sys.monitoring has for tools is taken"
TIMED = frozenset({"<timed exec>", "<timed eval>"})  # what `%%time` calls the text below it
MOST_FUNCTIONS = 500
MOST_WRAPPERS = 8


class CellCode:
    """Follows the lines of one cell after the other, in one shell."""

    def __init__(self, shell: Any, magic: str, magics_above: frozenset[str]) -> None:
        self._shell, self._magic, self._above = shell, magic, magics_above
        self._usual: type | None = None
        self._compiler: Any = None
        self._followed: _Followed | None = None

    def follow(self, source: str) -> LineTracker | None:
        """Return what tells the lines of this cell, whose text begins with the magic's line; None if nothing can."""
        self.leave()
        try:
            tracker = LineTracker(spans().split)
        except RuntimeError:
            return None
        self._followed = _Followed(tracker, text_layers(source, self._magic, self._above))
        tracker.know(functions_of_cells(self._shell))
        self._put_in()
        return tracker

    def leave(self) -> None:
        """Give the shell its compiler back, and end what looks at lines if the meter has not."""
        if self._followed is not None:
            self._followed.is_over = True
            self._followed.tracker.close()
        if self._usual is not None and type(self._compiler).__base__ is self._usual:
            self._compiler.__class__ = self._usual  # not `shell.compile`: the cell may have put its own there
        self._usual = self._compiler = self._followed = None

    def _put_in(self) -> None:
        compiler, followed = self._shell.compile, self._followed
        usual = type(compiler)

        class Following(usual):  # type: ignore[misc,valid-type]
            __slots__ = ()

            def __call__(self, source: Any, filename: str, symbol: str, *more: Any, **named: Any) -> Any:
                def compile_it(tree: Any) -> Any:
                    return usual.__call__(self, tree, filename, symbol, *more, **named)

                try:
                    return followed.compiled(source, filename, compile_it) if followed else compile_it(source)
                except BaseException as error:
                    is_defect(error)  # takes our frames out of the traceback
                    raise

        Following.__name__, Following.__qualname__, Following.__module__ = (
            usual.__name__,
            usual.__qualname__,
            usual.__module__,
        )
        compiler.__class__ = Following
        self._usual, self._compiler = usual, compiler


class _Followed:
    """The cell that is followed: its tracker, and the numbers of the lines of its text and of the text in it."""

    def __init__(self, tracker: LineTracker, layers: list[tuple[int, ...]]) -> None:
        self.tracker, self._layers = tracker, layers
        self._files: dict[str, Lines | None] = {}
        self._owner = threading.get_ident()
        self.is_over = False

    def compiled(self, tree: Any, filename: str, compile_it: Callable[[Any], Any]) -> Any:
        """Compile a statement of the cell so that its lines are seen, anything else as it is."""
        try:
            lines = None if self.is_over else self._lines(filename)
        except Exception:  # noqa: BLE001 (a defect of ours, or the person's own things in `linecache`)
            lines = None
        if lines is None or not hasattr(tree, "body") or threading.get_ident() != self._owner:
            return compile_it(tree)
        return self.tracker.compiled(tree, compile_it, lines)

    def _lines(self, filename: str) -> Lines | None:
        """Return the numbers of a file's lines: of the cell itself, or of the text that its own magic runs."""
        if filename in self._files:
            return self._files[filename]
        kept = linecache.cache.get(filename)
        found = None
        if filename in TIMED and len(self._layers) > 1:
            found = Lines(self._layers[-1])
        elif kept is not None and len(kept) == 4:
            count = max((number for number, line in enumerate(kept[2], 1) if line.strip()), default=0)
            fitting = [layer for layer in self._layers if len(layer) == count]
            taken = [lines.numbers for lines in self._files.values() if lines is not None]
            found = next((Lines(layer) for layer in fitting if layer not in taken), None)
        self._files[filename] = found
        return found


def text_layers(source: str, magic: str, magics_above: frozenset[str]) -> list[tuple[int, ...]]:
    """Return the numbers of the lines of the cell's text, then of the text below each magic in ``magics_above``.

    Lines count from 1 in ``source``, which holds the line of ``magic`` that never runs.
    """
    lines = source.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    numbers = [number for number, line in enumerate(lines, 1) if line.split(None, 1)[:1] != [magic]]
    layers = []
    while numbers := _without_blanks(numbers, lines):
        layers.append(tuple(numbers))
        if lines[numbers[0] - 1].split(None, 1)[0] not in magics_above:
            break
        numbers = numbers[1:]
    return layers


def _without_blanks(numbers: list[int], lines: list[str]) -> list[int]:
    at = next((at for at, number in enumerate(numbers) if lines[number - 1].strip()), len(numbers))
    return numbers[at:]


def functions_of_cells(shell: Any) -> Iterator[tuple[CodeType, str]]:
    """Yield the code of functions that the person defined in cells and can call by a name, with the cell's name."""
    try:
        cells = dict(shell.compile._filename_map)
        values = list(shell.user_ns.values())
    except (AttributeError, RuntimeError):  # another shell; a thread of the person's bound a name meanwhile
        return
    seen: set[int] = set()
    for value in values:
        for function in _functions_in(value):
            code = function.__code__
            if code.co_filename in cells and id(code) not in seen and len(seen) < MOST_FUNCTIONS:
                seen.add(id(code))
                yield code, f"In [{cells[code.co_filename]}]"


def _functions_in(value: object) -> Iterator[FunctionType]:
    """Yield a function, what it wraps, and the methods of a class; nothing of the person's is run."""
    kind = type(value)
    if issubclass(kind, type) and isinstance(value, type):
        members = type.__dict__["__dict__"].__get__(value)
        module = members.get("__module__")
        if type(module) is str and module == "__main__":
            for member in list(members.values()):
                yield from _unwrapped(member)
    elif kind in (FunctionType, MethodType):
        yield from _unwrapped(value)


def _unwrapped(value: object) -> Iterator[FunctionType]:
    for _ in range(MOST_WRAPPERS):
        value = value.__func__ if type(value) in (MethodType, staticmethod, classmethod) else value  # type: ignore[attr-defined]
        if type(value) is not FunctionType:
            return
        yield value
        value = vars(value).get("__wrapped__")
