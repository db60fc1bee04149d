"""Runs a notebook once in a fresh kernel and collects what the cells took and made."""

from __future__ import annotations

import asyncio
import pickle
import queue
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from memadvise.batch.inside import CellOutcome, Plan, outcome_file
from memadvise.batch.outside import Outside
from memadvise.model import Cell, CellError, Measurement, NotebookSource

_ANSWER_S = 120  # loading pandas-heavy extensions on a busy machine takes seconds; an answer takes milliseconds
_HIDDEN = '__import__("memadvise.batch.inside", fromlist=["inside"])'


@dataclass(frozen=True)
class Ended:
    """What ended a run early: the cell's id (empty: nothing did), why, and the kernel's size as seen from outside."""

    cell_id: str = ""
    error: CellError | None = None
    seen: Measurement | None = None


@dataclass(frozen=True)
class NotebookRun:
    """One run: outcomes by cell id in the order of the run, how it ended, and the cells' texts on standard output."""

    outcomes: dict[str, CellOutcome]
    notebook: Any
    end: Ended = Ended()
    printed: dict[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> str:
        """Id of the cell that ended the run early; empty when none did."""
        return self.end.cell_id

    @property
    def problem(self) -> str:
        """What ended it early, as one line; empty when nothing did."""
        return f"{self.end.error.type}: {self.end.error.message}" if self.end.error else ""


@dataclass(frozen=True)
class RunOptions:
    """How notebooks are run: working directory, seconds per cell (None: no end), kernel, guard."""

    folder: Path
    timeout_s: int | None = None
    kernel: str = ""
    limit_bytes: int | None = None


def code_cells(notebook: Any) -> tuple[Cell, ...]:
    """Return the notebook's code cells."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return tuple(Cell(cell.id, index, cell.source) for index, cell in enumerate(code))


def with_sources(notebook: Any, source: NotebookSource) -> Any:
    """Return a copy of the notebook with the code of ``source``; new cells stand below their neighbour."""
    copy = nbformat.from_dict(notebook)
    by_id = {cell.id: cell for cell in copy.cells}
    above = 0
    for cell in source.cells:
        if cell.cell_id in by_id:
            by_id[cell.cell_id].source = cell.source
            above = next(place for place, found in enumerate(copy.cells) if found.id == cell.cell_id)
        else:
            above += 1
            copy.cells.insert(above, nbformat.v4.new_code_cell(cell.source, id=cell.cell_id))
    return copy


def run_once(notebook: Any, reported: frozenset[str], options: RunOptions, *, compare: bool = True) -> NotebookRun:
    """Run every code cell in order in a fresh kernel; a cell that raises ends the run, as in Jupyter itself.

    ``compare``: the results are fingerprinted after each cell; without it nothing of ours stands between the cells.

    Raises:
        jupyter_client.kernelspec.NoSuchKernel: the kernel is not installed.
        RuntimeError: memadvise can't be loaded in the kernel.
    """
    copy = nbformat.from_dict(notebook)
    named = copy.metadata.get("kernelspec")
    kernel = options.kernel or (named.get("name") if isinstance(named, dict) else None) or "python3"
    client = NotebookClient(
        copy,
        timeout=options.timeout_s,
        kernel_name=kernel,
        resources={"metadata": {"path": str(options.folder)}},
        interrupt_on_timeout=False,
    )
    with tempfile.TemporaryDirectory(prefix="memadvise-run-") as scratch:
        plan = Plan(code_cells(copy), reported, options.limit_bytes, compare)
        Path(scratch, "plan.pickle").write_bytes(pickle.dumps(plan))
        return asyncio.run(_run(client, copy, plan, Path(scratch)))


async def _run(client: Any, notebook: Any, plan: Plan, scratch: Path) -> NotebookRun:
    client.reset_execution_trackers()
    client.km = client.create_kernel_manager()
    if sys.platform != "win32":
        client.km.transport = "ipc"  # sockets in the file system: nothing listens on the network
        client.km.ip = str(scratch / "kernel")  # absolute: the kernel's working directory is the notebook's, not ours
    async with client.async_setup_kernel():
        await _hidden(client, f"{_HIDDEN}.begin({str(scratch)!r})")
        outcomes: dict[str, CellOutcome] = {}
        printed: dict[str, str] = {}
        outside, end = Outside(client), Ended()
        for place, cell in enumerate(notebook.cells):
            if cell.cell_type != "code" or not cell.source.strip():
                continue
            async with outside.watching():
                error = await _run_cell(client, cell, place, cell.id in plan.reported)
            written = scratch / outcome_file(cell.id)
            if written.exists():
                outcomes[cell.id] = pickle.loads(written.read_bytes())
            printed[cell.id] = _printed(cell)
            if error is not None:
                end = Ended(cell.id, error, outside.measurement())
                break
    return NotebookRun(outcomes, notebook, end, printed)


async def _run_cell(client: Any, cell: Any, place: int, report: bool) -> CellError | None:
    """Run one cell; return what ended it early, None when nothing did."""
    try:
        await _hidden(client, f"{_HIDDEN}.expect({cell.id!r}, {report!r})")
        await client.async_execute_cell(cell, place)
    except CellTimeoutError:
        return CellError("CellTimeoutError", "the cell took longer than the timeout")
    except DeadKernelError:
        return CellError("DeadKernelError", "the kernel died while this cell ran, most likely for want of memory")
    except CellExecutionError as error:
        return CellError(str(error.ename), str(error.evalue))
    return None


def _printed(cell: Any) -> str:
    streams = (output for output in cell.outputs if output.output_type == "stream" and output.name == "stdout")
    return "".join(output.text for output in streams)


async def _hidden(client: Any, code: str) -> None:
    """Run a line of ours: no history, no output, no execution count.

    Raises:
        DeadKernelError: the kernel does not answer any more.
        RuntimeError: the line raised; most likely memadvise is not installed in the kernel's environment.
    """
    try:
        reply = await client.kc.execute(code, silent=True, store_history=False, reply=True, timeout=_ANSWER_S)
    except (TimeoutError, queue.Empty) as error:
        raise DeadKernelError("Kernel died") from error
    content = reply["content"]
    if content["status"] != "ok":
        hint = "Hint: install memadvise where the kernel runs, or choose another one with --kernel"
        raise RuntimeError(f"the kernel can't load memadvise: {content.get('evalue', content['status'])}. {hint}")
