"""Daily numbers of regions of countries: many numeric columns, some names in two spellings, gaps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import holed, scaled, words, write

ROWS = 1_130_000  # 184 MB
COUNTRIES, REGIONS = 180, 5
SPELLINGS = {"Korea, South": "South Korea", "Taiwan*": "Taiwan", "US": "United States", "Burma": "Myanmar"}
CONTINENTS = ("Africa", "Asia", "Europe", "North America", "Oceania", "South America")


def daily(folder: Path, scale: float) -> None:
    """Write daily.csv: day by day, all regions of all countries."""
    rng = np.random.default_rng(74)
    rows = scaled(ROWS, scale)
    count = max(min(COUNTRIES, rows // (60 * REGIONS)), len(SPELLINGS) + 2)
    names = np.array([*SPELLINGS, *words(rng, count - len(SPELLINGS))], dtype=object)
    regions = np.array(words(rng, count * REGIONS, 4), dtype=object)
    write(folder / "daily.csv", rows, lambda first, some: _piece(rng, names, regions, first, some))


def _piece(rng: np.random.Generator, names: np.ndarray, regions: np.ndarray, first: int, count: int) -> pd.DataFrame:
    at = first + np.arange(count)
    day, region = at // len(regions), at % len(regions)
    country = region // REGIONS
    cases = rng.poisson(40, count) * (1 + country % 7)
    people = 100_000 + region * 977
    return pd.DataFrame(
        {
            "iso": np.array([f"I{number:03d}" for number in range(len(names))], dtype=object)[country],
            "continent": np.array(CONTINENTS, dtype=object)[country % len(CONTINENTS)],
            "country": names[country],
            "region": regions[region],
            "date": (pd.Timestamp("2020-12-15") + pd.to_timedelta(day, unit="D")).strftime("%Y-%m-%d"),
            "total_cases": day * 40 * (1 + country % 7),
            "new_cases": holed(rng, cases, 0.03),
            "total_deaths": day * (1 + country % 7),
            "new_deaths": holed(rng, rng.poisson(1.2, count), 0.04),
            "total_cases_per_million": (day * 4e7 / people).round(3),
            "new_cases_per_million": holed(rng, (cases * 1e6 / people).round(3), 0.03),
            "reproduction_rate": holed(rng, rng.normal(1, 0.2, count).round(2), 0.3),
            "hospital_patients": holed(rng, rng.poisson(900, count), 0.6),
            "icu_patients": holed(rng, rng.poisson(90, count), 0.6),
            "total_tests": holed(rng, day * 1300 + region, 0.4),
            "new_tests": holed(rng, rng.poisson(1300, count), 0.4),
            "positive_rate": holed(rng, rng.beta(2, 20, count).round(4), 0.45),
            "tests_units": holed(rng, np.array(["tests performed", "people tested"], dtype=object)[region % 2], 0.4),
            "people_vaccinated": holed(rng, day * 700 + region, 0.5),
            "stringency_index": rng.integers(0, 10_000, count) / 100,
            "population": people,
            "population_density": (people / (300 + country)).round(3),
            "median_age": (20 + country % 28 + 0.5).round(1),
            "gdp_per_capita": (1500 + country * 311.7).round(3),
            "diabetes_prevalence": (3 + country % 9 + 0.17).round(2),
            "life_expectancy": (60 + country % 25 + 0.4).round(1),
            "human_development_index": (0.4 + country % 50 / 100).round(3),
        }
    )
