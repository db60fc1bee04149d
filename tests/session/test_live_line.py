"""The live line's thread, with a front end that only takes notes."""

from __future__ import annotations

import queue
import re
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from memadvise.live import NAME, LiveLine, line

GIB = 2**30
PATIENCE_S = 20.0


class Listener:
    """Takes note of what it is told; ``fails`` makes it raise instead."""

    def __init__(self, present: bool = True, fails: bool = False) -> None:
        self.present, self.fails = present, fails
        self.told: queue.Queue[dict[str, Any]] = queue.Queue()

    def tell(self, data: dict[str, Any]) -> None:
        """Note a message."""
        self.told.put(data)
        if self.fails:
            raise OSError("the socket is closed")

    def next(self) -> dict[str, Any]:
        """Wait for the next message."""
        return self.told.get(timeout=PATIENCE_S)

    def rest(self) -> list[dict[str, Any]]:
        """Return what was told and not asked for yet."""
        return [self.told.get() for _ in range(self.told.qsize())]


Start = Callable[..., LiveLine]


@pytest.fixture
def started() -> Iterator[Start]:
    """Give a function that starts a line which appears at once; it is stopped after the test."""
    lines: list[LiveLine] = []

    def start(listener: Listener, cell_id: str | None = "a", begin_s: float = 0.0, limit: int = GIB) -> LiveLine:
        made = LiveLine(listener, begin_s=begin_s, every_s=0.001)
        lines.append(made)
        made.start(cell_id, lambda: limit)
        return made

    yield start
    for one in lines:
        one.stop()


def ours() -> list[threading.Thread]:
    """Return the threads of ours that run."""
    return [thread for thread in threading.enumerate() if thread.name == NAME]


def test_it_is_told_until_it_is_stopped(started: Start) -> None:
    """Sizes come from the first on; stopping ends the thread and says an empty text, the last message of all."""
    listener = Listener()
    live = started(listener)
    first = listener.next()
    live.stop()
    said = [first, *listener.rest()]

    assert ours() == []
    assert said[-1] == {"op": "live", "cell_id": "a", "text": "", "share": None}
    assert all(re.fullmatch(r"\d+ MiB of 1.0 GiB, \d+ s", one["text"]) for one in said[:-1])
    assert all(0 < one["share"] <= 1 for one in said[:-1])


def test_what_was_said_is_not_said_again(started: Start) -> None:
    """A size and a time that read the same are told once."""
    listener = Listener()
    live = started(listener)
    listener.next()
    threading.Event().wait(0.1)  # a hundred looks
    live.stop()
    said = [one["text"] for one in listener.rest()]

    assert all(one != other for one, other in pairwise(said))
    assert len(said) < 50


def test_a_short_cell_tells_nothing(started: Start) -> None:
    """A line that was stopped before it began to appear says nothing, and asks for no limit."""
    listener = Listener()
    live = LiveLine(listener, begin_s=PATIENCE_S)
    live.start("a", lambda: pytest.fail("was asked"))
    running = ours()
    live.stop()

    assert (len(running), ours(), listener.rest()) == (1, [], [])


@pytest.mark.parametrize(("present", "cell_id"), [(False, "a"), (True, None)])
def test_without_anybody_or_a_place_there_is_no_thread(started: Start, present: bool, cell_id: str | None) -> None:
    """Nobody listens, or the cell has no id: no thread is started."""
    started(Listener(present), cell_id)

    assert ours() == []


def test_a_second_start_ends_the_first(started: Start) -> None:
    """There is one line at a time."""
    listener = Listener()
    live = started(listener)
    listener.next()
    live.start("b", lambda: GIB)
    while (said := listener.next())["cell_id"] == "a":
        last = said

    assert last["text"] == ""
    assert len(ours()) == 1


def test_a_front_end_that_fails_is_left_alone(started: Start, capsys: pytest.CaptureFixture[str]) -> None:
    """Where telling raises, the thread ends without a word and stopping raises nothing."""
    listener = Listener(fails=True)
    live = started(listener)
    listener.next()
    live.stop()

    assert ours() == []
    assert capsys.readouterr() == ("", "")


def test_stopping_twice_says_it_once(started: Start) -> None:
    """The empty text is told once."""
    listener = Listener()
    live = started(listener)
    listener.next()
    live.stop()
    listener.rest()
    live.stop()

    assert listener.rest() == []


def test_in_a_forked_child_it_is_silent(started: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that inherits the line has neither its thread nor the right to speak: stopping does nothing there."""
    listener = Listener()
    live = started(listener, begin_s=0.0)
    listener.next()
    parent = live._teller
    monkeypatch.setattr("memadvise.live.os.getpid", lambda: -1)
    live.stop()
    told = [one for one in listener.rest() if one["text"] == ""]
    monkeypatch.undo()
    assert parent is not None
    parent.end()

    assert told == []


@pytest.mark.parametrize(
    ("resident", "limit", "elapsed_s", "expected"),
    [
        (GIB, 4 * GIB, 1.0, {"text": "1.0 GiB of 4.0 GiB, 1 s", "share": 0.25}),
        (5 * GIB, 4 * GIB, 59.99, {"text": "5.0 GiB of 4.0 GiB, 59 s", "share": 1.0}),
        (GIB, 0, 3725.0, {"text": "1.0 GiB, 1 h 2 min", "share": None}),
    ],
)
def test_what_is_said(resident: int, limit: int, elapsed_s: float, expected: dict[str, Any]) -> None:
    """Whole seconds pass; the share ends at 1; without a limit there is no share."""
    assert line(resident, limit, elapsed_s) == expected
