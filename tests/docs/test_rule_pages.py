"""The rule pages in docs are the rules' docstrings."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_pages_are_made_from_docstrings() -> None:
    """Every page under docs/rules says what its rule's docstring says: `python docs/make_rules.py` was run."""
    expected = runpy.run_path(str(ROOT / "docs" / "make_rules.py"))["pages"]()

    stale = [path.name for path, text in expected.items() if not path.exists() or path.read_text("utf-8") != text]

    assert len(expected) > 4
    assert stale == []


def test_readme_names_every_rule() -> None:
    """The README shows each rule once with its diff or its page."""
    from memadvise.rules import all_rules

    readme = (ROOT / "README.md").read_text("utf-8")

    assert [rule.id for rule in all_rules() if rule.id not in readme] == []
