"""A cell behaves as it does without the magic's line: outputs, namespace, history, tracebacks."""

from __future__ import annotations

from typing import Any

import pytest
from kinds_of_cell import KINDS, Kind
from live_kernel import Kernel, Ran, normal

MAGIC = "%%memadvise --name measured\n"


def seen(ran: Ran) -> Any:
    """Return what a person and a program see of a cell."""
    reply = {key: ran.reply.get(key) for key in ("status", "ename", "evalue", "traceback", "payload", "execution_count")}
    return normal({"outputs": ran.outputs, "reply": reply})


def without_magic(raw: list[str]) -> list[str]:
    """Return inputs without the magic's line."""
    return [text.replace(MAGIC, "") for text in raw]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_cell_is_the_same(kind: Kind, plain: Kernel, loaded: Kernel) -> None:
    """Outputs, reply, names, values, `_`, `Out`, `In` and raw history are the plain kernel's, and a report appears."""
    found, states = [], []
    for kernel, magic in ((plain, ""), (loaded, MAGIC)):
        kernel.start_again()  # one kind's differences are not the next one's
        before = [kernel.run(cell) for cell in kind.before]
        cell = kernel.run(f"{kind.above}{magic}{kind.cell}", interrupt_at=kind.interrupt_at)
        states.append(normal(kernel.state()))
        after = [kernel.run(one) for one in kind.after]
        found.append((before, cell, after))
    (plain_before, bare, plain_after), (before, measured, after) = found
    for state in states:
        for key in ("raw", "i"):
            state[key] = without_magic(state[key])

    assert seen(measured) == seen(bare)
    assert states[1] == states[0]
    assert [seen(ran) for ran in after] == [seen(ran) for ran in plain_after]
    assert [seen(ran) for ran in before] == [seen(ran) for ran in plain_before]
    assert len(measured.reports) == 1
    assert "memadvise measured: peak" in measured.reports[0]
