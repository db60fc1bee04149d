"""Runs a line of code on a frame and on the same frame with other dtypes: what a rule's word does, seen."""

from __future__ import annotations

import ast
import contextlib
import io
import warnings
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd

from memadvise.model import Cell, NotebookSource, ResultClass
from memadvise.rewrite.flow import usage
from memadvise.rewrite.parse import parse_notebook
from memadvise.rewrite.reads import find_reads
from memadvise.trial.compare import compare
from memadvise.trial.snapshot import snapshot

READ = "import numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt\ndf = pd.read_csv('data.csv')\n"
READ += "other = pd.DataFrame({'a': [1, 2, 2, 300, -3], 'b': [1, 1, 2, 3, 4], 'z': [1.5, 2, 3, 4, 5]})\n"
HEADER = ("a", "b", "c", "t", "i")


def words(code: str) -> set[str]:
    """Return the words for what the code does with column `a` of the frame `df`."""
    cells = parse_notebook(NotebookSource((Cell("0", 0, READ), Cell("1", 1, code)), "0"))
    return {use.operation for use in usage(cells, find_reads(cells)[0], HEADER).of_column("a")}


def frames(dtype: str) -> Iterator[pd.DataFrame]:
    """Yield frames whose column `a` fits an integer dtype: extremes, two rows, one, ties."""
    random, limits = np.random.default_rng(1), np.iinfo(dtype)
    low, high = int(limits.min), int(limits.max)
    shapes = [(2, low, high), (30, low, high), (1, 5, 5), (300, max(low, -3), 4)]
    for rows, least, most in shapes if dtype.endswith("8") else shapes[:2]:
        values = random.integers(least, most, rows, endpoint=True)
        if rows > 1 and most == high:
            values[:2] = low, high
        yield pd.DataFrame(
            {
                "a": values,
                "b": random.integers(-4, 5, rows),
                "c": np.where(random.random(rows) < 0.2, np.nan, random.normal(size=rows)),
                "t": random.choice(["x", "y", "z"], rows),
                "i": np.arange(rows),
            }
        )


def verdict(code: str, frame: pd.DataFrame, dtypes: Mapping[str, str], given: str = "") -> ResultClass | None:
    """Return how `x` of the code differs when columns have these dtypes; None where the code fails on the frame.

    ``given`` is code that makes the value `v` first.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            before = _run(code, frame.copy(), given)
        except Exception:  # noqa: BLE001 - not every line runs on every frame
            return None
        after = _run(code, frame.astype(dict(dtypes)), given)
    return compare({"x": snapshot(before)}, {"x": snapshot(after)}).result


def worst(found: Iterable[ResultClass | None]) -> ResultClass | None:
    """Return the worst class; None where there is none at all."""
    classes = [one for one in found if one is not None]
    return max(classes, key=list(ResultClass).index, default=None)


def _run(code: str, frame: pd.DataFrame, given: str) -> object:
    other = pd.DataFrame({"a": [1, 2, 2, 300, -3], "b": [1, 1, 2, 3, 4], "z": [1.5, 2, 3, 4, 5]})
    namespace: dict[str, object] = {"df": frame, "pd": pd, "np": np, "other": other}
    if given:
        namespace["v"] = eval(given, namespace)
    tree = ast.parse(code if "x = " in code else f"x = {code}")
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(tree, "<word>", "exec"), namespace)
    return namespace["x"]
