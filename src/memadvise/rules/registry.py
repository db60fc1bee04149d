"""How a rule announces itself, and how all of them are asked."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache

import memadvise.rules as _rules
from memadvise.model import Evidence, HeldBack, NotebookSource, Recommendation, Technique
from memadvise.rewrite.parse import parse
from memadvise.rules.together import together

Advice = Recommendation | HeldBack
Advisor = Callable[[NotebookSource, Evidence], Iterable[Advice]]


@dataclass(frozen=True)
class Rule:
    """A registered rule: its id (the module's name with hyphens), technique, function and page (the docstring)."""

    id: str
    technique: Technique
    advise: Advisor
    page: str


_REGISTERED: dict[str, Rule] = {}


def rule(function: Advisor) -> Advisor:
    """Register ``function`` as the rule of its module; module name and package give its id and technique."""
    *_, package, module = function.__module__.split(".")
    page = sys.modules[function.__module__].__doc__ or ""
    identifier = module.replace("_", "-")
    _REGISTERED[identifier] = Rule(identifier, Technique(package), function, page)
    return function


@cache
def all_rules() -> tuple[Rule, ...]:
    """Import every rule module and return the rules in the order technique, id."""
    for module in pkgutil.walk_packages(_rules.__path__, _rules.__name__ + "."):
        importlib.import_module(module.name)
    order = list(Technique)
    return tuple(sorted(_REGISTERED.values(), key=lambda found: (order.index(found.technique), found.id)))


def find_rule(identifier: str) -> Rule:
    """Return the rule of that id.

    Raises:
        KeyError: there is none; the message lists the ids that there are.
    """
    for found in all_rules():
        if found.id == identifier:
            return found
    known = ", ".join(found.id for found in all_rules())
    raise KeyError(f"no rule is called {identifier!r}. Hint: the rules are {known}")


def _readable(item: Advice) -> Advice:
    """Return the advice, but hold back a card whose code does not parse where the person's own does."""
    if isinstance(item, Recommendation):
        for edit in item.edits:
            if parse(edit.before).tree is not None and parse(edit.after).tree is None:
                return HeldBack(item.rule, edit.cell_id, edit.index, "internal error: the code written does not parse")
    return item


def advise(
    notebook: NotebookSource, evidence: Evidence, rules: Iterable[Rule] | None = None
) -> tuple[tuple[Recommendation, ...], tuple[HeldBack, ...]]:
    """Ask every rule; return the cards ranked by likely peak, numbered from 1, and what was held back.

    Equal savings rank in the order compression, chunking, indexing, machine (the order of ``Technique``).
    A rule that fails internally is held back with the error: one rule's defect must not hide the others' advice.
    """
    cards: list[Recommendation] = []
    held: list[HeldBack] = []
    for asked in all_rules() if rules is None else rules:
        try:
            advice = [_readable(item) for item in asked.advise(notebook, evidence)]
        except Exception as error:  # noqa: BLE001 - the wall between a rule's defect and the person's cell
            reason = f"internal error in the rule: {type(error).__name__}: {error}"
            advice = [HeldBack(asked.id, notebook.measured, -1, reason)]
        cards += [item for item in advice if isinstance(item, Recommendation)]
        held += [item for item in advice if isinstance(item, HeldBack)]
    try:
        cards += [
            card for card in map(_readable, together(cards, notebook, evidence)) if isinstance(card, Recommendation)
        ]
    except Exception as error:  # noqa: BLE001 - as above: the single cards stay
        held.append(HeldBack("", notebook.measured, -1, f"internal error in joining cards: {error!r}"))
    order = list(Technique)
    cards.sort(
        key=lambda card: (
            card.technique is Technique.MACHINE,
            card.predicted_peak.likely_bytes,
            order.index(card.technique),
        )
    )
    numbered = tuple(replace(card, number=number) for number, card in enumerate(cards, start=1))
    return numbered, tuple(held)
