"""A shop's exports: twelve monthly files or one of the year, with headers and empty lines in the middle; and orders."""

from __future__ import annotations

import calendar
from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import joined, scaled, words, write

YEAR_ROWS = 3_900_000  # 325 MB
ORDER_ROWS = 975_000  # 81 MB
MONTHS = tuple(calendar.month_name)[1:]
HEADER = ["Order No", "Item", "Qty", "Unit Price", "Ordered At", "Ship To"]
DIRT = 400  # every so many rows a header again and an empty line, so that each stretch of the file has some
ITEMS = (
    ("AAA Batteries (4-pack)", 2.99),
    ("AA Batteries (4-pack)", 3.84),
    ("Charging Cable USB-C", 11.95),
    ("Charging Cable Micro", 14.95),
    ("Wired Earphones", 11.99),
    ("Sport Earphones", 99.99),
    ("Wireless Earphones", 150.0),
    ("Monitor 20in", 109.99),
    ("Monitor 27in FHD", 149.99),
    ("Monitor 27in 4K Gaming", 389.99),
    ("Monitor 34in Ultrawide", 379.99),
    ("Television Flatscreen", 300.0),
    ("Phone Basic", 400.0),
    ("Phone Pixelar", 600.0),
    ("Phone Orchard", 700.0),
    ("Laptop ThinBook", 999.99),
    ("Laptop Orchard Pro", 1700.0),
    ("Washing Machine LGX", 600.0),
    ("Dryer LGX", 600.0),
)
CITIES = (
    ("San Felipo", "CA 94016"),
    ("Los Robles", "CA 90001"),
    ("New Harlem", "NY 10001"),
    ("Bostwick", "MA 02215"),
    ("Atalanta", "GA 30301"),
    ("Dallow", "TX 75001"),
    ("Seatown", "WA 98101"),
    ("Porthaven", "OR 97035"),
    ("Porthaven", "ME 04101"),
    ("Ostin", "TX 73301"),
)


def months(folder: Path, scale: float) -> None:
    """Write Sales_Data/Sales_MONTH.csv, twelve files with their dirt."""
    inside = folder / "Sales_Data"
    inside.mkdir(exist_ok=True)
    for number, month in enumerate(MONTHS, start=1):
        rng = np.random.default_rng([7, number])
        _write(inside / f"Sales_{month}.csv", scaled(YEAR_ROWS // 12, scale), rng, (number, number))


def year(folder: Path, scale: float) -> None:
    """Write all_sales.csv, the year in one file with its dirt."""
    _write(folder / "all_sales.csv", scaled(YEAR_ROWS, scale), np.random.default_rng(71), (1, 12))


def orders(folder: Path, scale: float) -> None:
    """Write orders.csv without dirt, in which most rows are of orders with several items."""
    rng = np.random.default_rng(72)
    streets = words(rng, 60)

    def piece(first: int, count: int) -> pd.DataFrame:
        frame = _clean(rng, streets, first, count, (1, 12))
        numbers = np.arange(first, first + count)
        frame["Order No"] = 100_000 + np.where(numbers % 10 < 6, numbers // 10 * 10 + numbers % 2, numbers)
        return frame

    write(folder / "orders.csv", scaled(ORDER_ROWS, scale), piece)


def _write(path: Path, rows: int, rng: np.random.Generator, of: tuple[int, int]) -> None:
    streets = words(rng, 60)
    write(path, rows, lambda first, count: _dirty(rng, _clean(rng, streets, first, count, of)))


def _clean(rng: np.random.Generator, streets: list[str], first: int, count: int, of: tuple[int, int]) -> pd.DataFrame:
    item = np.minimum(rng.geometric(0.09, count) - 1, len(ITEMS) - 1)
    city = np.minimum(rng.geometric(0.25, count) - 1, len(CITIES) - 1)
    month, day = rng.integers(of[0], of[1] + 1, count), rng.integers(1, 29, count)
    hour, minute = rng.integers(0, 24, count), rng.integers(0, 60, count)
    street = np.array(streets, dtype=object)[rng.integers(0, len(streets), count)]
    two = np.array([f"{number:02d}" for number in range(60)], dtype=object)
    place = np.array([f" St, {name}, {code}" for name, code in CITIES], dtype=object)
    return pd.DataFrame(
        {
            "Order No": 100_000 + first + np.arange(count) - rng.integers(0, 2, count),
            "Item": np.array([name for name, _ in ITEMS], dtype=object)[item],
            "Qty": np.minimum(rng.geometric(0.9, count), 9),
            "Unit Price": np.array([price for _, price in ITEMS])[item],
            "Ordered At": two[month] + "/" + two[day] + "/19 " + two[hour] + ":" + two[minute],
            "Ship To": joined(rng.integers(1, 1000, count), " ", street) + place[city],
        }
    )


def _dirty(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with a header and an empty line in each stretch of `DIRT` rows."""
    found = frame.astype(object)
    starts = np.arange(0, len(found) - 1, DIRT)
    at = np.minimum(starts + rng.integers(0, DIRT // 2, len(starts)), len(found) - 2)
    found.iloc[at] = HEADER
    found.iloc[at + 1] = None
    return found
