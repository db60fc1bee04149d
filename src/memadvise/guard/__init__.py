"""The guard's policy: how large the kernel may become, and at which size the cell is interrupted.

The watching is done by the helper process of ``measure``: it interrupts the kernel (SIGINT) once its resident size
passes the threshold. Python code, pandas and Arrow stop within some MB; one huge call of a C or Rust library can't be
stopped until it returns.
"""

from __future__ import annotations

import re

import psutil

from memadvise.model import MachineEvidence

__all__ = ["limit_for", "parse_size", "threshold"]

DECIMAL = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
BINARY = {"k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
SIZE = re.compile(r"\s*(\d{1,15}(?:\.\d{0,9})?|\.\d{1,9})\s*(?:([kmgt])(i?))?b?\s*", re.IGNORECASE | re.ASCII)
LEAST_BYTES = 10**6
EARLY_SHARE = 0.02
EARLY_BYTES = 8 * 10**6


def parse_size(text: str) -> int:
    """Return the bytes of a size as people write it: ``600MB``, ``500M``, ``1.5 GB`` (powers of 1000), ``2GiB``.

    Raises:
        ValueError: it is no size, or below one megabyte (no kernel is that small: the unit was forgotten).
    """
    found = SIZE.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a size. Hint: write it like 600MB, 1.5GB or 2GiB")
    number, unit, binary = found.group(1), (found.group(2) or "").lower(), found.group(3)
    size = round(float(number) * (BINARY if binary else DECIMAL)[unit])
    if size < LEAST_BYTES:
        raise ValueError(f"{text!r} is {size} bytes, less than any kernel takes. Hint: write the unit, like 600MB")
    return size


def threshold(limit_bytes: int) -> int:
    """Return the resident size at which to interrupt, so that the kernel stays below ``limit_bytes``.

    Memory grows on until the interrupt is served: by up to 6 MB in pandas, up to 24 MB in Arrow's readers.
    """
    return max(0, limit_bytes - max(int(limit_bytes * EARLY_SHARE), EARLY_BYTES))


def limit_for(machine: MachineEvidence, asked_bytes: int | None = None, resident_bytes: int | None = None) -> int:
    """Return the resident size that this kernel must stay below: what was asked for, and never more than there is.

    What there is: the resident size now (read here, when it is not given) and what is still available, at most the
    limit of the container or the machine.
    """
    now = psutil.Process().memory_info().rss if resident_bytes is None else resident_bytes
    most = min(machine.limit_bytes, now + machine.available_bytes)
    return most if asked_bytes is None else min(asked_bytes, most)
