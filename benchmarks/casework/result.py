"""What came of a case: growth of each side, and the ratios."""

from __future__ import annotations

from dataclasses import dataclass

from casework.catalogue import Case

SHARE = 0.5  # of the expert's ratio: what is asked for
LEAST = 2**20  # bytes: less than that can't be told from the interpreter's own noise


@dataclass(frozen=True)
class Ours:
    """The notebook as memadvise rewrote it. ``differs``: results that are not those of the notebook as it is."""

    growth_bytes: int
    wall_s: float
    rules: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    held_back: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class CaseResult:
    """One case: bytes of the peak over the imported libraries, and seconds, of all three."""

    case: Case
    original_bytes: int
    original_s: float
    expert_bytes: int
    expert_s: float
    expert_differs: tuple[str, ...]
    ours: Ours

    @property
    def ratio(self) -> float:
        """How many times lower ours is."""
        return self.original_bytes / max(self.ours.growth_bytes, LEAST)

    @property
    def expert_ratio(self) -> float:
        """How many times lower the expert's is."""
        return self.original_bytes / max(self.expert_bytes, LEAST)

    @property
    def reaches(self) -> bool:
        """Whether ours reaches half of the expert's ratio, with the same results."""
        return self.ratio >= SHARE * self.expert_ratio and self.sound

    @property
    def sound(self) -> bool:
        """Whether all sides give the results of the notebook as it is."""
        return not (self.ours.differs or self.ours.problem or self.expert_differs)
