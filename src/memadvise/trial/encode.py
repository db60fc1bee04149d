"""Any Python value as bytes: equal bytes for equal values, however deep lists and dicts are nested."""

from __future__ import annotations

import datetime
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from memadvise.trial.digest import digest
from memadvise.trial.kinds import is_a, said, scalar_kind, type_name, zone_text

if TYPE_CHECKING:
    from memadvise.trial.model import Snapshot

MAX_DEPTH = 20
MAX_ELEMENTS = 100_000  # nested elements: a second or so; a larger tree is said not to be compared
LONG = 256  # bytes; what is longer is digested where it stands
EPOCH_DAY = datetime.date(1970, 1, 1).toordinal()


class TooMuch(Exception):  # noqa: N818 (a reason to stop, caught inside this room)
    """The value nests more elements than a snapshot may look at."""


@dataclass
class Context:
    """What one call of ``snapshot`` may still spend, and how it looks into tables that stand inside other values.

    ``keep_bytes`` and ``children`` go down as numbers and element snapshots are kept, ``elements`` as nested elements
    are read. ``known`` are snapshots of elements that were taken already, by ``id`` of a value that is kept alive.
    """

    snapshot: Callable[[object, Context], Snapshot]
    keep_bytes: int
    children: int = 5_000
    elements: int = MAX_ELEMENTS
    depth: int = 0
    known: dict[int, Snapshot] = field(default_factory=dict)
    opaque: bool = False

    def keep(self, nbytes: int) -> bool:
        """Take ``nbytes`` from what may be kept; False, and nothing taken, where that is too much."""
        if nbytes > self.keep_bytes:
            return False
        self.keep_bytes -= nbytes
        return True

    def child(self, value: object) -> Snapshot:
        """Return the snapshot of an element."""
        self.children -= 1
        self.depth += 1
        try:
            return self.snapshot(value, self)
        finally:
            self.depth -= 1


def encode(value: Any, context: Context, depth: int = 0) -> Encoded:
    """Return ``value`` as bytes, without and with its types; each ends where it says, so that they can be joined.

    Sets ``context.opaque`` for what it can't look into.

    Raises:
        TooMuch: more elements than the context allows.
    """
    kind = type(value)
    name = scalar_kind(kind)
    tag = _TAGS.get(kind) or type_name(kind).encode("utf-8", "replace") + b"\0"
    if name == "number":
        return _number(value, tag)
    if name != "other":
        content = _scalar(value, name, context)
        return content, tag + content + _unit(value, name)
    if is_a(kind, list, tuple, set, frozenset, dict):
        plain, exact = _container(value, kind, context, depth)
        return plain, tag + exact
    text = said(value, kind)
    if not text:
        return _table(value, context)
    content = b"r" + digest(text.encode("utf-8", "replace"))
    return content, tag + content


Encoded = tuple[bytes, bytes]
_TAGS: dict[type, bytes] = {
    kind: kind.__name__.encode() + b"\0" for kind in (type(None), bool, int, float, str, list, tuple, dict)
}


def text_digest(text: str) -> bytes:
    """Return what a `Label` of that text is compared by."""
    return digest(b"s" + _sized(str.encode(text, "utf-8", "surrogatepass")))


def _scalar(value: Any, name: str, context: Context) -> bytes:
    if name == "text":
        return b"s" + _sized(str.encode(value, "utf-8", "surrogatepass"))
    if name == "null" or (name == "complex" and value != value):
        return b"-"
    if name == "bytes":
        return b"y" + _sized(bytes(value))
    if name == "bool":
        return b"b1" if value else b"b0"
    if name == "complex":
        return b"c" + struct.pack("<dd", value.real + 0.0, value.imag + 0.0)
    if name == "date":
        return b"d%d;" % (value.toordinal() - EPOCH_DAY)
    if name == "duration":
        return b"e%d.%d;" % duration_parts(value)
    zone = zone_text(value)
    if zone is None:
        context.opaque = True
        return b"?zone;"
    return b"t%d.%d" % instant_parts(value) + b"|" + _sized(zone.encode())


def _unit(value: Any, name: str) -> bytes:
    """Return what two equal values of one type can still differ in: a Timestamp's unit, the signs of complex zeros."""
    if name == "complex":
        return struct.pack("<dd", value.real, value.imag)
    return str(getattr(value, "unit", "")).encode() + b";" if name in ("instant", "duration") else b""


def _sized(content: bytes) -> bytes:
    return b"%d:" % len(content) + content if len(content) < LONG else b"#" + digest(content)


def _number(value: Any, tag: bytes) -> Encoded:
    if value != value:
        return b"-", tag + b"-"
    try:
        number = float(value)
    except OverflowError:  # an int beyond 1.8e308
        number = 0.0
    if number == value:
        packed = struct.pack("<d", number)
        return (b"n" + packed if number else _ZERO), tag + packed
    content = b"i" + hex(int(value)).encode() + b";"
    return content, tag + content


_ZERO = b"n" + struct.pack("<d", 0.0)


def instant_parts(value: datetime.datetime) -> tuple[int, int]:
    """Return seconds since 1970 (UTC where the datetime is aware) and nanoseconds; of trusted types only."""
    if value.tzinfo is not None:
        value = value.astimezone(datetime.UTC)
    days = value.toordinal() - EPOCH_DAY
    seconds = days * 86_400 + value.hour * 3600 + value.minute * 60 + value.second
    return seconds, value.microsecond * 1000 + getattr(value, "nanosecond", 0)


def duration_parts(value: datetime.timedelta) -> tuple[int, int]:
    """Return whole seconds (rounded down) and nanoseconds."""
    return value.days * 86_400 + value.seconds, value.microseconds * 1000 + getattr(value, "nanoseconds", 0)


def _container(value: Any, kind: type, context: Context, depth: int) -> Encoded:
    """Return list, tuple, set or dict as bytes, through the built-in's own methods and never a subclass's."""
    if depth >= MAX_DEPTH:
        context.opaque = True
        return b"?deep;", b"?deep;"
    if is_a(kind, dict):
        mark, elements = b"{", [part for item in dict.items(value) for part in item]
    elif is_a(kind, set, frozenset):
        mark, elements = b"<", list((set if is_a(kind, set) else frozenset).__iter__(value))
    else:
        mark, elements = (b"[", list.copy(value)) if is_a(kind, list) else (b"(", list(tuple.__iter__(value)))
    context.elements -= len(elements)
    if context.elements < 0:
        raise TooMuch
    parts = [encode(element, context, depth + 1) for element in elements]
    if mark == b"<":
        parts.sort()
    plain, exact = (b"".join(part[side] for part in parts) for side in (0, 1))
    return mark + _sized(plain), mark + _sized(exact)


def _table(value: object, context: Context) -> Encoded:
    found = context.known.get(id(value)) or context.child(value)
    if found.opaque:
        context.opaque = True
    if found.kind == "opaque":
        content = b"?" + _sized(found.type.encode("utf-8", "replace"))
        return content, content
    return b"T" + found.value, b"T" + found.exact
