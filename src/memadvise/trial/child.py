"""The trial's child: ``python -m memadvise.trial.child SCRATCH PARENT_PID`` runs the cells and measures itself."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from typing import Any, NoReturn

from memadvise.measure.meter import CellMeter
from memadvise.model import CellError, Measurement
from memadvise.rewrite.mask import without_own_magic
from memadvise.trial.handover import take_over
from memadvise.trial.job import ANSWER, JOB, Answer, Job, Step
from memadvise.trial.model import Snapshot
from memadvise.trial.snapshot import KEPT_BYTES, snapshot
from memadvise.trial.tied import tie_hands


def main() -> None:
    """Tie the hands, take the values over, run the cells, write the answer."""
    scratch, parent = Path(sys.argv[1]), int(sys.argv[2])
    meter = CellMeter(timeline=False)  # opens the mark's file, which could not be opened for writing any more
    job: Job = pickle.loads((scratch / JOB).read_bytes())
    os.chdir(job.folder)
    sys.path[:] = list(job.import_path)
    shell = _shell()  # writes its own start-up files, with modes that tied hands can't set
    tied = tie_hands(scratch, parent)
    if not tied.complete:  # a cell with side effects would have them twice
        _answer(scratch, Answer((), {}, tied, 0))
    take_over(scratch, shell.user_ns)
    ready = meter.resident_bytes()
    measured: list[Measurement] = []
    found: dict[str, Snapshot] = {}
    error = None
    for step in job.steps:
        error = _run(step, shell, meter, measured, found)
        if error is not None:
            break
    _answer(scratch, Answer(tuple(measured), found, tied, ready, error))


def _answer(scratch: Path, answer: Answer) -> NoReturn:
    """Write the answer, whole or not at all, and end."""
    partial = scratch / f"{ANSWER}.partial"
    partial.write_bytes(pickle.dumps(answer))
    partial.replace(scratch / ANSWER)
    sys.stdout.flush()
    os._exit(0)  # threads and exit handlers of the cell's libraries have nothing more to do


def _run(
    step: Step, shell: Any, meter: CellMeter, measured: list[Measurement], found: dict[str, Snapshot]
) -> CellError | None:
    """Run one cell, measured, and fingerprint what it made; return its error."""
    meter.begin({})
    result = shell.run_cell(without_own_magic(step.source), store_history=False, silent=False)
    measured.append(meter.end({}))
    error = result.error_in_exec or result.error_before_exec
    if error is not None:
        return CellError(type(error).__name__, str(error)[:2000])
    namespace = shell.user_ns
    found.update({name: snapshot(namespace[name], KEPT_BYTES) for name in step.names if name in namespace})
    if step.shown and result.result is not None:
        found["Out"] = snapshot(result.result, KEPT_BYTES)
    return None


def _shell() -> Any:
    """Return an IPython shell of its own: no history, no settings of the person's."""
    from IPython.core.history import HistoryManager
    from IPython.core.interactiveshell import InteractiveShell

    HistoryManager.enabled = False
    return InteractiveShell.instance()


if __name__ == "__main__":
    main()
