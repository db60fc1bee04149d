"""Facts of columns of numbers, gathered block by block over all rows."""

from __future__ import annotations

from typing import Any

import numpy
import pandas

MOST_DISTINCT = 10_000  # counted before giving up: what is kept meanwhile stays under half a MiB


class NumberFacts:
    """What holds of all numbers (or booleans) that were added so far; missing ones are counted and left out."""

    def __init__(self) -> None:
        self.rows = 0
        self.nulls = 0
        self.zeros = 0
        self.minimum: int | float | None = None
        self.maximum: int | float | None = None
        self.negative_zero = False
        self._whole = True
        self._kinds: set[str] = set()
        self._order = Order()
        self._distinct = Distinct()

    def add(self, values: Any, missing: int = 0) -> None:
        """Take a block: an array of numbers, and how many missing values beside them are not in it."""
        kind = values.dtype.kind
        self._kinds.add(kind)
        nans = int(numpy.count_nonzero(values != values)) if kind == "f" else 0
        self.rows += len(values) + missing
        self.nulls += nans + missing
        zeros = len(values) - int(numpy.count_nonzero(values))
        self.zeros += zeros
        if kind == "f":
            self._add_floats(values, nans, zeros)
        if len(values) > nans:
            self._widen(numpy.fmin.reduce(values).item(), numpy.fmax.reduce(values).item())
        if self.nulls:
            self._order.give_up()
        self._order.add(values)
        self._distinct.add(values)

    def _add_floats(self, values: Any, nans: int, zeros: int) -> None:
        if zeros and not self.negative_zero:
            self.negative_zero = bool(numpy.signbit(values[values == 0]).any())
        if self._whole:
            self._whole = int(numpy.count_nonzero(numpy.floor(values) == values)) + nans == len(values)

    def _widen(self, low: int | float, high: int | float) -> None:
        self.minimum = low if self.minimum is None else min(self.minimum, low)
        self.maximum = high if self.maximum is None else max(self.maximum, high)

    @property
    def floats(self) -> bool:
        """Whether a block of floats was among them."""
        return "f" in self._kinds

    def fields(self) -> dict[str, Any]:
        """Return the fields of ColumnEvidence that are known."""
        found: dict[str, Any] = {"nulls": self.nulls, "zeros": self.zeros}
        if self._kinds == {"b"}:
            values = (self.zeros > 0) + (self.rows - self.nulls > self.zeros)
            return {**found, "cardinality": values, "exact": True}
        found |= {"minimum": self._number(self.minimum), "maximum": self._number(self.maximum)}
        found["monotone"] = self._order.word
        if self.floats:
            found["negative_zero"] = self.negative_zero
            found["whole"] = self._all_whole()
        counted = self.rows if self._order.strict and self.rows else self._distinct.count
        if counted is not None:
            found |= {"cardinality": counted, "exact": True}
        return found

    def _number(self, value: int | float | None) -> int | float | None:
        return float(value) if value is not None and self.floats else value

    def _all_whole(self) -> bool | None:
        if self.minimum is None or self.maximum is None:
            return None  # nothing there that could be whole
        return self._whole and abs(self.minimum) != numpy.inf and abs(self.maximum) != numpy.inf


class Order:
    """Whether all values are in order; ends as soon as they are not."""

    def __init__(self) -> None:
        self._up = self._down = self._strict_up = self._strict_down = True
        self._last: Any = None

    def give_up(self) -> None:
        """Say that there is no order: a missing value stands nowhere."""
        self._up = self._down = self._strict_up = self._strict_down = False

    def add(self, values: Any) -> None:
        """Take the next values (an array that compares element by element)."""
        if not len(values) or not (self._up or self._down):
            return
        if self._last is not None:
            self._step(self._last, values[:1])
        self._step(values[:-1], values[1:])
        self._last = values[-1:].copy()

    def _step(self, before: Any, after: Any) -> None:
        self._up = self._up and bool((after >= before).all())
        self._down = self._down and bool((after <= before).all())
        self._strict_up = self._up and self._strict_up and bool((after > before).all())
        self._strict_down = self._down and self._strict_down and bool((after < before).all())

    @property
    def word(self) -> str:
        """Return "increasing", "decreasing" or "" (also where nothing was seen)."""
        if self._last is None:
            return ""
        return "increasing" if self._up else "decreasing" if self._down else ""

    @property
    def strict(self) -> bool:
        """Whether every value differs from the one before it in one direction: then all differ."""
        return self._last is not None and (self._strict_up or self._strict_down)


class Distinct:
    """The number of distinct values, missing ones left out; None beyond what is counted."""

    def __init__(self) -> None:
        self._known: Any = None
        self._many = False

    def add(self, values: Any) -> None:
        """Take a block of numbers."""
        if self._many or not len(values):
            return
        found = pandas.unique(values)
        if self._known is not None:
            found = pandas.unique(numpy.concatenate([self._known, found]))
        if found.dtype.kind == "f":
            found = found[found == found]
        self._many = len(found) > MOST_DISTINCT
        self._known = None if self._many else found

    @property
    def count(self) -> int | None:
        """Return how many there are, None when there are more than were counted."""
        return None if self._many else 0 if self._known is None else len(self._known)
