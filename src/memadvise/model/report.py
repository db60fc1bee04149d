"""What is shown and stored: one report per measured cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from memadvise.model.evidence import MachineEvidence
from memadvise.model.measurement import Measurement
from memadvise.model.notebook import Edit
from memadvise.model.recommendation import HeldBack, Recommendation
from memadvise.model.verification import Verification

Status = Literal["ok", "error", "stopped"]


@dataclass(frozen=True)
class CellError:
    """The exception that the person's cell raised: type name and message."""

    type: str
    message: str


@dataclass(frozen=True)
class Applied:
    """A recommendation that was applied and run.

    ``before`` and ``measurement`` cover the same set of cells: the measured one and every one that was run again
    (start of the first, highest peak, end of the last). ``speed_ratio`` is original wall time / new wall time.
    """

    number: int
    rule: str
    edits: tuple[Edit, ...]
    before: Measurement
    measurement: Measurement
    speed_ratio: float
    verification: Verification


@dataclass(frozen=True)
class CellReport:
    """Everything about one measured cell."""

    index: int
    cell_id: str
    source: str
    status: Status
    measurement: Measurement
    machine: MachineEvidence
    name: str | None = None
    error: CellError | None = None
    recommendations: tuple[Recommendation, ...] = ()
    held_back: tuple[HeldBack, ...] = ()
    applied: Applied | None = None
    tried: tuple[Applied, ...] = ()


@dataclass(frozen=True)
class Report:
    """A run of a notebook: the machine, and a report per measured cell in notebook order."""

    version: str
    machine: MachineEvidence
    cells: tuple[CellReport, ...]
