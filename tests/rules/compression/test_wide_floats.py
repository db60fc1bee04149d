"""wide-floats: an approximation for measurements, by choice only, and never where digits matter."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
from harness import ask, held_back, notebook, only_card, run

from memadvise.model import ResultClass

RULE = "wide-floats"
READ = "import numpy as np\nimport pandas as pd\ndf = pd.read_csv('data.csv')"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file of measurements."""
    random = Random(1)
    rows = "".join(f"{random.gauss(10, 5)},{random.random()},{'xy'[row % 2]},{row}\n" for row in range(200))
    (tmp_path / "data.csv").write_text("wind,rain,t,n\n" + rows)
    return tmp_path


@pytest.mark.parametrize(
    "use",
    [
        "x = df['wind'].mean()\ny = df['rain'].std()",
        "x = df['wind'].describe()",
        "x = df[['wind', 'rain']].corr()",
        "x = df.groupby('t')['wind'].mean()",
        "x = df['wind'].quantile(0.3)",
        "class M:\n    def fit(self, a, b):\n        return self\nM().fit(df[['wind']], df['rain'])\nx = 1.0",
        "df.head()\nx = df['wind'].max()",
    ],
)
def test_measurements_can_be_float32(folder: Path, use: str) -> None:
    """The card is approximate, says what is lost, and results stay within a millionth."""
    source = notebook(READ, use)

    card = only_card(RULE, source, folder)
    before, after = (run(one, folder)[0]["x"] for one in (source, source.with_edits(card.edits)))

    assert card.result is ResultClass.APPROXIMATE
    assert '"wind": "float32"' in card.edits[0].after
    assert "16777217" in card.why
    np.testing.assert_allclose(np.asarray(after, float), np.asarray(before, float), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        ("x = df[df['wind'] == 3.5]", "=="),
        ("x = df[df['wind'] > 3.5]", "<"),
        ("x = df['wind'].isin([0.1])", "isin"),
        ("x = df.groupby('wind').size()", "group key"),
        ("x = df.merge(df[['wind', 'n']], on='wind')", "merge key"),
        ("x = df['wind'].cumsum()", "cumsum"),
        ("x = df['wind'].sum()", "sum"),
        ("x = df.sort_values('wind')['n']", "sort key"),
        ("x = df.set_index('wind')", "index"),
        ("x = df['wind'].rank()", "rank"),
        ("x = df['wind'].value_counts()", "value_counts"),
        ("x = df['wind'].unique()", "unique"),
        ("x = df['wind'] * 3", "*"),
        ("x = df['wind'].diff()", "diff"),
        ("x = df.to_csv()", "frame.to_csv"),
        ("x = str(df['wind'].tolist())", "tolist"),
        ("def f(v):\n    return np.cumsum(v)\nx = f(df['wind'])", "np.cumsum"),
        ("x = len([df['wind']])", "unknown"),
    ],
)
def test_it_holds_back_where_digits_matter(folder: Path, use: str, reason: str) -> None:
    """Keys, equality, order, running sums, arithmetic, text."""
    cards, held = ask(RULE, notebook(READ, use), folder)

    assert not [card for card in cards if '"wind"' in card.edits[0].after]
    assert reason in " | ".join(one.reason for one in held if "'wind'" in one.reason)


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("price", ["1.5", "2.5"], "price"),
        ("order_id", ["1.5", "2.5"], "id"),
        ("unitPrice", ["1.5", "2.5"], "price"),
        ("timestamp", ["1.5", "2.5"], "timestamp"),
        ("v", ["1e39", "2.5"], "range"),
        ("v", ["16777217.0", "1.0"], "collide"),
        ("v", ["10000.001", "10000.002"], "digits"),
        ("v", ["inf", "1.5"], "range"),
    ],
)
def test_values_and_names_that_need_digits(tmp_path: Path, name: str, values: list[str], reason: str) -> None:
    """Money, keys, times; large whole numbers; small steps on a large offset."""
    (tmp_path / "data.csv").write_text(f"{name},n\n" + "".join(f"{value},1\n" for value in values * 5))

    assert reason in held_back(RULE, notebook(READ, f"x = df[{name!r}].mean()"), tmp_path)


def test_random_measurements_keep_seven_digits(tmp_path: Path) -> None:
    """Means and extremes of random columns stay within a hundred-thousandth."""
    random = Random(5)
    for _ in range(8):
        centre, width = random.uniform(-100, 100), random.uniform(1, 100)
        rows = "".join(f"{random.gauss(centre, width)},1\n" for _ in range(300))
        (tmp_path / "data.csv").write_text("v,n\n" + rows)
        source = notebook(READ, f"x = df['v'].{random.choice(['mean', 'std', 'min', 'max'])}()")
        card = only_card(RULE, source, tmp_path)
        before, after = (run(one, tmp_path)[0]["x"] for one in (source, source.with_edits(card.edits)))

        np.testing.assert_allclose(after, before, rtol=1e-5, atol=1e-5 * abs(centre))
