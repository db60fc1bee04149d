"""What takes the array of a name: one word for each place, and what can't be seen."""

from __future__ import annotations

import ast

import pytest

from memadvise.model import Cell, NotebookSource
from memadvise.rewrite.array_makers import narrow_maker
from memadvise.rewrite.array_uses import ArrayUses, array_uses
from memadvise.rewrite.insertions import imported
from memadvise.rewrite.libraries import module_names
from memadvise.rewrite.made_arrays import Made, MadeArrays
from memadvise.rewrite.parse import ParsedCell, parse_notebook


def _cells(*sources: str) -> tuple[ParsedCell, ...]:
    made = tuple(Cell(f"cell-{index}", index, source) for index, source in enumerate(sources))
    return parse_notebook(NotebookSource(made, made[0].cell_id))


def _uses(*sources: str) -> ArrayUses:
    return array_uses(_cells("import numpy as np", *sources), "A")


@pytest.mark.parametrize(
    ("source", "word", "way"),
    [
        ("A = f()", "bound", ()),
        ("A, b = f()", "bound otherwise", ()),
        ("A = b = f()", "bound otherwise", ()),
        ("if x:\n    A = f()", "bound otherwise", ()),
        ("for A in x: pass", "bound otherwise", ()),
        ("import A", "bound otherwise", ()),
        ("def A(): pass", "bound otherwise", ()),
        ("A += 1", "augmented", ()),
        ("del A", "deleted", ()),
        ("A[1, 2] = 3", "item stored", ("item",)),
        ("A.T[0][1] = 3", "item stored", ("T", "item", "item")),
        ("A[0] += 3", "item augmented", ("item",)),
        ("A[0], b = 3, 4", "unknown", ("item",)),
        ("del A[0]", "unknown", ("item",)),
        ("r = A.shape", ".shape", ()),
        ("r = A.sum(axis=0)", ".sum()", ()),
        ("r = A.sum", ".sum", ()),
        ("r = A.T.reshape(3, 4).ravel().mean()", ".mean()", ("T", ".reshape()", ".ravel()")),
        ("r = np.mean(A)", "np.mean()", ()),
        ("r = np.linalg.norm(A)", "np.linalg.norm()", ()),
        ("r = np.mean(a=A)", "argument", ()),
        ("r = np.mean(*A)", "unknown", ()),
        ("r = len(A)", "len()", ()),
        ("r = f(A)", "argument", ()),
        ("r = A(1)", "unknown", ()),
        ("r = A @ x", "@", ()),
        ("r = x @ A.T", "@", ("T",)),
        ("r = -A", "-", ()),
        ("r = A[1:] > 3", "compare", ("item",)),
        ("r = 1 < A < 3", "unknown", ()),
        ("r = A is None", "unknown", ()),
        ("r = 3 in A", "unknown", ()),
        ("r = x[A]", "index", ()),
        ("r = x[A, 1]", "alias", ()),
        ("x[A] = 1", "unknown", ()),
        ("A", "shown", ()),
        ("A.T", "shown", ("T",)),
        ("r = f'{A}'", "format", ()),
        ("r = A", "alias", ()),
        ("r = A[0]", "alias", ("item",)),
        ("r = [A]", "alias", ()),
        ("r = {'a': A}", "alias", ()),
        ("for r in A: pass", "iterated", ()),
        ("r = [v for v in A]", "iterated", ()),
        ("r = A if x else 1", "unknown", ()),
        ("r = A or 1", "unknown", ()),
        ("assert A", "unknown", ()),
        ("x.a = A", "alias", ()),
    ],
)
def test_one_word_for_each_place(source: str, word: str, way: tuple[str, ...]) -> None:
    """What is understood has its word; everything else is an alias, an argument or unknown."""
    found = _uses(source).uses

    assert [(use.word, use.way) for use in found][-1] == (word, way)
    assert len(found) == 1


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def f():\n    return A", "inside f"),
        ("f = lambda: A", "inside a lambda"),
        ("f = (A for v in x)", "inside a generator"),
        ("class C:\n    a = A", "inside C"),
        ("f = lambda: \uff21", "inside a lambda"),
        ("def f():\n    global A\n    A = 1", "A inside f"),
        ("from numpy import *", "imports everything"),
        ("r = eval('A')", "eval"),
        ("%timeit A.sum()", "magic or shell line"),
        ("%%bash\necho A", "is not Python"),
        ("A = (", "does not parse"),
        ("r = df.query('v > @A')", "inside a string"),
    ],
)
def test_uses_that_run_unseen_are_a_problem(source: str, reason: str) -> None:
    """Functions, strings, magics, star imports."""
    found = _uses("A = f()", source)

    assert reason in found.problem
    assert found.problem_cell is not None
    assert found.problem_cell.cell.index == 2


def test_a_shadowed_numpy_or_builtin_is_not_the_known_one() -> None:
    """`np` or `len` with another meaning anywhere makes it any function."""
    assert [use.word for use in _uses("r = np.sum(A)", "np = 3").uses] == ["argument"]
    assert [use.word for use in _uses("r = len(A)", "def len(x): return x").uses] == ["argument"]
    assert [use.word for use in _uses("import numpy.random as np", "r = np.sum(A)").uses] == ["argument"]


def test_the_maker_is_the_only_binding() -> None:
    """One plain statement, or nothing."""
    made = _uses("A = f()", "r = A.sum()").maker()

    assert made is not None
    assert ast.unparse(made[1]) == "A = f()"
    assert _uses("A = f()", "A = g()").maker() is None
    assert _uses("A = f()", "A += 1").maker() is None


@pytest.mark.parametrize(
    ("sources", "names"),
    [
        (["import numpy as np"], {"np"}),
        (["import numpy, os"], {"numpy"}),
        (["import numpy.random"], set()),
        (["import numpy\nimport numpy.random"], {"numpy"}),
        (["import numpy as np", "np = 1"], set()),
        (["import numpy as np", "import cupy as np"], set()),
        (["if x:\n    import numpy as np"], set()),
        (["import numpy as np", "del np"], set()),
        (["import numpy as np", "def f():\n    global np\n    np = 1"], set()),
    ],
)
def test_names_of_a_library(sources: list[str], names: set[str]) -> None:
    """Only names that are never anything else."""
    assert module_names(_cells(*sources), "numpy") == names


@pytest.mark.parametrize(
    ("cell", "after"),
    [
        ("x = 1", "from m import n\nx = 1"),
        ("'text'\n\nx = 1", "'text'\n\nfrom m import n\nx = 1"),
        ("from __future__ import annotations\nx = 1", "from __future__ import annotations\nfrom m import n\nx = 1"),
        ("%%time\nx = 1", "%%time\nfrom m import n\nx = 1"),
        ("%time x = 1", "from m import n\n%time x = 1"),
        ("@d\ndef f(): pass", "from m import n\n@d\ndef f(): pass"),
        ("x = 1\r\ny = 2", "from m import n\r\nx = 1\r\ny = 2"),
        ("from m import n", "from m import n"),
        ("x = n", "from m import n\nx = n"),
        ("n = 2", "from m import n as n_2\nn = 2"),
    ],
)
def test_an_import_at_the_top_of_a_cell(cell: str, after: str) -> None:
    """Above the first statement that is not bound to the top; not where it is there already."""
    cells = _cells(cell)

    _, spans = imported(cells, cells[0], "m", "n")

    assert "".join([*(cell[: span[0]] + span[2] + cell[span[1] :] for span in spans)] or [cell]) == after


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("x = np.zeros((n, 3))", Made("float64", "n, 3")),
        ("x = np.random.rand(n, 3)", Made("float64", "n, 3")),
        ("x = np.random.rand()", None),
        ("x = np.zeros(n, int)", None),
        ("x = np.zeros(n, dtype=np.float32)", Made("float32", "n")),
        ("x = np.zeros(k)", Made("float64", "")),
        ("y = np.ones(n)\nx = y * 2 - y", Made("float64", "n")),
        ("y = np.ones(n)\nx = y", None),
        ("y = np.ones(n)\nx = y[1:]", None),
        ("y = np.ones(n)\nx = y.reshape(3, 2)", None),
        ("y = np.ones(n)\nx = y.copy()", Made("float64", "n")),
        ("y = np.ones(n)\nx = np.exp(y)", Made("float64", "n")),
        ("y = np.ones(n)\nx = np.exp(y, y)", None),
        ("y = np.ones(n)\ny = g(y)\nx = y * 2", None),
        ("y = np.ones(n)\nfor i in r:\n    y = g(y)\nx = y * 2", None),
        ("y = np.ones(n)\nx = y * unknown", None),
        ("x = a.astype(float)", Made("float64", "")),
        ("x = a.astype(float, copy=False)", None),
        ("x = np.asarray(a, dtype=float)", None),
        ("x = np.array(a, dtype=float)", Made("float64", "")),
        ("x = np.array(a, dtype=float, copy=False)", None),
        ("x = np.zeros(3) if a else b", None),
        ("x = np.zeros(3)\ndel x", None),
    ],
)
def test_arrays_that_were_surely_just_made(source: str, made: Made | None) -> None:
    """New arrays of floats; views, aliases and what other code makes are none."""
    cells = _cells("import numpy as np\nn = 3", source, "end = 1")

    found = MadeArrays(cells, {"n": "int"}).before(cells[2], cells[2].body[0])

    assert found.get("x") == made


@pytest.mark.parametrize(
    "call",
    [
        "np.zeros((2, 3), dtype='int8')",
        "np.zeros(3, order='F')",
        "np.zeros(*shape)",
        "np.zeros(3, **more)",
        "np.full(3, value)",
        "np.full(3, 2.5)",
        "np.arange(n)",
        "np.arange(0, 3, 0.5)",
        "np.array(rows)",
        "np.genfromtxt('a', dtype=int)",
        "np.fromfile('a', dtype=int)",
        "np.loadtxt('a')",
        "np.loadtxt('a', dtype=float)",
        "np.loadtxt('a', dtype=int, converters={0: f})",
        "np.random.randint(0, 9, 5)",
        "rng.integers(0, 9, 5, dtype=int)",
        "zeros(3)",
    ],
)
def test_calls_that_take_no_narrow_type(call: str) -> None:
    """Other draws, other bytes, silent wraps and cuts."""
    cells = _cells(f"import numpy as np\nx = {call}")
    statement = cells[0].body[1]
    assert isinstance(statement, ast.Assign)

    assert narrow_maker(cells[0], statement.value, frozenset({"np"})) is None
