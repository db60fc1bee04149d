"""One case: the notebook as it is, as memadvise rewrites it, and the expert's script, each in fresh processes."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from casework.catalogue import Case
from casework.data import make
from casework.kernel import StoppedError, Taken, measure
from casework.result import CaseResult, Ours
from casework.same import differences
from memadvise.batch import NotebookResult, Request, read_notebook, run_notebook
from memadvise.batch.kernel import RunOptions
from memadvise.show.words import verdict

Say = Callable[[str], None]
BENCHMARKS = Path(__file__).parents[1]


def run_case(case: Case, data: Path, scale: float, say: Say) -> CaseResult:
    """Run one case on its data under ``data``, which is made when it is not there yet."""
    notebook = read_notebook(case.notebook)
    with tempfile.TemporaryDirectory(dir=data, prefix=f"case-{case.number}-") as scratch:
        folder = _folder(case, data, scale, Path(scratch) / "work")
        say(f"case {case.number}: the expert's script")
        expert = _written(case, folder, lambda: run_script(case, folder))
        say(f"case {case.number}: the notebook as it is")
        original = _written(case, folder, lambda: measure(notebook, folder, case.results))
        say(f"case {case.number}: memadvise run --apply best")
        ours = _rewritten(case, notebook, original, folder, lambda text: say(f"case {case.number}: {text}"))
    return CaseResult(
        case=case,
        original_bytes=original.growth_bytes,
        original_s=original.wall_s,
        expert_bytes=expert.growth_bytes,
        expert_s=expert.wall_s,
        expert_differs=tuple(differences(original.results, expert.results)),
        ours=ours,
    )


def _folder(case: Case, data: Path, scale: float, work: Path) -> Path:
    """Return a folder with the case's data, linked: several cases share it, and each writes beside it."""
    made = data / f"{case.data.replace(' ', '-')}-{scale:g}"
    if not made.exists():
        partial = made.with_name(made.name + ".partial")
        make(case.data, partial, scale)
        partial.rename(made)
    shutil.copytree(made, work, copy_function=os.link)
    return work


def _written(case: Case, folder: Path, run: Callable[[], Taken]) -> Taken:
    """Run, with the digests of the files that the case writes among the results; they are removed again."""
    taken = run()
    for name in case.writes:
        if (path := folder / name).exists():
            with path.open("rb") as file:
                taken.results[name] = hashlib.file_digest(file, "sha256").hexdigest()
            path.unlink()
    return taken


def run_script(case: Case, folder: Path) -> Taken:
    """Run the expert's script in a fresh process.

    Raises:
        StoppedError: it raised.
    """
    answer = folder / ".casework-expert.pickle"
    command = [sys.executable, "-m", "casework.script", str(case.expert), json.dumps(case.results), str(answer)]
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(BENCHMARKS), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StoppedError(f"{case.expert.name}: {done.stderr.strip().splitlines()[-1]}")
    growth, seconds, results = pickle.loads(answer.read_bytes())
    answer.unlink()
    return Taken(growth, seconds, results)


def _rewritten(case: Case, notebook: Any, original: Taken, folder: Path, say: Say) -> Ours:
    """Rewrite the notebook by what memadvise applies, then measure that and compare its results by our own means."""
    result = run_notebook(notebook, Request(RunOptions(folder), "best"), say)
    for name in case.writes:
        (folder / name).unlink(missing_ok=True)
    applied = [cell.applied for cell in result.report.cells if cell.applied]
    said = _said(result)
    if not applied:
        return Ours(original.growth_bytes, original.wall_s, held_back=said, notes=result.notes, problem=result.problem)
    verdicts = tuple(verdict(one) for one in applied)
    rules = tuple(rule for one in applied for rule in one.rule.split(" + "))
    classes = tuple(one.verification.result.value for one in applied)
    try:
        taken = _written(case, folder, lambda: measure(result.notebook, folder, case.results))
    except StoppedError as error:
        return Ours(
            original.growth_bytes, original.wall_s, rules, classes, verdicts, said, result.notes, problem=str(error)
        )
    wrong = tuple(differences(original.results, taken.results))
    return Ours(taken.growth_bytes, taken.wall_s, rules, classes, verdicts, said, result.notes, wrong)


def _said(result: NotebookResult) -> tuple[str, ...]:
    """Return what the rules held back, once each."""
    found = (
        f"{item.rule} (cell {item.index}): {item.reason}" for cell in result.report.cells for item in cell.held_back
    )
    return tuple(dict.fromkeys(found))
