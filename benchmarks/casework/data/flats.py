"""Flats and houses to let: 27 columns, of which a question needs four."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import holed, joined, scaled, words, write

ROWS = 1_125_000  # 217 MB
CITIES = ["Norwick", "Aldgrove", "Stenhaven", "Marlow", "Kesterby", "Ostlund", "Pellham", "Rivington", "Tarn", "Ulver"]


def flats(folder: Path, scale: float) -> None:
    """Write flats.csv."""
    rng = np.random.default_rng(73)
    streets, agents = words(rng, 400), words(rng, 90, 4)
    districts = [f"{city} {side}" for city in CITIES for side in ("North", "South", "Old Town", "Harbour", "Mills")]

    def piece(first: int, count: int) -> pd.DataFrame:
        return _piece(rng, (streets, agents, districts), first, count)

    write(folder / "flats.csv", scaled(ROWS, scale), piece)


def _pick(rng: np.random.Generator, values: list[str], count: int) -> np.ndarray:
    return np.array(values, dtype=object)[rng.integers(0, len(values), count)]


def _piece(rng: np.random.Generator, known: tuple[list[str], ...], first: int, count: int) -> pd.DataFrame:
    streets, agents, districts = known
    district = rng.integers(0, len(districts), count)
    area = rng.gamma(6.0, 13.0, count).round(1) + 12
    rent = (area * rng.normal(14.0, 3.0, count).clip(6) + 90).round(2)
    days = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 1200, count), unit="D")
    return pd.DataFrame(
        {
            "listing_id": 5_000_000 + first + np.arange(count),
            "listed_on": days.strftime("%Y-%m-%d"),
            "city": np.array(CITIES, dtype=object)[district // 5],
            "district": np.array(districts, dtype=object)[district],
            "street": joined(_pick(rng, streets, count), " Road ", rng.integers(1, 250, count)),
            "postcode": joined("N", rng.integers(10_000, 99_999, count)),
            "kind": _pick(rng, ["flat", "flat", "flat", "house", "studio", "loft"], count),
            "rooms": rng.integers(1, 8, count),
            "baths": rng.integers(1, 4, count),
            "floor": holed(rng, rng.integers(0, 12, count), 0.06),
            "floors": rng.integers(1, 13, count),
            "area_m2": area,
            "plot_m2": holed(rng, (area * 2.5).round(0), 0.7),
            "year_built": holed(rng, rng.integers(1880, 2024, count), 0.11),
            "heating": _pick(rng, ["gas", "district", "heat pump", "oil", "none"], count),
            "condition": _pick(rng, ["new", "good", "renovated", "to renovate"], count),
            "energy_class": holed(rng, _pick(rng, list("ABCDEFG"), count), 0.2),
            "balcony": _pick(rng, ["yes", "no"], count),
            "lift": _pick(rng, ["yes", "no", "no"], count),
            "parking": _pick(rng, ["none", "street", "garage"], count),
            "furnished": _pick(rng, ["yes", "no", "partly"], count),
            "rent": rent,
            "deposit": (rent * rng.integers(1, 4, count)).round(2),
            "rent_per_m2": (rent / area).round(3),
            "agent": joined(_pick(rng, agents, count), " Lettings Ltd"),
            "lat": rng.normal(52.4, 0.6, count).round(6),
            "lon": rng.normal(-1.2, 0.8, count).round(6),
        }
    )
