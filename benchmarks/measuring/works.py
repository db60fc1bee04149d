"""The cells that are timed, and what measuring may add to each."""

from __future__ import annotations

from dataclasses import dataclass

LEAST_S = 0.35


@dataclass(frozen=True)
class Work:
    """A cell to be timed; ``rounds`` in it is chosen so that it takes `LEAST_S` or more.

    ``most_ratio`` is allowed of measured to bare; ``most_s`` instead: seconds that may be added.
    """

    name: str
    setup: str
    source: str
    most_ratio: float | None = 1.03
    most_s: float | None = None


CHAIN = """
parts = []
for number in range(rounds):
    some = frame[frame['x'] > 0.1]
    some = some.assign(y=some['x'] * 2.0)
    some['z'] = some['y'] - some['x']
    by_key = some.groupby('key')
    sums = by_key['y'].sum()
    means = by_key['z'].mean()
    most = by_key['x'].max()
    least = by_key['x'].min()
    counts = by_key.size()
    both = sums.to_frame('sums').join(means.to_frame('means'))
    both['most'] = most
    both['least'] = least
    both['counts'] = counts
    both = both.reset_index()
    both = both.sort_values('sums', ascending=False)
    top = both.head(10)
    total = float(top['sums'].sum())
    name = f'{number}: {total:.2f}'
    parts.append((name, total))
"""
CALLS = """
def step(a, b):
    c = a * 3 + b
    if c % 2:
        c += 1
    return c % 1001
def walk(count):
    value = 1
    for number in range(count):
        value = step(value, number)
    return value
for _ in range(rounds):
    last = walk(20_000)
"""
LIBRARIES = """
import json, re, string
found = []
for number in range(rounds):
    text = json.dumps({'number': number, 'words': words})
    back = json.loads(text)
    longest = re.findall(r'\\b[a-z]{6,}\\b', ' '.join(back['words']))
    line = ', '.join('{:>12}'.format(word) for word in longest)
    filled = string.Template('$line and $number').substitute(line=line, number=number)
    found.append(re.sub(r'\\s+', ' ', filled))
"""
TABLE = (
    "import numpy as np, pandas as pd\nr = np.random.default_rng(0)\n"
    "frame = pd.DataFrame({'key': r.integers(0, 500, 200_000), 'x': r.random(200_000)})"
)
WORKS = (
    Work(
        "numpy sorting",
        "import numpy as np\nnumbers = np.random.default_rng(0).random(400_000)",
        "for _ in range(rounds):\n    y = np.sort(numbers)\n    z = y[::-1]",
    ),
    Work("pandas groupby chain, 20 lines in a loop", TABLE, CHAIN),
    Work("Python loops with calls", "", CALLS),
    Work("read_csv", "import pandas as pd", "for _ in range(rounds):\n    df = pd.read_csv('data.csv')"),
    Work("json, regex, formatting", "words = [f'{i:x} several words' for i in range(400)]", LIBRARIES),
    Work("10 ms cell", "import time", "time.sleep(0.01)", most_ratio=None, most_s=0.020),
    Work("tight loop, one line", "x = 0", "for i in range(300_000): x += i", 1.3),
    Work("tight loop, two lines", "x = y = 0", "for i in range(300_000):\n    x += i\n    y = x - i", 1.3),
)


def work_named(name: str) -> Work:
    """Return the work of that name."""
    return {work.name: work for work in WORKS}[name]
