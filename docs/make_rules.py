"""Writes docs/rules/RULE.md from the rules' docstrings: `python docs/make_rules.py`; a test compares."""

from __future__ import annotations

from pathlib import Path

from memadvise.rules import all_rules
from memadvise.rules.registry import Rule

FOLDER = Path(__file__).parent / "rules"


def page(rule: Rule) -> str:
    """Return the rule's page as Markdown."""
    return f"# {rule.id}\n\n*{rule.technique.value}*\n\n{rule.page.strip()}\n"


def catalogue() -> str:
    """Return the list of all rules."""
    rows = "".join(
        f"| [{rule.id}](rules/{rule.id}.md) | {rule.technique.value} | {rule.page.splitlines()[0]} |\n"
        for rule in all_rules()
    )
    return f"# Rules\n\nMade from the rules' docstrings.\n\n| rule | technique | the waste |\n|---|---|---|\n{rows}"


def pages() -> dict[Path, str]:
    """Return every page's path and text."""
    made = {FOLDER / f"{rule.id}.md": page(rule) for rule in all_rules()}
    return {FOLDER.parent / "rules.md": catalogue(), **made}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
