"""Sizes, times and ratios in words.

Sizes are binary (1 MiB = 2**20 bytes) and say so: the limits that they stand beside are set in powers of two, so a
container given ``4g`` reads "4.0 GiB" here, where decimal units would make it an odd "4.3 GB".
"""

from __future__ import annotations

import math

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def scale(number: float) -> tuple[int, str]:
    """Return the divisor and the name of the unit in which ``number`` bytes read best.

    >>> scale(3 * 2**20)
    (1048576, 'MiB')
    """
    power = 0
    while power < len(_UNITS) - 1 and round(abs(number) / 1024**power) >= 1024:
        power += 1
    return 1024**power, _UNITS[power]


def size(number: float) -> str:
    """Write bytes with two or three digits that count.

    >>> size(4 * 2**30), size(190 * 2**20), size(0), size(-1536), size(2**30 - 1)
    ('4.0 GiB', '190 MiB', '0 B', '-1.5 KiB', '1.0 GiB')
    """
    divisor, unit = scale(number)
    value = number / divisor
    decimals = 1 if divisor > 1 and round(abs(value), 1) < 10 else 0
    return f"{value:.{decimals}f} {unit}"


def signed_size(number: float) -> str:
    """Write a change in bytes with its sign.

    >>> signed_size(2**20), signed_size(0), signed_size(-(2**20))
    ('+1.0 MiB', '0 B', '-1.0 MiB')
    """
    return f"+{size(number)}" if number > 0 else size(number)


def size_range(low: float, high: float) -> str:
    """Write a range of bytes, the unit once where both ends share it.

    >>> size_range(150 * 2**20, 260 * 2**20), size_range(900 * 2**20, 1.5 * 2**30)
    ('150-260 MiB', '900 MiB-1.5 GiB')
    """
    first, last = size(low), size(high)
    number, unit = first.split(" ")
    return f"{number}-{last}" if last.endswith(f" {unit}") else f"{first}-{last}"


def seconds(number: float) -> str:
    """Write a duration.

    >>> seconds(0.0004), seconds(0.012), seconds(1.44), seconds(75), seconds(3720)
    ('<1 ms', '12 ms', '1.4 s', '1 min 15 s', '1 h 2 min')
    """
    if not math.isfinite(number):
        return "unknown time"
    if number < 0.9995:
        return "<1 ms" if number < 0.001 else f"{number * 1000:.0f} ms"
    if number < 59.5:
        return f"{number:.1f} s" if number < 9.95 else f"{number:.0f} s"
    minutes, rest = divmod(round(number), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def percent(part: float, whole: float) -> str:
    """Write a share.

    >>> percent(3, 10), percent(1, 1000)
    ('30 %', '<1 %')
    """
    share = 100 * part / whole
    return "<1 %" if 0 < share < 1 else f"{share:.0f} %"


def times(ratio: float) -> str:
    """Write a ratio.

    >>> times(6.43), times(21.7)
    ('6.4x', '22x')
    """
    return f"{ratio:.1f}x" if ratio < 9.95 else f"{ratio:.0f}x"
