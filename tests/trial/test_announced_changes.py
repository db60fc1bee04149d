"""What a rewrite announced is accepted, and nothing else is."""

from __future__ import annotations

import numpy as np
import pandas as pd
from two_runs import verify

from memadvise.model import Difference, ResultClass
from memadvise.trial import Allowance, compare, snapshot

FRAME = pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5], "c": ["x", "y"]})


def test_announced_columns_may_be_missing() -> None:
    """A frame without the announced column is identical in what it still has."""
    verdict = verify(FRAME, FRAME[["a", "c"]], fewer_columns={"x": frozenset({"b"})})

    assert verdict.result is ResultClass.IDENTICAL
    assert verdict.differences == ()


def test_announced_columns_may_stay() -> None:
    """An announced absence is no duty."""
    assert verify(FRAME, FRAME, fewer_columns={"x": frozenset({"b"})}).result is ResultClass.IDENTICAL


def test_another_column_may_not_be_missing() -> None:
    """A missing column that was not announced is `different`, and named."""
    verdict = verify(FRAME, FRAME[["a"]], fewer_columns={"x": frozenset({"b"})})

    assert verdict.result is ResultClass.DIFFERENT
    assert verdict.differences == (Difference("x", "column 'c' is missing"),)


def test_what_an_announced_frame_still_has_must_be_right() -> None:
    """A changed value in a column that stayed is `different`."""
    after = FRAME[["a", "c"]].assign(a=[1, 3])

    assert verify(FRAME, after, fewer_columns={"x": frozenset({"b"})}).result is ResultClass.DIFFERENT


def test_an_announcement_is_for_its_frame_only() -> None:
    """Columns announced for another name, or a label that only looks alike, accept nothing here."""
    assert verify(FRAME, FRAME[["a", "c"]], fewer_columns={"y": frozenset({"b"})}).result is ResultClass.DIFFERENT
    quoted = FRAME.rename(columns={"b": "'b'"})
    assert verify(FRAME, FRAME[["a", "c"]], fewer_columns={"x": frozenset({"'b'"})}).result is ResultClass.DIFFERENT
    assert verify(quoted, quoted[["a", "c"]], fewer_columns={"x": frozenset({"'b'"})}).result is ResultClass.IDENTICAL


def test_one_of_two_columns_of_one_label() -> None:
    """Of two columns with the announced label one may be missing; the other is compared with the first."""
    before = pd.DataFrame([[1, 1, 3]], columns=["a", "a", "b"])

    assert verify(before, before.iloc[:, [0, 2]], fewer_columns={"x": frozenset({"a"})}).result is ResultClass.IDENTICAL


def test_a_name_that_is_gone() -> None:
    """A missing name is accepted if it was announced, and `different` otherwise."""
    before = {"df": snapshot(FRAME), "top": snapshot(3)}
    after = {"top": snapshot(3)}

    assert compare(before, after, Allowance(gone=frozenset({"df"}))).compared == ("top",)
    verdict = compare(before, after)
    assert not verdict.equal
    assert verdict.differences == (Difference("df", "is missing after the change"),)


def test_more_names_are_fine() -> None:
    """A rewrite may bind names of its own."""
    assert compare({}, {"chunk": snapshot(FRAME)}).result is ResultClass.IDENTICAL


def test_a_peek_may_show_fewer_columns() -> None:
    """A display that was announced as a peek and shows fewer columns is `display`, with how many."""
    verdict = verify(FRAME, FRAME[["a", "c"]], peeks=frozenset({"x"}))

    assert verdict.equal
    assert verdict.result is ResultClass.DISPLAY
    assert verdict.differences == (Difference("x", "shows 1 fewer columns"),)


def test_a_peek_that_shows_the_same_is_identical() -> None:
    """An announced peek that shows all columns keeps the class that it has."""
    assert verify(FRAME, FRAME, peeks=frozenset({"x"})).result is ResultClass.IDENTICAL
    assert verify(FRAME, FRAME.astype({"a": "int8"}), peeks=frozenset({"x"})).result is ResultClass.SAME_VALUES


def test_a_peek_must_show_the_right_values() -> None:
    """Other values, other rows, new columns and other kinds of thing are `different` in a peek, too."""
    for after in (FRAME[["a"]] + 1, FRAME[["a"]].iloc[:1], FRAME[["a"]].assign(z=1), FRAME["a"], None):
        assert verify(FRAME, after, peeks=frozenset({"x"})).result is ResultClass.DIFFERENT


def test_the_worst_class_wins() -> None:
    """Overall is the worst of all names, and each name's findings are listed."""
    before = {"a": snapshot(1), "b": snapshot(0.3), "c": snapshot(1), "out": snapshot(FRAME)}
    after = {"a": snapshot(1), "b": snapshot(0.1 + 0.2), "c": snapshot(1.0), "out": snapshot(FRAME[["a"]])}
    peek = Allowance(peeks=frozenset({"out"}))
    verdict = compare(before, after, peek)

    assert verdict.result is ResultClass.DISPLAY
    assert [difference.name for difference in verdict.differences] == ["b", "c", "out"]
    assert compare(before, after | {"a": snapshot(2)}, peek).result is ResultClass.DIFFERENT


def test_at_most_five_findings_a_name() -> None:
    """Of many differences five are told, worst first, and how many more there are."""
    before = pd.DataFrame(np.ones((2, 20)), columns=[f"c{number}" for number in range(20)])
    after = before.astype("int64").assign(c19=[1.0, 2.5])
    texts = [difference.found for difference in verify(before, after).differences]

    assert texts[0] == "column 'c19': row 1: 1.0 -> 2.5"
    assert len(texts) == 6
    assert texts[-1] == "and 15 more differences"


def test_findings_are_short() -> None:
    """However long texts and labels are, a finding stays short."""
    before = pd.DataFrame({"n" * 10_000: ["x" * 10_000]})
    after = pd.DataFrame({"n" * 10_000: ["y" * 10_000]})
    verdict = verify(before, after)

    assert verdict.result is ResultClass.DIFFERENT
    assert all(len(difference.found) < 300 for difference in verdict.differences)
