"""Trials: a card runs in a child process, its peak is measured, its result compared; nothing else changes."""

from __future__ import annotations

import queue
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from memadvise.model import Edit, Recommendation
from memadvise.trial.job import Answer
from memadvise.trial.landlock import landlock_abi
from memadvise.trial.runner import CannotTryError
from memadvise.trial.tied import Tied

HELD = pytest.mark.skipif(landlock_abi() == 0, reason="this system has no Landlock: no trial runs, which is tested")
Notebook = Any  # of this folder's conftest, which other folders' hide


def _card(notebook: Notebook, rule: str = "unused-columns") -> Recommendation:
    record = notebook.session.last
    assert record is not None
    return next(card for card in record.report.recommendations if card.rule == rule)


def _with(notebook: Notebook, old: str, new: str) -> Recommendation:
    """Return a card whose edit was spoilt on the way."""
    record = notebook.session.last
    assert record is not None
    card = _card(notebook)
    edits = tuple(
        Edit(edit.cell_id, edit.index, edit.before, edit.after.replace(old, new), edit.insert) for edit in card.edits
    )
    spoilt = replace(card, edits=edits)
    record.report = replace(record.report, recommendations=(spoilt,))
    return spoilt


@HELD
def test_a_trial_measures_the_card_and_compares_all_rows(notebook: Notebook) -> None:
    """The card then says `measured`; the namespace, the sources and the folder are as before."""
    record = notebook.session.last
    assert record is not None
    names = set(notebook.shell.user_ns)
    files = {path: path.stat().st_mtime_ns for path in Path().iterdir()}
    orders = notebook.shell.user_ns["orders"]
    said = notebook.session.trials.run(record, _card(notebook).number)
    peak = _card(notebook).predicted_peak

    assert "same result" in said
    assert peak.basis == "measured"
    assert peak.low_bytes == peak.likely_bytes == peak.high_bytes == record.report.tried[0].measurement.peak_bytes
    assert record.report.tried[0].verification.equal
    assert {"by", "Out"} <= set(record.report.tried[0].verification.compared)
    assert names == set(notebook.shell.user_ns)
    assert notebook.shell.user_ns["orders"] is orders
    assert files == {path: path.stat().st_mtime_ns for path in Path().iterdir()}


@HELD
@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"amount"]', '"amount"], nrows=4999', "by"),
        ('"amount"]', '"amount"]).assign(amount=0.5', "by"),
        ('"amount"]', '"amount"], nowhere=1', "raised TypeError"),
    ],
)
def test_a_card_whose_trial_differs_is_never_offered(notebook: Notebook, old: str, new: str, why: str) -> None:
    """A row less, other values, an exception: the card goes to what is held back, with the difference."""
    record = notebook.session.last
    assert record is not None
    spoilt = _with(notebook, old, new)
    said = notebook.session.trials.run(record, spoilt.number)

    assert "taken back" in said
    assert record.report.recommendations == ()
    assert "its trial differed" in record.report.held_back[-1].reason
    assert why in record.report.held_back[-1].reason


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("orders = orders.head(3)", "another cell has changed `orders`"),
        ("orders['id'] = 1", "another cell has changed `orders`"),
        ("by.iloc[0] = 1", "another cell has changed `by`"),
    ],
)
def test_what_changed_since_is_not_compared(notebook: Notebook, source: str, reason: str) -> None:
    """Values that a later cell has changed are no longer those of the measured run."""
    record = notebook.session.last
    assert record is not None
    notebook.shell.history_manager.input_hist_raw.append(source)
    notebook.shell.run_cell(source)

    with pytest.raises(CannotTryError, match=reason):
        notebook.session.trials.run(record, _card(notebook).number)


@pytest.mark.parametrize(
    ("work", "reason"),
    [
        ("%%memadvise\nby = orders.groupby('country')['amount'].sum()\n!echo x", "shell"),
        ("%%memadvise\nby = orders.sample(3)['amount'].sum()", "random"),
        ("%%memadvise\nimport time\nby = orders['amount'].sum() + time.time()", "time"),
        ("%%memadvise\nby = orders['amount'].sum() if lock else 0", "lock"),
        pytest.param(
            "%%memadvise\nby = orders['amount'].sum()\nopen('out.txt', 'w').write('x')", "PermissionError", marks=HELD
        ),
    ],
)
def test_what_can_not_be_tried_is_said(notebook: Notebook, work: str, reason: str) -> None:
    """Shell lines, chance, the clock, a lock, a written file: the card stays, and says why."""
    notebook.shell.run_cell("import threading\nlock = threading.Lock()")
    notebook.browser.sources["work"] = work
    notebook.run_cell("work")
    record = notebook.session.last
    assert record is not None
    Path("out.txt").unlink(missing_ok=True)
    number = _card(notebook).number

    with pytest.raises(CannotTryError) as found:
        notebook.session.trials.run(record, number)

    assert reason in str(found.value)
    assert not Path("out.txt").exists()
    assert _card(notebook).predicted_peak.basis == "model"
    assert record.report.tried == ()


@HELD
def test_the_line_magic_prints_the_verdict(notebook: Notebook, capsys: pytest.CaptureFixture[str]) -> None:
    """`%memadvise try N` waits, prints, and leaves no name behind."""
    number = _card(notebook).number
    before = set(notebook.shell.user_ns)
    notebook.shell.run_line_magic("memadvise", f"try {number}")

    assert f"Tried card {number}" in capsys.readouterr().out
    assert before == set(notebook.shell.user_ns)


@HELD
def test_a_cell_may_begin_with_an_empty_line(notebook: Notebook) -> None:
    """Our own line is left out wherever it stands, as in the kernel."""
    notebook.browser.sources["work"] = "\n" + notebook.browser.sources["work"]
    notebook.run_cell("work")
    record = notebook.session.last
    assert record is not None

    assert "same result" in notebook.session.trials.run(record, _card(notebook).number)


def test_a_cell_that_runs_ends_the_trial(notebook: Notebook) -> None:
    """The person's own work comes first: the process is gone before the cell begins."""
    record = notebook.session.last
    assert record is not None
    trials = notebook.session.trials
    trial = trials._begin(trials._candidate(record, _card(notebook).number))
    notebook.run_cell("last")

    assert trial._process.poll() is not None
    assert not trial._scratch.exists()


def test_where_hands_can_not_be_tied_nothing_is_tried(notebook: Notebook) -> None:
    """A system without Landlock: the child answers without having run a cell, and the card says why."""
    record = notebook.session.last
    assert record is not None
    candidate = notebook.session.trials._candidate(record, _card(notebook).number)

    with pytest.raises(CannotTryError, match="no Landlock"):
        notebook.session.trials._settle(candidate, Answer((), {}, Tied(0), 0))
    assert record.report.tried == ()


@pytest.fixture
def later(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> queue.SimpleQueue[Callable[[], None]]:
    """What a kernel's loop would call in the main thread."""
    calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
    kernel = SimpleNamespace(io_loop=SimpleNamespace(add_callback=calls.put))
    monkeypatch.setattr(type(notebook.shell), "kernel", kernel, raising=False)
    return calls


@HELD
def test_a_click_shows_the_trial_when_it_has_ended(
    notebook: Notebook, later: queue.SimpleQueue[Callable[[], None]]
) -> None:
    """The kernel goes on meanwhile; the message comes in its main thread."""
    record = notebook.session.last
    assert record is not None
    number = _card(notebook).number
    notebook.session.act(record, "try", number)
    notebook.session.act(record, "try", number)
    busy = notebook.screen.said[-1]
    later.get(timeout=120)()

    assert busy == "Another trial is running."
    assert notebook.screen.said[-1].startswith(f"Tried card {number}: ")
    assert _card(notebook).predicted_peak.basis == "measured"


def test_a_click_and_then_a_cell(notebook: Notebook, later: queue.SimpleQueue[Callable[[], None]]) -> None:
    """The cell runs at once, and the panel says that the trial was ended."""
    record = notebook.session.last
    assert record is not None
    notebook.session.act(record, "try", _card(notebook).number)
    assert notebook.run_cell("last").success
    later.get(timeout=120)()

    assert notebook.screen.said[-1] == "The trial was ended: another cell ran."
    assert record.report.tried == ()
