"""Live objects, files, the machine and the notebook's code -> Evidence."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Mapping
from datetime import date

from memadvise.model import Evidence, MachineEvidence, Measurement, NotebookSource
from memadvise.observe.files import FileLooker
from memadvise.observe.live import Live, live
from memadvise.observe.machine import machine
from memadvise.observe.patience import ASKED, AT_PROMPT, IN_BATCH, Patience
from memadvise.observe.prices import offers
from memadvise.rewrite.parse import ParsedCell, parse_notebook
from memadvise.rewrite.pristine import pristine
from memadvise.rewrite.reads import Read, find_reads

__all__ = ["ASKED", "AT_PROMPT", "IN_BATCH", "Patience", "machine", "observe", "offers"]

_SCALARS = (int, float, str, bool, date)


def observe(
    notebook: NotebookSource,
    namespace: Mapping[str, object],
    measurement: Measurement,
    machine_now: MachineEvidence,
    status: str = "ok",
    patience: Patience = AT_PROMPT,
) -> Evidence:
    """Gather what the rules may know, right after the measured cell has run.

    Values are looked at only when a read of the notebook made them, or the measured cell mentions them or what was made
    of them; of files, those of the reads that concern the measured cell.
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
    names |= _made_of(cells, mentioned)
    beside = _beside_arrays(cells, mentioned, namespace)
    looked_at = frozenset(names | {name for name in beside if _is_array(namespace.get(name))})
    seen = live(namespace, looked_at, patience.seconds)
    files = FileLooker(namespace, patience.scan_below_bytes, progress=patience.progress)
    if status == "ok" and _copies_on_write():
        for read in near:
            if read.cell in measured:
                _remember(cells, read, seen, files, measurement.wall_s)
    return Evidence(
        machine=machine_now,
        measurement=measurement,
        frames=seen.frames,
        arrays=seen.arrays,
        rows=seen.rows,
        held=seen.held,
        reads=tuple(files.evidence(read) for read in near) if "pandas" in sys.modules else (),
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


def _remember(cells: tuple[ParsedCell, ...], read: Read, seen: Live, files: FileLooker, ran_s: float) -> None:
    """Keep what was seen of the read's frame as facts of its file, where the cell surely left it as it was read."""
    frame = next((frame for frame in seen.frames if frame.name == read.name), None)
    if frame is not None and frame.plain_names and pristine(cells, read):
        files.remember(read, frame, ran_s)


def _copies_on_write() -> bool:
    version = str(getattr(sys.modules.get("pandas"), "__version__", "0"))
    return version.split(".")[0].isdigit() and int(version.split(".")[0]) >= 3


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


def _made_of(cells: tuple[ParsedCell, ...], names: set[str]) -> set[str]:
    """Return the names that the given ones were made of, two steps back: of `d = get_dummies(s)` s, and its frame."""
    found: set[str] = set()
    for _ in range(2):
        for cell in cells:
            for statement in cell.body:
                match statement:
                    case ast.Assign(targets=[ast.Name(id=target)], value=value) if target in names | found:
                        found |= {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    return found
