"""`memadvise demo --headless`, run once for real on a small file, and its exit codes and table on made-up steps."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from memadvise.demo import headless, run_headless, steps
from memadvise.demo.steps import MachineStep, Step, TourStoppedError, one_report
from memadvise.model import (
    Applied,
    Difference,
    HeldBack,
    MachineEvidence,
    Measurement,
    Report,
    ResultClass,
    Technique,
    Verification,
)
from memadvise.show.report_json import schema, to_json

SIZE = 3_000_000
RULES = ["unused-columns", "repeated-strings", "whole-file-reduction", "repeated-lookup"]


@dataclass
class Run:
    """One headless run: exit code, printed text, and the steps that it made."""

    folder: Path
    code: int = -1
    text: str = ""
    steps: list[Step] = field(default_factory=list)
    machine: list[MachineStep] = field(default_factory=list)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The tour on 3 MB, in real kernels."""
    made = Run(tmp_path_factory.mktemp("demo"))
    rewrite_steps, machine_step = steps.rewrite_steps, steps.machine_step

    def rewrites(*given: Any) -> list[Step]:
        found = rewrite_steps(*given)
        made.steps += found
        return found

    def machine(*given: Any) -> MachineStep:
        made.machine.append(machine_step(*given))
        return made.machine[0]

    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as printed:
        patch.setattr(steps, "rewrite_steps", rewrites)
        patch.setattr(steps, "machine_step", machine)
        made.code = run_headless(made.folder, SIZE)
    made.text = printed.getvalue()
    return made


def test_every_rewrite_is_offered_and_verified(run: Run) -> None:
    """Each technique's rules are offered in their section, applied, and their results found equal: exit code 0."""
    assert [step.rule for step in run.steps] == RULES
    assert [step.verified for step in run.steps] == [True] * len(RULES), run.text
    assert run.code == 0


def test_the_results_are_of_the_class_that_the_cards_announce(run: Run) -> None:
    """A peek shows fewer columns, categories are other dtypes, sums of floats are rounded, lookups are identical."""
    found = [step.applied.verification.result for step in run.steps if step.applied]

    assert found[0] is ResultClass.DISPLAY
    assert found[1] is ResultClass.SAME_VALUES
    assert found[2] in {ResultClass.ROUNDING, ResultClass.IDENTICAL}
    assert found[3] is ResultClass.IDENTICAL


def test_the_machine_is_offered_and_nothing_is_changed(run: Run) -> None:
    """Under a tight limit the section runs to its end, and a machine is named that it fits on."""
    (machine,) = run.machine

    assert machine.card is not None
    assert machine.report.cells[0].status == "ok"
    assert not (run.folder / "memadvise-sky.yaml").exists()


def test_the_table_has_a_line_for_each_step(run: Run) -> None:
    """The table names each technique and rule, both peaks and the verdict."""
    for step in run.steps:
        assert any(
            line.startswith(f"{step.technique.value}: {step.rule}") and "->" in line and "same" in line
            for line in run.text.splitlines()
        ), run.text
    assert "machine: bigger-machine" in run.text


def test_the_report_fits_the_schema(run: Run) -> None:
    """The sections' reports as one are what the JSON report's schema asks for."""
    reports = [*(step.report for step in run.steps), run.machine[0].report]

    jsonschema.validate(to_json(one_report(reports)), schema())


def test_only_data_and_index_are_left_behind(run: Run) -> None:
    """Beside the data and the visible folder of the index nothing stays in the folder."""
    assert sorted(path.name for path in run.folder.iterdir()) == [".orders.csv.made", "memadvise_cache", "orders.csv"]


# --- made-up steps ---------------------------------------------------------------------------------------------------

MIB = 2**20
BEFORE = Measurement(100 * MIB, 500 * MIB, 300 * MIB, "made up", 0, 1.0)
AFTER = Measurement(100 * MIB, 150 * MIB, 120 * MIB, "made up", 0, 0.5)
NOTHING = Report("0", MachineEvidence(0, 0, "", 0), ())
EQUAL = Verification(True, ResultClass.IDENTICAL, ("top",))
APPLIED = Applied(1, "unused-columns", (), BEFORE, AFTER, 2.0, EQUAL)
GOOD = Step(Technique.COMPRESSION, "unused-columns", BEFORE, AFTER, APPLIED, NOTHING, None)
WRONG = Verification(False, ResultClass.DIFFERENT, ("top",), (Difference("top", "1 -> 2"),))
BAD = replace(GOOD, applied=replace(APPLIED, verification=WRONG))
UNSEEN = replace(GOOD, applied=replace(APPLIED, verification=Verification(True, ResultClass.IDENTICAL, ())))
MISSING = replace(GOOD, after=BEFORE, applied=None)
NO_MACHINE = MachineStep(BEFORE, 550 * MIB, None, NOTHING)
MACHINE = replace(NO_MACHINE, card=object())  # type: ignore[arg-type]  # only looked at, not into


def headless_code(patch: pytest.MonkeyPatch, tmp_path: Path, step: Step, machine: MachineStep) -> int:
    """Run the headless tour with made-up steps."""
    patch.setattr(steps, "rewrite_steps", lambda *given: [step])
    patch.setattr(steps, "machine_step", lambda *given: machine)
    patch.setattr(headless, "machine_line", lambda step: "")
    return run_headless(tmp_path, 300_000)


@pytest.mark.parametrize(
    ("step", "machine", "expected"),
    [(GOOD, MACHINE, 0), (BAD, MACHINE, 1), (UNSEEN, MACHINE, 1), (MISSING, MACHINE, 1), (GOOD, NO_MACHINE, 1)],
)
def test_exit_codes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, step: Step, machine: MachineStep, expected: int
) -> None:
    """Only when every step was made, compared and found equal is the code 0."""
    assert headless_code(monkeypatch, tmp_path, step, machine) == expected


def test_a_cell_that_raises_ends_the_tour(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cell that raises is named in one line, and the code is 3."""

    def stops(*given: Any) -> list[Step]:
        raise TourStoppedError("chunking-read: MemoryError")

    monkeypatch.setattr(steps, "rewrite_steps", stops)

    assert run_headless(tmp_path, 300_000) == 3
    assert "the tour stopped: chunking-read: MemoryError" in capsys.readouterr().err


def test_the_factor_compares_what_the_section_took() -> None:
    """The factor is of the peaks above the start, and bounded by what can be measured."""
    flat = replace(AFTER, peak_bytes=AFTER.start_bytes, error_bound_bytes=4 * MIB)

    assert headless.factor(BEFORE, AFTER) == 8.0
    assert headless.factor(BEFORE, flat) == 100.0


def test_a_step_that_was_not_offered_says_why() -> None:
    """The row of a rule that held back has its reason; a wrong result stands out."""
    held = HeldBack("unused-columns", "a", 1, "orders is used whole")
    report = replace(NOTHING, cells=(_cell_report((held,)),))

    assert "NOT OFFERED: orders is used whole" in headless.row(replace(MISSING, report=report))
    assert "DIFFERENT RESULT" in headless.row(BAD)


def _cell_report(held: tuple[HeldBack, ...]) -> Any:
    from memadvise.model import CellReport

    return CellReport(1, "a", "", "ok", BEFORE, MachineEvidence(0, 0, "", 0), held_back=held)
