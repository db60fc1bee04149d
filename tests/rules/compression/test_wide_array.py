"""wide-array: where a narrow integer gives what a wide one gives, and where it wraps or shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from harness import evidence_of, held_back, notebook, only_card, run, verify

from memadvise.model import ResultClass
from memadvise.rules import advise, find_rule

RULE = "wide-array"
NUMPY = "import numpy as np\n"
MADE = NUMPY + "A = np.arange(600).reshape(30, 20) % 101"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A = np.zeros((30, 20))\nA[3] = 1", "A = np.zeros((30, 20), dtype=np.int8)\nA[3] = 1"),
        ("A = np.zeros((30, 20), dtype=int)\nA[3] = 200", "A = np.zeros((30, 20), dtype=np.int16)\nA[3] = 200"),
        ("A = np.ones(50, np.int64)", "A = np.ones(50, np.int8)"),
        ("A = np.full((9, 9), -1)\nA[A < 0] = 7", "A = np.full((9, 9), -1, dtype=np.int8)\nA[A < 0] = 7"),
        ("A = np.full(9, 2.0)", "A = np.full(9, 2.0, dtype=np.int8)"),
        ("A = np.arange(120)  # all", "A = np.arange(120, dtype=np.int8)  # all"),
        ("A = np.arange(0, 4000, 7, dtype='int64')", "A = np.arange(0, 4000, 7, dtype=np.int16)"),
        (
            "A = np.loadtxt('a.txt', dtype=int, delimiter=',')",
            "A = np.loadtxt('a.txt', dtype=np.int8, delimiter=',')",
        ),
    ],
)
def test_the_call_that_makes_the_array_says_the_type(tmp_path: Path, before: str, after: str) -> None:
    """Constants that are written later count too; the person's own text stays."""
    (tmp_path / "a.txt").write_text("1,2\n3,-128\n")
    source = notebook(NUMPY + before, "r = (A == 1).sum(), A.mean(), A.std()", measured=1)

    card = only_card(RULE, source, tmp_path)

    assert card.edits[0].after == NUMPY + after
    assert card.result is ResultClass.SAME_VALUES
    verdict = verify(card, source, tmp_path)
    assert verdict.equal, verdict.differences
    assert {difference.name for difference in verdict.differences} == {"A"}


@pytest.mark.parametrize(
    "use",
    [
        "r = A.sum(), A.sum(axis=0), np.sum(A, 1), A.cumsum()",
        "r = (A > 50).sum(), (A == 300).any(), (A < -2**70).any(), (A != 0.5).all(), A <= A.T.reshape(30, 20)",
        "r = A.mean(axis=0), A.std(ddof=1), np.median(A), A.var()",
        "r = A[3].sum(), A[A > 5].mean(), A[2, 3] == 44, A.T[1].tolist()",
        "r = int(A.max()), float(A.min()), A.max() > 100\nprint(A.max(), A)\ns = f'{A.min()} {A[1, 1]} {A!s}'",
        "r = A / 7, A * 0.3, 1 / (A / 3 + 9), A[3, 3] * 0.3, A[3, 3] / 9, 2.5 - A",
        "w = np.linspace(0, 1, 20)\nr = A * w, w - A",
        "r = np.isin(A, [1, 300]), np.count_nonzero(A), A.nonzero(), A.argmax(), len(A), A.shape",
    ],
)
def test_uses_that_give_the_same_bits(tmp_path: Path, use: str) -> None:
    """Sums are taken in int64, means in float64, comparisons know what does not fit."""
    source = notebook(MADE, use, measured=1)

    card = only_card(RULE, source, tmp_path)

    verdict = verify(card, source, tmp_path)
    assert verdict.equal, verdict.differences
    assert {difference.name for difference in verdict.differences} == {"A"}


def test_any_other_array_is_checked_below_its_line(tmp_path: Path) -> None:
    """What does not take a dtype safely is made as before, looked at, and made narrow; later misfits raise."""
    card = only_card(RULE, notebook(MADE, "r = A.sum()", measured=1), tmp_path)

    assert card.edits[0].after == (
        f"{MADE}\nif A.min() < -128 or A.max() > 127:\n"
        '    raise ValueError("A no longer fits int8")\nA = A.astype("int8")'
    )
    with pytest.raises(ValueError, match="no longer fits int8"):
        run(notebook(card.edits[0].after.replace("% 101", "")), tmp_path)


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        ("r = A * 2", "A * 2 (*)"),
        ("r = A + A", "A + A"),
        ("r = A - 1", "A - 1"),
        ("r = -A", "-A"),
        ("r = A ** 2", "A ** 2"),
        ("r = A // 2", "A // 2"),
        ("r = A / 300", "A / 300"),
        ("r = A.max() + 1", "A.max()"),
        ("r = A.max()", "A.max()"),
        ("r = np.diff(A)", "np.diff"),
        ("r = A.dot(A.T)", "A.dot(A.T)"),
        ("r = A @ A.T", "A @ A.T"),
        ("r = A[3]", "alias"),
        ("r = [v for v in A]", "iterated"),
        ("r = A.astype('uint8')", ".astype()"),
        ("r = A.sum(dtype='int8')", "dtype='int8'"),
        ("r = A.sum(0, 'int8')", "'int8'"),
        ("r = np.cumsum(A, None, 'int8')", "'int8'"),
        ("r = np.arange(200)[A]", "makes int64 of it again"),
        ("r = np.bincount(A.ravel())", "makes int64 of it again"),
        ("r = A.dtype", ".dtype"),
        ("r = A.nbytes", ".nbytes"),
        ("r = A.tobytes()", ".tobytes()"),
        ("r = np.unique(A)", "np.unique()"),
        ("r = A.argsort()", ".argsort()"),
        ("A", "shown"),
        ("w = np.arange(20)\nr = A * w", "A * w"),
        ("w = np.arange(20, dtype='float32')\nr = A * w", "A * w"),
        ("A[3] = 1\nr = A.sum()", "what it held before was not seen"),
        ("A[3] += 1\nr = A.sum()", "item augmented"),
        ("A += 1\nr = A.sum()", "bound more than once"),
        ("b = A\nr = b.sum()", "alias"),
        ("r = f'{A.max():>5}'", "A.max()"),
        ("r = f'{A[3, 3]!r}'", "format"),
        ("r = f'{A=}'", "format"),
        ("r = f'{A.max()!r}'", "A.max()"),
        ("def f():\n    return A.sum()\nr = f()", "inside f"),
        ("f = lambda: A.sum()\nr = f()", "inside a lambda"),
        ("r = A.sum()\ns = len(globals())", "globals"),
        ("r = np.percentile(A, 37)", "np.percentile()"),
        ("r = np.quantile(A, 0.37)", "np.quantile()"),
    ],
)
def test_it_holds_back_where_narrow_numbers_wrap_or_show(tmp_path: Path, use: str, reason: str) -> None:
    """Arithmetic with integers, one element that flows on, types that are seen, writes, aliases, unseen uses."""
    assert reason in held_back(RULE, notebook(MADE, use, measured=1), tmp_path)


@pytest.mark.parametrize(
    ("maker", "reason"),
    [
        ("A = np.zeros((30, 20))\nfor i in range(5):\n    A[i] = i", "may not fit"),
        ("A = np.zeros((30, 20))\nA[3] = 0.0\nA[4] = np.float64(2)", "may not fit"),
        ("A = np.zeros(30)\nA[0] = 2.5\nA[0] = 1", "may not fit"),
        ("A = np.zeros(30)\nA[0] = -0.0\nA[0] = 1", "may not fit"),
        ("A = np.zeros(30)\nA[0] = 2**40\nA[0] = 1", "may not fit"),
        ("A = np.zeros(30)\nA[0] = 4000000000\nA[0] = 1", "needs the wide type"),
        ("A = np.floor(np.linspace(0, 9, 90))", "made as floats"),
        ("B = np.arange(60)\nA = B[10:]", "something else holds the same memory"),
        ("if True:\n    A = np.arange(9)", "in a branch or loop"),
        ("B = 3; A = np.arange(9) % B", "shares its line"),
    ],
)
def test_it_holds_back_where_the_values_are_not_surely_known(tmp_path: Path, maker: str, reason: str) -> None:
    """Constants that were overwritten count; what flows in from elsewhere does not fit surely."""
    source = notebook(NUMPY + maker, "r = (A == 1).sum()", measured=1)

    assert reason in held_back(RULE, source, tmp_path)


@pytest.mark.parametrize(
    "maker",
    [
        "A = np.linspace(0, 1, 90)",
        "A = np.array([1.0, np.nan])",
        "A = np.array([0.0, -0.0, 1.0])",
        "A = np.arange(9, dtype='int8')",
        "A = np.arange(9) + 2**40",
        "A = np.arange(9, dtype='uint64')",
        "A = [1, 2, 3]",
    ],
)
def test_other_arrays_are_not_wide(tmp_path: Path, maker: str) -> None:
    """Fractions, NaN, signed zeros, large numbers and narrow types get neither card nor words."""
    source = notebook(NUMPY + maker, "r = (A == 1)", measured=1)

    assert held_back(RULE, source, tmp_path) == ""


def test_it_needs_numpy_2(tmp_path: Path) -> None:
    """Before numpy 2 an int8 array times 0.5 was a float16 array."""
    source = notebook(MADE, "r = A.sum()", measured=1)
    evidence = replace(evidence_of(source, run(source, tmp_path)[0], tmp_path), numpy_version="1.26.4")

    cards, held = advise(source, evidence, [find_rule(RULE)])

    assert cards == ()
    assert "needs numpy 2" in held[0].reason


def test_an_array_that_nothing_is_done_with_is_a_result(tmp_path: Path) -> None:
    """Its type may be what the person wants."""
    assert held_back(RULE, notebook(MADE + "\nn = 1", "n = 2", measured=0), tmp_path) == ""


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_random_arrays_and_uses_give_the_same(tmp_path: Path) -> None:
    """Random makers, values, layouts and uses: every card that is offered keeps its word."""
    random, cards = Random(7), 0
    uses = [
        "A.sum(axis={axis})", "A.mean(axis={axis})", "A.std(axis={axis})", "np.var(A, axis={axis})", "A {op} {value}",
        "{value} {op} A", "A / {value}", "A * {value}", "A + {value}", "A[A > {value}].mean()",
        "A.T.cumsum(axis={axis})",
        "np.median(A, axis={axis})", "np.percentile(A, 37, axis={axis})", "A.argmin(axis={axis})", "A[1].std()",
        "int(A.max()) + 1", "A.max() - 1", "(A {op} {value}).mean()", "np.isin(A, [{value}, 1])", "A * w", "A - w",
        "np.all(A, axis={axis})", "A.ravel()[0] {op} {value}", "A[0, 0] / {value}", "np.quantile(A, 0.9)", "A.tolist()",
    ]  # fmt: skip
    for _ in range(250):
        rows, columns = random.randint(2, 40), random.randint(2, 40)
        shape, most = f"({rows}, {columns})", random.choice([2, 100, 127, 128, 30000, 2**31 - 1])
        maker = random.choice([
            f"np.zeros({shape})\nA[1] = {random.choice([3, 200, 1.0])}", f"np.ones({shape}, dtype=int)",
            f"np.full({shape}, {most})", f"np.arange({rows * columns}).reshape{shape} % {most + 1}",
            f"np.asfortranarray(np.random.default_rng(1).integers(-{most} - 1, {most} + 1, {shape}))",
        ])  # fmt: skip
        fill = {
            "axis": [0, 1, None],
            "op": ["<", "<=", "==", "!=", ">", ">="],
            "value": [0.5, 3, 1, 300, -2.25, 10**12],
        }
        lines = [
            f"r{n} = " + random.choice(uses).format(**{word: random.choice(some) for word, some in fill.items()})
            for n in range(2)
        ]
        cells = [f"{NUMPY}A = {maker}\nw = np.linspace(-1, 1, {columns})", "\n".join(lines)]
        source = notebook(*cells, measured=1)
        found, _ = advise(source, evidence_of(source, run(source, tmp_path)[0], tmp_path), [find_rule(RULE)])
        for card in found:
            with np.errstate(all="ignore"):
                verdict = verify(card, source, tmp_path)
            cards += 1
            assert verdict.equal, (cells, verdict.differences)
            assert {difference.name for difference in verdict.differences} == {"A"}, (cells, verdict.differences)

    assert cards > 60
