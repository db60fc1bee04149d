"""What an expression is, as far as following one frame through a notebook needs to know, and what is done with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True)
class FrameValue:
    """A frame made of the read's rows. ``columns`` None: whatever columns the read has (*open*), else just those.

    ``derived``: rows were chosen or ordered by the person, so that showing or keeping it is a result, not a peek.
    """

    columns: frozenset[str] | None = None
    derived: bool = False


@dataclass(frozen=True)
class ColumnValue:
    """One column of the read as it was read, all or some of its rows."""

    column: str


@dataclass(frozen=True)
class GroupsValue:
    """`frame.groupby(keys)`, and the columns selected from it (None: all the others)."""

    frame: FrameValue
    keys: frozenset[str]
    selected: frozenset[str] | None = None


@dataclass(frozen=True)
class SummaryValue:
    """A reduced table whose row labels are values of ``keys``."""

    keys: frozenset[str]


@dataclass(frozen=True)
class ClosedValue:
    """Anything else: it holds nothing of the read whose dtype or columns could still change."""


CLOSED = ClosedValue()
Value = FrameValue | ColumnValue | GroupsValue | SummaryValue | ClosedValue


class Operation(Enum):
    """What is done with columns, as coarse as the rules need it."""

    COMPARE = "compared with == or !="
    MEMBER = "tested with isin"
    GROUP_KEY = "a group key"
    COUNT = "counted or tested for missing values"
    AGGREGATE = "aggregated"
    ROWS = "carried along"
    PEEK = "shown by a peek"
    OTHER = "used otherwise"
    WHOLE = "used whole"


@dataclass(frozen=True)
class Use:
    """One use: the columns (None: every column of the read), the operation, and where and as what it stands."""

    columns: frozenset[str] | None
    operation: Operation
    index: int
    cell_id: str
    what: str


@dataclass(frozen=True)
class Usage:
    """All uses of one read's frame over the notebook; ``open_names`` are names bound to frames with all its columns."""

    uses: tuple[Use, ...]
    open_names: frozenset[str]

    def whole(self) -> tuple[Use, ...]:
        """Return the uses that need every column and are more than a peek."""
        return tuple(use for use in self.uses if use.columns is None and use.operation is not Operation.PEEK)

    def peeks(self) -> tuple[Use, ...]:
        """Return the peeks at every column."""
        return tuple(use for use in self.uses if use.columns is None and use.operation is Operation.PEEK)

    def columns(self) -> frozenset[str]:
        """Return the columns that are named anywhere."""
        return frozenset(name for use in self.uses if use.columns is not None for name in use.columns)

    def of_column(self, column: str) -> tuple[Use, ...]:
        """Return the uses that touch one column, whole-frame uses and peeks included."""
        return tuple(use for use in self.uses if use.columns is None or column in use.columns)
