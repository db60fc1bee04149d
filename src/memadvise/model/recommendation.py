"""What a rule says: a recommendation with its edits, or why it held back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from memadvise.model.notebook import Edit


class Technique(StrEnum):
    """The four ways out, in the order in which equal savings are ranked."""

    COMPRESSION = "compression"
    CHUNKING = "chunking"
    INDEXING = "indexing"
    MACHINE = "machine"


class ResultClass(StrEnum):
    """What changes in the result, from nothing to everything; DIFFERENT is only ever a verdict."""

    IDENTICAL = "identical"
    SAME_VALUES = "same-values"
    ROUNDING = "rounding"
    DISPLAY = "display"
    APPROXIMATE = "approximate"
    DIFFERENT = "different"


@dataclass(frozen=True)
class PredictedPeak:
    """Absolute resident bytes that the changed cells will need: a range, and where it comes from."""

    low_bytes: int
    likely_bytes: int
    high_bytes: int
    basis: Literal["model", "trial", "measured"] = "model"


@dataclass(frozen=True)
class Costs:
    """What it costs beside memory: seconds (once), bytes on disk, USD per hour; None where it costs none."""

    wall_s: float | None = None
    disk_bytes: int | None = None
    usd_per_hour: float | None = None


@dataclass(frozen=True)
class NewFile:
    """A file that Apply writes; never over an existing one with another content."""

    path: str
    text: str


@dataclass(frozen=True)
class Recommendation:
    """One card. ``number`` counts from 1 in rank order and is 0 until ranked.

    ``fewer_columns`` maps frames of the notebook to the columns that they will no longer have; ``gone`` are names that
    will no longer exist. Both are what the card announces, and the only absences that a verification accepts.
    ``peeks`` are the ids of the cells whose display shows fewer columns; ``unkept`` those of the cells that show the
    same as before, but keep it no longer (`Out[3]`).
    ``builds`` says that the first run builds something (an index) that later runs find ready.
    """

    rule: str
    technique: Technique
    title: str
    why: str
    result: ResultClass
    predicted_peak: PredictedPeak
    edits: tuple[Edit, ...]
    costs: Costs = Costs()
    number: int = 0
    fewer_columns: tuple[tuple[str, tuple[str, ...]], ...] = ()
    gone: tuple[str, ...] = ()
    peeks: tuple[str, ...] = ()
    unkept: tuple[str, ...] = ()
    files: tuple[NewFile, ...] = ()
    builds: bool = False


@dataclass(frozen=True)
class HeldBack:
    """A rule saw its waste but could not prove that the result stays: which cell, and why."""

    rule: str
    cell_id: str
    index: int
    reason: str
