"""One kind of cell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind: cells before, the cell itself, cells after (those are run bare in both kernels).

    ``above``: what stands above the magic's line. ``interrupt_at``: interrupt once the cell has printed this.
    """

    name: str
    cell: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    above: str = ""
    interrupt_at: str = ""
