"""The panel, without a browser: its tree of widgets, and what a click calls."""

from __future__ import annotations

import json
from typing import Any

import ipywidgets
import made_up
import pytest
from ipywidgets.widgets import widget as registry
from pages import Page, assert_harmless

from memadvise.model import CellReport
from memadvise.show import Panel, schema
from memadvise.show.clipboard import script
from memadvise.show.diff import unified


def below(widget: Any) -> list[Any]:
    """Return a widget and all widgets in it, in the order in which they are seen."""
    return [widget, *(found for child in getattr(widget, "children", ()) for found in below(child))]


def with_class(panel: Panel, name: str) -> list[Any]:
    """Return the widgets that carry a class name."""
    return [found for found in below(panel.widget) if name in getattr(found, "_dom_classes", ())]


def text_of(panel: Panel) -> str:
    """Return what a person reads."""
    return " ".join(Page(found.value).text for found in below(panel.widget) if isinstance(found, ipywidgets.HTML))


def clicked() -> tuple[list[tuple[str, int]], Any]:
    """Return a list, and an action that writes its calls into it."""
    calls: list[tuple[str, int]] = []
    return calls, lambda action, number: calls.append((action, number))


def panel_of(report: CellReport, front_end: bool = True) -> Panel:
    """Return a panel whose clicks do nothing."""
    return Panel(report, lambda *_: None, front_end)


def test_each_card_has_its_buttons() -> None:
    """Three buttons a card; a bigger machine has nothing to run here."""
    panel = panel_of(made_up.report())

    assert len(with_class(panel, "memadvise-card")) == 4
    assert len(with_class(panel, "memadvise-diff-button")) == 4
    assert len(with_class(panel, "memadvise-apply-button")) == 4
    assert len(with_class(panel, "memadvise-apply-run-button")) == 3
    assert with_class(panel, "memadvise-undo-button") == []


def test_a_click_says_what_and_which() -> None:
    """Every button passes its own action and its card's number."""
    calls, act = clicked()
    panel = Panel(made_up.report(applied=made_up.applied()), act, True, can_try=True)
    for action in ("diff", "try", "apply", "apply-run"):
        with_class(panel, f"memadvise-{action}-button")[1].click()
    with_class(panel, "memadvise-undo-button")[0].click()

    assert calls == [("diff", 2), ("try", 2), ("apply", 2), ("apply-run", 2), ("undo", 1)]


def test_diff_opens_and_closes_below_its_card() -> None:
    """The first click shows the lines of each edited cell, the second hides them."""
    panel = panel_of(made_up.report())
    button, shown = with_class(panel, "memadvise-diff-button")[1], with_class(panel, "memadvise-diff")[1]
    button.click()

    assert shown.layout.display is None
    assert "code cell 2 (counted from 0), emptied" in Page(shown.value).text
    assert "+for part in pd.read_csv" in Page(shown.value).text
    button.click()
    assert shown.layout.display == "none"


def test_diff_of_a_machine_shows_the_file_that_it_writes() -> None:
    """A card's files are part of what would change."""
    panel = panel_of(made_up.report())
    with_class(panel, "memadvise-diff-button")[3].click()

    assert "memadvise.sky.yaml" in Page(with_class(panel, "memadvise-diff")[3].value).text


def test_lines_of_a_diff_end_at_line_feeds_only() -> None:
    """A form feed inside a line of code does not split it."""
    edit = made_up.EDIT.__class__("a", 0, "x = '\x0c'\ny = 1", "x = '\x0c'\ny = 2")

    assert unified(edit)[1:] == [" x = '\x0c'", "-y = 1", "+y = 2"]


def test_the_verdict_is_the_first_thing_after_an_apply() -> None:
    """Verdict, undo, then the rest."""
    panel = panel_of(made_up.report(applied=made_up.applied()))
    classes = [set(getattr(child, "_dom_classes", ())) for child in panel.widget.children]

    assert classes[:2] == [{"memadvise-message"}, {"memadvise-verdict"}]
    assert "Same result; a peek shows fewer columns" in Page(panel.widget.children[1].value).text
    assert with_class(panel, "memadvise-undo-button")


def test_without_a_front_end_there_is_code_to_copy() -> None:
    """No button promises what can't be done: the command and the new source stand there instead."""
    panel = panel_of(made_up.report(recommendations=(made_up.CHUNKS,), applied=made_up.applied()), front_end=False)

    assert with_class(panel, "memadvise-apply-button") == []
    assert with_class(panel, "memadvise-undo-button") == []
    assert "%memadvise apply 2" in text_of(panel)
    assert "%memadvise undo" in text_of(panel)
    assert "code cell 2 (counted from 0): empty it" in text_of(panel)
    assert [area.value for area in with_class(panel, "memadvise-code")] == [made_up.CHUNKS.edits[1].after]


def test_update_replaces_the_contents_in_place() -> None:
    """The same top widget shows the new report and the message."""
    panel = panel_of(made_up.report())
    top = panel.widget
    panel.update(made_up.report(recommendations=()), f"Code cell 2 was edited since {made_up.HOSTILE}")

    assert panel.widget is top
    assert with_class(panel, "memadvise-card") == []
    assert "Code cell 2 was edited since" in text_of(panel)
    assert_harmless(with_class(panel, "memadvise-message")[0].value)
    panel.update(made_up.report())
    assert with_class(panel, "memadvise-message")[0].layout.display == "none"


def test_updates_leave_nothing_behind() -> None:
    """The widgets of old contents are closed: a panel's size does not grow with its clicks."""
    panel = panel_of(made_up.report())
    panel.update(made_up.report())
    before = len(registry._instances)
    for _ in range(5):
        panel.update(made_up.report())

    assert len(registry._instances) == before


def test_busy_holds_further_clicks_until_the_next_update() -> None:
    """A second click while the first is at work calls nothing; a diff may still be read."""
    calls, act = clicked()
    panel = Panel(made_up.report(), act, True)
    panel.busy("Running 2 cells …")
    with_class(panel, "memadvise-apply-button")[0].click()
    with_class(panel, "memadvise-diff-button")[0].click()

    assert calls == [("diff", 1)]
    assert "Running 2 cells" in text_of(panel)
    assert with_class(panel, "memadvise-apply-button")[0].disabled
    panel.update(made_up.report())
    with_class(panel, "memadvise-apply-button")[0].click()
    assert calls[-1] == ("apply", 1)


def test_a_failing_action_is_one_line() -> None:
    """Whatever an action raises stands in the message, escaped, and the buttons work again."""

    def failing(action: str, number: int) -> None:
        panel.busy("…")
        raise RuntimeError(f"{made_up.HOSTILE}\nsecond line")

    panel = Panel(made_up.report(), failing, True)
    with_class(panel, "memadvise-apply-run-button")[0].click()
    message = with_class(panel, "memadvise-message")[0]

    assert r"apply-run 1 failed: RuntimeError: <img src=x onerror=alert(1)>\nsecond line" in Page(message.value).text
    assert_harmless(message.value)
    assert not with_class(panel, "memadvise-apply-run-button")[0].disabled


def test_an_action_may_update_the_panel_that_it_came_from() -> None:
    """A button can be replaced during its own click."""
    panel = Panel(made_up.report(), lambda *_: panel.update(made_up.report(applied=made_up.applied()), "done"), True)
    with_class(panel, "memadvise-apply-run-button")[0].click()

    assert with_class(panel, "memadvise-verdict")


def test_two_panels_do_not_meet() -> None:
    """A click in one calls its own action, and changes nothing in the other."""
    (first, act_first), (second, act_second) = clicked(), clicked()
    one, other = Panel(made_up.report(), act_first, True), Panel(made_up.report(), act_second, True)
    with_class(one, "memadvise-diff-button")[0].click()
    one.busy("working")

    assert (first, second) == ([("diff", 1)], [])
    assert with_class(other, "memadvise-diff")[0].layout.display == "none"
    assert not with_class(other, "memadvise-apply-button")[0].disabled


@pytest.mark.parametrize("front_end", [True, False])
def test_nothing_of_the_persons_becomes_markup(front_end: bool) -> None:
    """Everything that the panel shows of hostile names and code is text, diffs included."""
    panel = panel_of(made_up.hostile(), front_end)
    for button in with_class(panel, "memadvise-diff-button"):
        button.click()

    for found in below(panel.widget):
        if isinstance(found, ipywidgets.HTML):
            assert_harmless(found.value)


def test_a_tried_card_says_what_was_measured() -> None:
    """A trial's peak and verdict stand on its card."""
    panel = panel_of(made_up.report(tried=(made_up.applied(),)))

    assert "tried: peak 1.2 GiB -> 441 MiB (2.8x lower), +919 MiB -> +131 MiB above the start, same result" in text_of(
        panel
    )


def test_no_card_is_said() -> None:
    """An empty list of cards is a sentence, not a gap."""
    assert "No way to a lower peak was found that is safe." in text_of(panel_of(made_up.small()))


def test_the_schema_does_not_need_the_widgets() -> None:
    """The room's other functions are there without the panel (the command line has no widgets)."""
    assert schema()["title"] == "memadvise report"


def test_copying_is_one_click_where_no_front_end_can_replace_cells() -> None:
    """Beside each new source stands a button whose click runs a script that holds the source as a string."""
    panel = Panel(made_up.report(), lambda action, number: None, False)

    buttons = with_class(panel, "memadvise-copy-button")

    assert len(buttons) == len(with_class(panel, "memadvise-code")) > 0


def test_hostile_code_stays_a_string_in_the_script() -> None:
    """Quotes, line separators and tags in the code can't end the string literal that is copied."""
    hostile = "x = '</script>\"; alert(1) //'\u2028\n"

    source = script(hostile)

    literal = source.removeprefix("navigator.clipboard.writeText(").removesuffix(");")
    assert json.loads(literal) == hostile
    assert "<" not in source
    assert source.isascii()
