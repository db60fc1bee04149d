"""One value in two runs: what the comparison says of it."""

from __future__ import annotations

from memadvise.model import ResultClass, Verification
from memadvise.trial import Allowance, compare, snapshot


def verify(before: object, after: object, **announced: object) -> Verification:
    """Return the verdict on the name ``x``."""
    return compare({"x": snapshot(before)}, {"x": snapshot(after)}, Allowance(**announced))  # type: ignore[arg-type]


def class_of(before: object, after: object) -> ResultClass:
    """Return the class of the verdict; fails where something could not be looked into."""
    found = verify(before, after)
    assert not found.not_compared, found.not_compared
    return found.result


def found(before: object, after: object) -> str:
    """Return what was found, in one text."""
    return "; ".join(difference.found for difference in verify(before, after).differences)
