"""merge-for-lookup: reductions of a many-to-one merge are made by lookups, and nothing else is."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from harness import ask, evidence_of, held_back, notebook, only_card, run, verify

from memadvise.model import ResultClass
from memadvise.rules import advise, find_rule
from memadvise.rules.compression import merge_for_lookup

RULE = "merge-for-lookup"
READ = "import pandas as pd\norders = pd.read_csv('orders.csv')\nshops = pd.read_csv('shops.csv')"
LEFT = "m = orders.merge(shops, on='k', how='left')"
INNER = "m = orders.merge(shops, on='k')"
OTHER_KEY = "m = orders.merge(shops, left_on='k', right_on='shop')"
KEYED = "shops = shops.rename(columns={'k': 'shop'})\n" + OTHER_KEY
ORDERS = "k,qty,amount,year\n" + "".join(
    f"{('a', 'b', 'z', 'c', '', 'd')[row % 6]},{row},{row / 7 if row % 4 else ''},{2020 + row % 3}\n"
    for row in range(60)
)
MATCHED = "\n".join(line for line in ORDERS.splitlines() if line[0] not in "z,") + "\n"
SHOPS = "k,name,price,rank,open\nd,Dora,1.5,3,True\na,Ann,,1,False\nb,,2.5,2,True\nc,Ann,0.1,2,True\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with orders, some without a key or partner, and shops, some without a name or price."""
    (tmp_path / "orders.csv").write_text(ORDERS)
    (tmp_path / "shops.csv").write_text(SHOPS)
    return tmp_path


@pytest.mark.parametrize(
    ("make", "use"),
    [
        (INNER, "x = m.groupby('name')['qty'].sum()"),
        (INNER, "x = m.groupby('name')['qty'].sum().sort_values().head(1), m.groupby('name').size()"),
        (INNER, "x = m.groupby('name')['qty'].mean(), m.groupby('name')['amount'].median()"),
        (INNER, "x = m.groupby('name')['amount'].count(), m.groupby('price')['qty'].max()"),
        (INNER, "x = m.groupby(['name', 'year'])[['qty', 'amount']].sum()"),
        (INNER, "x = m.groupby(['name'], as_index=False)['amount'].sum()"),
        (INNER, "x = m.groupby('name', sort=False).agg({'qty': ['sum', 'mean'], 'amount': 'max'})"),
        (INNER, "x = m.groupby('name').agg(total=('amount', 'sum'), n=('qty', 'count')).reset_index()"),
        (INNER, "x = m.groupby('name').amount.mean()"),
        (LEFT, "x = m.groupby('rank')['amount'].sum(), m.groupby('open')['qty'].nunique()"),
        (LEFT, "x = m.groupby('year')['price'].sum(), m.groupby('k')['rank'].max(), m.groupby('name')['name'].count()"),
        (LEFT, "x = m['price'].sum(), m['amount'].mean(), m['name'].nunique(), m.price.std(), m['k'].count()"),
        (LEFT, "x = (m['qty'] * m['price']).sum(), (m.qty > m.price).sum(), len(m), m.shape[0]"),
        (LEFT, "names = m['name']\nflags = m['open']\nranks = m['rank'] * 2"),
        (LEFT, "for k in ['qty', 'price']:\n    x = m['price'].max()"),
        ("m = pd.merge(orders, shops[['k', 'name']], on=['k'], how='inner')", "x = m.groupby('name')['qty'].sum()"),
        ("m = orders[['k', 'qty']].merge(shops, on='k', validate='many_to_one')", "x = m.groupby('name')['qty'].sum()"),
        ("x = orders.merge(shops, on='k').groupby('name')['qty'].sum()", "y = 1"),
        (KEYED, "x = m.groupby('name')['qty'].sum(), m.groupby('name')['amount'].mean()"),
        (KEYED.replace("'shop')", "'shop', how='left')"), "x = m['price'].sum(), m['k'].count(), m['name']"),
        ("class sns:\n    barplot = staticmethod(lambda **given: None)\n" + INNER,
         "sns.barplot(data=orders, x='k')\nx = m.groupby('name')['qty'].sum()"),
        (INNER, "both = pd.concat([orders, shops])\norders['more'] = 1\nx = m.groupby('name')['qty'].sum()"),
        ("x = (\n    orders.merge(shops, on='k')\n    .groupby('name')['amount']\n    .mean()\n)", "y = 1"),
        ("x = (orders.merge(shops, on='k')).groupby('name')['amount'].mean()", "y = 1"),
        ("orders['name'] = orders.merge(shops, on='k', how='left')['name']", "x = orders['name'].value_counts()"),
        ("%time m = orders.merge(shops, on='k')", "x = m.groupby('name')['qty'].sum()"),
    ],
)  # fmt: skip
def test_reductions_are_looked_up(folder: Path, make: str, use: str) -> None:
    """Everything that is computed is identical: keys without a partner, without a name, and missing keys included."""
    source = notebook(READ, make, use, measured=1)

    card = only_card(RULE, source, folder)

    assert "assert shops" in card.edits[0].after
    assert card.result is ResultClass.IDENTICAL
    verdict = verify(card, source, folder)
    assert verdict.equal, verdict.differences
    assert verdict.result is ResultClass.IDENTICAL
    namespaces = [run(changed, folder)[0] for changed in (source, source.with_edits(card.edits))]
    assert repr(namespaces[0].get("x")) == repr(namespaces[1].get("x"))


def test_float_sums_per_key_first_are_rounded(folder: Path) -> None:
    """The sum of the sums adds up in another order."""
    card = only_card(RULE, source := notebook(READ, INNER, "x = m.groupby('name')['amount'].sum()", measured=1), folder)

    assert card.result is ResultClass.ROUNDING
    assert card.edits[1].after == 'x = orders.groupby("k")["amount"].sum().groupby(shops_by_k["name"]).sum()'
    assert verify(card, source, folder).equal


@pytest.mark.parametrize(
    "column",
    ["[float('inf'), -float('inf'), 1.0] * 20", "[0.1, 0.2, -0.3] * 20", "[float('inf'), 2.0, 1.0] * 20"],
)
def test_floats_that_cancel_or_are_infinite_are_not_summed_per_key_first(folder: Path, column: str) -> None:
    """Infinities of both signs make a key's sum NaN, which the sum over keys would skip: rows are looked up then."""
    ask_twice = f"{READ}\norders = orders.assign(z={column})\norders['k'] = (['a', 'c', 'd', 'b'] * 15)"
    source = notebook(ask_twice, LEFT, "x = m.groupby('name')['z'].sum()", measured=2)

    card = only_card(RULE, source, folder)

    assert card.result is ResultClass.IDENTICAL
    assert verify(card, source, folder).result is ResultClass.IDENTICAL


@pytest.mark.parametrize(
    "use",
    [
        "x = m['amount'].sum(), m['price'].mean(), len(m)",
        "x = m.groupby('rank')['qty'].sum(), m.groupby('year')['rank'].sum()",
        "x = m['rank'], m['name']",
    ],
)
def test_an_inner_merge_that_drops_nothing(folder: Path, use: str) -> None:
    """Where each row has a partner the code says so, and raises when a later one has none."""
    (folder / "orders.csv").write_text(MATCHED)
    source = notebook(READ, INNER, use, measured=1)

    card = only_card(RULE, source, folder)

    assert 'assert orders["k"].isin(shops["k"]).all()' in card.edits[0].after
    assert verify(card, source, folder).result is ResultClass.IDENTICAL
    (folder / "orders.csv").write_text(ORDERS)
    with pytest.raises(AssertionError):
        run(source.with_edits(card.edits), folder)


@pytest.mark.parametrize(
    "later",
    [
        SHOPS + "a,Zoe,1,1,True\n",
        "k,name,price,rank,open\n1,Ann,1,1,True\n",
        SHOPS + ",Nobody,1,1,True\n",
    ],
)
def test_it_raises_when_later_shops_do_not_fit(folder: Path, later: str) -> None:
    """A key that stands twice, a key of another type, a missing key: no lookup."""
    source = notebook(READ, INNER, "x = m.groupby('name')['qty'].sum()", measured=1)
    card = only_card(RULE, source, folder)
    (folder / "shops.csv").write_text(later)

    with pytest.raises(AssertionError):
        run(source.with_edits(card.edits), folder)


@pytest.mark.parametrize(
    ("make", "use", "reason"),
    [
        (INNER, "x = m['amount'].sum()", "cell 2, line 1: rows without a partner are dropped"),
        (INNER, "x = m.groupby('year')['qty'].sum()", "rows without a partner are dropped"),
        (INNER, "x = m.groupby('rank')['qty'].sum()", "rows without a partner are dropped"),
        (INNER, "x = m.groupby('name')['qty'].sum(), len(m)", "rows without a partner are dropped"),
        (INNER, "x = m.groupby('name')['qty'].sum()\nm.head()", "cell 2, line 2: m is used otherwise too"),
        (INNER, "x = m.groupby('name')['qty'].sum()\nm.to_csv('out.csv')", "m is used otherwise too"),
        (INNER, "x = m.groupby('name')['qty'].sum()\ny = m[m['qty'] > 1]", "m is used otherwise too"),
        (INNER, "x = m.groupby('name')['qty'].sum()\nm['new'] = 1", "m is used otherwise too"),
        (INNER, "x = m.groupby('name')['qty'].sum()\nb = m", "m is used otherwise too"),
        (INNER, "x = m.groupby('name')['qty'].sum()\ny = m.groupby('name')['qty'].transform('sum')", "otherwise"),
        (INNER, "x = m.groupby('name')['qty'].sum()\ny = m.groupby('name')['qty'].agg(lambda s: s.max())", "otherwise"),
        (INNER, "x = m.groupby('name')['qty'].sum()\ny = m.groupby('name').agg({'qty': 'cumsum'})", "otherwise"),
        (INNER, "x = m.groupby('name')['qty'].sum()\ny = m.groupby('name', dropna=False)['qty'].sum()", "otherwise"),
        (INNER, "x = m.groupby('name')['qty'].sum()\ny = m.groupby('name').sum()", "otherwise"),
        (INNER, "x = m.groupby('name')['qty'].sum()\nm = 1", "m is bound elsewhere too"),
        (INNER, "def f():\n    return m.groupby('name')['qty'].sum()\nx = f()", "m is used inside f in cell 2"),
        (INNER, "x = m.groupby('name')['qty'].sum()\ny = eval('m.shape')", "eval"),
        (INNER, "x = f\"{m.groupby('name')['qty'].sum()}\"", "f-string"),
        (INNER, "orders = orders[orders['qty'] > 3]\nx = m.groupby('name')['qty'].sum()", "line 1 may change orders"),
        (INNER, "orders['qty'] = 0\nx = m.groupby('name')['qty'].sum()", "line 1 may change orders"),
        (INNER, "shops.loc[0, 'name'] = 'B'\nx = m.groupby('name')['qty'].sum()", "line 1 may change shops"),
        (INNER, "def f(t): t['qty'] = 0\nf(orders)\nx = m.groupby('name')['qty'].sum()", "line 2 may change orders"),
        (INNER, "def f(data): data['qty'] = 0\nf(data=orders)\nx = m.groupby('name')['qty'].sum()",
         "line 2 may change orders"),
        (INNER, "orders['qty'].array[0] = 5\nx = m.groupby('name')['qty'].sum()", "line 1 may change orders"),
        (INNER, "o = orders\nx = m.groupby('name')['qty'].sum()", "line 1 gives orders another name"),
        ("o = orders\n" + INNER + "\no['qty'] = 0", "x = m.groupby('name')['qty'].sum()", "gives orders another name"),
        ("raw = orders.copy()\norders = raw\n" + INNER, "raw['qty'] = 0\nx = m.groupby('name')['qty'].sum()",
         "line 2 gives orders another name"),
        (INNER, "for t in [orders, shops]:\n    t.pop(t.columns[-1])\nx = m.groupby('name')['qty'].sum()",
         "gives orders another name"),
        ("def wipe():\n    orders['qty'] = 0\n" + INNER, "wipe()\nx = m.groupby('name')['qty'].sum()",
         "cell 1, line 1 may change orders"),
        ("wipe = lambda: orders.pop('qty')\n" + INNER, "wipe()\nx = m.groupby('name')['qty'].sum()",
         "cell 1, line 1 may change orders"),
        (INNER, "exec('orders[\"qty\"] = 0')\nx = m.groupby('name')['qty'].sum()", "uses exec"),
        (LEFT, "orders['name'] = m['name']", "line 1 may change orders"),
        (LEFT, "x = m.groupby('year')[['qty', 'price']].sum()", "qty, price of shops and more"),
        (LEFT, "x = m.groupby(['year', 'name'])['price'].sum()", "price of shops and more"),
        ("shops['qty'] = 1\n" + INNER, "x = m.groupby('name')['qty_x'].sum()", "no frame has a column 'qty_x'"),
        ("shops['year'] = 1\n" + INNER, "x = m.groupby('year_y')['amount'].sum()", "no frame has a column 'year_y'"),
        ("shops['name'] = shops['name'].astype('category')\n" + INNER, "x = m.groupby('name')['qty'].sum()",
         "column 'name' is category"),
        ("orders['k'] = 1.5\nshops['k'] = shops['rank'] + 0.5\n" + INNER, "x = m.groupby('name')['qty'].sum()",
         "the keys are float64 and float64"),
        ("shops = pd.concat([shops, shops])\n" + INNER, "x = m.groupby('name')['qty'].sum()", "several rows of shops"),
        ("shops.loc[0, 'k'] = None\n" + INNER, "x = m.groupby('name')['qty'].sum()", "missing values"),
        (KEYED, "x = m.groupby('shop')['qty'].sum()", "the right-hand key 'shop' is asked for"),
        ("shops = shops.assign(shop=shops['k'])\n" + OTHER_KEY, "x = m.groupby('k_x')['qty'].sum()",
         "no frame has a column 'k_x'"),
        ("m = orders.merge(shops, left_on='qty', right_index=True)", "x = m.groupby('name')['qty'].sum()",
         "the merge says right_index"),
        ("m = orders.merge(shops, left_on=['k', 'year'], right_on=['k', 'rank'])", "x = m.groupby('name')['qty'].sum()",
         "not on one column"),
        ("m = orders.merge(shops, on='k', how='outer')", "x = m.groupby('name')['qty'].sum()", "only inner and left"),
        ("m = orders.merge(shops, on=['k'], how='left', indicator=True)", "x = m.groupby('name')['qty'].sum()",
         "the merge says indicator"),
        ("m = orders.merge(shops, 'left', 'k')", "x = m.groupby('name')['qty'].sum()", "by position"),
        ("m = orders.merge(shops)", "x = m.groupby('name')['qty'].sum()", "not on one column"),
        (INNER + "; y = 1", "x = m.groupby('name')['qty'].sum()", "shares a line"),
        ("del shops['open']\n" + INNER, "x = m.groupby('name')['qty'].sum()\ndel shops", "not seen alive"),
    ],
)  # fmt: skip
def test_it_holds_back_with_the_place(folder: Path, make: str, use: str, reason: str) -> None:
    """What a lookup can't answer, or may answer otherwise, is named."""
    assert reason in held_back(RULE, notebook(READ, make, use, measured=1), folder)


@pytest.mark.parametrize(
    ("cells", "measured"),
    [
        ((INNER, "m.to_csv('out.csv')"), 1),
        ((INNER + "\nx = m.groupby('name')['qty'].sum()", "y = orders['qty'].sum()"), 2),
        (("x = [orders.merge(shops, on='k')['qty'].sum() for _ in range(2)]",), 1),
        (("if len(orders):\n    x = orders.merge(shops, on='k').groupby('name')['qty'].sum()",), 1),
        (("m = orders.merge(shops, on='k').merge(shops, on='k')",), 1),
    ],
)
def test_nothing_is_said_where_the_waste_is_not_seen(folder: Path, cells: tuple[str, ...], measured: int) -> None:
    """A merge that is wanted as it is, one of another cell, and merges within loops and branches."""
    assert held_back(RULE, notebook(READ, *cells, measured=measured), folder) == ""


def test_it_needs_pandas_3_and_the_live_frames(folder: Path) -> None:
    """Both are said."""
    source = notebook(READ, INNER + "\nx = m.groupby('name')['qty'].sum()", measured=1)
    evidence = evidence_of(source, run(source, folder)[0], folder)

    reasons = [
        advise(source, seen, [find_rule(RULE)])[1][0].reason
        for seen in (replace(evidence, pandas_version="2.3.0"), replace(evidence, frames=()))
    ]

    assert "needs pandas 3" in reasons[0]
    assert "not seen alive" in reasons[1]


def test_a_small_merge_is_no_card(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A saving below 1 MiB, or below 5 % of what the cell takes, is noise."""
    monkeypatch.undo()
    source = notebook(READ, INNER + "\nx = m.groupby('name')['qty'].sum()", measured=1)

    assert ask(RULE, source, folder) == ([], [])
    assert not merge_for_lookup._worth(2**20, evidence_of(source, run(source, folder)[0], folder))


USES = [
    "m.groupby('name')['qty'].sum()", "m.groupby('name')['qty'].mean()", "m.groupby('name')['amount'].sum()",
    "m.groupby('name')['amount'].std()", "m.groupby(['name', 'year'])['amount'].max()", "m.groupby('name').size()",
    "m.groupby('name')[['qty', 'amount']].sum()", "m['price'].sum()", "m['amount'].sum()", "m['rank'].mean()",
    "(m['qty'] * m['price']).sum()", "m['name']", "m['rank']", "m.groupby('year')['price'].mean()", "len(m)",
    "m.groupby('rank')['qty'].min()", "m.groupby('price')['amount'].min()", "m.groupby('k')['price'].first()",
    "m.groupby('name', as_index=False)['qty'].sum()", "m.groupby('name')['amount'].count()", "m['qty'].median()",
]  # fmt: skip


def test_random_merges_give_the_same(tmp_path: Path) -> None:
    """Random keys, gaps, partners, row labels and uses: both notebooks agree at the class of the card."""
    offered = 0
    for seed in range(60):
        chance = random.Random(seed)
        keys = chance.choice([["a", "b", "", "é", "zz", "'\"{}"[:2]], [1, 2, 3, 40, 5, -1]])
        shops = chance.sample([key for key in keys if key != ""], chance.randint(1, 5))
        partners = shops if chance.random() < 0.4 else keys
        lines = [
            f"{chance.choice(partners)},{chance.randint(-9, 9)},{chance.choice(['', chance.random() * 1e6])},{row % 3}"
            for row in range(chance.randint(1, 40))
        ]
        (tmp_path / "orders.csv").write_text("\n".join(["k,qty,amount,year", *lines]) + "\n")
        lines = [
            f"{key},{chance.choice(['Ann', 'Bob', ''])},{chance.choice(['', 1.5, 0.1])},{chance.randint(1, 2)}"
            for key in shops
        ]
        (tmp_path / "shops.csv").write_text("\n".join(["k,name,price,rank", *lines]) + "\n")
        make = chance.choice([LEFT, INNER, KEYED, KEYED.replace("'shop')", "'shop', how='left')")])
        filtered = "orders = orders[orders['year'] > 0]\n"
        before = chance.choice(["", filtered, "orders = orders.set_index('year', drop=False)\n"])
        uses = chance.sample(USES, chance.randint(1, 3))
        source = notebook(READ, before + make, f"x = [{', '.join(uses)}]", measured=1)
        try:
            run(source, tmp_path)
        except (ValueError, TypeError, AttributeError):
            continue  # a column of nothing but gaps can't be summed as text

        cards, _ = ask(RULE, source, tmp_path)

        for card in cards:
            offered += 1
            verdict = verify(card, source, tmp_path)
            assert verdict.equal, (seed, source, verdict.differences)
            order = list(ResultClass)
            assert order.index(verdict.result) <= order.index(card.result), (seed, source, verdict)
    assert offered >= 20
