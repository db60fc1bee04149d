"""A cell behaves as it does without the magic's line: outputs, namespace, history, tracebacks."""

from __future__ import annotations

import re
from typing import Any

import pytest
from kind_of_cell import Kind
from kinds_of_cell import KINDS
from live_kernel import Kernel, Ran, normal

MAGIC = "%%memadvise --name measured\n"


def seen(ran: Ran) -> Any:
    """Return what a person and a program see of a cell."""
    keys = ("status", "ename", "evalue", "traceback", "payload", "execution_count")
    reply = {key: ran.reply.get(key) for key in keys}
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


ONE_LINE = re.compile(r"memadvise[^\n]*: peak [^\n]*\n")
NAMES = ("last-expression", "raises", "top-level-await", "shell", "time-cell")
WHILE_ON = [kind for kind in KINDS if kind.name in NAMES]


@pytest.mark.parametrize("kind", WHILE_ON, ids=lambda kind: kind.name)
def test_cell_is_the_same_while_every_cell_is_measured(kind: Kind, plain: Kernel, loaded: Kernel) -> None:
    """After `%memadvise on` a bare cell differs by one printed line only."""
    plain.start_again()
    bare = seen(plain.run(kind.cell))
    loaded.run("%memadvise on")
    loaded.start_again()
    ran = loaded.run(kind.cell)
    loaded.run("%memadvise off")
    said = sum(len(ONE_LINE.findall(output.get("text", ""))) for output in ran.outputs)
    for output in ran.outputs:
        output["text"] = ONE_LINE.sub("", output["text"]) if "text" in output else ""
    for output in bare["outputs"]:
        output.setdefault("text", "")
    ran.outputs = [output for output in ran.outputs if output["kind"] != "stream" or output["text"]]

    assert seen(ran) == bare
    assert said == 1
    assert not ran.reports


def test_first_report_of_a_kernel_leaves_the_namespace_alone(loaded: Kernel) -> None:
    """A cell that makes one name adds one name."""
    loaded.start_again()
    loaded.run("pass")
    before = set(loaded.state()["names"]) | set(loaded.state()["private"])
    loaded.run("%%memadvise\nonly = 1")
    after = set(loaded.state()["names"]) | set(loaded.state()["private"])

    assert after - before == {"only", "_i2"}
