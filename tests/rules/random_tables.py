"""Small CSV files that are as odd as real ones, or odder."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from random import Random

NAMES = [
    "country",
    "amount",
    "order_id",
    "price",
    "k",
    "v",
    "count",
    "size",
    "index",
    "T",
    "Unnamed: 0",
    "a b",
    " lead",
    "naïve",
    "日本",
    'qu"ote',
    "it's",
    "{x}",
    "%s",
    "a?b",
    "a:b",
    "rowid",
    "row_number",
    "group",
    "order",
    "sum",
    "mean",
    "name",
    "level_0",
    "two\nlines",
    "back\\slash",
    "1",
    "x.1",
    "Out",
    "select",
]
TEXTS = [
    "IT",
    "DE",
    "FR",
    "it",
    "é",
    "e\u0301",
    "\U0001f600",
    "a b",
    " pad",
    "pad ",
    "x,y",
    'q"q',
    "two\nlines",
    "01",
    "-",
    "Z",
    "%",
    "'",
]


@dataclass(frozen=True)
class Column:
    """One column: its name, the kind of its values, and the values as the file spells them."""

    name: str
    kind: str  # "text", "int", "float", "bool" or "odd": what pandas will most likely see
    values: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A file's content and the arguments that read it."""

    columns: tuple[Column, ...]
    content: bytes
    options: str

    def of_kind(self, *kinds: str) -> list[Column]:
        """Return the columns of these kinds."""
        return [column for column in self.columns if column.kind in kinds]


def random_table(random: Random) -> Table:
    """Return a table of up to 40 rows and 7 columns."""
    rows = random.choice([0, 1, 2, 5, 9, 12, 20, 20, 40])
    names = random.sample(NAMES, random.randint(2, 7))
    kinds = _CALM if random.random() < 0.6 else _MAKERS
    makers = [_MAKERS[0], _MAKERS[2], *random.choices(kinds, k=len(names))][: len(names)]
    columns = tuple(_column(random, name, maker, rows) for name, maker in zip(names, makers, strict=True))
    separator = random.choice([",", ",", ",", ";"])
    options = f", sep={separator!r}" if separator != "," else random.choice([*[""] * 6, *_OPTIONS])
    return Table(columns, _written(random, columns, separator, rows), options)


_OPTIONS = [
    ", keep_default_na=False",
    ", na_values=['IT', '3']",
    ", low_memory=False",
    ", na_filter=False",
    ", skipinitialspace=True",
    ", encoding='utf-8'",
    ", dtype='str'",
    ", nrows=7",
    ", parse_dates=False",
]


def _column(random: Random, name: str, maker: str, rows: int) -> Column:
    kind, make = maker.split(":")
    missing = random.choice([0, 0, 0, 0.3]) if kind in {"text", "float", "bool"} else 0
    few = random.sample(TEXTS, 3)
    values = [_VALUES[make](random, row, rows, few) for row in range(rows)]
    return Column(name, kind, tuple("" if random.random() < missing else value for value in values))


def _plain_float(random: Random, *_: object) -> str:
    return repr(round(random.uniform(-10, 1000), random.choice([0, 1, 3, 12])))


_VALUES = {
    "few": lambda random, row, rows, few: random.choice(few),
    "many": lambda random, row, rows, few: random.choice(TEXTS) + str(random.randint(0, 9)),
    "na": lambda random, row, rows, few: random.choice(["NA", "null", "None", "nan", "x", "y"]),
    "small": lambda random, row, rows, few: str(random.randint(0, 6)),
    "row": lambda random, row, rows, few: str(row),
    "edge8": lambda random, row, rows, few: str(random.choice([-128, 127, 100, -100, 0, 1])),
    "edge16": lambda random, row, rows, few: str(random.choice([-(2**15), 2**15 - 1, 300, -300, 1])),
    "byte": lambda random, row, rows, few: str(random.choice([0, 255, 200, 100, 1])),
    "signed": lambda random, row, rows, few: str(random.randint(-(10**6), 10**6)),
    "big": lambda random, row, rows, few: str(random.choice([2**53, 2**53 + 1, 2**62, -(2**63), 2**63 - 1, 5])),
    "huge": lambda random, row, rows, few: str(random.choice([2**63, 2**64 - 1, 2**70, 1])),
    "plain": _plain_float,
    "zeros": lambda random, row, rows, few: random.choice(["-0.0", "0.0", "1.5"]),
    "wide": lambda random, row, rows, few: random.choice(["1e16", "1", "-1e16", "1e-300", "1e300", "0.1"]),
    "inf": lambda random, row, rows, few: random.choice(["inf", "-inf", "1.25", "3"]),
    "whole": lambda random, row, rows, few: str(random.randint(0, 50)) if row % 4 else "",
    "late": lambda random, row, rows, few: str(row) if row < rows - 2 else "7.5",
    "bool": lambda random, row, rows, few: random.choice(["True", "False"]),
    "mixed": lambda random, row, rows, few: str(row) if row < rows // 2 else "text",
    "empty": lambda random, row, rows, few: "",
    "date": lambda random, row, rows, few: f"2024-01-{row % 28 + 1:02d}",
    "zip": lambda random, row, rows, few: f"0{random.randint(1, 9)}",
}
_MAKERS = [
    "text:few",
    "text:few",
    "int:small",
    "int:row",
    "int:signed",
    "int:edge8",
    "int:edge16",
    "int:byte",
    "float:plain",
    "float:plain",
    "float:whole",
    "float:late",
    "text:many",
    "text:na",
    "odd:big",
    "odd:huge",
    "float:zeros",
    "odd:wide",
    "odd:inf",
    "bool:bool",
    "odd:mixed",
    "odd:empty",
    "text:date",
    "int:zip",
]


_CALM = [
    "text:few",
    "text:many",
    "int:small",
    "int:row",
    "int:signed",
    "int:edge8",
    "int:byte",
    "float:plain",
    "float:whole",
    "bool:bool",
]


def _written(random: Random, columns: tuple[Column, ...], separator: str, rows: int) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=random.choice(["\n", "\n", "\r\n"]))
    writer.writerow([column.name for column in columns])
    writer.writerows([[column.values[row] for column in columns] for row in range(rows)])
    content = text.getvalue()
    if random.random() < 0.1:
        content = content.rstrip("\r\n")
    return (b"\xef\xbb\xbf" if random.random() < 0.05 else b"") + content.encode()
