"""The one `strptime` format that all texts of a column have, checked on their bytes.

Known are the layouts of fixed width below, alone or with a time behind them. A text has a layout when pandas reads it
with that format *and* writes the very same text back: fields padded with zeros, real calendar days, month names and
AM/PM as this locale spells them, years that every pandas can hold (1678 to 2261). Year first always means year, month,
day; day first and month first are told apart by a value above 12 only, so both stay possible where there is none.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy

DATES = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y-%m", "%Y/%m"),
    *("%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%m.%d.%Y", "%d%m%Y", "%m%d%Y"),
    *("%d/%m/%y", "%m/%d/%y", "%y/%m/%d", "%d-%m-%y", "%m-%d-%y", "%y-%m-%d", "%d.%m.%y", "%m.%d.%y", "%y.%m.%d"),
    *("%d-%b-%Y", "%d %b %Y", "%d/%b/%Y", "%b %d, %Y", "%Y-%b-%d", "%d-%b-%y", "%d%b%Y", "%b-%Y", "%b %Y", "%b-%y"),
    *("%m/%Y", "%m-%Y"),
)
TIMES = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
FORMATS = (
    *DATES,
    *(f"{date} {time}" for date in DATES if re.search("%[dj]", date) for time in TIMES),
    *(f"{date}T{time}{zone}" for date in ("%Y-%m-%d", "%Y%m%d") for time in TIMES[:3] for zone in ("", "Z")),
    *(f"{date} {time}Z" for date in ("%Y-%m-%d",) for time in TIMES[:3]),
)
_WIDTHS = {"Y": 4, "m": 2, "d": 2, "y": 2, "b": 3, "H": 2, "I": 2, "M": 2, "S": 2, "f": 6, "p": 2}
_RANGES = {"m": (1, 12), "d": (1, 31), "y": (0, 99), "H": (0, 23), "I": (1, 12), "M": (0, 59), "S": (0, 59)}
_YEARS = (1678, 2261)
_PARTS = re.compile(r"%([a-zA-Z])|([^%])")


class DateFormats:
    """The formats that all texts added so far have."""

    def __init__(self) -> None:
        self._width: int | None = None
        self._left: tuple[str, ...] = FORMATS

    @property
    def over(self) -> bool:
        """Whether no format is left."""
        return not self._left

    def give_up(self) -> None:
        """Say that a text is no date."""
        self._left = ()

    def add(self, table: Any) -> None:
        """Take texts of one width in bytes: an array of bytes, a row for each text."""
        if not len(table) or not self._left:
            return
        width = table.shape[1]
        if self._width not in (None, width):
            self._left = ()
            return
        self._width = width
        left = [one for one in self._left if width_of(one) == width]
        # a row for each place: numpy is several times as fast along memory as across it
        self._left = tuple(_having(numpy.ascontiguousarray(table.T), left)) if left else ()

    @property
    def only(self) -> str:
        """Return the one format that all have; empty when there is none, or several."""
        return self._left[0] if len(self._left) == 1 and self._width is not None else ""


@cache
def width_of(layout: str) -> int:
    """Return the length of every text of a format."""
    return sum(_WIDTHS.get(code, 1) for code, _ in _PARTS.findall(layout))


def _having(places: Any, layouts: Iterable[str]) -> Iterable[str]:
    fields: dict[tuple[str, int], Any] = {}  # several layouts ask for the same field at the same place
    for layout in layouts:
        if _has(places, layout, fields):
            yield layout


def _has(places: Any, layout: str, fields: dict[tuple[str, int], Any]) -> bool:
    """Tell whether all texts have the layout."""
    found: dict[str, Any] = {}
    start = 0
    for code, literal in _PARTS.findall(layout):
        if literal:
            if not bool((places[start] == ord(literal)).all()):
                return False
            start += 1
            continue
        if (code, start) not in fields:
            fields[code, start] = _field(places, code, start)
        found[code] = fields[code, start]
        if found[code] is None:
            return False
        start += _WIDTHS[code]
    return _in_calendar(found)


def _field(places: Any, code: str, start: int) -> Any:
    """Return the field's numbers; None when one text has none there, or it is out of range."""
    width = _WIDTHS[code]
    if code in "bp":
        return _words(places[start : start + width], code)
    digits = places[start : start + width] - ord("0")  # bytes: what lies below "0" wraps to something large
    if bool((digits > 9).any()):
        return None
    number = digits[0].astype("uint8" if width == 2 else "int32")
    for place in range(1, width):
        number = number * 10 + digits[place]
    low, high = _YEARS if code == "Y" else _RANGES.get(code, (0, 999_999))
    return number if int(number.min()) >= low and int(number.max()) <= high else None


def _words(letters: Any, code: str) -> Any:
    known = list(calendar.month_abbr)[1:] if code == "b" else ["AM", "PM"]
    number = numpy.zeros(letters.shape[1], dtype="uint8")
    for place, word in enumerate(known, 1):
        spelled = numpy.frombuffer(word.encode(), dtype="uint8")
        if len(spelled) == len(letters):
            number[(letters == spelled[:, None]).all(axis=0)] = place
    return number if bool(number.all()) else None


def _in_calendar(found: dict[str, Any]) -> bool:
    """Tell whether every day is one of its month."""
    if "d" not in found:
        return True
    month = found["m"] if "m" in found else found["b"]
    year = found["Y"] if "Y" in found else found["y"] + numpy.int32(2000)  # 1900 has no 29 February, but 00 is 2000
    days = numpy.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype="int8")[month]
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    days[leap & (month == 2)] += 1
    return bool((found["d"] <= days).all())
