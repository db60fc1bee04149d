"""What the session keeps of each cell, and what it asks of the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from memadvise.apply.front_end import FrontEnd
from memadvise.model import CellError, CellOptions, CellReport, NotebookSource
from memadvise.trial.snapshot import Snapshot


class Actor(Protocol):
    """Who carries out what is clicked."""

    every_cell: bool
    front_end: FrontEnd

    def act(self, record: Record, action: str, number: int) -> None:
        """Carry out a click in the record's panel."""

    def guarded(self, what: str, step: Callable[[], None]) -> None:
        """Run one step of ours; a failure becomes one line."""


class View(Protocol):
    """Where reports appear. ``panels``: widgets are shown beside the static summary."""

    panels: bool

    def show(self, record: Record, actor: Actor) -> None:
        """Show a new report."""

    def update(self, record: Record, message: str | None = None) -> None:
        """Show the record's report again where it stands, with one line above it."""

    def busy(self, record: Record, text: str) -> None:
        """Say what is being done where the record's report stands; the next `update` ends it."""

    def say(self, text: str) -> None:
        """Say one line."""

    def close(self) -> None:
        """Let go of what showing needs."""


@dataclass(frozen=True)
class Expected:
    """What the command line says of the next cell that it runs: which it is, and whether a report is wanted."""

    cell_id: str
    report: bool


@dataclass(frozen=True)
class Running:
    """The cell that is being run. ``report``: look for advice; ``show``: put it on the screen."""

    source: str
    options: CellOptions
    cell_id: str | None
    report: bool
    show: bool


@dataclass
class Record:
    """One measured cell: its report, the notebook that the advice was made for, its results' fingerprints.

    ``changed`` is the number of the card that was applied and not run. ``brief``: one line is wanted, as nobody asked
    for this very cell. ``shown`` belongs to the view. ``runs`` counts the cells that the kernel had run by then.
    """

    report: CellReport
    notebook: NotebookSource
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    changed: int | None = None
    brief: bool = False
    shown: Any = None
    runs: int = 0

    def fingerprints(
        self, names: Iterable[str], take: Callable[[Iterable[str]], dict[str, Snapshot]]
    ) -> dict[str, Snapshot]:
        """Return those of the names and of the display (``Out``) as the measured run left them.

        What was not taken then is taken now, by ``take``, and kept.
        """
        wanted = set(names)
        measured = {name: found for name, found in self.snapshots.items() if name in wanted | {"Out"}}
        found = {**take(wanted - set(measured)), **measured}
        self.snapshots = {**self.snapshots, **found}
        return found


def error_of(result: Any) -> CellError | None:
    """Return the exception of an IPython execution result; its text is the person's data."""
    if result is None:
        return CellError("CancelledError", "the cell was interrupted while it awaited something")
    error = result.error_in_exec or result.error_before_exec
    if error is None:
        return None
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 - an exception class of the person's may fail to print
        message = "(its message could not be printed)"
    return CellError(type(error).__name__, message[:2000])
