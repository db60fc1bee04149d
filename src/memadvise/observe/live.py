"""Everything that is known of the live values of some names."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from memadvise.model import ArrayEvidence, FrameEvidence, Held, RowsEvidence
from memadvise.observe.arrays import live_arrays
from memadvise.observe.frames import SECONDS, live_frames
from memadvise.observe.held import held_values
from memadvise.observe.rows import live_rows


@dataclass(frozen=True)
class Live:
    """Evidence of live values, by their kind."""

    frames: tuple[FrameEvidence, ...] = ()
    arrays: tuple[ArrayEvidence, ...] = ()
    rows: tuple[RowsEvidence, ...] = ()
    held: tuple[Held, ...] = ()


def live(namespace: Mapping[str, object], names: frozenset[str], seconds: float = SECONDS) -> Live:
    """Look at the values of ``names`` for at most ``seconds``; what was not looked at in time is not known."""
    held = held_values(namespace, time.monotonic() + seconds)  # milliseconds, and of all names: so it comes first
    begun = time.monotonic()
    arrays = live_arrays(namespace, names, begun + seconds / 3)  # frames take all the time there is
    rows = live_rows(namespace, names, begun + seconds / 2)
    left = begun + seconds - time.monotonic()
    return Live(frames=live_frames(namespace, names, left), arrays=arrays, rows=rows, held=held)
