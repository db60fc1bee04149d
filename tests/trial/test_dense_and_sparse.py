"""A dense array against the sparse array that took its place."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from memadvise.model import ResultClass, Verification
from memadvise.trial import as_sparse
from memadvise.trial.compare import compare
from memadvise.trial.snapshot import snapshot


def _compared(before: object, after: object) -> Verification:
    return compare({"a": snapshot(before)}, {"a": snapshot(after)})


def _mostly_zero(dtype: str, shape: tuple[int, int] = (300, 17)) -> np.ndarray:
    numbers = np.random.default_rng(2)
    return (np.where(numbers.random(shape) < 0.1, numbers.integers(-3, 4, shape), 0) * np.array(1.5)).astype(dtype)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float32", "float64", "complex128"])
@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csc_array, sparse.coo_array, sparse.csr_matrix])
def test_the_same_numbers_are_same_values(monkeypatch: pytest.MonkeyPatch, dtype: str, kind: type) -> None:
    """Whatever the format and the dtype, in blocks of any size."""
    monkeypatch.setattr(as_sparse, "_ELEMENTS", 40)
    monkeypatch.setattr(as_sparse, "SPARSE_ROWS", 7)
    made = _mostly_zero(dtype)

    found = _compared(made, kind(made))

    assert (found.equal, found.result) == (True, ResultClass.SAME_VALUES)
    assert len(found.differences) == 1


@pytest.mark.parametrize(
    "layout", [np.asfortranarray, lambda made: made[::-1], lambda made: np.repeat(made, 2, 1)[:, ::2]]
)
def test_the_layout_of_the_dense_array_does_not_matter(layout: object) -> None:
    """Fortran order, reversed rows, strides."""
    made = layout(_mostly_zero("float64"))  # type: ignore[operator]

    assert _compared(made, sparse.csr_array(made)).result is ResultClass.SAME_VALUES


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (3, 0), (0, 3)])
def test_small_and_empty_matrices(shape: tuple[int, int]) -> None:
    """Nothing raises; what has no zeros to leave out is another kind."""
    made = np.zeros(shape)

    assert _compared(made, sparse.csr_array(made)).equal is bool(made.size)


@pytest.mark.parametrize("place", [(0, 0), (150, 3), (299, 16)])
def test_a_planted_difference_is_found(place: tuple[int, int]) -> None:
    """Another value, an entry too many, an entry that is missing, one in another column."""
    made = _mostly_zero("float64")
    made[place] = 5.0
    other, gone, moved = made.copy(), made.copy(), made.copy()
    other[place], gone[place] = 6.0, 0.0
    moved[place], moved[place[0], (place[1] + 1) % 17] = moved[place[0], (place[1] + 1) % 17] or 0.25, 5.0

    for wrong in (other, gone, moved):
        assert not _compared(made, sparse.csr_array(wrong)).equal
    assert not _compared(made, sparse.csr_array(made[:, :-1])).equal


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_the_other_way_round_and_full_arrays_are_other_kinds() -> None:
    """A sparse array never becomes dense, and a full one never sparse, without being a difference."""
    made = _mostly_zero("float64")

    assert not _compared(sparse.csr_array(made), made).equal
    assert not _compared(made + 1, sparse.csr_array(made + 1)).equal
    assert not _compared(np.matrix(made), sparse.csr_array(made)).equal
