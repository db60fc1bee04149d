"""Data of the shape that the real cases have, made by one seed in pieces; nothing in it is anybody's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from casework.data import daily, flats, machines, ratings, sales, survey, titles

Maker = Callable[[Path, float], None]

# name of the data -> who makes it: (folder, scale); 1 gives the sizes of the survey
MAKERS: dict[str, Maker] = {
    "sales by month": sales.months,
    "sales of a year": sales.year,
    "orders": sales.orders,
    "flats": flats.flats,
    "daily": daily.daily,
    "ratings": ratings.ratings,
    "machines": machines.machines,
    "survey": survey.survey,
    "titles": titles.titles,
}


def make(name: str, folder: Path, scale: float) -> None:
    """Write the files of that name into ``folder``, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    MAKERS[name](folder, scale)
