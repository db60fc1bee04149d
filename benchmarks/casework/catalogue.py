"""The twelve cases of the survey: what each is, what of it must stay, and what the survey measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FOLDER = Path(__file__).parents[1] / "cases"
Scope = Literal["cell", "notebook"]


@dataclass(frozen=True)
class Case:
    """One case. ``results`` are names that must come out the same; ``writes`` files that must.

    ``scope``: in "cell" the frame of the worst cell is among the results, in "notebook" only what was asked for is.
    ``surveyed`` are the MB that real rows took before and after an expert's work.
    """

    number: str
    what: str
    scope: Scope
    data: str
    results: tuple[str, ...]
    surveyed: tuple[int, int]
    writes: tuple[str, ...] = ()

    @property
    def notebook(self) -> Path:
        """The notebook's path."""
        [path] = FOLDER.glob(f"{self.number}-*.ipynb")
        return path

    @property
    def expert(self) -> Path:
        """The path of what an expert wrote by hand."""
        return FOLDER / "expert" / f"{self.number}.py"


CASES = (
    Case(
        "01",
        "twelve monthly files concatenated in a loop, written out, used on",
        "cell",
        "sales by month",
        ("all_months_data", "empty"),
        (586, 410),
        ("all_months.csv",),
    ),
    Case(
        "02",
        "the same, the frame never used again",
        "notebook",
        "sales by month",
        (),
        (588, 59),
        ("all_months.csv",),
    ),
    Case(
        "03",
        "dirty rows dropped, text parsed, sum by month over seven cells",
        "notebook",
        "sales of a year",
        ("by_month", "best"),
        (1531, 45),
    ),
    Case("04", "orders with several products: duplicated, transform", "notebook", "orders", ("top",), (917, 160)),
    Case("05", "a quantile and a share after equality filters", "notebook", "flats", ("rent_90", "share"), (547, 30)),
    Case("06", "one place filtered, then describe()", "notebook", "flats", ("stats",), (547, 67)),
    Case(
        "07",
        "dates parsed and sliced, pivot_table mean, rolling mean",
        "notebook",
        "daily",
        ("table", "smooth", "last"),
        (1254, 119),
    ),
    Case("08", "ratings merged with titles, the frame stays", "cell", "ratings", ("df", "best"), (439, 164)),
    Case(
        "09",
        "two 378-column tables, get_dummies, concat in a loop",
        "notebook",
        "machines",
        ("share", "useful", "y_mean"),
        (1629, 355),
    ),
    Case(
        "10",
        "two 378-column tables, ten columns used",
        "notebook",
        "machines",
        ("counts", "by_x0", "by_x5", "only_test", "id_corr"),
        (985, 22),
    ),
    Case("11", "replace and unique on one of twelve columns", "notebook", "survey", ("kinds",), (375, 37)),
    Case("12", "row-wise apply that builds a Series per row", "notebook", "titles", ("genre_counts",), (1946, 48)),
)


def case_named(number: str) -> Case:
    """Return the case of that number.

    Raises:
        ValueError: there is none; the message lists those there are.
    """
    for case in CASES:
        if case.number == number:
            return case
    raise ValueError(f"there is no case {number!r}. Hint: one of {', '.join(case.number for case in CASES)}")
