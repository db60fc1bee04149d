"""The kernel's half of the conversation with JupyterLab and Notebook 7; docs/architecture.md has the messages.

The kernel hears messages only between cells: an answer to a request made in a cell comes when that cell has ended.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import comm

from memadvise.model import Cell, Edit

TARGET = "memadvise"
VOICE = "memadvise-live"
NO_ANSWER = "no answer"
_TICKS = 20


@dataclass(frozen=True)
class Answer:
    """What the front end did. ``problems`` are ``edited``, ``missing``, ``unknown`` or ``no answer``.

    ``cell_ids`` names the cell of each problem (empty text where there is none). ``inserted`` maps the ids given for
    new cells to those that the notebook gave them.
    """

    ok: bool
    problems: tuple[str, ...] = ()
    cell_ids: tuple[str, ...] = ()
    inserted: Mapping[str, str] = field(default_factory=dict)


class FrontEnd:
    """Hears what the notebook's cells hold, and asks to replace them.

    Without a kernel, or with a front end that lacks the extension, it is silent: ``present`` stays False.
    ``on_cells`` gets the notebook's path and its code cells, each time just before a cell is run.
    ``patience_s`` is how long an idle kernel waits for an answer.
    """

    def __init__(self, on_cells: Callable[[str, tuple[Cell, ...]], None], *, patience_s: float = 5.0) -> None:
        self._on_cells = on_cells
        self._patience_s = patience_s
        self._present = False
        self._requests: list[_Request] = []
        self._voice: comm.BaseComm | None = None
        comm.get_comm_manager().register_target(TARGET, self._opened)

    @property
    def present(self) -> bool:
        """Whether a front end has spoken."""
        return self._present

    def replace(
        self,
        edits: tuple[Edit, ...],
        run: tuple[str, ...],
        on_answer: Callable[[Answer], None],
        insert_after: Mapping[str, str] | None = None,
        on_end: Callable[[], None] | None = None,
    ) -> None:
        """Ask for all edits or none, then for a run of the cells ``run`` in that order.

        ``insert_after`` maps the id of each new cell to the id of the cell above it. ``on_answer`` is called exactly
        once and returns before the cells run: at once when no front end is there, else in the thread that asked (the
        main one or a widget click's). An answer that comes after ``no answer`` is dropped. After an answer
        that is ok, ``on_end`` is called when the cells have run or were given up, but not if the page is gone by then.
        """
        if not self._present:
            on_answer(Answer(ok=False, problems=(NO_ANSWER,), cell_ids=("",)))
            return
        anchors = insert_after or {}
        asked = [
            {
                "cell_id": edit.cell_id,
                "before": edit.before,
                "after": edit.after,
                "insert_after": anchors.get(edit.cell_id),
            }
            for edit in edits
        ]
        self._ask({"op": "replace", "edits": asked, "run": list(run)}, on_answer, on_end)

    def interrupt(self) -> None:
        """Ask the front end to interrupt the kernel; nothing happens when none is there."""
        if self._present:
            self._ask({"op": "interrupt"}, lambda answer: None)

    def tell(self, data: dict[str, Any]) -> None:
        """Say something that needs no answer, from any thread, also while the kernel is busy.

        On a comm that is never opened: for each target that is, JupyterLab asks the kernel for a thread of its own.
        """
        if self._present:
            if self._voice is None:
                self._voice = comm.create_comm(target_name=TARGET, comm_id=VOICE, primary=False)
            self._voice.send(data)

    def close(self) -> None:
        """Stop listening; requests that still wait get ``no answer``."""
        manager = comm.get_comm_manager()
        if manager.targets.get(TARGET) == self._opened:  # else a later FrontEnd took over
            manager.unregister_target(TARGET, self._opened)
        self._present = False
        for request in self._requests:
            request.give_up()
        self._requests.clear()

    def _ask(
        self, data: dict[str, Any], on_answer: Callable[[Answer], None], on_end: Callable[[], None] | None = None
    ) -> None:
        waiting = [request for request in self._requests if not request.settled]
        self._requests = [*waiting, _Request(data, on_answer, on_end, self._patience_s)]

    def _opened(self, channel: comm.BaseComm, message: dict[str, Any]) -> None:
        said = _cells(_data(message))
        if said is not None:
            self._present = True
            self._on_cells(*said)


class _Request:
    """One comm: a question, and its one answer or the end of patience."""

    def __init__(
        self,
        data: dict[str, Any],
        on_answer: Callable[[Answer], None],
        on_end: Callable[[], None] | None,
        patience_s: float,
    ) -> None:
        self._on_answer = on_answer
        self._on_end = on_end
        self._done = False
        self._tick_s = patience_s / _TICKS
        self._ticks = _TICKS
        self._lock = threading.Lock()
        self.settled = False
        self._channel = comm.create_comm(target_name=TARGET, data=data)
        self._timer = self._start_timer()
        self._channel.on_msg(lambda message: self._settle(_answer(_data(message))))
        self._channel.on_close(lambda message: self._closed())

    def _closed(self) -> None:
        if not self._settle(_SILENCE) and self._done and self._on_end is not None:
            self._on_end()

    def give_up(self) -> None:
        """Wait no longer."""
        if self._settle(_SILENCE):
            self._channel.close()

    def _start_timer(self) -> asyncio.TimerHandle | threading.Timer:
        """Wait one tick. On the kernel's loop: a cell that runs for a minute uses up one tick, not all patience."""
        try:
            return asyncio.get_running_loop().call_later(self._tick_s, self._tick)
        except RuntimeError:
            timer = threading.Timer(self._tick_s, self._tick)
            timer.daemon = True
            timer.start()
            return timer

    def _tick(self) -> None:
        self._ticks -= 1
        if self._ticks <= 0:
            self.give_up()
        elif not self.settled:
            self._timer = self._start_timer()

    def _settle(self, answer: Answer) -> bool:
        with self._lock:
            if self.settled:
                return False
            self.settled = True
        self._done = answer.ok
        self._timer.cancel()
        self._on_answer(answer)
        return True


_SILENCE = Answer(ok=False, problems=(NO_ANSWER,), cell_ids=("",))


def _data(message: object) -> dict[str, Any]:
    """Return the message's data; what is not a message has none."""
    content = message.get("content") if isinstance(message, dict) else None
    data = content.get("data") if isinstance(content, dict) else None
    return data if isinstance(data, dict) else {}


def _cells(data: dict[str, Any]) -> tuple[str, tuple[Cell, ...]] | None:
    """Return the path and the cells of a well-formed ``cells`` message, else None."""
    path, listed = data.get("notebook"), data.get("cells")
    if data.get("op") != "cells" or not isinstance(path, str) or not isinstance(listed, list):
        return None
    cells = []
    for index, item in enumerate(listed):
        known = item if isinstance(item, dict) else {}
        cell_id, source = known.get("id"), known.get("source")
        if not isinstance(cell_id, str) or not isinstance(source, str):
            return None
        cells.append(Cell(cell_id, index, source))
    return path, tuple(cells)


def _answer(data: dict[str, Any]) -> Answer:
    """Return the answer; one that makes no sense is a refusal for a reason unknown."""
    inserted, problems = data.get("inserted"), data.get("problems")
    if data.get("ok") is True:
        pairs = inserted.items() if isinstance(inserted, dict) else ()
        return Answer(ok=True, inserted={str(given): str(found) for given, found in pairs})
    listed = [item for item in problems if isinstance(item, dict)] if isinstance(problems, list) else []
    listed = listed or [{}]
    reasons = tuple(item["reason"] if item.get("reason") in ("edited", "missing") else "unknown" for item in listed)
    return Answer(ok=False, problems=reasons, cell_ids=tuple(str(item.get("cell_id", "")) for item in listed))
