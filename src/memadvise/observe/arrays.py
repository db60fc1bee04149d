"""Live numpy arrays -> evidence, in bounded time and with little memory of our own."""

from __future__ import annotations

from collections.abc import Mapping

from memadvise.model import ArrayEvidence


def live_arrays(namespace: Mapping[str, object], names: frozenset[str], deadline: float) -> tuple[ArrayEvidence, ...]:
    """Return evidence of the values bound to ``names``; looks at nothing after ``deadline`` (monotonic seconds)."""
    return ()
