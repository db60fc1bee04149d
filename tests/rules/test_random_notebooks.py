"""Random notebooks over random tables: every card that is offered gives what it says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from random import Random

import pytest
from fuzz import check
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memadvise.rewrite import constants, flow
from memadvise.rewrite.follow import statements
from memadvise.rules.compression import wide_integers
from memadvise.rules.indexing import repeated_lookup

# Several sets, so that workers share them; the session `core` asks for a part: all cases ran on the first Python
PART = float(os.environ.get("MEMADVISE_RANDOM_PART", "1"))
CASES_OF_A_SET = int(200 * PART)


@pytest.fixture
def _no_answers_kept() -> Iterator[None]:
    """Forget what following found before a guard is taken out, and what it found without."""
    flow.usage_from.cache_clear()
    yield
    flow.usage_from.cache_clear()


@settings(max_examples=int(800 * PART), deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.randoms(use_true_random=False))
def test_every_card_gives_what_it_says(random: Random) -> None:
    """Apply, run, compare: equal, and no worse than the class on the card; no rule fails internally."""
    assert check(random).wrong == []


@pytest.mark.parametrize("begin", [0, 200])
@pytest.mark.parametrize("seed", ["4-1", "4-2", "4-3"])
def test_a_fixed_set_of_seeds(seed: str, begin: int) -> None:
    """The same cases in every run, and they do get cards of every kind."""
    outcomes = [check(Random(f"{seed}-{number}")) for number in range(begin, begin + CASES_OF_A_SET)]

    assert [text for outcome in outcomes for text in outcome.wrong] == []
    assert {rule for outcome in outcomes for rule in outcome.cards} >= {"unused-columns", "whole-file-reduction"}


@pytest.mark.parametrize(
    ("owner", "guard", "blind"),
    [
        (constants.Constants, "unknown", lambda *_: ""),
        (statements.Walker, "check_late_uses", lambda *_: None),
        (repeated_lookup, "_check_columns", lambda *_: None),
        (wide_integers, "SAFE", wide_integers.SAFE | {"*", "+", "-"}),
        (wide_integers, "ENDS", wide_integers.ENDS | {"group.sum", "max"}),
    ],
    ids=["values", "late uses", "columns", "arithmetic", "narrow sums"],
)
@pytest.mark.usefixtures("_no_answers_kept")
def test_the_net_catches_what_a_guard_lets_through(
    monkeypatch: pytest.MonkeyPatch, owner: object, guard: str, blind: object
) -> None:
    """Planted corruption: with one guard taken out, some random notebook differs."""
    monkeypatch.setattr(owner, guard, blind)

    assert any(check(Random(f"5-{number}")).wrong for number in range(400))
