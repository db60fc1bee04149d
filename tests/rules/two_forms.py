"""Experiments: the same code over a column in two forms (text and category, text and dates), and how alike results are.

A rule's allow-list of operations is held by such experiments: each word has expressions in which it happens.
``{c}`` stands for the column, ``{f}`` for its frame.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from memadvise.model import Cell, NotebookSource, ResultClass
from memadvise.rewrite.flow import usage
from memadvise.rewrite.follow.values import Use
from memadvise.rewrite.parse import parse_notebook
from memadvise.rewrite.reads import find_reads
from memadvise.trial.compare import compare
from memadvise.trial.snapshot import Snapshot, snapshot

Form = Callable[[], pd.DataFrame]
Words = Mapping[str, Sequence[str]]
READ = "import pandas as pd\nimport numpy as np\ndf = pd.read_csv('data.csv')"
BOTH_RAISE = "both raise"


def filled(expression: str, column: str = "df['k']", frame: str = "df") -> str:
    """Return the expression for a column and a frame."""
    return expression.replace("{c}", column).replace("{f}", frame)


def outcome(code: str, form: Form) -> dict[str, Snapshot] | str:
    """Run code over the frame ``df``; return what the names that it binds then hold, or the name of what it raises."""
    names: dict[str, object] = {"pd": pd, "np": np, "df": form()}
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(code, names)
    except Exception as error:  # noqa: BLE001 - whatever it is: the other form must raise as well
        return type(error).__name__
    own = {"pd", "np", "df", "__builtins__", "__warningregistry__"}
    return {name: snapshot(value) for name, value in names.items() if name not in own}


def judged(code: str, one: Form, other: Form) -> ResultClass | str:
    """Return how alike the results over two forms are, DIFFERENT too where only one of them raises."""
    before, after = outcome(code, one), outcome(code, other)
    if isinstance(before, str) and isinstance(after, str):
        return BOTH_RAISE
    if isinstance(before, str) or isinstance(after, str):
        return ResultClass.DIFFERENT
    verdict = compare(before, after)
    assert not verdict.not_compared, code
    return verdict.result


def uses_of(code: str, header: tuple[str, ...]) -> tuple[Use, ...]:
    """Return the uses that following finds in code over the frame ``df``."""
    cells = parse_notebook(NotebookSource((Cell("0", 0, READ), Cell("1", 1, code)), "0"))
    return usage(cells, find_reads(cells)[0], header).uses
