"""The pieces of one column of a file -> the column that one read of the whole file makes."""

from __future__ import annotations

from typing import Any

from memadvise.model import ColumnEvidence
from memadvise.observe.facts import Facts, ObjectFacts, blocks_of, facts_of, kind_of
from memadvise.observe.frames import nbytes_of
from memadvise.observe.numbers import NumberFacts

MIXED = "mixed"
_EXACT = 2**53  # whole numbers up to here are the same whether they were read as int64 first or as float64 at once
_MISSING = "missing"  # what pieces without any value are: pandas makes them float64, whatever the others are
_OF_PLACE = frozenset({"datetime64", "uint64", "object"})  # types that depend on where pandas cuts the file


class JoinedColumn:
    """Gathers the facts of a column piece by piece."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._seen: set[str] = set()
        self._facts: dict[str, Facts] = {}
        self._nbytes = 0
        self._rows = 0
        self._missing = 0  # rows of pieces that hold nothing
        self._int_zeros = False

    def add(self, piece: Any, nbytes: int) -> None:
        """Take the column's part of the next piece of the file, and its size without what objects take."""
        dtype, kind = str(piece.dtype), kind_of(piece)
        self._rows += len(piece)
        self._nbytes += nbytes_of(piece) if kind == "object" else nbytes
        if dtype == "float64" and _all_missing(piece.to_numpy()):
            self._missing += len(piece)
            return
        self._seen.add(dtype)
        if self._certainly_mixed():
            self._facts.clear()
            return
        key = "bool" if dtype == "bool" else kind
        facts = self._facts.get(key) or facts_of(kind)
        if facts is None:
            return
        self._facts[key] = facts
        zeros = facts.zeros if isinstance(facts, NumberFacts) else 0
        for block in blocks_of(piece, kind):
            facts.add(block)
        if isinstance(facts, NumberFacts) and dtype == "int64":
            self._int_zeros = self._int_zeros or facts.zeros > zeros

    def _certainly_mixed(self) -> bool:
        return len(self._seen) > 1 and self._seen not in ({"int64", "float64"}, {"bool", "object"})

    def evidence(self, *, alone: bool, pinned: bool) -> ColumnEvidence:
        """Return what is known of the whole column.

        ``alone``: there was one piece, so that it is the whole read itself. ``pinned``: the read says the type.
        """
        dtype = self._dtype(alone, pinned)
        fields = {} if dtype == MIXED else self._fields(dtype)
        if dtype == "float64" and not alone and not pinned:
            if _perhaps_unsigned(fields):
                return ColumnEvidence(self.name, MIXED, self._nbytes)
            self._limit(fields)
        if dtype == "category" and not alone:
            fields = {"nulls": fields.get("nulls")}  # every piece has codes of its own
        return ColumnEvidence(self.name, dtype, self._nbytes, **fields)

    def _dtype(self, alone: bool, pinned: bool) -> str:
        if not self._seen:
            return "float64"
        if self._seen == {"int64", "float64"} or (self._seen == {"int64"} and self._missing):
            return "float64"
        if self._seen <= {"bool", "object"} and not alone and not pinned and (self._missing or "object" in self._seen):
            objects = self._facts.get("object")
            boolean = objects is None or (isinstance(objects, ObjectFacts) and objects.element == "bool")
            return "object" if boolean else MIXED
        if len(self._seen) > 1:
            return MIXED
        dtype = next(iter(self._seen))
        of_place = dtype.split("[")[0] in _OF_PLACE and not pinned
        if dtype not in {"str", "string", "float64"} and self._missing and not pinned:
            return MIXED
        return MIXED if of_place and not alone else dtype

    def _fields(self, dtype: str) -> dict[str, Any]:
        if not self._facts:
            return self._of_nothing(dtype)
        if set(self._facts) <= {"bool", "object"} and dtype == "object" and "bool" in self._facts:
            found = [facts.fields() for facts in self._facts.values()]
            return {"nulls": sum(fields["nulls"] for fields in found) + self._missing, "element": "bool"}
        (facts,) = self._facts.values()
        fields = facts.fields()
        if self._missing and fields:
            fields |= {"nulls": fields["nulls"] + self._missing, "monotone": ""}
        if dtype == "float64" and isinstance(facts, NumberFacts) and not facts.floats:
            fields |= {"negative_zero": False, "whole": True}
            fields |= {name: float(fields[name]) for name in ("minimum", "maximum")}
        return fields

    def _of_nothing(self, dtype: str) -> dict[str, Any]:
        """Return the fields of a column without any value."""
        if dtype != "float64" or not self._missing:
            return {}
        return {"nulls": self._missing, "zeros": 0, "cardinality": 0, "exact": True, "negative_zero": False}

    def _limit(self, fields: dict[str, Any]) -> None:
        """Leave out what depends on whether a whole number's text was read as a float or as an int first."""
        bounds = [abs(fields[name]) for name in ("minimum", "maximum") if fields.get(name) is not None]
        if any(bound > _EXACT for bound in bounds):
            fields |= {"minimum": None, "maximum": None, "cardinality": None, "exact": False, "monotone": ""}
        if self._int_zeros and not fields.get("negative_zero"):
            fields["negative_zero"] = None  # `-0` is 0 as an int and -0.0 as a float


def _perhaps_unsigned(fields: dict[str, Any]) -> bool:
    """Tell whether whole numbers of int64 in one chunk and of uint64 in another may be one type in larger chunks."""
    largest = fields.get("maximum")
    return largest is not None and largest > _EXACT and bool(fields.get("whole")) and fields["nulls"] == 0


def _all_missing(values: Any) -> bool:
    return len(values) > 0 and values[0] != values[0] and bool((values != values).all())
