"""Runs of cells in fresh processes, one after the other, each seen from outside."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measuring.outside import Lookout, Outside
from measuring.tools import Reported
from measuring.wire import Wire

WAIT_S = 60.0
HERE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Run:
    """One cell under one tool: what the tool says and what was seen from outside, or why there is nothing."""

    tool: str
    cell: str
    reported: Reported | None = None
    outside: Outside | None = None
    failure: str | None = None


@contextmanager
def process(arguments: list[str], folder: Path) -> Iterator[tuple[int, Wire]]:
    """Run ``python -m ARGUMENTS DESCRIPTOR`` and give its pid and the wire to it; it is ended afterwards."""
    ours, theirs = socket.socketpair()
    started = subprocess.Popen(
        [sys.executable, "-m", *arguments, str(theirs.fileno())],
        cwd=folder,
        env=environment(folder),
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    theirs.close()
    wire = Wire(ours)
    try:
        yield started.pid, wire
    finally:
        wire.close()
        started.kill()
        started.wait()


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a process that runs a part of the benchmark in ``folder``."""
    paths = [str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "IPYTHONDIR": str(folder)}


def run_cell(tool: str, cell: str, folder: Path) -> Run:
    """Run one cell under one tool in a fresh process."""
    with process(["measuring.stage", tool, cell], folder) as (pid, wire):
        try:
            outside, answer = _watched(pid, wire)
        except (OSError, EOFError, TimeoutError) as error:
            return Run(tool, cell, failure=f"{type(error).__name__}: {error}")
    if "failure" in answer:
        return Run(tool, cell, failure=answer["failure"])
    lines = tuple((int(line), int(nbytes)) for line, nbytes in answer.pop("lines"))
    return Run(tool, cell, Reported(**answer, lines=lines), outside)


def _watched(pid: int, wire: Wire) -> tuple[Outside | None, dict[str, Any]]:
    """Follow the process through its two moments; an answer before them is that of a tool that gave up."""
    with closing(Lookout(pid)) as lookout:
        if (line := wire.line(WAIT_S)) == "gate":
            lookout.guard(wire.descriptors.pop())
            line = wire.line(WAIT_S)
        if line != "begin":
            return None, json.loads(line)
        outside = lookout.watch(wire, WAIT_S)
        if (line := wire.line(WAIT_S)) != "end":
            return None, json.loads(line)
        wire.go_on()
        return outside, json.loads(wire.line(WAIT_S))
