"""What each rule saves on a notebook with its waste: ``nox -s bench -- rules``.

Every ``rules/RULE.py`` beside this file holds ``CELLS`` (the first one imports) and ``make(folder, scale)``, which
writes about 100 MB. The notebook is run as it is, rewritten by that rule alone, verified, and both are measured in
fresh kernels. Writes ``results/rules.json``, of which ``docs/make_rules.py`` makes the catalogue, and
``results/rules.md``. ``--only RULE`` measures one rule anew and keeps the other rows. Linux only.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat

from casework.conditions import conditions
from casework.kernel import MAGIC, StoppedError, measure
from memadvise.batch import NotebookResult, Request, run_notebook
from memadvise.batch.kernel import RunOptions
from memadvise.model import Technique
from memadvise.rules import all_rules

FOLDER = Path(__file__).parent / "rules"
RESULTS = Path(__file__).parent / "results"
MIB = 2**20

Row = dict[str, Any]


def demonstrated() -> tuple[str, ...]:
    """Return the ids of the registered rules that rewrite: each of them has a demonstration."""
    return tuple(rule.id for rule in all_rules() if rule.technique is not Technique.MACHINE)


def path_of(rule: str) -> Path:
    """Return where a rule's demonstration stands."""
    return FOLDER / f"{rule.replace('-', '_')}.py"


def demonstration(rule: str) -> ModuleType:
    """Return a rule's demonstration, loaded.

    Raises:
        FileNotFoundError: it has none.
    """
    path = path_of(rule)
    spec = importlib.util.spec_from_file_location(f"demonstration_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def notebook_of(cells: Sequence[str]) -> Any:
    """Return a notebook of these code cells."""
    made = [nbformat.v4.new_code_cell(source, id=f"cell-{place}") for place, source in enumerate(cells)]
    return nbformat.v4.new_notebook(cells=made)


def measured(notebook: Any) -> str:
    """Return the id of the cell that begins with the magic."""
    return next(cell.id for cell in notebook.cells if cell.source.startswith(MAGIC))


def run_rule(rule: str, scale: float, folder: Path) -> Row:
    """Measure one rule on its demonstration; the row has ``problem`` where there is nothing to measure."""
    shown = demonstration(rule)
    shown.make(folder, scale)
    row = {"data_bytes": sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())}
    notebook = notebook_of(shown.CELLS)
    try:
        result = run_notebook(notebook, Request(RunOptions(folder), rule), _say)
        applied = next((cell.applied for cell in result.report.cells if cell.applied), None)
        if result.raised or applied is None or not applied.verification.equal:
            return row | {"problem": _why(rule, result)}
        counted = frozenset({measured(notebook), *(edit.cell_id for edit in applied.edits if not edit.insert)})
        before, after = (measure(run, folder, cells=counted) for run in (notebook, result.notebook))
    except StoppedError as error:
        return row | {"problem": str(error)}
    return row | {
        "before_bytes": before.growth_bytes,
        "after_bytes": after.growth_bytes,
        "before_s": round(before.wall_s, 3),
        "after_s": round(after.wall_s, 3),
        "result": applied.verification.result.value,
    }


def _why(rule: str, result: NotebookResult) -> str:
    """Return in words why the rule did nothing, or nothing that holds."""
    held = (item.reason for cell in result.report.cells for item in cell.held_back if item.rule == rule)
    wrong = (
        f"{item.name}: {item.found}"
        for cell in result.report.cells
        for applied in (cell.applied, *cell.tried)
        if applied
        for item in applied.verification.differences
    )
    return result.problem or next(wrong, None) or next(held, None) or "the rule saw nothing to do"


def page(rows: dict[str, Row], scale: float) -> str:
    """Return the results as Markdown."""
    others = [rule.id for rule in all_rules() if rule.technique is Technique.MACHINE]
    head = "| rule | files MB | as it is MiB | rewritten MiB | lower by | seconds | result |"
    lines = [
        "# What each rule saves on a notebook with its waste",
        "",
        f"Demonstrations in `benchmarks/rules`, at scale {scale:g}. {conditions('rules')}",
        "",
        "Peaks of the measured cell and of those that the rule edits, above where the first of them starts; one run "
        "each, in fresh kernels. Each result was verified against the notebook as it is. An index "
        "that is built once is there already.",
        "",
        head,
        "|---|--:|--:|--:|--:|--:|---|",
        *(_line(rule, rows.get(rule, {"problem": "not measured"})) for rule in demonstrated()),
        *(f"| {rule} | - | - | - | - | - | not a rewrite |" for rule in others),
        "",
    ]
    return "\n".join(lines)


def size(data_bytes: int) -> str:
    """Return the size of files in MB."""
    return f"{data_bytes / 1e6:,.{0 if data_bytes >= 1e7 else 1}f}"


def _line(rule: str, row: Row) -> str:
    if "problem" in row:
        return f"| {rule} | {size(row.get('data_bytes', 0))} | | | | | **{' '.join(row['problem'].split())}** |"
    before, after = row["before_bytes"], row["after_bytes"]
    return (
        f"| {rule} | {size(row['data_bytes'])} | {before / MIB:,.1f} | {after / MIB:,.1f} "
        f"| {before / max(after, MIB):.1f}x | {row['before_s']:.1f} -> {row['after_s']:.1f} | {row['result']} |"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the rules; return 0 when every one was applied, gave the same result and lowered the peak."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="size of the data; 1 (default) is about 100 MB")
    parser.add_argument("--only", action="append", choices=demonstrated(), metavar="RULE", help="measure this rule")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where rules.json and rules.md go")
    given = parser.parse_args(arguments)
    stored = given.results / "rules.json"
    rows: dict[str, Row] = json.loads(stored.read_text(encoding="utf-8"))["rules"] if stored.exists() else {}
    for rule in given.only or demonstrated():
        _say(f"{rule}: measuring")
        with tempfile.TemporaryDirectory(prefix="memadvise-rule-") as folder:
            rows[rule] = run_rule(rule, given.scale, Path(folder))
        _say(f"{rule}: {rows[rule]}")
    rows = {rule: rows[rule] for rule in sorted(rows) if rule in demonstrated()}
    given.results.mkdir(parents=True, exist_ok=True)
    stored.write_text(json.dumps({"scale": given.scale, "rules": rows}, indent=1) + "\n", encoding="utf-8")
    (given.results / "rules.md").write_text(page(rows, given.scale), encoding="utf-8")
    print(page(rows, given.scale))
    good = [rule for rule, row in rows.items() if row.get("after_bytes", MIB) < row.get("before_bytes", 0)]
    return 0 if set(given.only or demonstrated()) <= set(good) else 1


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
