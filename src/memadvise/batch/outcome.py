"""Two runs of a notebook -> the verdict: every name that a cell binds, every displayed value, every printed text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from memadvise.batch.kernel import NotebookRun
from memadvise.model import Difference, Recommendation, ResultClass, Verification
from memadvise.trial.compare import compare
from memadvise.trial.outcome import allowance, raised
from memadvise.trial.snapshot import Snapshot
from memadvise.trial.text import compare_text

# what a cell that tells the time or draws numbers prints differs from run to run by itself
_RESTLESS = re.compile(
    r"%%?time|\btime\b|\bdatetime\b|perf_counter|\brandom\b|\buuid|\.info\(|memadvise|\bid\(|getpid|tqdm"
)


def verdict(first: NotebookRun, changed: NotebookRun, cards: Sequence[Recommendation], measured: str) -> Verification:
    """Compare the changed run with the original, cell by cell; what the cards announced is allowed.

    Names are compared as each cell left them; a name that several cells bind is listed once, the displayed values as
    ``Out`` of the measured cell and ``Out[index]`` of others, printed texts as ``print[index]``.
    """
    if changed.failed:
        outcome = changed.outcomes.get(changed.failed)
        if outcome is not None and outcome.report.error is not None:
            return raised(outcome.report)
        found = Difference("the changed notebook", changed.problem)
        return Verification(False, ResultClass.DIFFERENT, (), (found,))
    displays = {
        cell_id: "Out" if cell_id == measured else f"Out[{outcome.report.index}]"
        for cell_id, outcome in first.outcomes.items()
    }
    allowed = allowance(cards, displays)
    parts = [
        compare(
            _renamed(outcome.snapshots, displays[cell_id]),
            _renamed(changed.outcomes[cell_id].snapshots, displays[cell_id]) if cell_id in changed.outcomes else {},
            allowed,
        )
        for cell_id, outcome in first.outcomes.items()
    ]
    return joined([*parts, *_printed(first, changed, cards), *_shown(first, changed, cards)])


def _renamed(snapshots: Mapping[str, Snapshot], display: str) -> dict[str, Snapshot]:
    return {display if name == "Out" else name: found for name, found in snapshots.items()}


def _printed(first: NotebookRun, changed: NotebookRun, cards: Sequence[Recommendation]) -> list[Verification]:
    peeks = {cell_id for card in cards for cell_id in card.peeks}
    found = []
    for cell_id, text in first.printed.items():
        outcome = first.outcomes.get(cell_id)
        if outcome is None or not text or _RESTLESS.search(outcome.report.source):
            continue
        name = f"print[{outcome.report.index}]"
        result = compare_text(text, changed.printed.get(cell_id, ""))
        if result is ResultClass.DIFFERENT and cell_id in peeks:
            result = ResultClass.DISPLAY
        differences = () if result is ResultClass.IDENTICAL else (Difference(name, f"printed text: {result.value}"),)
        found.append(Verification(result is not ResultClass.DIFFERENT, result, (name,), differences))
    return found


def _shown(first: NotebookRun, changed: NotebookRun, cards: Sequence[Recommendation]) -> list[Verification]:
    """Compare what is only shown now with what was shown and kept: the same picture, text for text."""
    unkept = {cell_id for card in cards for cell_id in card.unkept}
    found = []
    for cell in (cell for cell in first.notebook.cells if cell.get("id") in unkept):
        after = next((other for other in changed.notebook.cells if other.get("id") == cell.id), None)
        kept = [output.data for output in cell.outputs if output.output_type == "execute_result"]
        now = [output.data for output in after.outputs if output.output_type == "display_data"] if after else []
        outcome = first.outcomes.get(cell.id)
        name = f"shown[{outcome.report.index}]" if outcome else "shown"
        same = all(data in now for data in kept)
        differences = () if same else (Difference(name, "another picture is shown"),)
        result = ResultClass.IDENTICAL if same else ResultClass.DIFFERENT
        found.append(Verification(same, result, (name,), differences))
    return found


def joined(parts: Sequence[Verification]) -> Verification:
    """Return several verdicts as one: the worst class, everything that was compared and that differs."""
    order = list(ResultClass)
    worst = max((part.result for part in parts), key=order.index, default=ResultClass.IDENTICAL)
    return Verification(
        equal=all(part.equal for part in parts),
        result=worst,
        compared=tuple(dict.fromkeys(name for part in parts for name in part.compared)),
        differences=tuple(dict.fromkeys(found for part in parts for found in part.differences)),
        not_compared=tuple(dict.fromkeys(name for part in parts for name in part.not_compared)),
    )
