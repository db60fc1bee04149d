"""Facts of columns of text, gathered block by block over all rows; the blocks are Arrow arrays."""

from __future__ import annotations

from typing import Any

import numpy
import pyarrow
import pyarrow.compute as arrow

from memadvise.model import TextFacts
from memadvise.observe.dates import DateFormats
from memadvise.observe.numbers import MOST_DISTINCT

MOST_VALUES = 1000  # distinct texts that are kept as they are
_VALUES_BYTES = 1 << 18  # and their bytes together
_KNOWN_BYTES = 1 << 20  # of distinct texts while they are counted

# Digits that every parser turns into the same number: at most 15 in a fraction (the mantissa is exact in a float), at
# most 18 in a whole number (it fits int64). No leading zeros, no +, no -0: those the number would not give back.
_WHOLE = r"\A(?:0|-?[1-9][0-9]{0,17})\z"
_NUMBER = r"\A(?:0|-?[1-9][0-9]{0,14}|-?(?:0|[1-9][0-9]*)\.[0-9]+)\z"
_WHOLE_DIGITS, _FRACTION_DIGITS = 18, 15


class TextColumnFacts:
    """What holds of all texts that were added so far; missing ones are counted and left out."""

    def __init__(self) -> None:
        self.rows = 0
        self.nulls = 0
        self.mostly_distinct = False  # where there are more than were counted: most rows so far differed
        self._known: Any = None
        self._many = False
        self._width: int | None = None
        self._one_width = True
        self._numbers = self._whole = True
        self._dates = DateFormats()
        self._order = _TextOrder()

    def add(self, block: Any) -> None:
        """Take an Arrow array of text."""
        self.rows += len(block)
        self.nulls += block.null_count
        self._order.add(block)
        if block.null_count:
            block = block.drop_null()
        if not len(block):
            return
        if not self._many:
            block = arrow.unique(block)
            self._count(block)
        if self._one_width or self._numbers or self._whole or not self._dates.over:
            self._test(block)

    def _count(self, distinct: Any) -> None:
        if self._known is not None:
            distinct = arrow.unique(pyarrow.concat_arrays([self._known, distinct]))
        self._many = len(distinct) > MOST_DISTINCT or distinct.nbytes > _KNOWN_BYTES
        if self._many:
            self.mostly_distinct = len(distinct) * 5 > self.rows
        self._known = None if self._many else distinct

    def _test(self, texts: Any) -> None:
        """Try what is still possible on texts none of which is missing."""
        lengths = arrow.min_max(arrow.binary_length(texts)).as_py()
        table = byte_table(texts, lengths["max"]) if lengths["min"] == lengths["max"] > 0 else None
        if self._one_width:
            self._measure(texts, table)
        if self._numbers or self._whole:
            self._look_for_numbers(texts, table, lengths["max"])
        if table is None:
            self._dates.give_up()
        elif not self._dates.over:
            self._dates.add(table)

    def _measure(self, texts: Any, table: Any) -> None:
        if table is not None and bool((table < 128).all()):
            low = high = table.shape[1]
        else:
            found = arrow.min_max(arrow.utf8_length(texts)).as_py()
            low, high = found["min"], found["max"]
        self._one_width = low == high and self._width in (None, low)
        self._width = low if self._one_width else None

    def _look_for_numbers(self, texts: Any, table: Any, longest: int) -> None:
        if self._whole and table is not None and longest <= _WHOLE_DIGITS and _only_digits(table):
            whole = True
        else:
            whole = self._whole and _all(arrow.match_substring_regex(texts, _WHOLE))
        self._whole = whole
        if self._numbers and not (whole and longest <= _FRACTION_DIGITS):
            self._numbers = longest <= _FRACTION_DIGITS + 1 and _all(arrow.match_substring_regex(texts, _NUMBER))

    def fields(self) -> dict[str, Any]:
        """Return the fields of ColumnEvidence that are known."""
        found: dict[str, Any] = {"nulls": self.nulls, "monotone": self._order.word}
        if not self._many:
            found |= {"cardinality": 0 if self._known is None else len(self._known), "exact": True}
        return {**found, "text": self._facts()}

    def _facts(self) -> TextFacts:
        if self.rows == self.nulls:
            return TextFacts()
        return TextFacts(
            values=self._values(),
            date_format=self._dates.only,
            numbers=self._numbers or self._whole,
            whole=self._whole,
            width=self._width,
        )

    def _values(self) -> tuple[str, ...]:
        known = self._known
        if known is None or len(known) > MOST_VALUES or known.nbytes > _VALUES_BYTES:
            return ()
        return tuple(known.to_pylist())


class _TextOrder:
    """Whether all texts are in order (of their characters' numbers); ends as soon as they are not."""

    def __init__(self) -> None:
        self._up = self._down = True
        self._last: Any = None

    def add(self, block: Any) -> None:
        if not (self._up or self._down) or not len(block):
            return
        if block.null_count:
            self._up = self._down = False
            return
        if self._last is not None:
            self._step(self._last, block[:1])
        self._step(block[:-1], block[1:])
        self._last = pyarrow.array([block[len(block) - 1].as_py()], type=block.type)  # a slice would hold the block

    def _step(self, before: Any, after: Any) -> None:
        self._up = self._up and _all(arrow.greater_equal(after, before))
        self._down = self._down and _all(arrow.less_equal(after, before))

    @property
    def word(self) -> str:
        if self._last is None:
            return ""
        return "increasing" if self._up else "decreasing" if self._down else ""


def byte_table(texts: Any, size: int) -> Any:
    """Return texts of ``size`` bytes each, none of them missing, as a table of bytes that shares their memory."""
    _, offsets, data = texts.buffers()
    kind = "int64" if pyarrow.types.is_large_string(texts.type) else "int32"
    start = int(numpy.frombuffer(offsets, dtype=kind, count=1, offset=texts.offset * numpy.dtype(kind).itemsize)[0])
    return numpy.frombuffer(data, dtype="uint8", count=len(texts) * size, offset=start).reshape(len(texts), size)


def _only_digits(table: Any) -> bool:
    """Tell whether all texts are digits, the first of them not 0 where there are more."""
    first = table[:, 0]
    return bool((table - ord("0") <= 9).all()) and (table.shape[1] == 1 or bool((first != ord("0")).all()))


def _all(flags: Any) -> bool:
    return arrow.all(flags, min_count=0).as_py() is not False
