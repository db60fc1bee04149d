"""What happens in the person's process while a callback of ours runs is theirs: interrupts, handlers, defects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

SCRIPT = '''
import ast, json, os, signal, sys, traceback
import memadvise
from memadvise.measure.lines import LineTracker
from memadvise.measure.lines.source import Lines

class Up(Exception):
    pass

def raising(number, frame):
    raise Up("theirs")

SPLIT = """
calls = 0
def split():
    global calls
    calls += 1
    if calls == {at}:
        {what}
    return 0, 0
"""
ours = {{"signal": signal}}
exec(compile(SPLIT, memadvise.__path__[0] + "/split.py", "exec"), ours)
signal.signal(signal.SIGALRM, raising)
CELL = {cell!r}
tracker = LineTracker(ours["split"])
namespace = {{"Up": Up, "traceback": traceback, "texts": []}}
for node in ast.parse(CELL).body:
    def compile_it(tree):
        return compile(tree, "cell", "exec")
    try:
        exec(tracker.compiled(ast.Module([node], []), compile_it, Lines(range(1, 40))), namespace)
    except (Up, KeyboardInterrupt):
        namespace["texts"].append(traceback.format_exc())
failed = tracker.failed
tracker.close()
print(json.dumps([namespace["texts"], namespace["turns"], failed, ours["calls"] > {at}, sys.gettrace() is None]))
'''
CELLS = {
    "loop": (
        "turns = 0\nfor i in range(9):\n    try:\n        turns += 1\n        x = 1\n"
        "    except (Up, KeyboardInterrupt):\n        texts.append(traceback.format_exc())\n"
    ),
    "function": (
        "turns = 0\ndef f():\n" + "    y = 1\n" * 12 + "    return y\ndef g():\n    return f()\ntry:\n"
        "    g()\nexcept (Up, KeyboardInterrupt):\n    texts.append(traceback.format_exc())\n"
    ),
}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    ("what", "name"),
    [("signal.raise_signal(signal.SIGALRM)", "Up"), ("signal.raise_signal(signal.SIGINT)", "KeyboardInterrupt")],
)
def test_exception_of_a_handler_reaches_the_cell(fresh: Callable[[str], Any], cell: str, what: str, name: str) -> None:
    """Wherever it comes, the cell gets it once, and none of our files stands in its traceback."""
    for at in range(10, 14):
        texts, _, failed, went_on, clean = fresh(SCRIPT.format(at=at, what=what, cell=CELLS[cell]))

        assert len(texts) == 1
        assert name in texts[0]
        assert "/memadvise/" not in texts[0]
        assert (failed, went_on, clean) == (False, True, True)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    "what", ["raise OSError(9, 'bad')", "None.pwrite", "raise MemoryError", "raise RecursionError"]
)
def test_defect_of_ours_does_not(fresh: Callable[[str], Any], cell: str, what: str) -> None:
    """The cell goes on as if nothing had been there; that no line is told is said, but not for a full stack."""
    texts, turns, failed, _, clean = fresh(SCRIPT.format(at=11, what=what, cell=CELLS[cell]))

    assert texts == []
    assert turns == (9 if cell == "loop" else 0)
    assert failed is ("Recursion" not in what)
    assert clean is True
