"""One of twelve columns, as a category; the spellings are mapped once each, not row by row."""

import pandas as pd

MEANT = {
    "Male": ["male", "M", "m", "Man", "Make", "Male ", "maile", "Cis Male"],
    "Female": ["female", "F", "f", "Woman", "Female ", "femail"],
    "Other": ["non-binary", "other", "prefer not to say"],
}
meaning = {spelling: word for word, spellings in MEANT.items() for spelling in spellings}
gender = pd.read_csv("survey.csv", usecols=["Gender"], dtype="category")["Gender"]
kinds = pd.Series(gender.unique().astype("str")).replace(meaning).unique()
