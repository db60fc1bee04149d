"""Runs small notebooks in this process, asks the rules, and runs what they wrote: the same for every rule's tests."""

from __future__ import annotations

import ast
import importlib
import os
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from memadvise.model import (
    Cell,
    Evidence,
    HeldBack,
    MachineEvidence,
    Measurement,
    NotebookSource,
    Recommendation,
    ResultClass,
    Verification,
)
from memadvise.observe.files import read_evidence
from memadvise.observe.frames import frame_evidence
from memadvise.observe.live import live
from memadvise.observe.prices import offers
from memadvise.rewrite.parse import parse, parse_notebook
from memadvise.rewrite.reads import find_reads
from memadvise.rules import advise, find_rule
from memadvise.trial.compare import Allowance, compare
from memadvise.trial.snapshot import Snapshot, snapshot

MIB = 2**20
SCALARS = (int, float, str, bool, date)
MACHINE = MachineEvidence(total_bytes=2**34, limit_bytes=2**33, limit_source="machine", available_bytes=2**33)
MEASURED = Measurement(100 * MIB, 600 * MIB, 300 * MIB, "kernel high-water mark", 288 * 1024, 1.0)


def notebook(*cells: str, measured: int = 0) -> NotebookSource:
    """Return a notebook of these code cells; ``measured`` is the index of the measured one."""
    made = tuple(Cell(f"cell-{index}", index, source) for index, source in enumerate(cells))
    return NotebookSource(made, made[measured].cell_id)


def run(source: NotebookSource, folder: Path) -> tuple[dict[str, object], dict[str, object]]:
    """Run the cells in order in ``folder``; return (namespace, displayed values by `Out[cell id]`)."""
    namespace: dict[str, object] = {"__name__": "__main__", "In": [""], "Out": {}}
    shown: dict[str, object] = {}
    builtins = dict(vars(importlib.import_module("builtins")))
    namespace["__builtins__"] = builtins  # IPython's `display` is a builtin, too
    before = Path.cwd()
    os.chdir(folder)
    try:
        for cell in source.cells:
            parsed = parse(cell.source)
            assert parsed.tree is not None, cell.source
            builtins["display"] = lambda value, at=cell.cell_id: shown.update({f"Out[{at}]": value})
            _run_cell(parsed.tree, cell, namespace, shown)
    finally:
        os.chdir(before)
    return namespace, shown


def _run_cell(tree: ast.Module, cell: Cell, namespace: dict[str, object], shown: dict[str, object]) -> None:
    body = list(tree.body)
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), cell.cell_id, "exec"), namespace)
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), cell.cell_id, "eval"), namespace)
        if value is not None:
            shown[f"Out[{cell.cell_id}]"] = value
            _outputs(namespace)[len(_ran(namespace))] = value
    _ran(namespace).append(cell.source)


def _ran(namespace: dict[str, object]) -> list[str]:
    found = namespace["In"]
    assert isinstance(found, list)
    return found


def _outputs(namespace: dict[str, object]) -> dict[int, object]:
    found = namespace["Out"]
    assert isinstance(found, dict)
    return found


def evidence_of(source: NotebookSource, namespace: dict[str, object], folder: Path) -> Evidence:
    """Return the evidence as the session would gather it after a run, with a made-up measurement."""
    pandas = importlib.import_module("pandas")
    cells = parse_notebook(source)
    before = Path.cwd()
    os.chdir(folder)
    try:
        reads = tuple(read_evidence(read, namespace) for read in find_reads(cells))
    finally:
        os.chdir(before)
    seen = live(namespace, frozenset(namespace), seconds=60.0)
    return Evidence(
        machine=MACHINE,
        measurement=MEASURED,
        frames=seen.frames,
        arrays=seen.arrays,
        rows=seen.rows,
        held=seen.held,
        reads=reads,
        offers=offers(),
        scalars={name: type(value).__name__ for name, value in namespace.items() if isinstance(value, SCALARS)},
        pandas_version=pandas.__version__,
        numpy_version=importlib.import_module("numpy").__version__,
        measured_cell=source.measured,
    )


def scanned(evidence: Evidence, source: NotebookSource, folder: Path) -> Evidence:
    """Return the evidence with facts over all rows of the files, as pandas itself reads them."""
    pandas = importlib.import_module("pandas")
    reads = []
    for read, found in zip(find_reads(parse_notebook(source)), evidence.reads, strict=True):
        options = read.literal_keywords()
        if not found.problem and not found.columns and options is not None:
            frame = pandas.read_csv(folder / found.path, **options)
            facts = frame_evidence(found.name, frame, time.monotonic() + 60)
            columns = tuple(replace(one, whole=_whole(frame[one.name])) for one in facts.columns)
            found = replace(found, rows=facts.rows, columns=columns)
        reads.append(found)
    return replace(evidence, reads=tuple(reads))


def _whole(column: Any) -> bool | None:
    """Tell whether all values of a float column that are there are whole numbers; None for other columns."""
    if str(column.dtype) != "float64":
        return None
    return all(float(value).is_integer() for value in column.dropna().tolist())


def ask(rule: str, source: NotebookSource, folder: Path) -> tuple[list[Recommendation], list[HeldBack]]:
    """Run the notebook and ask one rule."""
    namespace, _ = run(source, folder)
    cards, held = advise(source, evidence_of(source, namespace, folder), [find_rule(rule)])
    return list(cards), list(held)


def verify(
    card: Recommendation, source: NotebookSource, folder: Path, before: dict[str, Snapshot] | None = None
) -> Verification:
    """Run original and rewritten notebook and compare every name and every displayed value.

    ``before`` are the snapshots of the original's run, where it ran already.
    """
    if before is None:
        before = snapshots(*run(source, folder))
    changed = source.with_edits(card.edits)
    after = snapshots(*run(changed, folder))
    return compare(
        before,
        after,
        Allowance(
            fewer_columns={name: frozenset(columns) for name, columns in card.fewer_columns},
            gone=frozenset(card.gone),  # what is `unkept` is shown all the same, and compared
            peeks=frozenset(f"Out[{cell_id}]" for cell_id in card.peeks),
            retyped={name: frozenset(columns) for name, columns in card.retyped},
            approximate=card.result is ResultClass.APPROXIMATE,
        ),
    )


def only_card(rule: str, source: NotebookSource, folder: Path) -> Recommendation:
    """Return the one card of the rule, which must not fire again on its own output."""
    cards, held = ask(rule, source, folder)
    assert len(cards) == 1, f"expected one card, got {cards}; held back: {held}"
    again, _ = ask(rule, source.with_edits(cards[0].edits), folder)
    assert again == []
    return cards[0]


def held_back(rule: str, source: NotebookSource, folder: Path) -> str:
    """Return the reasons why the rule held back; it must not offer anything."""
    cards, held = ask(rule, source, folder)
    assert cards == [], cards[0].edits
    return " | ".join(item.reason for item in held)


def snapshots(namespace: dict[str, object], shown: dict[str, object]) -> dict[str, Snapshot]:
    """Return the snapshots of all that a run left: names, and displayed values."""
    values = {
        name: value for name, value in namespace.items() if not name.startswith("__") and name not in ("In", "Out")
    }
    return {name: snapshot(value) for name, value in {**values, **shown}.items()}


def aged(path: Path) -> None:
    """Move a file's time of change, as another program's write would."""
    later = time.time() + 10
    os.utime(path, (later, later))


def at_limit(evidence: Evidence, limit_bytes: int) -> Evidence:
    """Return the evidence with another memory limit."""
    return replace(evidence, machine=replace(evidence.machine, limit_bytes=limit_bytes, limit_source="container"))
