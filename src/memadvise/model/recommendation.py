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
class FrameChange:
    """What the statement that makes a frame is to give instead; several of them on one frame make one edit.

    ``cell_id`` and ``name`` say which frame. ``usecols`` are the columns to keep (empty: all). ``dtypes`` are (column,
    dtype as pandas spells it), ``dates`` (column, the one `strptime` format of all its texts). ``options`` are further
    (keyword of the read, its code), ``checks`` statements behind it that raise when the data no longer fit.
    ``saved`` are (column, bytes that it then takes less), ``total_bytes`` is what the frame takes now.
    ``piece_rows``: the file is parsed that many rows at a time (0: at once), ``pinned`` are then the (column, dtype)
    that parsing it at once gives, for columns of which nothing else says the dtype.
    """

    cell_id: str
    name: str
    usecols: tuple[str, ...] = ()
    dtypes: tuple[tuple[str, str], ...] = ()
    dates: tuple[tuple[str, str], ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    checks: tuple[str, ...] = ()
    saved: tuple[tuple[str, int], ...] = ()
    total_bytes: int = 0
    piece_rows: int = 0
    pinned: tuple[tuple[str, str], ...] = ()

    @property
    def saved_bytes(self) -> int:
        """What the frame then holds less."""
        return sum(nbytes for _, nbytes in self.saved)


@dataclass(frozen=True)
class Recommendation:
    """One card. ``number`` counts from 1 in rank order and is 0 until ranked.

    ``fewer_columns`` maps frames of the notebook to the columns that they will no longer have; ``gone`` are names that
    will no longer exist. Both are what the card announces, and the only absences that a verification accepts.
    ``peeks`` are the ids of the cells whose display shows fewer columns; ``unkept`` those of the cells that show the
    same as before, but keep it no longer (`Out[3]`).
    ``retyped`` maps frames to the columns whose values are of another kind there (dates instead of their text),
    and scikit-learn's estimators to the attributes that are others.
    ``change`` is what the edit does where it only changes how one frame is made: such cards can be joined into one.
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
    retyped: tuple[tuple[str, tuple[str, ...]], ...] = ()
    change: FrameChange | None = None


@dataclass(frozen=True)
class HeldBack:
    """A rule saw its waste but could not prove that the result stays: which cell, and why."""

    rule: str
    cell_id: str
    index: int
    reason: str
