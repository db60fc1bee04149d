"""The verdict on a rewrite's result."""

from __future__ import annotations

from dataclasses import dataclass

from memadvise.model.recommendation import ResultClass


@dataclass(frozen=True)
class Difference:
    """One thing that differs: the name (``Out`` for the displayed value) and what was found."""

    name: str
    found: str


@dataclass(frozen=True)
class Verification:
    """Original's values against the rewritten notebook's.

    ``compared`` and ``not_compared`` are names; ``Out`` is the displayed value. ``equal`` is False as soon as one
    compared thing is DIFFERENT; what could not be compared is listed, never counted as equal.
    """

    equal: bool
    result: ResultClass
    compared: tuple[str, ...]
    differences: tuple[Difference, ...] = ()
    not_compared: tuple[str, ...] = ()
