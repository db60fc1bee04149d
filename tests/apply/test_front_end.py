"""The kernel's half of the front end's messages, with a comm manager made by hand."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import comm
import pytest

from memadvise.apply.front_end import TARGET, Answer, FrontEnd
from memadvise.model import Cell, Edit

EDIT = Edit("a", 0, "x = 1", "x = 2")
NO_ANSWER = Answer(ok=False, problems=("no answer",), cell_ids=("",))


class FakeComm:
    """A comm that keeps what was sent."""

    def __init__(self, target_name: str, data: dict[str, Any]) -> None:
        self.target_name, self.data, self.closed = target_name, data, False

    def on_msg(self, callback: Callable[[Any], None]) -> None:
        """Keep the callback."""
        self.hear = callback

    def on_close(self, callback: Callable[[Any], None]) -> None:
        """Keep the callback."""
        self.hear_close = callback

    def close(self) -> None:
        """Note it."""
        self.closed = True


class FakeManager(comm.base_comm.CommManager):
    """The comm package's manager, with the comms that were opened from here."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[FakeComm] = []

    def create(self, target_name: str, data: dict[str, Any]) -> FakeComm:
        """Stand for comm.create_comm."""
        self.opened.append(FakeComm(target_name, data))
        return self.opened[-1]

    def say(self, data: object) -> None:
        """Deliver a message of the front end."""
        self.targets[TARGET](FakeComm(TARGET, {}), {"content": {"data": data}})

    def greet(self) -> None:
        """Be a front end."""
        self.say({"op": "cells", "notebook": "n.ipynb", "cells": [{"id": "a", "source": "x = 1"}]})


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> FakeManager:
    """Put a fake manager in the place of the kernel's."""
    fake = FakeManager()
    monkeypatch.setattr(comm, "get_comm_manager", lambda: fake)
    monkeypatch.setattr(comm, "create_comm", fake.create)
    return fake


class Heard:
    """Takes what FrontEnd hands out."""

    def __init__(self) -> None:
        self.cells: list[tuple[str, tuple[Cell, ...]]] = []
        self.answers: list[Answer] = []
        self.answered = threading.Event()

    def on_cells(self, path: str, cells: tuple[Cell, ...]) -> None:
        """Keep what the notebook holds."""
        self.cells.append((path, cells))

    def on_answer(self, answer: Answer) -> None:
        """Keep the answer."""
        self.answers.append(answer)
        self.answered.set()


def asked(manager: FakeManager, heard: Heard, **options: Any) -> FakeComm:
    """Return the comm of one request to a front end that is there."""
    front_end = FrontEnd(heard.on_cells, **options)
    manager.greet()
    front_end.replace((EDIT,), ("a",), heard.on_answer)
    return manager.opened[-1]


def test_cells_arrive_as_values_and_make_the_front_end_present(manager: FakeManager) -> None:
    """A cells message becomes the path and Cells numbered from 0; only then is a front end present."""
    heard = Heard()
    front_end = FrontEnd(heard.on_cells)
    before = front_end.present
    manager.say(
        {"op": "cells", "notebook": "n.ipynb", "cells": [{"id": "a", "source": "1"}, {"id": "b", "source": ""}]}
    )

    assert (before, front_end.present) == (False, True)
    assert heard.cells == [("n.ipynb", (Cell("a", 0, "1"), Cell("b", 1, "")))]


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "cells",
        {},
        {"op": "cells"},
        {"op": "cells", "notebook": 3, "cells": []},
        {"op": "cells", "notebook": "n", "cells": {}},
        {"op": "cells", "notebook": "n", "cells": [None]},
        {"op": "cells", "notebook": "n", "cells": [{"id": "a", "source": ["x"]}]},
        {"op": {}, "notebook": "n", "cells": []},
        {"op": "launch"},
    ],
)
def test_a_malformed_message_is_ignored(manager: FakeManager, data: object) -> None:
    """Nothing that is not a well-formed cells message raises, is handed on, or counts as a front end."""
    heard = Heard()
    front_end = FrontEnd(heard.on_cells)
    manager.say(data)

    assert (heard.cells, front_end.present) == ([], False)


@pytest.mark.parametrize("message", [None, {}, {"content": None}, {"content": {}}])
def test_a_message_without_content_is_ignored(manager: FakeManager, message: object) -> None:
    """A message that lacks its parts raises nothing."""
    heard = Heard()
    FrontEnd(heard.on_cells)
    manager.targets[TARGET](FakeComm(TARGET, {}), message)

    assert heard.cells == []


def test_replace_sends_the_message_of_the_contract(manager: FakeManager) -> None:
    """The request holds every edit with its place, and the cells to run in the order given."""
    heard = Heard()
    front_end = FrontEnd(heard.on_cells)
    manager.greet()
    new = Edit("new", 1, "", "y = 1", insert=True)
    front_end.replace((EDIT, new), ("new", "a"), heard.on_answer, {"new": "a"})

    assert manager.opened[0].target_name == "memadvise"
    assert manager.opened[0].data == {
        "op": "replace",
        "edits": [
            {"cell_id": "a", "before": "x = 1", "after": "x = 2", "insert_after": None},
            {"cell_id": "new", "before": "", "after": "y = 1", "insert_after": "a"},
        ],
        "run": ["new", "a"],
    }


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"ok": True, "inserted": {"n": "m"}}, Answer(ok=True, inserted={"n": "m"})),
        ({"ok": True}, Answer(ok=True)),
        ({"ok": True, "inserted": 7}, Answer(ok=True)),
        ({"ok": False, "problems": [{"cell_id": "a", "reason": "edited"}]}, Answer(False, ("edited",), ("a",))),
        ({"ok": False, "problems": [{"cell_id": "a", "reason": "missing"}]}, Answer(False, ("missing",), ("a",))),
        ({"ok": False, "problems": [{"reason": ["?"]}, 3]}, Answer(False, ("unknown",), ("",))),
        ({"ok": False, "problems": []}, Answer(False, ("unknown",), ("",))),
        ({"ok": "yes"}, Answer(False, ("unknown",), ("",))),
        (None, Answer(False, ("unknown",), ("",))),
    ],
)
def test_an_answer_is_read_whatever_it_holds(manager: FakeManager, data: object, expected: Answer) -> None:
    """Answers of the contract are read as they are meant; anything else is a refusal, never an exception."""
    heard = Heard()
    asked(manager, heard).hear({"content": {"data": data}})

    assert heard.answers == [expected]


def test_only_the_first_answer_counts(manager: FakeManager) -> None:
    """A second answer and the end of the comm change nothing."""
    heard = Heard()
    channel = asked(manager, heard)
    channel.hear({"content": {"data": {"ok": True}}})
    channel.hear({"content": {"data": {"ok": False}}})
    channel.hear_close({})

    assert heard.answers == [Answer(ok=True)]


def test_a_comm_that_ends_unanswered_is_no_answer(manager: FakeManager) -> None:
    """A front end without the extension closes the comm: said at once, not after the wait."""
    heard = Heard()
    asked(manager, heard).hear_close({"content": {"data": {}}})

    assert heard.answers == [NO_ANSWER]


def test_no_front_end_is_no_answer_and_no_message(manager: FakeManager) -> None:
    """Before any cells message nothing is sent and the caller knows at once."""
    heard = Heard()
    front_end = FrontEnd(heard.on_cells)
    front_end.replace((EDIT,), (), heard.on_answer)
    front_end.interrupt()

    assert (heard.answers, manager.opened) == ([NO_ANSWER], [])


def test_patience_ends_without_a_loop(manager: FakeManager) -> None:
    """Outside an event loop a timer says no answer, once, and the comm is closed."""
    heard = Heard()
    channel = asked(manager, heard, patience_s=0.05)
    heard.answered.wait(5)

    assert heard.answers == [NO_ANSWER]
    assert channel.closed


def test_patience_ends_on_the_loop(manager: FakeManager) -> None:
    """In the kernel's event loop the loop itself says no answer."""
    heard = Heard()

    async def wait() -> None:
        asked(manager, heard, patience_s=0.05)
        await asyncio.sleep(0.5)

    asyncio.run(wait())

    assert heard.answers == [NO_ANSWER]


def test_a_busy_kernel_does_not_lose_patience(manager: FakeManager) -> None:
    """Time in which the kernel could not hear the answer is not counted."""
    heard = Heard()

    async def wait() -> None:
        channel = asked(manager, heard, patience_s=0.5)
        time.sleep(1.0)  # a cell that runs on
        await asyncio.sleep(0.05)
        channel.hear({"content": {"data": {"ok": True}}})

    asyncio.run(wait())

    assert heard.answers == [Answer(ok=True)]


def test_interrupt_is_one_short_message(manager: FakeManager) -> None:
    """Interrupting needs a front end and says nothing but that."""
    front_end = FrontEnd(Heard().on_cells)
    manager.greet()
    front_end.interrupt()
    front_end.close()

    assert [channel.data for channel in manager.opened] == [{"op": "interrupt"}]


def test_close_stops_listening_and_answers_who_waits(manager: FakeManager) -> None:
    """After close the target is gone, nobody is present, and an open request has its answer."""
    heard = Heard()
    front_end = FrontEnd(heard.on_cells)
    manager.greet()
    front_end.replace((EDIT,), (), heard.on_answer)
    front_end.close()
    front_end.close()

    assert (heard.answers, front_end.present, TARGET in manager.targets) == ([NO_ANSWER], False, False)


def test_closing_the_first_of_two_leaves_the_second(manager: FakeManager) -> None:
    """The extension loaded twice: closing the older FrontEnd does not deafen the newer."""
    older, newer = FrontEnd(Heard().on_cells), FrontEnd(Heard().on_cells)
    older.close()
    manager.greet()

    assert newer.present


def test_without_a_kernel_nothing_happens() -> None:
    """With the comm package's own manager (plain IPython) the front end is absent and nothing raises."""
    heard = Heard()
    front_end = FrontEnd(heard.on_cells)
    front_end.replace((EDIT,), ("a",), heard.on_answer)
    front_end.close()

    assert (front_end.present, heard.answers) == (False, [NO_ANSWER])


def test_the_end_of_a_run_is_told_once_and_only_after_an_answer_that_is_ok(manager: FakeManager) -> None:
    """`on_end` is called when the front end closes the comm after ok, not when it closes without an answer."""
    heard, ends = Heard(), []
    front_end = FrontEnd(heard.on_cells)
    manager.greet()
    for name in ("first", "second"):
        front_end.replace((EDIT,), ("a",), heard.on_answer, on_end=lambda name=name: ends.append(name))
    manager.opened[0].hear({"content": {"data": {"ok": True, "inserted": {}}}})
    told_early = list(ends)
    manager.opened[0].hear_close({})
    manager.opened[1].hear_close({})

    assert (told_early, ends) == ([], ["first"])
