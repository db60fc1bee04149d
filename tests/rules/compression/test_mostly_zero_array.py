"""mostly-zero-array: what a sparse array gives as the dense one does, and what it does not."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
from harness import MEASURED, evidence_of, held_back, notebook, only_card, run, verify

from memadvise.model import ResultClass
from memadvise.rules import advise, arrays, find_rule

RULE = "mostly-zero-array"
FILLED = "import numpy as np\nA = np.zeros((40, 30))\nfor i in range(0, 40, 3):\n    A[i, i % 30] = i + {step}"
WHOLE = FILLED.format(step=1)
PARTS = FILLED.format(step=0.1)
VECTORS = "x = np.arange(30.0) + 1\ny = np.arange(40) % 7"


@pytest.mark.parametrize(
    "use",
    [
        "r = A @ x",
        "r = A.T @ y",
        "r = y @ A",
        "r = A.dot(x)",
        "r = A.sum(axis=0), A.sum(1), A.sum()",
        "r = A.T.sum(axis=1)",
        "r = (A != 0).sum(), (A > 0).sum(axis=0), (A == 7).sum(axis=1), (A < 0).sum(), (A >= 2).sum()",
        "n, m = A.shape\nr = n * m, A.ndim, A.dtype",
        "print(A.sum())\nr = A @ x\nfor k in range(3):\n    r = r + A @ x",
    ],
)
def test_whole_numbers_are_exactly_the_same(tmp_path: Path, use: str) -> None:
    """Products, sums and counts of whole numbers have the same bits; only the array's own type changes."""
    source = notebook(WHOLE, VECTORS, use, measured=2)

    card = only_card(RULE, source, tmp_path)

    assert "A = csr_array(A)" in card.edits[0].after
    assert card.result is ResultClass.SAME_VALUES
    verdict = verify(card, source, tmp_path)
    assert verdict.equal, verdict.differences
    assert verdict.result is ResultClass.SAME_VALUES
    assert {difference.name for difference in verdict.differences} == {"A"}


@pytest.mark.parametrize("use", ["r = A @ x", "r = A.sum(axis=0)", "r = A.mean(axis=0), A.mean()"])
def test_other_floats_are_the_same_but_for_rounding(tmp_path: Path, use: str) -> None:
    """Sums of floats are taken in another order, and the card says so."""
    source = notebook(PARTS, VECTORS, use, measured=2)

    card = only_card(RULE, source, tmp_path)

    assert card.result is ResultClass.ROUNDING
    assert verify(card, source, tmp_path).equal


def test_the_array_is_converted_below_the_last_line_that_fills_it(tmp_path: Path) -> None:
    """The loop still writes into the dense array; the import stands at the top of the cell."""
    card = only_card(RULE, notebook(WHOLE, "r = A.sum(axis=0)", measured=1), tmp_path)

    assert card.edits[0].after == f"from scipy.sparse import csr_array\n{WHOLE}\nA = csr_array(A)"


@pytest.mark.parametrize("fill", ["np.add.at(A, (np.arange(9), np.arange(9)), 1)", "np.fill_diagonal(A, 5)"])
def test_numpys_own_ways_to_fill_are_known(tmp_path: Path, fill: str) -> None:
    """The array is converted below them."""
    source = notebook(f"import numpy as np\nA = np.zeros((40, 30))\n{fill}\nr = A.sum(axis=0)")

    card = only_card(RULE, source, tmp_path)

    assert f"{fill}\nA = csr_array(A)" in card.edits[0].after
    assert verify(card, source, tmp_path).equal


SPARSE = "import numpy as np\nfrom scipy.sparse import random_array\nclass V:\n    def transform(self, n):\n"
SPARSE += "        return random_array((n, 50), density=0.05, rng=1, format='csr')\nv = V()"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("X = v.transform(60).toarray()", "X = csr_array(v.transform(60))"),
        ("X = np.asarray(v.transform(60).todense())", "X = csr_array(v.transform(60))"),
        ("S = v.transform(60)\nX = S.toarray()  # dense", "S = v.transform(60)\nX = csr_array(S, copy=True)  # dense"),
    ],
)
def test_a_sparse_matrix_is_not_made_dense(tmp_path: Path, before: str, after: str) -> None:
    """`.toarray()` is left out: the dense array is never there, so the peak falls too."""
    source = notebook(SPARSE, f"{before}\ns = X.sum(axis=0)", measured=1)

    card = only_card(RULE, source, tmp_path)

    assert card.edits[0].after == f"from scipy.sparse import csr_array\n{after}\ns = X.sum(axis=0)"
    assert verify(card, source, tmp_path).equal


def test_a_vector_that_later_holds_an_infinity_raises(tmp_path: Path) -> None:
    """Zero times infinity is NaN in a dense product: the rewritten notebook does not leave it out unseen."""
    source = notebook(WHOLE, "x = np.arange(30.0) * 1", "r = A @ x", measured=2)
    card = only_card(RULE, source, tmp_path)
    changed = source.with_edits(card.edits)

    assert changed.cells[1].source == (
        'x = np.arange(30.0) * 1\nif not abs(x).max() < float("inf"):\n'
        '    raise ValueError("x holds an infinity or NaN, which zeros that are not stored would not meet")'
    )
    for bad in ("* np.inf", "* np.nan"):
        cells = [cell.source.replace("* 1", bad) for cell in changed.cells]
        with np.errstate(all="ignore"), pytest.raises(ValueError, match="holds an infinity or NaN"):
            run(notebook(*cells), tmp_path)


def test_it_holds_back_where_a_later_cell_writes(tmp_path: Path) -> None:
    """What the array will hold below the measured cell was not seen."""
    source = notebook(WHOLE, "r = A.sum(axis=0)", "A[0, 0] = 3", "u = A.sum()", measured=1)

    assert "writes into it below the measured cell" in held_back(RULE, source, tmp_path)


def test_a_name_of_the_notebooks_own_is_left_alone(tmp_path: Path) -> None:
    """Where `csr_array` is something else, it is imported under another name."""
    source = notebook(WHOLE, "csr_array = 5\nr = A.sum(axis=0)", measured=1)

    card = only_card(RULE, source, tmp_path)

    assert "import csr_array as csr_array_2" in card.edits[0].after
    assert verify(card, source, tmp_path).equal


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        ("r = A * 2", "needs it dense, or may: A * 2"),
        ("r = A[3]", "needs it dense"),
        ("r = len(A)", "len(A)"),
        ("r = A.size", "A.size"),
        ("r = A.sum(axis=0, keepdims=True)", "keepdims"),
        ("r = A.max(axis=0)", "A.max(axis=0)"),
        ("r = np.count_nonzero(A)", "np.count_nonzero"),
        ("r = np.dot(A, x)", "np.dot(A, x)"),
        ("r = (A == 0).sum()", "A == 0"),
        ("r = (A > 0)", "A > 0"),
        ("r = A.mean(axis=0, dtype='float32')", "needs it dense"),
        ("r = (A > -1).sum()", "A > -1"),
        ("r = (A <= 0.0).sum()", "A <= 0.0"),
        ("A", "needs it dense"),
        ("print(A)", "print(A)"),
        ("r = f'{A}'", "needs it dense"),
        ("b = A\nr = b.sum()", "needs it dense"),
        ("r = str(A)", "str(A)"),
        ("def f():\n    return A.sum()\nr = f()", "inside f"),
        ("r = A.sum()\ns = eval('A.sum()')", "eval"),
        ("for row in A:\n    r = row.sum()", "needs it dense"),
        ("x2 = np.array([np.inf] + [1.0] * 29)\nr = A @ x2", "infinity"),
        ("x2 = np.array([np.nan] + [1.0] * 29)\nr = A @ x2", "infinity"),
        ("x2 = x * 1\nx2[3] = np.inf\nr = A @ x2\nx2[3] = 1", "never changes"),
        ("r = A @ (x * 2)", "never changes"),
        ("r = A @ A.T", "never changes"),
        ("r = A @ x\nx = x / 0", "never changes"),
        ("A = A + 0\nr = A.sum()", "bound more than once"),
        ("r = A.sum()\nA[3, 3] = 2\nf = lambda m: m\nq = f(A)", "needs it dense, or may: f(A)"),
        ("r = y.reshape(1, 40) @ A", "never changes"),
    ],
)
def test_it_holds_back_where_a_sparse_array_behaves_otherwise(tmp_path: Path, use: str, reason: str) -> None:
    """Each use that would raise, return something sparse, or give another value is named."""
    with np.errstate(all="ignore"):
        assert reason in held_back(RULE, notebook(WHOLE, VECTORS, use, measured=2), tmp_path)


@pytest.mark.parametrize(
    ("maker", "reason"),
    [
        (WHOLE + "\nA[0, 1] = -0.0", "negative zero"),
        (WHOLE + "\nB = A\nA[0, 0] = 1", "uses it dense before it is complete: B = A"),
        ("import numpy as np\nB = np.zeros((40, 30))\nB[3, 3] = 2\nA = B.T", "something else holds the same memory"),
        (PARTS.replace("30))", "30), dtype='float32')"), "float32 sums"),
        (PARTS + "\nA[0, 1] = -0.1", "both signs may cancel"),
        ("import numpy as np\nif True:\n    A = np.zeros((40, 30))\nA[3, 3] = 1", "in a branch or loop"),
        ("import numpy as np\nA, k = np.zeros((40, 30)), 1\nA[3, 3] = 1", "bound more than once, or"),
        ("from numpy import *\nimport numpy as np\nA = np.zeros((40, 30))", "imports everything"),
        ("import numpy as np; A = np.zeros((40, 30))", "shares its line"),
    ],
)
def test_it_holds_back_where_the_array_is_not_surely_that(tmp_path: Path, maker: str, reason: str) -> None:
    """Signs of zero, other holders, branches, single precision."""
    assert reason in held_back(RULE, notebook(maker, "r = A.sum(axis=0)", measured=1), tmp_path)


@pytest.mark.parametrize(
    "maker",
    [
        "import numpy as np\nA = np.ones((40, 30))",
        "import numpy as np\nA = np.zeros(1200)",
        "A = [[0] * 30] * 40",
        "import numpy as np\nA = np.zeros((0, 30))",
    ],
)
def test_other_arrays_are_no_waste(tmp_path: Path, maker: str) -> None:
    """Full arrays, vectors and lists get neither card nor words."""
    assert held_back(RULE, notebook(maker, "r = len(A)", measured=1), tmp_path) == ""


def test_a_small_array_is_noise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A saving below one MiB is no card."""
    monkeypatch.setattr(arrays, "WORTH_BYTES", 2**20)

    assert held_back(RULE, notebook(WHOLE, "r = A.sum(axis=0)", measured=1), tmp_path) == ""


def test_the_prediction_says_where_the_peak_stays(tmp_path: Path) -> None:
    """Converting lowers what is kept, not the peak of the cell that makes the array."""
    sources = [
        notebook(WHOLE + "\nr = A.sum(axis=0)"),
        notebook(WHOLE, "r = A.sum(axis=0)", measured=1),
        notebook(SPARSE, "X = v.transform(60).toarray()\ns = X.sum(axis=0)", measured=1),
    ]

    peaks = [only_card(RULE, source, tmp_path).predicted_peak.likely_bytes for source in sources]

    assert peaks[0] >= peaks[1] == MEASURED.peak_bytes > peaks[2]


def test_random_arrays_and_uses_give_the_same(tmp_path: Path) -> None:
    """Random shapes, dtypes, layouts and uses: every card that is offered keeps its word."""
    random, cards = Random(4), 0
    uses = [
        "r{n} = A @ x", "r{n} = A.T @ y", "r{n} = y @ A", "r{n} = A.sum(axis={axis})", "r{n} = A.mean(axis={axis})",
        "r{n} = (A {op} {value}).sum(axis={axis})", "r{n} = A.dot(x)", "r{n} = A @ M", "r{n} = A.T.sum({axis})",
        "r{n} = float(A.sum())",
    ]  # fmt: skip
    for _ in range(120):
        dtype, other = (
            random.choice(["bool", "int8", "uint8", "int64", "float64", "float32"]),
            random.choice(["float64", "int64", "int8", "float32", "bool", "uint64"]),
        )
        rows, columns = random.randint(1, 60), random.randint(1, 60)
        scale = random.choice([1, 3, 0.37])
        cells = [
            f"import numpy as np\nrng = np.random.default_rng({random.randrange(10**6)})\n"
            f"A = ((rng.random(({rows}, {columns})) < {random.choice([0, 0.05, 0.2])}) * "
            f"rng.integers(-9, 9, ({rows}, {columns})) * {scale}).astype('{dtype}') * np.array(1, dtype='{dtype}') + 0",
            f"x = (np.arange({columns}) * {scale}).astype('{other}')\ny = (np.arange({rows}) % 5).astype('{other}')\n"
            f"M = (np.arange({columns * 3}) % 7).reshape({columns}, 3).astype('{other}') + 0",
            "\n".join(
                random.choice(uses).format(
                    n=number, axis=random.choice([0, 1, None]), op=random.choice(["!=", "==", "<", ">", ">=", "<="]),
                    value=random.choice([0, 1, 2.5, -1, 3]),
                )
                for number in range(3)
            ) + "\ndel rng",
        ]  # fmt: skip
        source = notebook(*cells, measured=2)
        found, _ = advise(source, evidence_of(source, run(source, tmp_path)[0], tmp_path), [find_rule(RULE)])
        for card in found:
            verdict = verify(card, source, tmp_path)
            cards += 1
            assert verdict.equal, (cells, verdict.differences)
            assert verdict.result in {ResultClass.SAME_VALUES, card.result}, (cells, verdict.differences)

    assert cards > 20
