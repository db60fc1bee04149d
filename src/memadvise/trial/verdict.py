"""Verdicts on single things, and how they add up: the worst class wins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from memadvise.model import ResultClass

_ORDER = (
    ResultClass.IDENTICAL,
    ResultClass.SAME_VALUES,
    ResultClass.ROUNDING,
    ResultClass.DISPLAY,
    ResultClass.APPROXIMATE,
    ResultClass.DIFFERENT,
)


@dataclass(frozen=True)
class Verdict:
    """What a comparison found: the class, what differs in words (worst first), and what could not be compared.

    ``blind`` are paths within the value, as "['model']"; "" stands for the value itself, of which then nothing was
    compared.
    """

    result: ResultClass
    found: tuple[tuple[ResultClass, str], ...] = ()
    blind: tuple[str, ...] = ()


SAME = Verdict(ResultClass.IDENTICAL)
BLIND = Verdict(ResultClass.IDENTICAL, (), ("",))


def verdict(result: ResultClass, text: str) -> Verdict:
    """Return a verdict with one finding."""
    return Verdict(result, ((result, text),))


def different(text: str) -> Verdict:
    """Return the verdict "different" with what was found."""
    return verdict(ResultClass.DIFFERENT, text)


def worst(results: Iterable[ResultClass]) -> ResultClass:
    """Return the worst of the classes, IDENTICAL where there are none."""
    return max(results, key=_ORDER.index, default=ResultClass.IDENTICAL)


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict on a thing that consists of parts."""
    parts = list(verdicts)
    found = sorted((entry for part in parts for entry in part.found), key=lambda entry: -_ORDER.index(entry[0]))
    blind = tuple(path for part in parts for path in part.blind)
    return Verdict(worst(part.result for part in parts), tuple(found), blind)
