"""The kinds of cell that are put to the test, with what is known of each beforehand. Bytes are ints."""

from __future__ import annotations

from dataclasses import dataclass

MB = 1_000_000
HOLD_S = 0.7  # children hold what they have for so long: both the tool and the look from outside must find a moment


@dataclass(frozen=True)
class Culprit:
    """The line of a cell (from 1) that takes the most.

    ``nbytes`` is how far it goes above where it began; None: as far as the whole cell goes, read from outside.
    ``callers`` are the lines that call a function around it: what they call counts with them, too.
    """

    line: int
    nbytes: int | None = None
    callers: tuple[int, ...] = ()


@dataclass(frozen=True)
class CellKind:
    """One kind of cell: ``setup`` runs before it and is not measured.

    ``known_bytes`` is the resident increment where sizes are known beforehand; ``raises``: the cell ends with an
    exception of its own; ``has_children``: what its child processes hold counts.
    """

    name: str
    setup: str
    source: str
    known_bytes: int | None = None
    culprit: Culprit | None = None
    raises: bool = False
    has_children: bool = False


NUMPY = "import numpy as np"
TABLES = """
import numpy as np, pandas as pd
n = 1_000_000
a = pd.DataFrame({'id': np.arange(n), 'group': np.arange(n) % 1000, 'x': np.ones(n)})
b = pd.DataFrame({'id': np.arange(n)[::-1].copy(), 'y': np.ones(n)})
"""
FREED = """
blocks = [b'1' * 50_000 for _ in range(4_000)]
pin = b'1' * 50_000
del blocks
"""  # 200 MB go back to the heap; the block above them keeps them resident
FORK_POOL = f"""
import multiprocessing, time
def take():
    global mine
    mine = b'1' * 40_000_000
with multiprocessing.get_context('fork').Pool(2, take) as pool:
    pool.map(time.sleep, [{HOLD_S}, {HOLD_S}], chunksize=1)
"""
SUBPROCESS = f"""
import subprocess, sys
child = "import time; x = b'1' * 100_000_000; time.sleep({HOLD_S})"
subprocess.run([sys.executable, '-c', child], check=True)
"""
LOOP = """
total = 0.0
for number in range(8):
    chunk = np.ones(5_000_000)
    total += chunk.sum()
"""
IN_FUNCTION = """
def build(count):
    name = f'{count} numbers'
    numbers = np.ones(count)
    return name, numbers.sum()
few = build(1_000)
many = build(20_000_000)
"""
RAISING = """
def load():
    block = b'1' * 150_000_000
    raise ValueError(f'{len(block)} bytes are in a wrong format')
first = 1
load()
"""
THREAD = """
import threading
def work():
    return len(b'1' * 100_000_000)
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""
EARLIER = """
import numpy as np
def build(count):
    return np.ones(count)
"""

CELLS = (
    CellKind(
        "short spike", NUMPY, "n = 25_000_000\nx = np.ones(n)\ndel x\ndone = True", 200 * MB, Culprit(2, 200 * MB)
    ),
    CellKind(
        "spike in one C call that holds the GIL",
        "",
        "n = 300_000_000\nlength = len(b'1' * n)\ndone = True",
        300 * MB,
        Culprit(2, 300 * MB),
    ),
    CellKind(
        "hidden temporaries",
        "import numpy as np\na, b, c, d = (np.ones(5_000_000) for _ in range(4))",
        "first = a[0]\nr = (a + b) * c - (d + a)\nlast = r[-1]",
        culprit=Culprit(2),
    ),
    CellKind(
        "pandas read_csv",
        "import pandas as pd",
        "path = 'data.csv'\ndf = pd.read_csv(path)\nrows = len(df)",
        culprit=Culprit(2),
    ),
    CellKind("pandas merge", TABLES, "key = 'id'\nc = a.merge(b, on=key)\nrows = len(c)", culprit=Culprit(2)),
    CellKind(
        "pandas groupby",
        TABLES,
        "keys = ['group', 'id']\ng = a.groupby(keys, as_index=False)['x'].sum()\nrows = len(g)",
        culprit=Culprit(2),
    ),
    CellKind(
        "Arrow read",
        "import pyarrow.csv as pc",
        "path = 'data.csv'\nt = pc.read_csv(path)\nrows = t.num_rows",
        culprit=Culprit(2),
    ),
    CellKind(
        "polars read",
        "import polars as pl",
        "path = 'data.csv'\ndf = pl.read_csv(path)\nrows = df.height",
        culprit=Culprit(2),
    ),
    CellKind(
        "DuckDB query",
        "import duckdb",
        "query = \"SELECT * FROM 'data.csv' ORDER BY amount\"\nt = duckdb.sql(query).fetchnumpy()\ndone = True",
        culprit=Culprit(2),
    ),
    CellKind(
        "memory-mapped file",
        NUMPY,
        "numbers = np.memmap('numbers.bin', mode='r')\ntotal = numbers.sum()\ndone = True",
        100 * MB,
        Culprit(2, 100 * MB),
    ),
    CellKind("5 M ints", "", "n = 5_000_000\nx = list(range(n))\nlast = x[-1]", culprit=Culprit(2)),
    CellKind(
        "list of dicts",
        "",
        "n = 400_000\nrows = [{'id': i, 'x': i / 2} for i in range(n)]\nlast = rows[-1]",
        culprit=Culprit(2),
    ),
    CellKind("inside a thread", "", THREAD, 100 * MB),
    CellKind("subprocess", "", SUBPROCESS, has_children=True),
    CellKind("fork pool", "shared = b'1' * 120_000_000", FORK_POOL, has_children=True),
    CellKind("untouched pages", NUMPY, "x = np.zeros(50_000_000)\nsize = x.nbytes", 0),
    CellKind(
        "half-touched pages",
        NUMPY,
        "x = np.zeros(50_000_000)\nx[:25_000_000] = 1.0\nsize = x.nbytes",
        200 * MB,
        Culprit(2, 200 * MB),
    ),
    CellKind(
        "reuse after a big free",
        FREED,
        "again = [b'1' * 50_000 for _ in range(3_900)]\nlast = again[-1]",
        known_bytes=0,
    ),
    CellKind("10 ms cell", NUMPY, "n = 2_500_000\nx = np.ones(n)\ny = x[0]", 20 * MB, Culprit(2, 20 * MB)),
    CellKind("culprit in a function", NUMPY, IN_FUNCTION, 160 * MB, Culprit(4, 160 * MB, callers=(7,))),
    CellKind(
        "function of an earlier cell",
        EARLIER,
        "few = build(1_000)\nmany = build(20_000_000)\ndel many",
        160 * MB,
        Culprit(2, 160 * MB),
    ),
    CellKind("loop of chunks", NUMPY, LOOP, 80 * MB, Culprit(4, 40 * MB)),
    CellKind("exception with a big local", "", RAISING, 150 * MB, Culprit(3, 150 * MB, callers=(6,)), raises=True),
)


def kind_named(name: str) -> CellKind:
    """Return the cell of that name.

    Raises:
        KeyError: there is none.
    """
    return {kind.name: kind for kind in CELLS}[name]
