"""The exact peak of each line, in every kind of statement."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

# what each cell takes is one C call that holds the GIL
SETUP = """
import contextlib

@contextlib.contextmanager
def entering():
    len(b'1' * 50_000_000)
    yield

@contextlib.contextmanager
def leaving():
    yield
    len(b'1' * 50_000_000)
"""

CELLS = {
    "straight": ("a = 1\nlen(b'1' * 50_000_000)\nb = 2", 2, 50),
    "kept": ("a = 1\nx = b'1' * 50_000_000\nb = 2", 2, 50),
    "first line": ("len(b'1' * 50_000_000)\nb = 2", 1, 50),
    "last line": ("a = 1\nlen(b'1' * 50_000_000)", 2, 50),
    "in a loop": ("for i in range(3):\n    a = i\n    len(b'1' * 50_000_000)\n    b = i", 3, 50),
    "one visit of many": ("for i in range(20):\n    if i == 7:\n        len(b'1' * 50_000_000)\n    b = i", 3, 50),
    "head of a loop": (
        "for n in map(len, map(b'1'.__mul__, [50_000_000] * 3)):\n    a = n\n    b = n",
        1,
        50,
    ),
    "head of a while": ("i = 0\nwhile len(b'1' * 50_000_000) and i < 3:\n    i += 1\n    b = 1", 2, 50),
    "after continue": ("for i in iter(range(4)):\n    if i < 3:\n        continue\n    len(b'1' * 50_000_000)", 4, 50),
    "else of a loop": ("for i in range(3):\n    a = 1\nelse:\n    len(b'1' * 50_000_000)\nb = 2", 4, 50),
    "with": ("import io\nwith io.StringIO() as f:\n    a = 1\n    len(b'1' * 50_000_000)\n    b = 2\nc = 3", 4, 50),
    "entering with": (
        "with entering():\n    a = 1\nb = 2",
        1,
        50,
    ),
    "leaving with": (
        "a = 1\nwith leaving():\n    a = 1\n    c = 2\nb = 2",
        2,
        50,
    ),
    "if": ("a = 1\nif a:\n    len(b'1' * 50_000_000)\nelse:\n    b = 1", 3, 50),
    "elif": ("a = 1\nif not a:\n    b = 1\nelif a:\n    len(b'1' * 50_000_000)\nc = 1", 5, 50),
    "try": ("try:\n    len(b'1' * 50_000_000)\nfinally:\n    a = 1", 2, 50),
    "except": ("try:\n    1 / 0\nexcept ZeroDivisionError:\n    len(b'1' * 50_000_000)\nb = 1", 4, 50),
    "finally": ("try:\n    a = 1\nfinally:\n    len(b'1' * 50_000_000)\nb = 1", 4, 50),
    "match": ("match 3:\n    case 2:\n        a = 1\n    case 3:\n        len(b'1' * 50_000_000)\nb = 1", 5, 50),
    "class body": ("class A:\n    a = 1\n    x = len(b'1' * 50_000_000)\nb = 2", 1, 50),
    "comprehension": ("a = 1\nx = [b'1' * 10_000_000 for _ in range(5)]\nb = 2", 2, 50),
    "generator in a call": ("a = 1\nx = sum(len(b'1' * 50_000_000) for _ in range(2))\nb = 2", 2, 50),
    "nested": (
        "for i in range(2):\n    for j in range(2):\n        if i == j:\n            len(b'1' * 50_000_000)\n",
        4,
        50,
    ),
    "semicolon": ("a = 1; x = b'1' * 50_000_000; b = 2\nc = 3", 1, 50),
    "assert": ("a = 1\nassert len(b'1' * 50_000_000)\nb = 2", 2, 50),
    "del": ("x = b'1' * 50_000_000\nlen(b'2' * 60_000_000)\ndel x\ny = 1", 2, 60),
    "thread": (
        "import threading\nt = threading.Thread(target=lambda: len(b'1' * 50_000_000))\nt.start()\nt.join()\na = 1",
        (3, 4),
        50,
    ),
    "unicode before": ("a = 'ü€𝄞' * 3\nlen(b'1' * 50_000_000)\nb = 2", 2, 50),
    "form feed": ("a = 'x\x0cy'\nlen(b'1' * 50_000_000)\nb = 2", 2, 50),
}


@pytest.mark.parametrize(("cell", "line", "mb"), CELLS.values(), ids=CELLS.keys())
def test_culprit(lined: Callable[..., Any], cell: str, line: int | tuple[int, ...], mb: int) -> None:
    """The line with the highest increment is the one that took the memory, and its bytes are right within 2 %."""
    actual = lined(cell, SETUP)

    lines = line if isinstance(line, tuple) else (line,)
    assert actual.measurement["error"] is None
    assert actual.culprit in lines
    assert sum(actual.increment_mb(one) for one in lines) == pytest.approx(mb, rel=0.02)


@pytest.mark.parametrize(("cell", "line", "mb"), CELLS.values(), ids=CELLS.keys())
def test_no_line_is_above_the_cell(lined: Callable[..., Any], cell: str, line: Any, mb: int) -> None:
    """The cell's peak is that of its highest line, within the counter's error."""
    actual = lined(cell, SETUP).measurement

    highest = max(use["peak_bytes"] for use in actual["lines"])
    assert highest == pytest.approx(actual["peak_bytes"], abs=actual["error_bound_bytes"] + 64 * 1024)


def test_only_the_culprit_stands_out(lined: Callable[..., Any]) -> None:
    """Lines before and after it took nothing that can be seen, and the first highest peak is its own."""
    actual = lined("a = 1\nx = b'1' * 50_000_000\nb = 2\nc = [1, 2]\nd = b")

    peaks = {use["line"]: use["peak_bytes"] for use in actual.measurement["lines"]}
    assert [actual.increment_mb(line) for line in (1, 3, 4, 5)] == [0, 0, 0, 0]
    assert max(peaks, key=lambda line: peaks[line]) == 2


def test_kept_bytes(lined: Callable[..., Any]) -> None:
    """Each line says what it left, a line that frees something says it with a minus, and visits add up."""
    cell = "x = b'1' * 50_000_000\ny = []\nfor i in range(4):\n    y.append(b'1' * 10_000_000)\n    z = i\ndel x\na = 1"

    actual = lined(cell)

    assert [round(actual.kept_mb(line)) for line in (1, 2, 4, 5, 6, 7)] == [50, 0, 40, 0, -50, 0]
    assert actual.by_line[4]["hits"] == 4


def test_lines_of_functions_in_the_cell(lined: Callable[..., Any]) -> None:
    """The line of the function and the line that called it both have the peak; other lines have none."""
    cell = "def f():\n    a = 1\n    len(b'1' * 50_000_000)\n    return a\nb = 1\nc = f()\nd = 2"

    actual = lined(cell)

    assert [round(actual.increment_mb(line)) for line in (2, 3, 4, 5, 6, 7)] == [0, 50, 0, 0, 50, 0]


def test_what_a_line_does_after_a_call_is_its_own(lined: Callable[..., Any]) -> None:
    """Memory taken once the function has returned is charged to the calling line, not to the function."""
    cell = "def f():\n    return 1\nc = f() + len(b'1' * 50_000_000)"

    actual = lined(cell)

    assert round(actual.increment_mb(2)) == 0
    assert round(actual.increment_mb(3)) == 50


def test_functions_of_other_cells_are_opened(lined: Callable[..., Any]) -> None:
    """The calling line is charged, and below it stand the lines of the function, with its cell and its text."""
    setup = "def f(n):\n    a = 1\n    b = b'1' * n\n    return len(b)"

    actual = lined("x = 1\ny = f(50_000_000)\nz = f(20_000_000)", setup)

    calls = {(use["line"], call["line"]): call for use in actual.measurement["lines"] for call in use["calls"]}
    assert [round(actual.increment_mb(line)) for line in (1, 2, 3)] == [0, 50, 20]
    assert round(calls[2, 3]["increment_bytes"] / 1e6) == 50
    assert round(calls[3, 3]["increment_bytes"] / 1e6) == 20
    assert (calls[2, 3]["function"], calls[2, 3]["cell"], calls[2, 3]["text"]) == ("f", "In [1]", "b = b'1' * n")


def test_one_level_is_opened(lined: Callable[..., Any]) -> None:
    """A function of another cell that is called by one is not opened: the line that calls it has it all."""
    setup = "def deep(n):\n    return len(b'1' * n)\ndef f(n):\n    a = 1\n    return deep(n)"

    actual = lined("y = f(50_000_000)", setup)

    calls = {call["line"]: round(call["increment_bytes"] / 1e6) for call in actual.by_line[1]["calls"]}
    assert calls == {4: 0, 5: 50}


def test_methods_and_wrapped_functions(lined: Callable[..., Any]) -> None:
    """Methods, static ones and decorated functions of the cell have lines, too."""
    cell = (
        "import functools\ndef twice(f):\n    @functools.wraps(f)\n    def inner(*args):\n        return f(*args)\n"
        "    return inner\nclass A:\n    @twice\n    def take(self):\n        return len(b'1' * 50_000_000)\n"
        "a = A()\nb = a.take()"
    )

    actual = lined(cell)

    assert [round(actual.increment_mb(line)) for line in (5, 10, 11, 12)] == [50, 50, 0, 50]


def test_an_exception_leaves_functions(lined: Callable[..., Any]) -> None:
    """After a function has raised, memory is charged to the line that goes on, not to the function's last line."""
    cell = (
        "def f():\n    raise ValueError\ntry:\n    f()\n"
        "except ValueError:\n    len(b'1' * 50_000_000)\nlen(b'1' * 30_000_000)"
    )

    actual = lined(cell)

    assert [round(actual.increment_mb(line)) for line in (2, 4, 6, 7)] == [0, 0, 50, 30]


def test_an_exception_that_c_code_swallows(lined: Callable[..., Any]) -> None:
    """What the calling line takes after a property has raised within ``hasattr`` is not charged to the property."""
    cell = (
        "class A:\n    @property\n    def p(self):\n        raise AttributeError\na = A()\n"
        "x = hasattr(a, 'p'), len(b'1' * 50_000_000)"
    )

    actual = lined(cell)

    assert [round(actual.increment_mb(line)) for line in (4, 6)] == [0, 50]


def test_compiling_a_statement_is_its_own(lined: Callable[..., Any]) -> None:
    """The syntax tree and the code of a long list belong to the line that writes it, not to the one before."""
    cell = "a = 1\nfor i in range(1):\n    x = [" + "[1], " * 20_000 + "]\nb = 2"

    actual = lined(cell)

    assert actual.increment_mb(1) == 0
    assert actual.increment_mb(2) + actual.increment_mb(3) > 1


def test_a_cell_that_raises(lined: Callable[..., Any]) -> None:
    """The lines up to the exception are there."""
    actual = lined("a = 1\nx = b'1' * 50_000_000\n1 / 0\nb = 1")

    assert actual.measurement["error"] == "ZeroDivisionError: division by zero"
    assert actual.culprit == 2
    assert sorted(actual.by_line) == [1, 2, 3]


def test_recursion_keeps_once(lined: Callable[..., Any]) -> None:
    """What the depths of a recursion leave is counted once, at the outermost visit of the line."""
    cell = "kept = []\ndef f(n):\n    if n:\n        kept.append(b'1' * 5_000_000)\n        f(n - 1)\nf(10)"

    actual = lined(cell)

    assert round(actual.kept_mb(6)) == 50
    assert round(actual.kept_mb(4)) == 50
    assert round(actual.kept_mb(5)) <= 50


def test_generators_go_on_where_they_stopped(lined: Callable[..., Any]) -> None:
    """The lines of a generator are charged while it runs, the loop's body while it waits."""
    cell = (
        "def made():\n    yield 1\n    len(b'1' * 50_000_000)\n    yield 2\n"
        "for n in made():\n    a = n\n    len(b'1' * 20_000_000)"
    )

    actual = lined(cell)

    assert [round(actual.increment_mb(line)) for line in (2, 3, 4, 6, 7)] == [0, 50, 0, 0, 20]


def test_statements_over_several_lines(lined: Callable[..., Any]) -> None:
    """From Python 3.12 each line of a long expression is its own; before, the statement's first line has it all."""
    actual = lined("x = max(\n    1,\n    len(b'1' * 50_000_000),\n)\ny = 1")

    assert actual.culprit == (3 if sys.version_info >= (3, 12) else 1)
    assert round(actual.increment_mb(actual.culprit)) == 50


def test_marks_of_the_timeline(lined: Callable[..., Any]) -> None:
    """The moments at which the cell went on to another line are told, in order, from its start to its end."""
    actual = lined("import time\ntime.sleep(0.05)\na = 1\ntime.sleep(0.05)").measurement

    moments = [at_s for at_s, _ in actual["marks"]]
    assert moments == sorted(moments)
    assert [line for _, line in actual["marks"]][-1] == 4
    assert moments[0] >= 0
    assert moments[-1] <= actual["wall_s"]
