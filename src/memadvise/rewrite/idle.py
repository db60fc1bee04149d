"""Cells that do nothing worth measuring."""

from __future__ import annotations

RUNS_CODE = frozenset({"%time", "%timeit", "%prun", "%run", "%sql", "%store", "%memit", "%mprun", "%lprun"})


def is_idle(source: str) -> bool:
    r"""Tell whether a cell holds nothing but line magics; shell lines, and magics that run the person's code, are work.

    >>> is_idle("%matplotlib inline\n\n# note"), is_idle("%cd x\ny = 1"), is_idle("%time y = f()"), is_idle("!ls")
    (True, False, False, False)
    """
    lines = [line.strip() for line in source.splitlines()]
    return all(_does_nothing(line) for line in lines if line)


def _does_nothing(line: str) -> bool:
    if line.startswith("%%"):
        return False
    return line.startswith(("#", "?")) or (line.startswith("%") and line.split(None, 1)[0] not in RUNS_CODE)
