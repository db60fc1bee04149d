"""Small notebooks over one random table, from a grammar of what people do with a frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from random_tables import Column, Table

ODD, PEEKED = 0.15, 0.3  # shares of notebooks that do something odd, or peek


@dataclass
class Writer:
    """Writes statements about the frame ``df`` of ``table``; ``made`` counts the names made so far."""

    random: Random
    table: Table
    made: int = 0

    def name(self) -> str:
        """Return a new name."""
        self.made += 1
        return f"r{self.made}"

    def column(self, *kinds: str) -> Column:
        """Return a column of one of the kinds where there is one, else any."""
        return self.random.choice(self.table.of_kind(*kinds) or list(self.table.columns))

    def columns(self, *kinds: str) -> list[str]:
        """Return one to three names of columns of these kinds."""
        found = self.table.of_kind(*kinds) or list(self.table.columns)
        return [one.name for one in self.random.sample(found, min(len(found), self.random.randint(1, 3)))]

    def value(self, column: Column) -> str:
        """Return the code of a value to compare the column with."""
        known = [value for value in column.values if value]
        if column.kind == "text" or not known:
            return repr(self.random.choice([*known[:5], "nothing"]))
        if column.kind == "bool":
            return self.random.choice(["True", "False"])
        found = self.random.choice([*known[:5], "3"])
        try:
            float(found)
        except ValueError:
            return repr(found)
        return found if found.lstrip("-").lstrip("0").isdigit() or "." in found else f"float({found!r})"

    def condition(self, frame: str = "df") -> str:
        """Return the code of a row condition."""
        column = self.column("text", "int", "float", "bool")
        of = f"{frame}[{column.name!r}]"
        first, second = self.value(column), self.value(column)
        forms = [
            f"{of} == {first}",
            f"{of} != {first}",
            f"{of}.isin([{first}, {second}])",
            f"{of}.notna()",
            f"{first} == {of}",
        ]
        if column.kind in {"int", "float"}:
            forms += [f"{of} > {first}", f"{of} <= {first}", f"{of}.between({first}, {second})"] * 2
        if column.kind == "text":
            forms += [f"{of}.str.contains('I', na=False, regex=False)", f"{of} >= {first}"]
        found = self.random.choice(forms)
        if self.random.random() < 0.2:
            return f"({found}) {self.random.choice('&|')} ({self.condition(frame)})"
        return f"~({found})" if self.random.random() < 0.1 else found

    def equality(self, value: str = "") -> str:
        """Return the code of a lookup's condition."""
        column = self.column("int", "text")
        return f"df[{column.name!r}] == {value or self.value(column)}"

    # --- statements --------------------------------------------------------------------------------------------------

    def peek(self) -> str:
        """A look at the frame."""
        return self.random.choice(
            ["df.head()", "df.head(2)", "df", "df.info()", "print(df.shape)", "df.tail(3)", "len(df)", "df.shape"]
        )

    def reduction(self) -> str:
        """A groupby, or one column reduced."""
        of = f"df[{self.condition()}]" if self.random.random() < 0.5 else "df"
        reducer = self.random.choice(["sum", "count", "mean", "min", "max", "size", "median", "nunique", "first"])
        numbers = self.columns("int", "float")
        if self.random.random() < 0.3 and reducer != "size":
            return f"{self.name()} = {of}[{numbers[0]!r}].{reducer}()"
        keys = self.columns("text", "int")
        key = repr(keys[0]) if len(keys) == 1 or self.random.random() < 0.5 else repr(keys)
        chosen = "" if reducer == "size" else f"[{numbers[0]!r}]" if self.random.random() < 0.7 else f"[{numbers!r}]"
        tail = self.random.choice(
            ["", "", "", ".reset_index()", ".sort_values(ascending=False)", ".nlargest(2)", ".head(2)"]
        )
        return f"{self.name()} = {of}.groupby({key}){chosen}.{reducer}(){tail if chosen.count(',') == 0 else ''}"

    def aggregation(self) -> str:
        """A groupby with a dict of functions."""
        key, number = self.column("text", "int").name, self.column("int", "float").name
        return f"{self.name()} = df.groupby({key!r}).agg({{{number!r}: 'sum'}})"

    def kept_filter(self) -> str:
        """Rows kept under a name."""
        return self.random.choice(
            [
                f"{self.name()} = df[{self.condition()}]",
                f"{self.name()} = df.loc[{self.condition()}]",
                f"{self.name()} = df.loc[{self.condition()}, {self.columns('text', 'int', 'float')!r}]",
                f"{self.name()} = df[{self.condition()}][{self.column('text', 'int', 'float').name!r}]",
                f"df[{self.condition()}]",
                f"{self.name()} = len(df[{self.condition()}])",
            ]
        )

    def named_filter(self) -> str:
        """A filter with values that have names, some of which can be used only once."""
        column = self.column("text", "int")
        value = self.value(column)
        several = self.random.choice(
            [f"[{value}]", f"iter([{value}])", f"(x for x in [{value}, {value}])", f"{{{value}}}"]
        )
        if self.random.random() < 0.5:
            return f"wanted = {several}\n{self.name()} = df[df[{column.name!r}].isin(wanted)][{column.name!r}].count()"
        return f"limit = {value}\n{self.name()} = df[df[{column.name!r}] == limit]"

    def projection(self) -> str:
        """Some columns, then something done with them."""
        name, chosen = self.name(), self.columns("text", "int", "float")
        more = self.random.choice(
            ["", f"\n{self.name()} = {name}.describe(include='all')", f"\n{name}['new'] = 1", f"\n{name}"]
        )
        return f"{name} = df[{chosen!r}]{more}"

    def ordering(self) -> str:
        """Sorted rows, or the largest."""
        by, shown = self.column("int", "float"), self.column("text", "int", "float")
        return self.random.choice(
            [
                f"{self.name()} = df.sort_values({by.name!r}, kind='stable')[{shown.name!r}].tolist()",
                f"{self.name()} = df.nlargest(3, {by.name!r})[{shown.name!r}].tolist()",
                f"{self.name()} = df.drop_duplicates(subset=[{by.name!r}])[{shown.name!r}].tolist()",
                f"{self.name()} = df.dropna(subset=[{by.name!r}])[{shown.name!r}].tolist()",
            ]
        )

    def lookups(self) -> str:
        """Several rows looked up: in a line, a loop, a function, a lambda."""
        one, two, three = self.equality(), self.equality(), self.equality("key")
        keys = f"[{', '.join(self.value(self.column('int', 'text')) for _ in range(3))}]"
        return self.random.choice(
            [
                f"{self.name()} = df[{one}]\n{self.name()} = df[{two}]",
                f"{self.name()} = df.loc[{one}]\n{self.name()} = df[({one}) & ({two})]",
                f"def find(key):\n    return df[{three}]\n{self.name()} = [find(key) for key in {keys}]",
                f"{self.name()} = [len(df[{three}]) for key in {keys}]",
                f"find = lambda key: df[{three}]\n{self.name()} = list(map(find, {keys}))",
                f"{self.name()} = []\nfor key in {keys}:\n    {self.last()}.append(df[{three}].index.tolist())",
            ]
        )

    def last(self) -> str:
        """Return the name made last."""
        return f"r{self.made}"

    def column_added(self) -> str:
        """A new column, or an old one changed."""
        old = self.column("int", "float", "text").name
        return self.random.choice(
            [
                f"df['new'] = df[{old!r}]\n{self.name()} = df['new'].tolist()",
                f"df[{old!r}] = df[{old!r}].astype(str)",
                f"df.loc[{self.condition()}, 'flag'] = 1.0",
                "df = df.assign(new=1)",
                "df.columns = [f'c{i}' for i in range(df.shape[1])]",
            ]
        )

    def rebinding(self) -> str:
        """The name moved, an alias, the frame deleted."""
        return self.random.choice(
            [
                f"df = df[{self.condition()}]",
                f"b = df\n{self.name()} = b[{self.column('int', 'float').name!r}].sum()",
                f"b = df\nb['more'] = 1\n{self.name()} = list(df.columns)",
                "b = df.copy()\ndel df\ndf = b",
                f"if True:\n    c = df\n{self.name()} = c[{self.column('int').name!r}].max()",
            ]
        )

    def function(self) -> str:
        """A function, a class or a lambda that uses the frame now or later."""
        column = self.column("int", "float").name
        return self.random.choice(
            [
                f"def f(d):\n    return d[{column!r}].sum()\n{self.name()} = f(df)",
                f"def f():\n    return df[{column!r}].sum()\n{self.name()} = f()",
                f"def f(d=df):\n    return list(d.columns)\n{self.name()} = f()",
                f"f = lambda: df.shape\n{self.name()} = f()",
                f"{self.name()} = [c for c in df]",
                f"class A:\n    size = df[{column!r}].count()\n{self.name()} = A.size",
                f'{self.name()} = f"{{df[{column!r}].count()}}"',
                f"{self.name()} = eval('df')[{column!r}].tolist()",
                f"for c in df.columns:\n    {self.name()} = df[c].count()",
            ]
        )

    def whole(self) -> str:
        """The whole frame used."""
        return self.random.choice(
            [f"{self.name()} = df.isna().sum()", f"{self.name()} = df.shape", f"{self.name()} = df.to_csv()"]
        )

    def told_apart(self) -> str:
        """Text only compared and counted."""
        column = self.column("text").name
        value = self.value(self.column("text"))
        return self.random.choice(
            [
                f"{self.name()} = int((df[{column!r}] == {value}).sum())",
                f"{self.name()} = df[df[{column!r}] != {value}][{self.column('int', 'float').name!r}].tolist()",
                f"{self.name()} = df[{column!r}].count()",
                f"{self.name()} = df.groupby({column!r})[{self.column('int', 'float').name!r}].sum().sort_values()",
                f"{self.name()} = df.groupby([{column!r}, {self.column('int', 'text').name!r}]).size()",
                f"{self.name()} = df[df[{column!r}].isin([{value}])][{self.column('int', 'float').name!r}].sum()",
            ]
        )

    def numbers(self) -> str:
        """What rules on the types of numbers care about: arithmetic, extremes, quantiles, labels, second frames."""
        one, two = self.column("int", "float").name, self.column("int", "float").name
        key = self.column("int", "text").name
        of, by, name = f"df[{one!r}]", f"df.groupby({key!r})[{one!r}]", self.name()
        small = f"pd.DataFrame({{{key!r}: [0, 1, 2, 300], 'weight': [1.5, 2, 3, 4]}})"
        return self.random.choice(
            [
                f"{name} = {of} * 100",
                f"{name} = {of} + df[{two!r}]",
                f"{name} = ({of} - df[{two!r}]).abs().sum()",
                f"{name} = {of} / 7\n{self.name()} = {name} * 1000",
                f"{name} = {of}.max() * 100",
                f"{name} = int({of}.max()) * 100",
                f"{name} = {of}.sum() * 100",
                f"{name} = {of}.quantile([0.1, 0.5])",
                f"{name} = {of}.describe()",
                f"{name} = df[[{one!r}, {two!r}]].describe()",
                f"{name} = df[[{one!r}, {two!r}]].corr()",
                f"{name} = df[[{one!r}, {two!r}]].sum(axis=1)",
                f"{name} = df[[{one!r}, {two!r}]].mean()",
                f"{name} = {of}.diff()",
                f"{name} = {of}.cumsum() * 3",
                f"{name} = {of}.value_counts().head(3)",
                f"{name} = [v * 1000 for v in {of}]",
                f"{name} = [v * 100 for v in {of}.unique()]",
                f"{name} = [len(df[{of} == v]) for v in {of}.unique()]",
                f"{name} = {of}.map(lambda v: v * 1000)",
                f"{name} = {of}.apply(lambda v: v + 300)",
                f"{name} = {of}.astype(float) * 100",
                f"{name} = {of}.astype(str).tolist()",
                f"{name} = {by}.sum() * 100",
                f"{name} = {by}.mean() * 100",
                f"{name} = {by}.max()\n{self.name()} = {name} - 300",
                f"{name} = {by}.count()\n{self.name()} = {name}.index.tolist()",
                f"{name} = {by}.sum()\n{self.name()} = {name}.index * 100",
                f"{name} = {by}.agg(['sum', 'max'])",
                f"{name} = {by}.sum().reset_index()[{one!r}] * 100",
                f"{name} = df.pivot_table(index={key!r}, values={one!r}, aggfunc='sum')",
                f"{name} = df.merge({small}, on={key!r}, how='left')[{one!r}].tolist()",
                f"{name} = df.merge({small}, on={key!r})\n{self.name()} = {name}[{one!r}] * {name}['weight']",
                f"{name} = df.rename(columns={{{one!r}: 'renamed'}})['renamed'] * 100",
                f"{name} = df.sort_values({one!r}, kind='stable').head(3)",
                f"{name} = df.sort_values({one!r})[{two!r}].tolist()",
                f"for column in [{one!r}, {two!r}]:\n    {name} = df[column].max()",
                f"for column in [{one!r}, {two!r}]:\n    {name} = df[column] * 2",
                f"def f(d):\n    return d[{one!r}].max() * 100\n{name} = f(df)",
                f"def f(d, c):\n    return d[c].mean()\n{name} = f(df, {one!r})",
                f"{name} = f'{{{of}.max()}} {{{of}.mean():.2f}}'",
                f"{name} = f'{{{of}.max()!r}}'",
                f"{name} = {of}.fillna(0) % 7",
                f"{name} = {of}.clip(0, 300).tolist()",
                f"{name} = df[{of} > {of}.mean()][{two!r}].sum()",
                f"{name} = {of}.isin([1, 300, 2.5]).sum() * 100",
                f"df.fillna(0, inplace=True)\n{name} = {of}.max()",
                f"{name} = np.sqrt({of}.abs())",
                f"{name} = np.mean({of}), np.max({of})",
                f"{name} = np.where({of} > 3, 'many', 'few').tolist()",
                f"{name} = pd.concat([df, {small}])[{key!r}].tolist()",
                f"{name} = df.drop_duplicates({one!r})[{two!r}].rank()",
            ]
        )


def _makers(random: Random, writer: Writer) -> list[Callable[[], str]]:
    """Return what the notebook does: one thing only, lookups only, text told apart, or anything."""
    once = [writer.reduction, writer.reduction, writer.kept_filter, writer.named_filter]
    calm = [writer.told_apart, writer.ordering, writer.projection, writer.aggregation, writer.lookups, *once]
    odd = [writer.column_added, writer.rebinding, writer.function, writer.whole]
    mode = random.random()
    if mode < 0.3:
        makers = [random.choice(once)]
    elif mode < 0.45:
        makers = [writer.lookups] * random.randint(1, 2)
    elif mode < 0.75:
        makers = [writer.numbers] * random.randint(1, 3)
    elif mode < 0.85:
        makers = [writer.told_apart] * random.randint(1, 3)
    else:
        makers = random.choices(calm, k=random.randint(1, 3))
    makers += [random.choice(odd)] if random.random() < ODD else []
    makers += [writer.peek] if random.random() < PEEKED else []
    return makers


def random_notebook(random: Random, table: Table) -> list[str]:
    """Return the cells of a notebook that reads ``data.csv`` and works on it."""
    writer = Writer(random, table)
    makers = _makers(random, writer)
    random.shuffle(makers)
    statements = [make() for make in makers]
    above = random.choice(["", "", "", "df = None", "b = None", "find = lambda: df.shape", "limit = 3"])
    read = f"df = pd.read_csv('data.csv'{table.options})"
    cells = ["\n".join(filter(None, ["import numpy as np\nimport pandas as pd", above, read]))]
    for statement in statements:
        if random.random() < 0.4:
            cells[-1] += "\n" + statement
        else:
            cells.append(statement)
    return [_dressed(random, cell) for cell in cells]


def _dressed(random: Random, cell: str) -> str:
    """Return the cell as people write cells: timed, with CRLF, with a comment."""
    dressing = random.random()
    if dressing < 0.05:
        return "%%time\n" + cell
    if dressing < 0.1 and '"""' not in cell:
        return cell.replace("\n", "\r\n")
    return cell + "  # done" if dressing < 0.15 else cell
