"""How long the column use of a large notebook takes, and how much longer after one cell was changed.

    python benchmarks/column_use.py [--cells 200]

A notebook of that many cells from the grammar of the tests' random notebooks, over one frame of 14 columns. Times are
medians of several runs in one process; parsing is cached by cell text, as in a kernel.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from memadvise.model import Cell, NotebookSource
from memadvise.rewrite import names
from memadvise.rewrite.flow import usage
from memadvise.rewrite.parse import parse, parse_notebook
from memadvise.rewrite.reads import find_reads

RESULTS = Path(__file__).parent / "results" / "column_use.md"
HEADER = tuple(f"c{number}" for number in range(14))
FORMS = (
    "r{n} = df[df['{a}'] > {n}]['{b}'].sum()",
    "r{n} = df.groupby('{a}')[['{b}', '{c}']].agg(['sum', 'max'])\nr{n}.head()",
    "df['n{n}'] = df['{a}'] * 2 + df['{b}']\ndf['n{n}'].describe()",
    "part{n} = df.loc[(df['{a}'] == {n}) & (df['{b}'] < 3), ['{a}', '{c}']].copy()\npart{n}.sort_values('{c}').head()",
    "for name in ['{a}', '{b}']:\n    print(name, df[name].nunique(), df[name].max())",
    "def f{n}(d, column):\n    d = d.dropna(subset=[column])\n    return d.groupby('{a}')[column].mean()\n"
    "x{n} = f{n}(df, '{b}')",
    "plt.plot(df['{a}'], df['{b}'])\nplt.title('{c}')\nplt.show()",
    "y{n} = df.query('{a} > 3 and {b} < 2').pivot_table(index='{a}', columns='{b}', values='{c}', aggfunc='sum')",
)


def notebook(count: int, changed: int = -1) -> NotebookSource:
    """Return a notebook of ``count`` cells; the cell ``changed`` has a line more."""
    random = Random(7)
    cells = ["import pandas as pd\nimport matplotlib.pyplot as plt\ndf = pd.read_csv('data.csv')"]
    while len(cells) < count:
        a, b, c = random.sample(HEADER, 3)
        cells.append(random.choice(FORMS).format(n=len(cells), a=a, b=b, c=c))
    if changed >= 0:
        cells[changed] += f"\nz{time.monotonic_ns()} = df['{HEADER[0]}'].count()"
    return NotebookSource(tuple(Cell(f"c{place}", place, text) for place, text in enumerate(cells)), "c0")


def seconds(work: Callable[[], object]) -> float:
    """Return how long something takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def advise_once(source: NotebookSource) -> None:
    """Parse what is new and follow the frame through all cells."""
    cells = parse_notebook(source)
    assert usage(cells, find_reads(cells)[0], HEADER).columns()


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=200)
    count = parser.parse_args().cells
    first, again = [], []
    for run in range(7):
        parse.cache_clear()
        names._spots.cache_clear()
        source = notebook(count)
        first.append(seconds(lambda source=source: advise_once(source)))
        edited = notebook(count, changed=5 + run * 3)
        again.append(seconds(lambda edited=edited: advise_once(edited)))
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    here = f"Python {platform.python_version()}; {system}, {os.cpu_count()} CPUs"
    text = (
        "# Column use of a large notebook\n\n"
        f"{count} cells. {here}.\n\nMade by `nox -s bench -- column_use`.\n\n"
        "| | median s | worst s |\n|---|---|---|\n"
        f"| nothing known yet | {statistics.median(first):.3f} | {max(first):.3f} |\n"
        f"| after one cell was changed | {statistics.median(again):.3f} | {max(again):.3f} |\n"
    )
    RESULTS.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
