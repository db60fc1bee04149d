"""What is kept of a value: digests, a few numbers, a few short texts. Picklable, standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from memadvise.trial.digest import digest


@dataclass(frozen=True)
class Label:
    """A column's label or an index level's name: at most 80 characters to show, and what it is compared by.

    ``opaque``: it could not be looked into, so it is never called equal.
    """

    text: str
    exact: bytes
    value: bytes
    opaque: bool = False


@dataclass(frozen=True)
class Column:
    """One sequence of values: a frame's column, an index level, an array, a list, a single scalar.

    ``exact`` covers dtype and content, ``value`` only the content in a form that all dtypes share; ``blocks`` are the
    digests of consecutive blocks of ``step`` rows, so that a difference in a long column has a place.
    ``order`` is set for ordered categoricals only. ``floating``: some values are floats, so rounding may explain a
    difference. ``kept`` are the numbers themselves (NumPy array or ``array``), missing as NaN; None for anything else
    and for what was too large. ``head`` are the first rows as short texts; ``items`` the elements of a short mixed
    sequence. ``opaque``: some element could not be looked into, so the column is never called equal.
    """

    label: Label
    dtype: str
    rows: int
    exact: bytes
    value: bytes
    blocks: tuple[bytes, ...] = field(repr=False)
    step: int = 0
    order: bytes | None = None
    floating: bool = False
    opaque: bool = False
    kept: Any = field(default=None, compare=False, repr=False)
    head: tuple[str, ...] = field(default=(), repr=False)
    items: tuple[Snapshot, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Snapshot:
    """A value as columns. ``kind`` decides what may be compared with what ("pandas.DataFrame", "scalar", "list", …).

    ``index`` are the row labels (one column per level; a mapping's keys); ``axis`` is how the column labels themselves
    are named and typed. The kind "opaque" has no columns: nothing but ``type`` is known. ``sparse`` is the same value
    as the sparse matrix that it would be: set for two-dimensional arrays that are mostly zeros.
    """

    kind: str
    type: str
    columns: tuple[Column, ...] = ()
    index: tuple[Column, ...] = ()
    shape: tuple[int, ...] = ()
    axis: Label | None = None
    sparse: Snapshot | None = field(default=None, repr=False)

    @property
    def opaque(self) -> bool:
        """Whether the value, or some element of it, could not be looked into."""
        if self.kind == "opaque" or (self.axis is not None and self.axis.opaque):
            return True
        return any(column.opaque or column.label.opaque for column in (*self.index, *self.columns))

    @property
    def exact(self) -> bytes:
        """Digest of everything: equal only for values of the same types, dtypes, labels and content."""
        parts = [self.kind.encode(), self.type.encode(), repr(self.shape).encode()]
        parts.append(b"" if self.axis is None else self.axis.exact)
        for part in (self.index, self.columns):
            parts.append(b"%d" % len(part))
            parts.extend(column.label.exact + column.exact for column in part)
        return digest(*parts)

    @property
    def value(self) -> bytes:
        """Digest of labels and content, blind to dtypes: equal for equal values."""
        parts = [self.kind.encode(), repr(self.shape).encode()]
        for part in (self.index, self.columns):
            parts.append(b"%d" % len(part))
            parts.extend(column.label.value + column.value + (column.order or b"") for column in part)
        return digest(*parts)


@dataclass(frozen=True)
class Allowance:
    """What a rewrite announced that it takes away. Names that it adds are always fine.

    ``fewer_columns``: frames that may lack these columns (labels that are text). ``gone``: names that may be absent.
    ``peeks``: names that may show fewer columns; what they still show must be right, and the class is then `display`.
    ``retyped``: frames of which these columns may hold values of another kind (dates instead of their text), and
    estimators of which these attributes may be others; they are not compared there, everything made of them is.
    ``approximate``: floats may differ a little.
    """

    fewer_columns: Mapping[str, frozenset[str]] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    peeks: frozenset[str] = frozenset()
    retyped: Mapping[str, frozenset[str]] = field(default_factory=dict)
    approximate: bool = False
