"""What type a value has, asked without running a line of the value's own code."""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import pathlib
import sys
import uuid
from typing import Any

_BUILTIN: dict[type, str] = {
    type(None): "null",
    bool: "bool",
    int: "number",
    float: "number",
    complex: "complex",
    str: "text",
    bytes: "bytes",
    bytearray: "bytes",
    datetime.datetime: "instant",
    datetime.date: "date",
    datetime.timedelta: "duration",
}
# Immutable, from the standard library, and with a repr that says everything.
_PATHS = (pathlib.PurePosixPath, pathlib.PureWindowsPath, pathlib.PosixPath, pathlib.WindowsPath)
_BY_REPR: frozenset[type] = frozenset(
    (datetime.time, decimal.Decimal, fractions.Fraction, range, type(...), uuid.UUID, *_PATHS)
)
_TRUSTED_ZONES = frozenset({"datetime", "zoneinfo", "pytz", "dateutil", "pandas"})


def loaded(module: str) -> Any:
    """Return a module that the person's code has imported, or None; never imports it."""
    return sys.modules.get(module)


def type_name(kind: type) -> str:
    """Return ``module.qualname`` without asking the type's metaclass, at most 120 characters."""
    name: str = type.__dict__["__qualname__"].__get__(kind)
    module = type_module(kind)
    return (name if module in ("builtins", "") else f"{module}.{name}")[:120]


def type_module(kind: type) -> str:
    """Return the module that a type says it is from, "" where that is no text."""
    module = type.__dict__["__module__"].__get__(kind)
    return module if type(module) is str else ""


def is_a(kind: type, *bases: Any) -> bool:
    """Return whether ``kind`` is one of ``bases`` or a subclass (None among them is skipped: not imported)."""
    return any(base is not None and type.__subclasscheck__(base, kind) for base in bases)


def scalar_kind(kind: type) -> str:
    """Return the kind that values of exactly this type have, or "other".

    Subclasses are "other": an IntEnum or a hostile subclass of str is not the value that it inherits from.
    """
    known = _BUILTIN.get(kind)
    return known if known is not None else _numpy_kind(kind) or _pandas_kind(kind) or "other"


def is_float(kind: type) -> bool:
    """Return whether values of this type are floats, Python's or NumPy's."""
    numpy = loaded("numpy")
    return kind is float or (numpy is not None and is_a(kind, numpy.floating))


def _numpy_kind(kind: type) -> str | None:
    numpy = loaded("numpy")
    if numpy is None or not is_a(kind, numpy.generic):
        return None
    if kind in (numpy.longdouble, numpy.clongdouble):  # more digits than the shared form can take from an object
        return "other"
    names = {"b": "bool", "i": "number", "u": "number", "f": "number", "c": "complex", "U": "text", "S": "bytes"}
    return names.get(numpy.dtype(kind).kind, "other")


def _pandas_kind(kind: type) -> str | None:
    pandas = loaded("pandas")
    if pandas is None or not hasattr(pandas, "Timedelta"):  # half imported
        return None
    if kind in (type(pandas.NaT), type(pandas.NA)):
        return "null"
    return {pandas.Timestamp: "instant", pandas.Timedelta: "duration"}.get(kind)


def said(value: object, kind: type) -> str:
    """Return what a value says of itself where that is all there is to know (a dtype, an Enum's member), else ""."""
    if is_a(kind, enum.Enum):  # what else a member is, its class decides, and that is the same in both runs
        return f"{type_name(kind)}.{object.__getattribute__(value, '_name_')!s}"
    if kind is type and _is_numpy_type(value):
        return f"type {type_name(value)}"  # type: ignore[arg-type]
    return f"{type_name(kind)} {value!r}" if says_all_in_repr(kind) else ""


def _is_numpy_type(value: Any) -> bool:
    """Return whether a class is one of NumPy's own scalar types, as parameters name them."""
    numpy = loaded("numpy")
    return numpy is not None and is_a(value, numpy.generic) and numpy.__dict__.get(type_name(value)[6:]) is value


def says_all_in_repr(kind: type) -> bool:
    """Return whether equal reprs mean equal values, and making the repr runs none of the person's code."""
    if kind in _BY_REPR:
        return True
    numpy, pandas = loaded("numpy"), loaded("pandas")
    if numpy is not None and is_a(kind, numpy.dtype, numpy.longdouble, numpy.clongdouble, numpy.datetime64):
        return True
    if numpy is not None and is_a(kind, numpy.timedelta64):
        return True
    if pandas is None or not hasattr(pandas, "Interval"):
        return False
    return kind in (pandas.Period, pandas.Interval) or _is_pandas_dtype(kind, pandas)


def _is_pandas_dtype(kind: type, pandas: Any) -> bool:
    return is_a(kind, pandas.api.extensions.ExtensionDtype) and type_module(kind).partition(".")[0] == "pandas"


def zone_text(value: Any) -> str | None:
    """Return the time zone of a datetime as text, "" for a naive one, None for a zone of the person's own class."""
    zone = value.tzinfo
    if zone is None:
        return ""
    return str(zone) if type_module(type(zone)).partition(".")[0] in _TRUSTED_ZONES else None


def short_repr(value: object, limit: int = 80) -> str:
    """Return a text of at most ``limit`` characters: the repr of plain values, ``<type>`` of all others."""
    kind = type(value)
    if kind in (str, bytes, bytearray):
        text = repr(value[:limit])  # type: ignore[index]
    elif kind in (list, tuple, set, frozenset, dict):
        text = f"<{kind.__name__} of {len(value)}>"  # type: ignore[arg-type]
    else:
        text = _repr(value) if _prints_safely(value, kind) else f"<{said(value, kind) or type_name(kind)}>"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _prints_safely(value: object, kind: type) -> bool:
    """Return whether making the repr runs none of the person's code."""
    name = scalar_kind(kind)
    if name == "instant":
        return zone_text(value) is not None
    return name != "other" or says_all_in_repr(kind)


def _repr(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # an int of more digits than Python prints
        return "<number of more than 4300 digits>"
