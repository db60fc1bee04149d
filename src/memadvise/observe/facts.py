"""Facts of one column, gathered block by block over all rows: exact, or not told at all.

`look_at` says what kind of facts a column has and cuts it into blocks; the same facts may be fed from one live column,
or from the pieces of a file that is read in pieces. Of a person's own classes no code is run: objects are looked at
only where their type is exactly one of Python's own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Protocol

import numpy
import pandas

from memadvise.observe.numbers import NumberFacts, Order

ROWS = 1 << 16  # looked at at once: temporaries stay under half a MiB, so that the person's heap is left as it was
TEXT_ROWS = 1 << 14
_TEXT_BYTES = 1 << 19
_MISSING = frozenset({type(None), type(pandas.NA), type(pandas.NaT)})
_PLAIN = frozenset({str, int, float, bool, bytes})
_NUMPY_KINDS = {"O": "object", "m": "time", "M": "time"}


class Facts(Protocol):
    """What is gathered of one column."""

    def add(self, block: Any) -> None:
        """Take the next block."""

    def fields(self) -> dict[str, Any]:
        """Return the fields of ColumnEvidence that are known."""


def kind_of(column: Any) -> str:
    """Return "number", "text", "object", "category", "time", "masked", or "" for what is not looked at."""
    dtype = column.dtype
    if isinstance(dtype, numpy.dtype):
        if dtype.kind in "iubf" and dtype.itemsize <= 8:
            return "number"
        return _NUMPY_KINDS.get(dtype.kind, "nulls")
    if not (_of_pandas(dtype) and _of_pandas(column.array)):
        return ""  # the person's own: asking it would run their code
    if isinstance(dtype, pandas.StringDtype):
        return "text" if dtype.storage == "pyarrow" and "pyarrow" in sys.modules else "object"
    if isinstance(dtype, pandas.CategoricalDtype):
        return "category"
    if isinstance(dtype, pandas.DatetimeTZDtype):
        return "time"
    return "masked" if isinstance(dtype, _MASKED) else "nulls"


_MASKED = (
    *(pandas.Int8Dtype, pandas.Int16Dtype, pandas.Int32Dtype, pandas.Int64Dtype),
    *(pandas.UInt8Dtype, pandas.UInt16Dtype, pandas.UInt32Dtype, pandas.UInt64Dtype),
    *(pandas.Float32Dtype, pandas.Float64Dtype, pandas.BooleanDtype),
)


def _of_pandas(thing: object) -> bool:
    return type(thing).__module__.split(".")[0] == "pandas"


def facts_of(kind: str) -> Facts | None:
    """Return empty facts of a kind, None where there is nothing to gather."""
    if kind == "text":
        from memadvise.observe.texts import TextColumnFacts  # where there is text of Arrow, Arrow is loaded

        return TextColumnFacts()
    made: dict[str, type[Any]] = {
        "number": NumberFacts,
        "object": ObjectFacts,
        "category": CategoryFacts,
        "time": TimeFacts,
        "masked": MaskedFacts,
        "nulls": NullFacts,
    }
    return made[kind]() if kind in made else None


def blocks_of(column: Any, kind: str) -> Iterator[Any]:
    """Yield the column in blocks, as the facts of that kind take them."""
    if kind == "text":
        yield from _text_blocks(column.array.__arrow_array__())
        return
    values = column.to_numpy() if kind in {"number", "object"} else column.array
    if kind == "object" and not isinstance(values, numpy.ndarray):
        values = column.to_numpy(dtype=object)
    step = TEXT_ROWS if kind == "object" else ROWS
    for start in range(0, len(values), step):
        yield values[start : start + step]


def _text_blocks(values: Any) -> Iterator[Any]:
    for chunk in getattr(values, "chunks", [values]):
        step = max(min(TEXT_ROWS, len(chunk) * _TEXT_BYTES // max(chunk.nbytes, 1)), 1)
        for start in range(0, len(chunk), step):
            yield chunk.slice(start, step)


class ObjectFacts:
    """Objects: missing values are counted, and the one type of all others is named where it is one of Python's own."""

    def __init__(self) -> None:
        self.rows = 0
        self.nulls = 0
        self._types: set[type] = set()
        self._odd = False
        self._text: Facts | None = facts_of("text") if "pyarrow" in sys.modules else None

    @property
    def element(self) -> str:
        """Return the name of the one type of all elements that are not missing, else ""."""
        return next(iter(self._types)).__name__ if len(self._types) == 1 and not self._odd else ""

    def add(self, block: Any) -> None:
        """Take an array of objects."""
        if self._odd:
            return
        self.rows += len(block)
        types = set(map(type, block))
        if not types <= _PLAIN | _MISSING:
            self._odd = True
            return
        missing = pandas.isna(block)  # of these types it runs no code of the person's
        self.nulls += int(numpy.count_nonzero(missing))
        if float in types and missing.any():
            types = set(map(type, block[~missing]))
        self._types |= types - _MISSING
        if self._types - {str}:
            self._text = None
        if self._text is not None:
            self._add_text(block)

    def _add_text(self, block: Any) -> None:
        import pyarrow

        assert self._text is not None
        try:
            self._text.add(pyarrow.array(block, type=pyarrow.large_string(), from_pandas=True))
        except (UnicodeEncodeError, pyarrow.ArrowException):
            self._text = None  # lone surrogates: no text that can be written down

    def fields(self) -> dict[str, Any]:
        """Return the fields of ColumnEvidence that are known."""
        if self._odd:
            return {}
        text = self._text.fields() if self._text is not None and self._types else {}
        return {**text, "nulls": self.nulls, "element": self.element}


class CategoryFacts:
    """Categories: which of them are used at all."""

    def __init__(self) -> None:
        self.nulls = 0
        self._used: Any = None

    def add(self, block: Any) -> None:
        """Take a part of a Categorical."""
        codes = block.codes
        if self._used is None:
            self._used = numpy.zeros(len(block.categories), dtype=bool)
        self.nulls += int(numpy.count_nonzero(codes < 0))
        self._used[codes[codes >= 0]] = True

    def fields(self) -> dict[str, Any]:
        """Return the fields of ColumnEvidence that are known."""
        used = 0 if self._used is None else int(self._used.sum())
        return {"nulls": self.nulls, "cardinality": used, "exact": True}


class TimeFacts:
    """Dates and durations: missing ones, and whether they are in order."""

    def __init__(self) -> None:
        self.nulls = 0
        self._order = Order()

    def add(self, block: Any) -> None:
        """Take a part of an array of dates."""
        self.nulls += int(numpy.count_nonzero(block.isna()))
        if self.nulls:
            self._order.give_up()
        self._order.add(block.asi8 if hasattr(block, "asi8") else block.view("int64"))

    def fields(self) -> dict[str, Any]:
        """Return the fields of ColumnEvidence that are known."""
        return {"nulls": self.nulls, "monotone": self._order.word}


class MaskedFacts:
    """pandas' own nullable numbers and booleans."""

    def __init__(self) -> None:
        self._numbers = NumberFacts()

    def add(self, block: Any) -> None:
        """Take a part of a masked array."""
        missing = block.isna()
        values = block.to_numpy(dtype=block.dtype.numpy_dtype, na_value=0)
        self._numbers.add(values[~missing], int(numpy.count_nonzero(missing)))

    def fields(self) -> dict[str, Any]:
        """Return the fields of ColumnEvidence that are known."""
        return self._numbers.fields()


class NullFacts:
    """Anything else of pandas: missing values alone."""

    def __init__(self) -> None:
        self._nulls = 0

    def add(self, block: Any) -> None:
        """Take a part of an extension array."""
        self._nulls += int(numpy.count_nonzero(block.isna()))

    def fields(self) -> dict[str, Any]:
        """Return the fields of ColumnEvidence that are known."""
        return {"nulls": self._nulls}
