"""Writes docs/rules/RULE.md from the rules' docstrings and what was measured: `python docs/make_rules.py`.

What was measured is in benchmarks/results/rules.json, made by `nox -s bench -- rules`. A test compares.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from memadvise.model import Technique
from memadvise.rules import all_rules
from memadvise.rules.registry import Rule

FOLDER = Path(__file__).parent / "rules"
MEASURED = Path(__file__).parents[1] / "benchmarks" / "results" / "rules.json"
MIB = 2**20
NOT_A_REWRITE = "not a rewrite"


def measured() -> dict[str, dict[str, Any]]:
    """Return what was measured of each rule by its id; rules of which nothing could be measured are left out."""
    rows: dict[str, dict[str, Any]] = json.loads(MEASURED.read_text(encoding="utf-8"))["rules"]
    return {rule: row for rule, row in rows.items() if "problem" not in row}


def page(rule: Rule) -> str:
    """Return the rule's page as Markdown."""
    return f"# {rule.id}\n\n*{rule.technique.value}*\n\n{rule.page.strip()}\n{_section(rule)}"


def _section(rule: Rule) -> str:
    """Return what was measured as the page's last section; empty for what is no rewrite, or was not measured yet."""
    row = measured().get(rule.id)
    if row is None:
        return ""
    example = f"benchmarks/rules/{rule.id.replace('-', '_')}.py"
    lower = f"{row['before_bytes'] / max(row['after_bytes'], MIB):.1f}x lower"
    return (
        f"\n## Measured\nPeak above the start {_peaks(row)} MiB ({lower}), "
        f"{row['before_s']:.1f} -> {row['after_s']:.1f} s, {_size(row)} MB of files; verdict "
        f"*{row['result']}*. The notebook is `{example}`.\n"
    )


def _peaks(row: dict[str, Any]) -> str:
    after = row["after_bytes"] / MIB
    return f"{row['before_bytes'] / MIB:,.0f} -> {f'{after:,.0f}' if after >= 1 else '< 1'}"


def _size(row: dict[str, Any]) -> str:
    """Return the size of the files in MB, a dash where the notebook makes its data itself."""
    size = row["data_bytes"] / 1e6
    return f"{size:,.{0 if size >= 10 else 1}f}" if size >= 0.05 else "-"


def _cells(rule: Rule) -> str:
    """Return the catalogue's measured columns: peaks, size of the data, class of the result."""
    if rule.technique is Technique.MACHINE:
        return f"{NOT_A_REWRITE} | - | -"
    row = measured().get(rule.id)
    return f"{_peaks(row)} | {_size(row)} | {row['result']}" if row else "not measured yet | - | -"


def catalogue() -> str:
    """Return the list of all rules."""
    rows = "".join(
        f"| [{rule.id}](rules/{rule.id}.md) | {rule.technique.value} | {rule.page.splitlines()[0]} | {_cells(rule)} |\n"
        for rule in all_rules()
    )
    return (
        "# Rules\n\nMade from the rules' docstrings and from `benchmarks/results/rules.json`: each rule alone on a "
        "notebook with its waste. Peaks are of the measured cell and of those that the rule edits, above where the "
        "first of them starts.\n\n"
        "| rule | technique | the waste | measured: peak above start, MiB before -> after | files MB | verdict |\n"
        f"|---|---|---|--:|--:|---|\n{rows}"
    )


def pages() -> dict[Path, str]:
    """Return every page's path and text."""
    made = {FOLDER / f"{rule.id}.md": page(rule) for rule in all_rules()}
    return {FOLDER.parent / "rules.md": catalogue(), **made}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
