"""Which names cells need: never one too few. Which cells can't be tried or compared: held back when in doubt."""

from __future__ import annotations

import pytest

from memadvise.rewrite.needed import needed, unrepeatable, unrunnable


@pytest.mark.parametrize(
    ("cells", "names", "without"),
    [
        (["y = x + 1"], "x", "y"),
        (["y = 1\nz = y"], "", "y z"),
        (["y = 1", "z = y + x"], "x", "y z"),
        (["x = x + 1"], "x", ""),
        (["x += 1"], "x", ""),
        (["x[0] = 1\nobj.a = 2"], "x obj", ""),
        (["if a:\n    y = 1\nz = y"], "a y", "z"),
        (["for i in rows:\n    last = i\nlast"], "rows last i", ""),
        (["try:\n    y = 1\nexcept E as e:\n    pass\ny"], "y E", ""),
        (["def f():\n    return limit\nf()"], "limit", "f"),
        (["def f(): return y\ny = 1"], "y", ""),
        (["[a * k for a in rows]"], "rows k", ""),
        (["f'{a} {b:{width}}'"], "a b width", ""),
        (["df.query('x > @limit')"], "df limit", ""),
        (["eval('p + q')"], "p q", ""),
        (["con.sql('select * from orders')"], "con orders", ""),
        (["import pandas as pd\npd.DataFrame()"], "", "pd"),
        (["from m import *\nq"], "q", ""),
        (["a, (b, *c) = t\na + b + c"], "t", "a b c"),
        (["y = 1\ndel y\ny"], "y", ""),
        (["with open(p) as f:\n    t = f.read()\nt"], "p t", ""),
        (["(n := 3)\nn"], "n", ""),
        (["def f():\n    global total\n    total += 1"], "total", ""),
        (["class A(Base):\n    x = limit"], "Base limit", "A"),
        (["x: int\nx"], "x", ""),
        (["a = [a for a in b]"], "b a", ""),
        (["match v:\n    case Point(x=0): pass"], "v Point", ""),
        (["%time y = slow(x)\ny"], "slow x", "y"),
        (["lambda: later\n"], "later", ""),
        (["y = 1\nawait g(y)"], "g", "y"),
    ],
)
def test_names_that_cells_need(cells: list[str], names: str, without: str) -> None:
    """All that may be read, and not what was surely bound before."""
    found = needed(cells)

    assert set(names.split()) <= found
    assert not set(without.split()) & found


@pytest.mark.parametrize(
    "cell",
    [
        "x = (",
        "!ls",
        "files = !ls",
        "%%bash\nls",
        "%%sql\nselect 1",
        "%cd ..",
        "%run other.py",
        "%load_ext foo",
        "%matplotlib widget",
        "x?",
        "n = input('?')",
        "from getpass import getpass",
        "exit()",
        "quit",
        "get_ipython().run_cell('x')",
        "import os\nos._exit(1)",
        "os.fork()",
        "import os as o\no.execv('a', [])",
        "from os import abort",
        "os.kill(1, 9)",
        "import signal",
        "import multiprocessing as mp",
        "from concurrent.futures import ProcessPoolExecutor",
        "import subprocess",
        "In[3]",
        "Out[3]",
        "_ + 1",
        "y = _12",
        "globals()['x']",
        "locals()",
        "exec(code)",
        "eval('input()')",
        "import __main__",
        "import sys\nsys._getframe()",
        "def f():\n    return input()",
    ],
)
def test_cells_that_can_not_be_tried(cell: str) -> None:
    """Each says why."""
    assert unrunnable(["x = 1", cell])


@pytest.mark.parametrize(
    "cell",
    [
        "y = df.groupby('a').sum()",
        "%time y = 1",
        "%matplotlib inline\ny = 1",
        "%%time\ny = 1",
        "%%capture\nprint(1)",
        "await f()",
        "for _ in range(3):\n    pass",
        "a, _ = f()",
        "import os\nos.path.join('a', 'b')",
        "s = '!not a shell line'",
        "x = 10 % 3",
        "eval('1 + 1')",
    ],
)
def test_cells_that_can_be_tried(cell: str) -> None:
    """Plain work, harmless magics, top-level await."""
    assert unrunnable([cell]) == ""


@pytest.mark.parametrize(
    "cell",
    [
        "import random\nrandom.random()",
        "from random import randint\nrandint(1, 2)",
        "np.random.rand(3)",
        "np.random.seed(1)\nnp.random.rand(3)",
        "rng = np.random.default_rng()",
        "rng = np.random.default_rng(seed)",
        "df.sample(5)",
        "from random import gauss\ng = gauss",
        "rng.normal(size=3)",
        "df.sample(5, random_state=None)",
        "train_test_split(x, y)",
        "KMeans(3).fit(x)",
        "import time\ntime.time()",
        "from time import time\ntime()",
        "from time import perf_counter\nperf_counter()",
        "datetime.now()",
        "datetime.datetime.now()",
        "pd.Timestamp.now()",
        "pd.Timestamp.today()",
        "pd.to_datetime('now')",
        "date.today()",
        "uuid.uuid4()",
        "from uuid import uuid4\nuuid4()",
        "os.urandom(3)",
        "secrets.token_hex()",
        "id(x)",
        "hash('a')",
        "os.getpid()",
        "%%bash\ndate",
    ],
)
def test_cells_whose_runs_can_not_be_compared(cell: str) -> None:
    """Chance, time and addresses."""
    assert unrepeatable(["y = 1", cell])


@pytest.mark.parametrize(
    "cell",
    [
        "y = df.groupby('a').sum()",
        "rng = np.random.default_rng(0)\ny = rng.random(3)",
        "rng = np.random.default_rng(seed=7)\ny = rng.choice(x)",
        "df.sample(5, random_state=1)",
        "train_test_split(x, y, random_state=3)",
        "df['time'].max()",
        "import random",
        "df.date",
    ],
)
def test_cells_whose_runs_can_be_compared(cell: str) -> None:
    """Nothing of chance, or a constant seed."""
    assert unrepeatable([cell]) == ""
