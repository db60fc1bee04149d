"""What a real kernel tells a front end while a measured cell runs, and that the cell does not notice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_kernel import Kernel

LOOP = "import time\nuntil = time.monotonic() + 2.4\nwhile time.monotonic() < until:\n    sum(range(1000))"
THREADS = "[t.name for t in __import__('threading').enumerate() if 'memadvise' in t.name]"
OURS = "sum(one.target_name == 'memadvise' for one in __import__('comm').get_comm_manager().comms.values())"


@pytest.fixture(scope="module")
def kernel(folder: Path) -> Iterator[Kernel]:
    """A kernel to which a front end has spoken."""
    made = Kernel(folder)
    made.run("%load_ext memadvise")
    made.greet("%%memadvise\npass")
    made.run("pass")
    yield made
    made.shutdown()


def test_a_loop_is_followed_to_its_end(kernel: Kernel) -> None:
    """While a Python loop runs, sizes and seconds are told; the last message of all is an empty text."""
    ran = kernel.run(f"%%memadvise\n{LOOP}\nprint('done')\n7", cell_id="cell-0")
    texts = [told["text"] for told in ran.told]

    assert all(told["op"] == "live" and told["cell_id"] == "cell-0" for told in ran.told)
    assert len(texts) >= 2
    assert all(re.fullmatch(r"\d+(\.\d)? [MG]iB of \d+(\.\d)? [MGT]iB, [12] s", text) for text in texts[:-1])
    assert texts[-1] == ""
    assert all(0 < told["share"] < 1 for told in ran.told[:-1])
    assert [output["kind"] for output in ran.outputs] == ["stream", "execute_result"]
    assert ran.text == "done\n"


def test_a_short_cell_is_not_spoken_of(kernel: Kernel) -> None:
    """A cell that ends within a second tells nothing."""
    assert kernel.run("%%memadvise\nx = 1", cell_id="cell-0").told == []


@pytest.mark.parametrize("magic", ["", "%%memadvise -q\n"])
def test_who_did_not_ask_sees_nothing(kernel: Kernel, magic: str) -> None:
    """Neither a cell without the magic nor a quiet one is followed."""
    assert kernel.run(f"{magic}import time\ntime.sleep(1.4)", cell_id="cell-0").told == []


def test_an_interrupt_takes_the_line_away(kernel: Kernel) -> None:
    """An interrupted cell is told of as ended."""
    cell = "%%memadvise\nimport time\ntime.sleep(1.5)\nprint('now', flush=True)\ntime.sleep(30)"
    ran = kernel.run(cell, interrupt_at="now", cell_id="cell-0")

    assert ran.error.startswith("KeyboardInterrupt")
    assert len(ran.told) >= 2
    assert ran.told[-1]["text"] == ""


def test_a_forked_child_says_nothing(kernel: Kernel) -> None:
    """A child that outlives the first second and ends like a cell tells nothing; the parent's line ends once."""
    cell = """%%memadvise
import os, sys, time
time.sleep(1.2)
pid = os.fork()
if pid == 0:
    get_ipython()._memadvise.session.live.stop()
    os._exit(0)
os.waitpid(pid, 0)
time.sleep(1.2)"""
    texts = [told["text"] for told in kernel.run(cell, cell_id="cell-0").told]

    assert texts.count("") == 1
    assert texts[-1] == ""
    assert len(texts) >= 3


def test_the_thread_is_there_only_while_the_cell_runs(kernel: Kernel) -> None:
    """The measured cell sees one thread of ours by its name; after the cell there is none."""
    before = kernel.ask(THREADS)
    within = kernel.run(f"%%memadvise\n{THREADS}", cell_id="cell-0")

    assert within.outputs[0]["data"]["text/plain"].count("memadvise-live") == 1
    assert kernel.ask(THREADS) == before == "[]"


def test_unload_within_the_cell_ends_it(kernel: Kernel) -> None:
    """A cell that unloads the extension while the line is there takes it away at once."""
    cell = "%%memadvise\nimport time\ntime.sleep(1.3)\n%unload_ext memadvise\ntime.sleep(1.2)"
    ran = kernel.run(cell, cell_id="cell-0")
    left = kernel.ask(THREADS)
    kernel.run("%load_ext memadvise")
    kernel.greet("%%memadvise\npass")
    kernel.run("pass")

    assert [told["text"] for told in ran.told][1:] == [""]
    assert left == "[]"


def test_channels_do_not_pile_up(kernel: Kernel) -> None:
    """The kernel keeps no channel of the messages that it sent."""
    before = kernel.ask(OURS)
    told = kernel.run(f"%%memadvise\n{LOOP}", cell_id="cell-0").told

    assert told
    assert kernel.ask(OURS) == before
