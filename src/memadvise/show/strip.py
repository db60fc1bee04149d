"""Which line ran when: the marks of a timeline as stretches, and the few of them that are named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

MOST_LABELS = 12
NARROW = 0.008  # of the whole: what is narrower stands with its neighbours as one stretch
FEW = 3  # stretches of the culprit that stay on their own, however narrow


@dataclass(frozen=True)
class Stretch:
    """Lines ``first`` to ``last`` ran from ``begin_s`` to ``end_s``; ``weight`` is the highest increment among them."""

    begin_s: float
    end_s: float
    first: int
    last: int
    weight: int = 0

    @property
    def width_s(self) -> float:
        """How long it lasted."""
        return self.end_s - self.begin_s

    @property
    def label(self) -> str:
        """The line's number, or the range of several.

        >>> Stretch(0, 1, 4, 4).label, Stretch(0, 1, 4, 7).label
        ('4', '4–7')
        """
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"


def stretches(
    marks: Sequence[tuple[float, int]], end_s: float, increments: dict[int, int], culprit: int | None = None
) -> list[Stretch]:
    """Return the stretches in the order of time; those too narrow to be seen stand together.

    ``increments`` are bytes by line; ``culprit`` is a line that stays on its own where it does not come often.
    """
    pieces = [
        Stretch(max(begin, 0.0), min(end, end_s), line, line, increments.get(line, 0))
        for (begin, line), (end, _) in pairwise([*sorted(marks), (end_s, 0)])
        if begin < end_s
    ]
    often = sum(piece.first == culprit for piece in pieces) > FEW
    made: list[Stretch] = []
    for piece in pieces:
        apart = piece.first == culprit and not often
        if made and (_same(made[-1], piece) or (not apart and _narrow(made[-1], piece, end_s, culprit, often))):
            made[-1] = _joined(made[-1], piece)
        else:
            made.append(piece)
    return made


def _same(one: Stretch, next_one: Stretch) -> bool:
    return one.first == one.last == next_one.first


def _narrow(one: Stretch, next_one: Stretch, end_s: float, culprit: int | None, often: bool) -> bool:
    """Tell whether the next stretch is too narrow, and the one before it is such a heap or may begin one."""
    if one.first == one.last == culprit and not often:
        return False
    heaped = one.first != one.last or one.width_s < NARROW * end_s
    return heaped and next_one.width_s < NARROW * end_s


def _joined(one: Stretch, other: Stretch) -> Stretch:
    return replace(
        one,
        end_s=other.end_s,
        first=min(one.first, other.first),
        last=max(one.last, other.last),
        weight=max(one.weight, other.weight),
    )


def named(
    found: Sequence[Stretch], width_s: Callable[[str], float], end_s: float, most: int = MOST_LABELS
) -> list[tuple[float, Stretch]]:
    """Return (middle of the label in seconds, stretch), in the order of time, no two labels overlapping.

    Those with the highest increments have the first choice, then the longest. ``width_s`` is how much of
    the time axis a label takes.
    """
    taken: list[tuple[float, float]] = []
    placed: list[tuple[float, Stretch]] = []
    for one in sorted(found, key=lambda stretch: (stretch.weight, stretch.width_s), reverse=True):
        half = width_s(one.label) / 2
        middle = min(max((one.begin_s + one.end_s) / 2, half), max(end_s - half, half))
        if all(middle + half <= begin or end <= middle - half for begin, end in taken):
            taken.append((middle - half, middle + half))
            placed.append((middle, one))
        if len(placed) == most:
            break
    return sorted(placed, key=lambda item: item[0])
