"""Each rule's demonstration runs, every registered rule was measured, and what was not is said."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "benchmarks"))

import rules  # noqa: E402 (found through the path above, as when it is run as a script)

TINY = 0.002
DEMONSTRATIONS = sorted(path.stem.replace("_", "-") for path in rules.FOLDER.glob("*.py"))
ROW = {"data_bytes": 10**8, "before_bytes": 2**28, "after_bytes": 2**26, "before_s": 2.0, "after_s": 1.0}


@pytest.mark.parametrize("rule", DEMONSTRATIONS)
def test_demonstrations_run(rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On small data all cells of a demonstration run in order; the first one only imports, and one is measured."""
    shown = rules.demonstration(rule)
    shown.make(tmp_path, TINY)
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {}

    for source in shown.CELLS:
        exec(compile(source.removeprefix("%%memadvise\n"), rule, "exec"), namespace)

    assert sum(source.startswith("%%memadvise\n") for source in shown.CELLS) == 1
    assert all(line.startswith(("import ", "from ")) for line in shown.CELLS[0].split("\n") if line)
    assert (shown.__doc__ or "").strip()


@pytest.mark.parametrize("rule", rules.demonstrated())
def test_every_rule_is_measured(rule: str) -> None:
    """A registered rule has a demonstration and a row: `nox -s bench -- rules --only RULE` was run."""
    row = json.loads((rules.RESULTS / "rules.json").read_text())["rules"].get(rule, {})

    assert rules.path_of(rule).is_file()
    assert row.get("problem", "") == ""
    assert row["after_bytes"] < row["before_bytes"]


def test_a_rule_through_the_whole_benchmark(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A real rule is applied to its demonstration in real kernels, measured both ways, and written down."""
    kept = {"scale": 1.0, "rules": {"repeated-strings": ROW | {"result": "same-values"}}}
    (tmp_path / "rules.json").write_text(json.dumps(kept))

    status = rules.main(["--only", "unused-columns", "--scale", "0.1", "--results", str(tmp_path)])
    rows = json.loads((tmp_path / "rules.json").read_text())["rules"]

    assert status == 0
    assert rows["unused-columns"]["result"] == "display"
    assert rows["repeated-strings"] == kept["rules"]["repeated-strings"]  # the row of an earlier run stays
    assert (tmp_path / "rules.md").read_text() in capsys.readouterr().out


def test_a_page_says_what_was_not_measured() -> None:
    """A row without numbers shows its reason in bold; a rule without a row is not measured; machines are no rewrite."""
    page = rules.page({"unused-columns": {"problem": "why\nnot"}, "repeated-strings": ROW | {"result": "display"}}, 1.0)

    assert "| unused-columns | 0.0 | | | | | **why not** |" in page
    assert "| repeated-strings | 100 | 256.0 | 64.0 | 4.0x | 2.0 -> 1.0 | display |" in page
    assert "| whole-file-reduction | 0.0 | | | | | **not measured** |" in page
    assert "| bigger-machine | - | - | - | - | - | not a rewrite |" in page


def test_a_rule_that_does_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the rule offers nothing the row holds the reason and no number."""
    shown = rules.demonstration("whole-file-reduction")
    monkeypatch.setattr(shown, "CELLS", (*shown.CELLS, "orders.describe()"))
    monkeypatch.setattr(rules, "demonstration", lambda rule: shown)

    row = rules.run_rule("whole-file-reduction", TINY, tmp_path)

    assert row["problem"] == "orders is used elsewhere too, in cell 3, line 1"
    assert "before_bytes" not in row
