"""What an expression is, as far as following one frame through a notebook needs to know, and what is done with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Form = Literal["series", "mask", "array", "scalar", "table"]  # mask: a boolean per row


@dataclass(frozen=True)
class FrameValue:
    """A frame made of the followed frame's rows.

    ``columns`` are those of its columns that are still as they were read, by the names that they had there. ``open``:
    it has *all* columns of the read, whatever they are, so that a use of it as a whole needs every one of them.
    ``derived``: rows were chosen or ordered by the person, so that showing all of it or keeping it is a result, not a
    peek; ``ordered``: they were sorted or ranked, so that its first rows are a result too.
    ``labels`` maps labels that were given later to the read's own names. ``foreign``: columns of other frames are in
    it. ``identity`` is the same number for every name of the same object. ``after`` are the operations gone through.
    """

    columns: frozenset[str]
    open: bool = True
    derived: bool = False
    ordered: bool = False
    labels: tuple[tuple[str, str], ...] = ()
    foreign: bool = False
    identity: int = 0
    after: frozenset[str] = frozenset()

    def column(self, label: str) -> str | None:
        """Return the read's name of the column of that label; None when it is no column of the read (any more)."""
        renamed = dict(self.labels)
        found = renamed.get(label)
        if found is None and label not in renamed.values():
            found = label
        return found if found in self.columns else None

    def without(self, columns: frozenset[str]) -> FrameValue:
        """Return the frame without these columns of the read."""
        return replace(self, columns=self.columns - columns)


@dataclass(frozen=True)
class Carried:
    """Values that stem from columns of the read: a column, a part of it, or what was computed from it.

    ``after`` are the operations that they have gone through (a rule knows which of them end a dtype's influence);
    "condition" is among them as soon as they have become booleans.
    """

    columns: frozenset[str]
    form: Form = "series"
    after: frozenset[str] = frozenset()

    def then(self, operation: str, form: Form | None = None) -> Carried:
        """Return the values after one more operation."""
        return Carried(self.columns, form or self.form, self.after | {operation})


@dataclass(frozen=True)
class GroupsValue:
    """`frame.groupby(keys)`; ``selected`` are the columns chosen from it (None: all the others)."""

    frame: FrameValue
    keys: Carried
    selected: frozenset[str] | None = None


@dataclass(frozen=True)
class SummaryValue:
    """A reduced table whose row labels are values of ``keys`` and whose cells stem from ``values``."""

    keys: Carried
    values: Carried


@dataclass(frozen=True)
class NamesValue:
    """Text known from the code: one name of several (``one``: a loop's variable), or a list of names.

    ``exact``: it is just these, not some of them.
    """

    names: tuple[str, ...]
    one: bool = False
    exact: bool = False


@dataclass(frozen=True)
class ClosedValue:
    """Anything else: it holds nothing of the read. ``boolean``: surely a condition, as of `other > 3`."""

    boolean: bool = False


CLOSED = ClosedValue()
BOOLEAN = ClosedValue(boolean=True)
Value = FrameValue | Carried | GroupsValue | SummaryValue | NamesValue | ClosedValue

PEEK = "peek"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Use:
    """One use of columns: what is done, and where.

    ``operation`` is the word of the thing done (see `memadvise.rewrite.follow.words`). ``whole``: it needs every
    column of the read, whichever they are. ``what`` says it to people. ``after`` are the operations that the values
    had gone through before. ``values`` are the plain constants that the operation was given, where all are; the last of
    them by the names ``options`` (of a method of a column, a function of pandas or numpy).
    """

    columns: frozenset[str]
    operation: str
    index: int
    cell_id: str
    what: str
    whole: bool = False
    after: frozenset[str] = frozenset()
    values: tuple[object, ...] | None = None
    options: tuple[str, ...] = ()

    def given(self) -> tuple[tuple[object, ...], dict[str, object]] | None:
        """Return the plain constants given by place and by name; None when not all are plain constants.

        A list among them is opened, so a call with both lists and options is not told apart by this.
        """
        if self.values is None or len(self.values) < len(self.options):
            return None
        places = len(self.values) - len(self.options)
        return self.values[:places], dict(zip(self.options, self.values[places:], strict=True))


@dataclass(frozen=True)
class Usage:
    """All uses of one frame over the notebook.

    ``open_names`` are names bound to frames that have all its columns; ``names`` are (name, columns of the read in it)
    of every name that is ever bound to a frame of its rows. ``labels`` are (column of the read, a label it got later).
    """

    uses: tuple[Use, ...]
    open_names: frozenset[str]
    names: tuple[tuple[str, frozenset[str]], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()

    def whole(self) -> tuple[Use, ...]:
        """Return the uses that need every column and are more than a peek."""
        return tuple(use for use in self.uses if use.whole and use.operation != PEEK)

    def peeks(self) -> tuple[Use, ...]:
        """Return the peeks at every column."""
        return tuple(use for use in self.uses if use.whole and use.operation == PEEK)

    def columns(self) -> frozenset[str]:
        """Return the columns that are named anywhere."""
        return frozenset(name for use in self.uses if not use.whole for name in use.columns)

    def of_column(self, column: str) -> tuple[Use, ...]:
        """Return the uses that touch one column, whole-frame uses and peeks included."""
        return tuple(use for use in self.uses if column in use.columns)

    def against(self, column: str, allowed: frozenset[str], ends: frozenset[str] = frozenset()) -> tuple[Use, ...]:
        """Return the uses of a column that are none of ``allowed``.

        Uses of values that went through one of ``ends`` before (operations behind which the column's dtype has no
        influence any more) do not count.
        """
        return tuple(use for use in self.of_column(column) if use.operation not in allowed and not (use.after & ends))

    def bound_to(self, column: str) -> tuple[str, ...]:
        """Return the names of frames that ever hold the column as it was read."""
        return tuple(sorted({name for name, columns in self.names if column in columns}))
