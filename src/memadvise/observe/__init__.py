"""Live objects, files, the machine and the notebook's code -> Evidence."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Mapping
from datetime import date

from memadvise.model import Evidence, MachineEvidence, Measurement, NotebookSource
from memadvise.observe.files import read_evidence
from memadvise.observe.live import live
from memadvise.observe.machine import machine
from memadvise.observe.prices import offers
from memadvise.rewrite.parse import ParsedCell, parse_notebook
from memadvise.rewrite.reads import find_reads

__all__ = ["machine", "observe", "offers"]

_SCALARS = (int, float, str, bool, date)


def observe(
    notebook: NotebookSource,
    namespace: Mapping[str, object],
    measurement: Measurement,
    machine_now: MachineEvidence,
    status: str = "ok",
) -> Evidence:
    """Gather what the rules may know, right after the measured cell has run.

    Frames are looked at only when a read of the notebook made them or the measured cell binds them.
    """
    cells = parse_notebook(notebook)
    reads = find_reads(cells)
    measured = [cell for cell in cells if cell.cell.cell_id == notebook.measured]
    mentioned = {
        node.id
        for cell in measured
        for statement in cell.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name)
    }
    near = [read for read in reads if read.name in mentioned or read.cell in measured]
    names = {read.name for read in near} | mentioned | _results(cells, {read.name for read in near})
    beside = _beside_arrays(cells, mentioned, namespace)
    seen = live(namespace, frozenset(names | {name for name in beside if _is_array(namespace.get(name))}))
    return Evidence(
        machine=machine_now,
        measurement=measurement,
        frames=seen.frames,
        arrays=seen.arrays,
        rows=seen.rows,
        held=seen.held,
        reads=tuple(read_evidence(read, namespace) for read in near) if "pandas" in sys.modules else (),
        offers=offers(),
        scalars={
            name: type(namespace[name]).__name__
            for name in mentioned | beside
            if isinstance(namespace.get(name), _SCALARS)
        },
        pandas_version=str(getattr(sys.modules.get("pandas"), "__version__", "")),
        numpy_version=str(getattr(sys.modules.get("numpy"), "__version__", "")),
        cpu_count=os.cpu_count() or 1,
        status=status,
        measured_cell=notebook.measured,
    )


def _is_array(value: object) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and type(value) is getattr(numpy, "ndarray", None)


def _beside_arrays(cells: tuple[ParsedCell, ...], mentioned: set[str], namespace: Mapping[str, object]) -> set[str]:
    """Return the names that stand in one statement with an array that the measured cell mentions: what it meets."""
    arrays = {name for name in mentioned if _is_array(namespace.get(name))}
    found: set[str] = set()
    for statement in (statement for cell in cells for statement in cell.body) if arrays else ():
        names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        if names & arrays:
            found |= names
    return found


def _results(cells: tuple[ParsedCell, ...], frames: set[str]) -> set[str]:
    """Return the names that statements which mention one of the frames bind: their sizes are evidence too."""
    found: set[str] = set()
    for cell in cells:
        for statement in cell.body:
            names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
            if names & frames and isinstance(statement, ast.Assign):
                found |= {target.id for target in statement.targets if isinstance(target, ast.Name)}
    return found
