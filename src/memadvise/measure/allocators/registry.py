"""How an allocator announces itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Level:
    """What an allocator says, in bytes: handed out now, held from the system for that, the most ever handed out."""

    handed_out_bytes: int
    reserved_bytes: int | None = None
    mark_bytes: int | None = None


Asker = Callable[[], Level | None]
UNUSED = Level(0, 0, 0)  # a library that is not loaded


@dataclass(frozen=True)
class Allocator:
    """A registered allocator. ``level`` returns None where it can't tell.

    ``on_device`` is memory of a GPU. ``fills`` says that all it hands out is written to at once, so that nothing of it
    stays untouched. ``remedy`` tells how it gives back what it keeps.
    """

    name: str
    level: Asker
    on_device: bool = False
    fills: bool = False
    remedy: str = "`%memadvise free` can give it back"


REGISTERED: dict[str, Allocator] = {}


def allocator(name: str, *, on_device: bool = False, fills: bool = False, remedy: str = "") -> Callable[[Asker], Asker]:
    """Register a function as the way to ask an allocator."""

    def register(level: Asker) -> Asker:
        given = {"remedy": remedy} if remedy else {}
        REGISTERED[name] = Allocator(name, level, on_device, fills, **given)
        return level

    return register


def about(name: str) -> Allocator:
    """Return what is known of an allocator; of a name that is not registered, what holds for most."""
    return REGISTERED.get(name) or Allocator(name, lambda: None)
