"""What a card allows its rewrite to change, and the verdict when a rewritten cell raises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from memadvise.model import CellReport, Difference, Recommendation, ResultClass, Verification
from memadvise.trial.model import Allowance


def allowance(cards: Iterable[Recommendation], displays: Mapping[str, str]) -> Allowance:
    """Return what the cards announced. ``displays`` maps cell ids to the name under which the display is compared."""
    fewer: dict[str, frozenset[str]] = {}
    retyped: dict[str, frozenset[str]] = {}
    gone: set[str] = set()
    peeks: set[str] = set()
    cards = tuple(cards)
    approximate = any(card.result is ResultClass.APPROXIMATE for card in cards)
    for card in cards:
        for name, columns in card.fewer_columns:
            fewer[name] = fewer.get(name, frozenset()) | frozenset(columns)
        for name, columns in card.retyped:
            retyped[name] = retyped.get(name, frozenset()) | frozenset(columns)
        gone |= set(card.gone) | {displays[cell_id] for cell_id in card.unkept if cell_id in displays}
        peeks |= {displays[cell_id] for cell_id in card.peeks if cell_id in displays}
    return Allowance(fewer, frozenset(gone), frozenset(peeks), retyped, approximate)


def raised(report: CellReport) -> Verification:
    """Return the verdict on a rewrite whose cell raised or was stopped: nothing to compare."""
    what = f"raised {report.error.type}: {report.error.message}" if report.error else f"was {report.status}"
    found = Difference(f"cell {report.index}", what[:300])
    return Verification(False, ResultClass.DIFFERENT, (), (found,))
