"""Files with a column of given texts, which the tests of the rules on text read."""

from __future__ import annotations


def file_of(texts: list[str], rows: int = 24) -> str:
    """Return a CSV file whose column `k` holds the texts in turn, beside a group `g` and a number `v`."""
    return "k,g,v\n" + "".join(f"{texts[row % len(texts)]},{'xy'[row % 2]},{row}\n" for row in range(rows))
