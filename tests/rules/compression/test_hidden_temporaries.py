"""hidden-temporaries: arithmetic in place where nobody sees it, and every way in which somebody would."""

from __future__ import annotations

import warnings
from pathlib import Path
from random import Random

import numpy as np
import pytest
from harness import evidence_of, held_back, notebook, only_card, run, verify

from memadvise.model import ResultClass
from memadvise.rules import advise, find_rule

RULE = "hidden-temporaries"
MADE = "import numpy as np\nrng = np.random.default_rng(3)\nx = rng.random((40, 7))"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = x * 2 + 1", "x *= 2\nx += 1"),
        (
            "x = (x / (x.max()\n- x.min()) + 1)",
            "x /= (x.max()\n- x.min())\nx += 1",
        ),
        ("x = 2.5 * x - 1", "x *= 2.5\nx -= 1"),
        ("x = (x - x.mean()) / x.std()", "x_std = x.std()\nx -= x.mean()\nx /= x_std"),
        (
            "x = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)  # z",
            "x_std = x.std(axis=0, ddof=1)\nx -= x.mean(axis=0)\nx /= x_std  # z",
        ),
        (
            "x = (x - x.min()) / (x.max() - x.min())",
            "x_scale = x.max() - x.min()\nx -= x.min()\nx /= x_scale",
        ),
        ("x_std = 5\nx = (x - 1) / x.std()", "x_std = 5\nx_std_2 = x.std()\nx -= 1\nx /= x_std_2"),
        ("x = x / x.sum(axis=1, keepdims=True)", "x /= x.sum(axis=1, keepdims=True)"),
        ("x = (x - 0.5) ** 2", "x -= 0.5\nx **= 2"),
        ("x = x * 2\nx = x + 1\ny = x.sum()", "x *= 2\nx += 1\ny = x.sum()"),
        ("k = 3\nx = k * x", "k = 3\nx *= k"),
    ],
)
def test_steps_in_place_have_the_same_bits(tmp_path: Path, before: str, after: str) -> None:
    """Reductions of the array as it was are taken before it changes."""
    source = notebook(MADE, before, measured=1)

    card = only_card(RULE, source, tmp_path)

    assert card.edits[0].after == after
    assert card.result is ResultClass.IDENTICAL
    verdict = verify(card, source, tmp_path)
    assert verdict.equal, verdict.differences
    assert verdict.result is ResultClass.IDENTICAL


@pytest.mark.parametrize(
    "maker",
    [
        "x = np.zeros((40, 7))",
        "np.random.seed(1)\nx = np.random.rand(40, 7)",
        "x = np.linspace(0, 1, 50)",
        "x = np.array([[1, 2], [3, 4]], dtype=float)",
        "x = rng.normal(size=(40, 7))",
        "x = np.arange(50).astype(np.float32)",
        "y = rng.random(30)\nx = np.exp(y * 2) - 1",
        "x = np.ones(50, dtype='float32')\nx[3] = 7\nx *= 2\nprint(x.mean(), len(x), x[2:].sum())",
    ],
)
def test_arrays_that_the_notebook_has_surely_made(tmp_path: Path, maker: str) -> None:
    """Makers of float64 and float32, arithmetic on them, and harmless looks in between."""
    source = notebook("import numpy as np\nrng = np.random.default_rng(3)\n" + maker, "x = x * 3 - x.max()", measured=1)

    card = only_card(RULE, source, tmp_path)

    assert card.edits[0].after == "x_max = x.max()\nx *= 3\nx -= x_max"
    assert verify(card, source, tmp_path).result is ResultClass.IDENTICAL


def test_arrays_of_the_same_shape(tmp_path: Path) -> None:
    """Another array whose shape is written with the same names and numbers can't enlarge the result."""
    source = notebook("import numpy as np\nx = np.random.rand(9, 4)\ny = np.zeros((9, 4))", "x = x * y + y", measured=1)

    card = only_card(RULE, source, tmp_path)

    assert card.edits[0].after == "x *= y\nx += y"


def test_the_same_cell_may_hand_it_on_below(tmp_path: Path) -> None:
    """Where the cell itself makes the array, running it again makes a new one, and what holds the old one keeps it."""
    source = notebook(f"{MADE}\nx = x * 2 + 1", "held = [x]")

    assert verify(only_card(RULE, source, tmp_path), source, tmp_path).result is ResultClass.IDENTICAL


@pytest.mark.parametrize(
    ("between", "reason"),
    [
        ("y = x", "y = x (alias)"),
        ("y = x[3:]", "alias"),
        ("y = x.T", "alias"),
        ("y = x.reshape(7, 40)", "alias"),
        ("y = x.ravel()", "alias"),
        ("y = [x]", "alias"),
        ("y = np.asarray(x)", "np.asarray(x)"),
        ("import pandas as pd\ndf = pd.DataFrame(x)", "pd.DataFrame(x)"),
        ("y = dict(a=x)", "a=x (argument)"),
        ("def keep(v):\n    global y\n    y = v\nkeep(x)", "keep(x)"),
        ("for row in x:\n    pass", "iterated"),
        ("x", "x (shown)"),
        ("y = x if True else 0", "unknown"),
        ("y = (z := x)", "alias"),
        ("y = iter(x)", "iter(x)"),
        ("y = x.view()", ".view()"),
        ("y = x.squeeze()", ".squeeze()"),
        ("def get():\n    return x\ny = get()", "inside get"),
        ("y = lambda: x", "inside a lambda"),
        ("y = (v for v in x)", "inside a generator"),
        ("y = globals()['x']", "globals"),
        ("np.seterr(all='raise')", "into errors"),
        ("import warnings\nwarnings.simplefilter('error')", "into errors"),
        ("if True:\n    x = np.arange(9.0)", "not known from the code"),
        ("x = np.asarray([1.0, 2.0])", "not known from the code"),
        ("x = np.load('x.npy')", "not known from the code"),
        ("x, y = np.zeros(9), 1", "not known from the code"),
        ("x = y = np.zeros(9)", "not known from the code"),
        ("for x in [np.zeros(9)]:\n    pass", "not known from the code"),
        ("x = np.arange(9)", "not known from the code"),
        ("x = np.zeros(9, dtype=complex)", "not known from the code"),
        ("x = x + 1j", "not known from the code"),
        ("x = np.zeros(9, dtype='float32') * np.float64(2)", "not known from the code"),
    ],
)
def test_it_holds_back_where_another_holder_or_type_may_be(tmp_path: Path, between: str, reason: str) -> None:
    """An alias, a view, an output, a frame over the same memory would change with the array."""
    np.save(tmp_path / "x.npy", np.arange(9))
    source = notebook(MADE, between, "x = x * 2 + 1", measured=2)

    with np.errstate(), warnings.catch_warnings():
        assert reason in held_back(RULE, source, tmp_path)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("w = np.ones((2, 40, 7))\nx = x * w", "w does not surely have the same shape"),
        ("w = np.ones(7)\nx = x * w + 1", "w does not surely have the same shape"),
        ("w = np.ones((40, 7), dtype=complex)\nx = x * w", "w is no number"),
        ("k = 2j\nx = x * k", "k is no number"),
        ("x = x * 2j", "2j is no number"),
        ("x = x - x.mean(axis=1)[:, None]", "is no number"),
        ("x = x ** 0.5", "a power of 0.5"),
        ("x = x ** 2.0", "a power of 2.0"),
        ("x = x * x", "x is no number"),
        ("x = x * rng.random()", "rng.random() is no number"),
        ("k = 1\nk = 2.5\nx = x * k", "k is no number"),
        ("x = x * 2; y = 1", "holds something else beside"),
        ("x = (x * 2 +  # twice\n     1)", "a comment stands inside"),
    ],
)
def test_it_holds_back_where_a_step_may_not_fit_in_place(tmp_path: Path, cell: str, reason: str) -> None:
    """Operands that may enlarge the result, change its type, or are computed in another way in place."""
    assert reason in held_back(RULE, notebook(MADE, cell, measured=1), tmp_path)


def test_a_cell_of_the_same_text_is_another_cell(tmp_path: Path) -> None:
    """The first one works on an array of its own, the second one on an alias of another array."""
    cell = "x = x * 2 + 1"
    source = notebook(MADE, cell, "y = np.ones(9)\nx = y", cell, measured=3)

    assert "not known from the code" in held_back(RULE, source, tmp_path)


@pytest.mark.parametrize("below", ["y = x", "x", "import pandas as pd\ndf = pd.DataFrame(x)"])
def test_what_is_handed_on_below_would_change_when_the_cell_runs_again(tmp_path: Path, below: str) -> None:
    """Another cell makes the array: running the computing cell again would change what the later cell holds."""
    assert "running this cell again" in held_back(RULE, notebook(MADE, "x = x * 2", below, measured=1), tmp_path)


@pytest.mark.parametrize(
    "cell", ["y = x * 2 + 1", "x = 1 - x", "x = np.sqrt(x)", "x *= 2", "for i in range(2):\n    x = x * 2"]
)
def test_other_statements_are_left_alone(tmp_path: Path, cell: str) -> None:
    """A new name (numpy reuses its own temporaries there), functions (other bits in place), loops: no card at all."""
    assert held_back(RULE, notebook(MADE, cell, measured=1), tmp_path) == ""


def test_a_view_of_the_array_would_have_changed(tmp_path: Path) -> None:
    """The naive rewrite of an array that has a view is wrong."""
    naive = run(notebook(MADE, "y = x[0]", "x *= 2"), tmp_path)[0]
    right = run(notebook(MADE, "y = x[0]", "x = x * 2"), tmp_path)[0]

    assert not np.array_equal(naive["y"], right["y"])  # type: ignore[arg-type]


def test_random_chains_have_the_same_bits(tmp_path: Path) -> None:
    """Random makers and chains, NaN and infinities among the numbers: every card is identical."""
    random, cards = Random(5), 0
    operands = ["2", "0.1", "-3", "k", "x.mean()", "x.std(axis=0)", "x.max(axis=0, keepdims=True)", "x.sum()", "y",
                "(x.max() - x.min())", "(x.std() + 1e-8)", "1e308", "x.min(axis=1, keepdims=True)", "0"]  # fmt: skip
    for _ in range(90):
        dtype = random.choice(["float64", "float32"])
        rows, columns = random.randint(1, 50), random.randint(1, 50)
        special = random.choice(["np.nan", "np.inf", "1"])
        cells = [
            f"import numpy as np\nrng = np.random.default_rng({random.randrange(999)})\n"
            f"r = rng.random(({rows}, {columns}))\nx = r.astype('{dtype}')\nx[0, 0] = {special}\n"
            f"y = np.ones(({rows}, {columns}), dtype='{dtype}')\nx = x * {random.choice(['1', 'y'])}"
        ]
        code = "x"
        for _ in range(random.randint(1, 4)):
            code = random.choice([f"({code} {random.choice('+-*/')} {random.choice(operands)})", f"({code} ** 2)",
                                  f"(2 * {code})", f"(k + {code})"])  # fmt: skip
        cells.append(f"k = 0.3\nx = {code}\ns = x.sum()")
        source = notebook(*cells, measured=1)
        with np.errstate(all="ignore"):
            found, _ = advise(source, evidence_of(source, run(source, tmp_path)[0], tmp_path), [find_rule(RULE)])
            for card in found:
                verdict = verify(card, source, tmp_path)
                cards += 1
                assert verdict.result is ResultClass.IDENTICAL, (cells, verdict.differences)

    assert cards > 30
