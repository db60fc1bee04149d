"""A file is read whole to look up a few answers."""

from pathlib import Path

from casework.data.survey import survey

CELLS = (
    "import pandas as pd",
    '%%memadvise\nsurvey = pd.read_csv("survey.csv")',
    'first = survey[survey["Timestamp"] == "2014-08-27 11:31:07"]\nfirst',
    'second = survey[survey["Timestamp"] == "2014-08-27 11:33:20"]\nsecond',
)


def make(folder: Path, scale: float) -> None:
    """Write survey.csv, 100 MB."""
    survey(folder, 0.59 * scale)
