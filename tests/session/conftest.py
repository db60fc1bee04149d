"""A session in a shell of this process, with a front end and a screen that only take notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from memadvise.apply.front_end import Answer
from memadvise.magic import Hooks
from memadvise.model import Cell, Edit
from memadvise.records import Record
from memadvise.session import Session

READ = "import pandas as pd\norders = pd.read_csv('orders.csv')"
WORK = "%%memadvise\nby = orders.groupby('country')['amount'].sum()\nby"
LAST = "print(by.size)"


@dataclass
class Screen:
    """Takes note of what is shown and said."""

    shown: list[Record] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def show(self, record: Record, session: Session) -> None:
        """Note a report."""
        record.shown = self
        self.shown.append(record)

    def update(self, record: Record, message: str | None = None) -> None:
        """Note a message above a report."""
        self.said.append(message or "")

    def busy(self, record: Record, text: str) -> None:
        """Note nothing: what is being done passes."""

    def say(self, text: str) -> None:
        """Note a line."""
        self.said.append(text)

    def close(self) -> None:
        """Let go of nothing."""


@dataclass
class Browser:
    """A front end that gives the answer it was told to give, and keeps the notebook's sources."""

    sources: dict[str, str]
    answer: Answer = field(default_factory=lambda: Answer(ok=True))
    run: tuple[str, ...] = ()
    ended: Callable[[], None] = lambda: None
    present: bool = True

    def replace(
        self,
        edits: tuple[Edit, ...],
        run: tuple[str, ...],
        on_answer: Callable[[Answer], None],
        insert_after: Mapping[str, str] | None = None,
        on_end: Callable[[], None] | None = None,
    ) -> None:
        """Replace sources as a notebook does, and answer."""
        if self.answer.ok:
            assert all(self.sources[edit.cell_id] == edit.before for edit in edits)
            self.sources.update({edit.cell_id: edit.after for edit in edits})
            self.run, self.ended = run, on_end or (lambda: None)
        on_answer(self.answer)

    def close(self) -> None:
        """Stop nothing."""


@dataclass
class Notebook:
    """The shell, its session, and the cells on the screen."""

    shell: Any
    hooks: Hooks
    screen: Screen
    browser: Browser

    @property
    def session(self) -> Session:
        """The session of the shell."""
        return self.hooks.session

    def run_cell(self, cell_id: str) -> Any:
        """Run a cell as it now stands on the screen."""
        cells = tuple(Cell(key, index, source) for index, (key, source) in enumerate(self.browser.sources.items()))
        self.session._cells_sent("work.ipynb", cells)
        return self.shell.run_cell(self.browser.sources[cell_id], store_history=True, cell_id=cell_id)

    def run_asked(self) -> None:
        """Run the cells that the session asked the browser to run, to the first that raises."""
        for cell_id in self.browser.run:
            if not self.run_cell(cell_id).success:
                break
        self.browser.ended()


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:
    """A notebook with a frame read in one cell and worked on in the next; all cells were run."""
    rows = (f"{n},{'ABC'[n % 3]},{n / 7:.3f},note {n}\n" for n in range(5000))
    (tmp_path / "orders.csv").write_text("id,country,amount,text\n" + "".join(rows))
    monkeypatch.chdir(tmp_path)
    shell = InteractiveShell(config=Config(HistoryManager={"enabled": False}), user_ns={})
    hooks = Hooks(shell)
    hooks.install()
    hooks.session.view.close()
    hooks.session.front_end.close()
    screen, browser = Screen(), Browser({"read": READ, "work": WORK, "last": LAST})
    hooks.session.view, hooks.session.front_end = screen, browser  # type: ignore[assignment]
    made = Notebook(shell, hooks, screen, browser)
    for cell_id in ("read", "work", "last"):
        made.run_cell(cell_id)
    yield made
    hooks.remove()
