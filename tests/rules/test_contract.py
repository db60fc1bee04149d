"""What holds of every registered rule: its page, its tests, its imports, its place."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from harness import MACHINE, MEASURED, notebook

from memadvise.model import (
    Costs,
    Edit,
    Evidence,
    HeldBack,
    NotebookSource,
    PredictedPeak,
    Recommendation,
    ResultClass,
    Technique,
)
from memadvise.rules import Rule, advise, all_rules, find_rule

HEADINGS = ["What it sees", "Why it costs memory", "Before", "After", "When results change"]
MAY_IMPORT = ("memadvise.model", "memadvise.rewrite", "memadvise.rules")
EVIDENCE = Evidence(MACHINE, MEASURED, measured_cell="cell-0")


def _module(rule: Rule) -> Path:
    return Path(str(sys.modules[rule.advise.__module__].__file__))


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_the_id_is_the_module_and_the_technique_its_package(rule: Rule) -> None:
    """A rule is found where its name says."""
    assert rule.id == _module(rule).stem.replace("_", "-")
    assert rule.technique.value == _module(rule).parent.name


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_the_page_has_its_headings_in_order_and_text_below_each(rule: Rule) -> None:
    """The page starts with one sentence, then the five headings, none of them empty."""
    first, *parts = re.split(r"^## (.+)$", rule.page, flags=re.MULTILINE)

    assert first.strip().endswith(".")
    assert first.strip() == first.strip().splitlines()[0]
    assert parts[::2] == HEADINGS
    assert all(text.strip() for text in parts[1::2])


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_the_examples_are_python(rule: Rule) -> None:
    """Before and After each hold one example that parses, and they differ."""
    examples = re.findall(r"```python\n(.*?)```", rule.page, flags=re.DOTALL)

    assert len(examples) == 2
    assert ast.dump(ast.parse(examples[0])) != ast.dump(ast.parse(examples[1])) or rule.technique is Technique.MACHINE


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_the_rule_has_a_test_file(rule: Rule) -> None:
    """One file per rule, one test file per rule, in the folder of the same technique."""
    path = Path(__file__).parent / rule.technique.value / f"test_{_module(rule).stem}.py"

    assert f'RULE = "{rule.id}"' in path.read_text()


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_the_rule_is_pure(rule: Rule) -> None:
    """A rule imports nouns, rewriting, other rules' helpers and the standard library; no clock, no shell, no files."""
    for name in _imported(ast.parse(_module(rule).read_text())):
        assert name.startswith(MAY_IMPORT) or name.split(".")[0] in sys.stdlib_module_names, name
        assert name.split(".")[0] not in {"os", "subprocess", "time", "pathlib", "random", "sqlite3", "shutil"}, name


def _imported(tree: ast.Module) -> Iterable[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
@pytest.mark.parametrize("cells", [("",), ("def (",), ("%%bash\nls",), ("x = 1", "x"), ("\ufeff",), ("\0",)])
def test_nothing_to_say_about_cells_without_a_read(rule: Rule, cells: tuple[str, ...]) -> None:
    """Empty, broken and foreign cells give neither cards nor errors."""
    assert advise(notebook(*cells), EVIDENCE, [rule]) == ((), ())


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_a_measured_cell_that_is_not_there_is_nothing(rule: Rule) -> None:
    """The notebook may have lost the cell since."""
    assert advise(NotebookSource((), "gone"), EVIDENCE, [rule]) == ((), ())


def _rule(function: object) -> Rule:
    return Rule("made-up", Technique.COMPRESSION, function, "")  # type: ignore[arg-type]


def _card(after: str, peak: int = 1, technique: Technique = Technique.COMPRESSION) -> Recommendation:
    return Recommendation(
        "made-up", technique, "", "", ResultClass.IDENTICAL, PredictedPeak(peak, peak, peak),
        (Edit("cell-0", 0, "x = 1", after),), Costs(),
    )  # fmt: skip


def test_a_rule_that_raises_is_held_back_and_hides_no_other() -> None:
    """One rule's defect is said, and the others' cards stay."""

    def broken(*_: object) -> Iterable[HeldBack]:
        raise ZeroDivisionError("by hand")
        yield

    cards, held = advise(notebook("x = 1"), EVIDENCE, [_rule(broken), _rule(lambda *_: [_card("x = 2")])])

    assert [card.number for card in cards] == [1]
    assert [item.reason for item in held] == ["internal error in the rule: ZeroDivisionError: by hand"]


def test_a_card_whose_code_does_not_parse_is_held_back() -> None:
    """Python stays Python."""
    cards, held = advise(notebook("x = 1"), EVIDENCE, [_rule(lambda *_: [_card("x = (")])])

    assert cards == ()
    assert "does not parse" in held[0].reason


def test_cards_rank_by_peak_then_technique_and_the_machine_last() -> None:
    """Equal savings rank in the order compression, chunking, indexing; money stands behind all."""
    order = [Technique.MACHINE, Technique.INDEXING, Technique.CHUNKING, Technique.COMPRESSION]
    made = [_card("x = 2", 5, technique) for technique in order] + [_card("x = 3", 4, Technique.INDEXING)]

    cards, _ = advise(notebook("x = 1"), EVIDENCE, [_rule(lambda *_: made)])

    assert [(card.number, card.technique.value) for card in cards] == [
        (1, "indexing"), (2, "compression"), (3, "chunking"), (4, "indexing"), (5, "machine"),
    ]  # fmt: skip


def test_an_unknown_rule_is_named_with_those_there_are() -> None:
    """The message says what was asked and lists the ids."""
    with pytest.raises(KeyError, match=r"no rule is called 'nothing'.*unused-columns"):
        find_rule("nothing")


def test_every_rule_module_registers_itself() -> None:
    """No file of a technique's package is left out of the catalogue."""
    import memadvise.rules

    folder = Path(str(importlib.import_module("memadvise.rules").__file__)).parent
    modules = {path.stem.replace("_", "-") for path in folder.glob("*/*.py") if path.stem != "__init__"}

    assert modules == {rule.id for rule in memadvise.rules.all_rules()}
