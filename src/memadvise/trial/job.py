"""What a trial's child process is told, and what it answers: both are pickled into the scratch folder."""

from __future__ import annotations

from dataclasses import dataclass, field

from memadvise.model import CellError, Measurement
from memadvise.trial.model import Snapshot
from memadvise.trial.tied import Tied

JOB, ANSWER, PRINTED = "job.pickle", "answer.pickle", "printed.txt"


@dataclass(frozen=True)
class Step:
    """One cell to run: its id, its code, the names to fingerprint behind it, and whether its display is compared."""

    cell_id: str
    source: str
    names: tuple[str, ...]
    shown: bool = False


@dataclass(frozen=True)
class Job:
    """The cells in the order of the run, and where the kernel is: working directory and import path."""

    steps: tuple[Step, ...]
    folder: str
    import_path: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What came of a job: a measurement per cell that ran, fingerprints by name (the display as ``Out``).

    ``ready_bytes`` is the child's resident size before the first cell, the values handed over included.
    ``error`` is that of the last cell, None where all ran.
    """

    measurements: tuple[Measurement, ...]
    snapshots: dict[str, Snapshot] = field(repr=False)
    tied: Tied
    ready_bytes: int
    error: CellError | None = None
