"""Where reports appear: under the measured cell, as a static summary and a panel; in a terminal, as text."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

from memadvise.records import Actor, Record
from memadvise.show.drawer import DRAWER
from memadvise.show.html import summary_folded, summary_html
from memadvise.show.text import one_line, summary_text


@dataclass
class Shown:
    """What stands on the screen for a record: the summary's handle and the panel, where there is one."""

    summary: Any = None
    panel: Any = None


class NotebookView:
    """Shows through IPython's display; ``panels`` False leaves the widgets out (notebooks run with nobody there)."""

    def __init__(self, shell: Any, *, panels: bool = True) -> None:
        self._shell = shell
        self.panels = panels and getattr(shell, "kernel", None) is not None
        DRAWER.start()

    def show(self, record: Record, session: Actor) -> None:
        """Show the panel as one output and the summary as a second, so that the latter still reads without a kernel."""
        if record.brief:
            self.say(one_line(record.report))
            return
        from IPython.display import display

        record.shown = Shown()
        if self.panels:
            session.guarded("showing the panel", lambda: self._show_panel(record, session))
        record.shown.summary = display(_bundle(record), raw=True, display_id=True)

    def _show_panel(self, record: Record, session: Actor) -> None:
        from IPython.display import display

        from memadvise.show.panel import Panel

        def act(action: str, number: int) -> None:
            session.act(record, action, number)

        panel = Panel(record.report, act, session.front_end.present, can_try=True)
        display(panel.widget)
        record.shown.panel = panel

    def update(self, record: Record, message: str | None = None) -> None:
        """Show the record again where it stands."""
        if record.shown is None:
            if message:
                self.say(f"memadvise: {message}")
            return
        record.shown.summary.update(_bundle(record), raw=True)
        if record.shown.panel is not None:
            record.shown.panel.update(record.report, message, changed=record.changed)
        elif message:
            self.say(f"memadvise: {message}")

    def busy(self, record: Record, text: str) -> None:
        """Say what is being done, where there is a panel; nothing can be clicked meanwhile."""
        if record.shown is not None and record.shown.panel is not None:
            record.shown.panel.busy(text)

    def close(self) -> None:
        """End the process that draws."""
        DRAWER.close()

    def say(self, text: str) -> None:
        """Print one line."""
        with contextlib.suppress(Exception):  # the cell may have put anything in the place of standard output
            print(text)


def _bundle(record: Record) -> dict[str, str]:
    html = summary_folded if record.shown.panel is not None else summary_html
    return {"text/plain": summary_text(record.report), "text/html": html(record.report)}
