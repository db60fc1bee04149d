"""The panel: what a person reads and clicks below a measured cell.

Class names for tests and themes: ``memadvise-panel`` (the whole), ``memadvise-message``, ``memadvise-verdict``,
``memadvise-heading``, ``memadvise-card`` (and ``memadvise-card-N``), ``memadvise-diff`` (the shown diff),
``memadvise-code`` (new source to copy), and the buttons ``memadvise-diff-button``, ``memadvise-try-button``,
``memadvise-apply-button``, ``memadvise-copy-button``, ``memadvise-apply-run-button``, ``memadvise-undo-button``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from memadvise.model import CellReport, Recommendation, Technique
from memadvise.show import cards, peaks, theme, words
from memadvise.show.clipboard import copy_button
from memadvise.show.diff import diff_html
from memadvise.show.escape import code, esc
from memadvise.show.tables import folded
from memadvise.show.where import details, held_back

Action = Callable[[str, int], None]
_UNDER = "margin-bottom:10px"


class Panel:
    """Shows one cell's report; a click calls ``on_action`` with what is asked and the card's number.

    What is asked is one of ``diff``, ``try``, ``apply``, ``apply-run``, ``undo``. The panel decides nothing: it shows
    another report when `update` is called. With no front end that could replace cells it offers the code to copy.
    """

    def __init__(self, report: CellReport, on_action: Action, front_end: bool, *, can_try: bool = False) -> None:
        self._on_action = on_action
        self._front_end = front_end
        self._can_try = can_try
        self._buttons: list[Any] = []
        self._is_busy = False
        self._message = _html("", "memadvise-message")
        self.widget = widgets.VBox(layout=widgets.Layout(max_width="780px", padding="4px 4px 4px 0"))
        self.widget.add_class("memadvise-panel")
        self.update(report)

    def update(self, report: CellReport, message: str | None = None, *, changed: int | None = None) -> None:
        """Show another report in place, and one line above it.

        ``changed`` is the number of a card that was applied and not run: it can be undone.
        """
        old = [child for child in self.widget.children if child is not self._message]
        self._buttons, self._is_busy = [], False
        self._say(message or "")
        undo = [self._undo(changed)] if changed is not None and report.applied is None else []
        self.widget.children = (self._message, *undo, *self._contents(report))
        for child in old:
            _close(child)

    def busy(self, text: str) -> None:
        """Say what is being done; nothing can be clicked until the next `update`."""
        self._set_busy(True)
        self._say(text)

    def _contents(self, report: CellReport) -> list[Any]:
        """Return the parts in the order in which a person needs them."""
        shown = [_html(peaks.status(report))] if report.status != "ok" else []
        if report.applied is not None:
            shown += [_html(peaks.verdict(report), "memadvise-verdict"), self._undo(report.applied.number)]
        shown.append(_html(f'<div style="margin-bottom:8px">{peaks.heading(report)}</div>', "memadvise-heading"))
        shown += [self._card(card, report) for card in report.recommendations]
        if not report.recommendations and report.applied is None:
            shown.append(_html(f'<div style="{theme.QUIET}">No way to a lower peak was found that is safe.</div>'))
        where = peaks.figure(report) + details(report)
        shown.append(_html(folded("Where it went", where) + held_back(report.held_back)))
        return shown

    def _undo(self, number: int) -> Any:
        if not self._front_end:
            return _html(f'<div style="{_UNDER};{theme.QUIET}">Take it back with <code>%memadvise undo</code></div>')
        undo = self._button("Undo", "undo", number, "give every edited cell its old source back")
        return _row([undo], margin="2px 0 10px")

    def _card(self, card: Recommendation, report: CellReport) -> Any:
        """Return a card: its text, its buttons, and room for the diff below them."""
        below = _html("", "memadvise-diff")
        below.layout.display = "none"
        text = cards.card(card, report.measurement.peak_bytes) + _tried(card, report)
        children = [_html(text), _row([self._diff_button(card, below), *self._ways(card, report)]), below]
        if not self._front_end:
            children += _to_copy(card)
        box = widgets.VBox(children, layout=widgets.Layout(border_top=f"1px solid {theme.RULE}", padding="8px 0 6px"))
        box.add_class("memadvise-card")
        box.add_class(f"memadvise-card-{card.number}")
        return box

    def _ways(self, card: Recommendation, report: CellReport) -> list[Any]:
        """Return the buttons that act; a bigger machine has nothing to run here."""
        if not self._front_end:
            return []
        ways = []
        if self._can_try and card.technique is not Technique.MACHINE:
            ways.append(self._button("Try", "try", card.number, "run the candidate in a child process"))
        ways.append(self._button("Apply", "apply", card.number, "replace the code, run nothing"))
        if card.technique is not Technique.MACHINE:
            says = "replace the code, run it and compare the results"
            primary = card.number == report.recommendations[0].number and report.applied is None
            ways.append(self._button("Apply and run", "apply-run", card.number, says, primary))
        return ways

    def _diff_button(self, card: Recommendation, below: Any) -> Any:
        button = self._button("Diff", "diff", card.number, "show what would change in which cell", acts=False)

        def toggle(_: Any) -> None:
            if not below.value:
                below.value = _styled(diff_html(card))
            below.layout.display = "none" if below.layout.display is None else None
            self._act("diff", card.number)

        button.on_click(toggle)
        return button

    def _button(
        self, label: str, action: str, number: int, tooltip: str, primary: bool = False, acts: bool = True
    ) -> Any:
        button = widgets.Button(
            description=label,
            tooltip=tooltip,
            button_style="primary" if primary else "",
            layout=widgets.Layout(width="auto", margin="0 8px 0 0"),
        )
        button.add_class(f"memadvise-{action}-button")
        if acts:
            self._buttons.append(button)
            button.on_click(lambda _: None if self._is_busy else self._act(action, number))
        return button

    def _act(self, action: str, number: int) -> None:
        """Pass a click on; whatever fails is one line here, never a traceback below the person's cell."""
        try:
            self._on_action(action, number)
        except Exception as error:  # noqa: BLE001 - the wall between our defect and the person's notebook
            self._set_busy(False)
            self._say(f"{action} {number} failed: {type(error).__name__}: {error}")

    def _set_busy(self, busy: bool) -> None:
        self._is_busy = busy
        for button in self._buttons:
            button.disabled = busy

    def _say(self, text: str) -> None:
        edge = f"border-left:3px solid {theme.WARN[0]};{theme.colour('border-left-color', theme.WARN)}"
        style = f"{edge};padding:2px 8px;{_UNDER}"
        self._message.value = _styled(f'<div role="status" style="{style}">{esc(text, 500)}</div>') if text else ""
        self._message.layout.display = None if text else "none"


def _tried(card: Recommendation, report: CellReport) -> str:
    """Return what a trial of this card measured, empty when it was not tried."""
    found = [tried for tried in report.tried if (tried.number, tried.rule) == (card.number, card.rule)]
    if not found:
        return ""
    said = f"tried: {words.before_after(found[-1])}, {words.verdict(found[-1])}"
    return f"<div>{esc(said, 300)}</div>"


def _to_copy(card: Recommendation) -> list[Any]:
    """Return the command that applies the card, and the new source of each cell as text to copy."""
    hint = f"Run <code>%memadvise apply {card.number}</code>, or copy the new code:"
    shown = [_html(f'<div style="{theme.QUIET};margin-top:4px">{hint}</div>')]
    for edit in card.edits:
        place = f"{words.cell(edit.index)} (counted from 0){', new' if edit.insert else ''}"
        if not edit.after:
            shown.append(_html(f"<div>{esc(place)}: empty it</div>"))
            continue
        rows = min(edit.after.count("\n") + 1, 14)
        # not disabled: a disabled text can't be selected everywhere
        area = widgets.Textarea(code(edit.after), rows=rows, layout=widgets.Layout(width="calc(100% - 4px)"))
        area.add_class("memadvise-code")
        shown += [_html(f"<div>{esc(place)}</div>"), area, *copy_button(edit.after)]
    return shown


def _html(value: str, *classes: str) -> Any:
    made = widgets.HTML(_styled(value) if value else "", layout=widgets.Layout(width="100%", margin="0"))
    for name in classes:
        made.add_class(name)
    return made


def _styled(value: str) -> str:
    """Set the type: a widget's own line height is that of a control, and its width that of its widest line."""
    return f'<div style="{theme.FONT};white-space:normal;width:0;min-width:100%">{value}</div>'


def _row(children: list[Any], margin: str = "4px 0 0") -> Any:
    return widgets.HBox(children, layout=widgets.Layout(margin=margin, flex_flow="row wrap"))


def _close(widget: Any) -> None:
    """Close a widget and all below it: an update must not leave the old contents in the kernel's memory."""
    for child in getattr(widget, "children", ()):
        _close(child)
    for part in (widget, widget.layout, getattr(widget, "style", None)):
        if part is not None:
            part.close()
