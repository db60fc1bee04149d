"""Printed output against printed output."""

from __future__ import annotations

import re
from itertools import zip_longest

from memadvise.model import ResultClass

AS_PRINTED = 1e-6
# A number that stands alone: no part of a word, a version ("1.2.3") or a name ("x1").
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?(?!\w|\.\d)")
_BLANKS = re.compile(r"[ \t]+|[-─━═]{3,}")


def compare_text(before: str, after: str) -> ResultClass:
    """Return whether a run printed the same: identical, the same but for rounding of printed numbers, or different.

    Rounding: only numbers differ, each by at most 1e-6 of its size, at least one of each pair printed with a point or
    exponent (whole numbers may be keys). Runs of blanks and rules may change their length with the numbers' widths.
    """
    if before == after:
        return ResultClass.IDENTICAL
    numbers = [_NUMBER.findall(text) for text in (before, after)]
    if numbers[0] == numbers[1] or not _same_words(before, after):
        return ResultClass.DIFFERENT
    same = all(_agree(a, b) for a, b in zip_longest(*numbers, fillvalue=""))
    return ResultClass.ROUNDING if same else ResultClass.DIFFERENT


def _same_words(before: str, after: str) -> bool:
    words = [[_BLANKS.sub(lambda run: run[0][0], part) for part in _NUMBER.split(text)] for text in (before, after)]
    return words[0] == words[1]


def _agree(before: str, after: str) -> bool:
    """Return whether two printed numbers are the same but for rounding."""
    if before == after:
        return True
    if not before or not after or not any(set(number) & set(".eE") for number in (before, after)):
        return False
    a, b = float(before), float(after)
    return abs(a - b) <= AS_PRINTED * max(abs(a), abs(b))
