"""Apply, verify and undo with a front end: what is asked of it, and what its answers lead to."""

from __future__ import annotations

from typing import Any

import pytest

from memadvise.apply.front_end import Answer


def act(notebook: Any, action: str, number: int = 1) -> None:
    """Click in the last panel."""
    notebook.session.act(notebook.session.last, action, number)


def test_apply_and_run_ends_with_the_verdict(notebook: Any) -> None:
    """All edits are made, the cells through which they flow are run, and the report carries an equal result."""
    act(notebook, "apply-run")
    assert notebook.browser.run == ("read", "work")
    notebook.run_asked()
    applied = notebook.session.last.report.applied

    assert applied.rule == "unused-columns"
    assert applied.verification.equal
    assert set(applied.verification.compared) == {"orders", "by", "Out"}
    assert list(notebook.shell.user_ns["orders"].columns) == ["country", "amount"]


def test_undo_gives_the_sources_back(notebook: Any) -> None:
    """After *Apply and run*, *Undo* restores each source byte for byte, once."""
    before = dict(notebook.browser.sources)
    act(notebook, "apply-run")
    notebook.run_asked()
    changed = dict(notebook.browser.sources)
    act(notebook, "undo")
    act(notebook, "undo")

    assert changed != before
    assert notebook.browser.sources == before
    assert notebook.screen.said[-2:] == [
        "The sources are as they were. Run the cells to have their values back.",
        "There is nothing to undo.",
    ]


REFUSALS = {"missing": "is not in the notebook any more", "edited": "was edited since the advice was made"}


@pytest.mark.parametrize("problem", REFUSALS)
def test_refusal_changes_nothing(notebook: Any, problem: str) -> None:
    """A cell that is gone or was edited since is named; values and sources stay, and a retry works."""
    before = dict(notebook.browser.sources)
    notebook.browser.answer = Answer(ok=False, problems=(problem,), cell_ids=("read",))
    act(notebook, "apply-run")
    said = notebook.screen.said[-1]
    bound = "orders" in notebook.shell.user_ns
    notebook.browser.answer = Answer(ok=True)
    act(notebook, "apply-run")

    assert said.startswith("Nothing was changed: cell 0 (import pandas as pd)")
    assert REFUSALS[problem] in said
    assert bound
    assert notebook.browser.sources != before


def test_no_answer_changes_nothing(notebook: Any) -> None:
    """A browser that does not answer is said so; no value is released."""
    notebook.browser.answer = Answer(ok=False, problems=("no answer",), cell_ids=("",))
    act(notebook, "apply-run")

    assert "did not answer" in notebook.screen.said[-1]
    assert "orders" in notebook.shell.user_ns


def test_number_that_no_card_has(notebook: Any) -> None:
    """A click for a card that is gone says so."""
    act(notebook, "apply", 99)

    assert notebook.screen.said[-1] == "There is no recommendation 99."


def test_second_apply_waits(notebook: Any) -> None:
    """While the changed cells have not run, another Apply is refused, and nothing is replaced by it."""
    act(notebook, "apply-run")
    between = dict(notebook.browser.sources)
    act(notebook, "apply-run", 2)

    assert "Another change is still running" in notebook.screen.said[-1]
    assert notebook.browser.sources == between


def test_cells_that_never_run(notebook: Any) -> None:
    """When the browser gives the run up, the names without a value are said, and the next Apply is not refused."""
    act(notebook, "apply-run")
    notebook.browser.ended()
    said = notebook.screen.said[-1]
    act(notebook, "undo")
    for cell_id in ("read", "work"):
        notebook.run_cell(cell_id)
    act(notebook, "apply-run")
    notebook.run_asked()

    assert "were not run to the end. These names have no value now: by, orders." in said
    assert notebook.session.last.report.applied.verification.equal


def test_changed_cell_that_raises(notebook: Any) -> None:
    """A changed cell that raises is a different result; what was released is named, and Undo is still there."""
    before = dict(notebook.browser.sources)
    notebook.shell.run_cell("import os\nos.rename('orders.csv', 'away.csv')")
    record = notebook.session.last
    act(notebook, "apply-run")
    notebook.run_asked()
    said = "\n".join(notebook.screen.said)
    notebook.session.act(record, "undo", 1)

    assert not record.report.applied
    assert "Released: by, orders" in said
    assert notebook.browser.sources == before


@pytest.mark.parametrize("broken", ["begin", "end"])
def test_defect_while_the_changed_cells_run(notebook: Any, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    """A failing measurement of the changed cells is said, runs them all the same, and blocks no later Apply."""
    meter = notebook.session.meter
    act(notebook, "apply-run")
    with monkeypatch.context() as patch:
        patch.setattr(meter, broken, lambda *arguments: 1 / 0)
        notebook.run_asked()
    act(notebook, "undo")
    for cell_id in ("read", "work"):
        notebook.run_cell(cell_id)
    act(notebook, "apply-run")
    notebook.run_asked()

    assert any("internal error" in said for said in notebook.screen.said)
    assert notebook.session.last.report.applied.verification.equal


def test_apply_without_a_run_releases_nothing(notebook: Any) -> None:
    """*Apply* changes the source alone: no value goes, no cell is asked to run."""
    act(notebook, "apply")

    assert "usecols" in notebook.browser.sources["read"]
    assert notebook.browser.run == ()
    assert list(notebook.shell.user_ns["orders"].columns) == ["id", "country", "amount", "text"]
    assert notebook.screen.said[-1] == "1 cell changed. Run them to see the new peak."


def test_two_panels_undo_their_own(notebook: Any) -> None:
    """Each panel's *Undo* takes back its own change; one whose change is gone says that there is nothing to undo."""
    act(notebook, "apply")
    first = notebook.session.last
    notebook.run_cell("read")
    notebook.run_cell("work")
    second = notebook.session.last
    notebook.session.act(second, "undo", 1)
    said = notebook.screen.said[-1]
    notebook.session.act(first, "undo", 1)

    assert second is not first
    assert said == "There is nothing to undo."
    assert "usecols" not in notebook.browser.sources["read"]
