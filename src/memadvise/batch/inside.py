"""The kernel's side of the command line: called by hidden code, leaves no name in the person's namespace.

The other side is another process; what it needs is pickled into a scratch folder, one file per cell.
"""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from memadvise.model import Cell, CellReport, NotebookSource
from memadvise.observe import IN_BATCH
from memadvise.records import Expected
from memadvise.rewrite.dependents import binds
from memadvise.session import Session, session_of
from memadvise.trial.snapshot import Snapshot


@dataclass(frozen=True)
class CellOutcome:
    """One cell that was run: its report, the notebook that the advice was made for, its results' fingerprints."""

    report: CellReport
    notebook: NotebookSource
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    trouble: str = ""


@dataclass(frozen=True)
class Plan:
    """What the kernel is told at the start; ``reported`` are the ids of the cells that are to get advice.

    ``compare``: results are fingerprinted, since another run will be compared with this one.
    """

    cells: tuple[Cell, ...]
    reported: frozenset[str]
    limit_bytes: int | None
    compare: bool


def begin(scratch: str) -> None:
    """Load the extension and take the plan."""
    shell = _shell()
    shell.extension_manager.load_extension("memadvise")
    session = _session(shell)
    plan: Plan = pickle.loads(Path(scratch, "plan.pickle").read_bytes())
    session.cells = plan.cells
    session.limit_bytes = plan.limit_bytes
    session.view.panels = False
    session.patience = IN_BATCH
    session.watchers.append(_Writer(Path(scratch), session, plan.compare))


def outcome_file(cell_id: str) -> str:
    """Return the name of a cell's file in the scratch folder; an id may hold anything, slashes too."""
    return hashlib.sha256(cell_id.encode()).hexdigest()[:24] + ".pickle"


def expect(cell_id: str, report: bool) -> None:
    """Say which cell is run next."""
    _session(_shell()).expected = Expected(cell_id, report)


class _Writer:
    """Writes each cell's outcome as soon as it is known: a kernel that dies takes only its last cell along."""

    def __init__(self, scratch: Path, session: Session, compare: bool) -> None:
        self._scratch = scratch
        self._session = session
        self._compare = compare

    def __call__(self, record: Any, result: Any) -> None:
        self._session.details = ""
        found: dict[str, Snapshot] = {}
        if self._compare:
            self._session.guarded(
                "taking fingerprints of the results",
                lambda: found.update(self._session.snapshots(binds(record.report.source), result)),
            )
        outcome = CellOutcome(record.report, record.notebook, found, self._session.details)
        path = self._scratch / outcome_file(record.report.cell_id)
        partial = path.with_suffix(".partial")
        partial.write_bytes(pickle.dumps(outcome))
        partial.replace(path)


def _shell() -> Any:
    from IPython import get_ipython

    return get_ipython()


def _session(shell: Any) -> Session:
    session = session_of(shell)
    if session is None:
        raise RuntimeError("the memadvise extension did not load in the kernel")
    return session
