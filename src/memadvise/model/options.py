"""What a person asks of one measured cell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CellOptions:
    """Options of ``%%memadvise``; ``limit_bytes`` is the resident size at which the cell is to be stopped."""

    name: str | None = None
    limit_bytes: int | None = None
    guard: bool = True
    lines: bool = True
    dry_run: bool = False
    json: str | None = None
    quiet: bool = False
