"""Asks every rule about random notebooks over random tables, applies every card, and compares the results.

    python tests/rules/fuzz.py --cases 1000 --seed 1

Prints the seed and the notebook of each difference, and at the end how many cases and cards there were.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import tempfile
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from harness import evidence_of, notebook, run, scanned, snapshots, verify
from pieces import small_pieces
from random_notebooks import random_notebook
from random_tables import random_table

from memadvise.model import NotebookSource, Recommendation, ResultClass
from memadvise.rules import advise
from memadvise.rules.chunking import whole_file_reduction
from memadvise.trial.snapshot import Snapshot

MOST_ROWS_OF_A_PIECE = 7


@dataclass
class Outcome:
    """What one case showed: cards by rule, why it was skipped, what was wrong."""

    cards: Counter[str] = field(default_factory=Counter)
    skipped: str = ""
    wrong: list[str] = field(default_factory=list)


def check(random: Random) -> Outcome:
    """Make one case, and check every card that is offered for it."""
    table = random_table(random)
    cells = random_notebook(random, table)
    source = notebook(*cells, measured=random.randrange(len(cells)))
    with tempfile.TemporaryDirectory() as made, warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")
        small_pieces(patch.setattr, random.randint(1, MOST_ROWS_OF_A_PIECE))
        # filters that keep most rows are rewritten too
        patch.setattr(whole_file_reduction, "_selected_bytes", lambda *_: (0, 0))
        folder = Path(made)
        (folder / "data.csv").write_bytes(table.content)
        return _checked(source, folder)


def _checked(source: NotebookSource, folder: Path) -> Outcome:
    outcome = Outcome()
    try:
        namespace, shown = _quiet(source, folder)
    except Exception as error:  # noqa: BLE001 - a notebook that fails by itself proves nothing
        outcome.skipped = type(error).__name__
        return outcome
    before = snapshots(namespace, shown)
    with contextlib.suppress(Exception):  # a file that pandas can't read again was none to begin with
        evidence = scanned(evidence := evidence_of(source, namespace, folder), source, folder)
    cards, held = advise(source, evidence)  # with the cards that join several rules
    outcome.wrong += [f"{item.rule}: {item.reason}" for item in held if "internal" in item.reason]
    for card in cards:
        outcome.cards[card.rule if " + " not in card.rule else "joined"] += 1
        if reason := _wrong(card, source, folder, before):
            code = "\n--- cell\n".join(cell.source for cell in source.with_edits(card.edits).cells)
            content = (folder / "data.csv").read_bytes()
            outcome.wrong.append(f"{card.rule} ({card.result}): {reason}\n{code}\n--- file\n{content!r}")
    return outcome


def _wrong(card: Recommendation, source: NotebookSource, folder: Path, before: dict[str, Snapshot]) -> str:
    """Return what is wrong with a card's result; empty when it is what the card says."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            verdict = verify(card, source, folder, before)
    except Exception as error:  # noqa: BLE001 - the rewritten code may fail in any way
        return f"raises {type(error).__name__}: {error}"
    if card.result is ResultClass.APPROXIMATE:
        return ""  # it runs; how far values move is for the rule's own tests
    order = list(ResultClass)
    if not verdict.equal or order.index(verdict.result) > order.index(card.result):
        return f"is {verdict.result}: {[(one.name, one.found) for one in verdict.differences]}"
    return ""


def _quiet(source: NotebookSource, folder: Path) -> tuple[dict[str, object], dict[str, object]]:
    with contextlib.redirect_stdout(io.StringIO()):
        return run(source, folder)


def main() -> int:
    """Run the cases of the command line; return 1 when a result differed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    cards: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    wrong = 0
    began = time.monotonic()
    for number in range(asked.cases):
        outcome = check(Random(f"{asked.seed}-{number}"))
        cards += outcome.cards
        skipped[outcome.skipped] += 1
        wrong += len(outcome.wrong)
        for text in outcome.wrong:
            print(f"=== seed {asked.seed}-{number}: {text}\n")
    ran = skipped.pop("", 0)
    print(
        f"{asked.cases} cases, seed {asked.seed}, {time.monotonic() - began:.0f} s; {ran} ran, skipped: {dict(skipped)}"
    )
    print(f"cards: {dict(cards)}; differences: {wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
