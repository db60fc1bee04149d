"""Methods of columns, groups and summaries."""

from __future__ import annotations

import ast

from memadvise.rewrite import columns as col
from memadvise.rewrite.follow.base import constants, option_names
from memadvise.rewrite.follow.frame_methods import FrameMethods
from memadvise.rewrite.follow.items import ACCESSORS
from memadvise.rewrite.follow.values import (
    CLOSED,
    Carried,
    Form,
    GroupsValue,
    NamesValue,
    SummaryValue,
    Value,
)

COMPARISONS = {"eq": "==", "ne": "==", "lt": "<", "le": "<", "gt": "<", "ge": "<"}
ARITHMETIC = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**",
    "radd": "+", "rsub": "-", "rmul": "*", "rdiv": "/", "rtruediv": "/", "rpow": "**", "multiply": "*", "subtract": "-",
    "divide": "/", "dot": "@",
}  # fmt: skip
SCALARS = frozenset(
    [
        "sum",
        "mean",
        "min",
        "max",
        "median",
        "std",
        "var",
        "count",
        "nunique",
        "prod",
        "any",
        "all",
        "first",
        "last",
        "sem",
        "skew",
        "kurt",
        "item",
    ]
)
WINDOWS = frozenset({"rolling", "expanding", "ewm", "resample", "groupby"})
ARRAYS = frozenset({"unique", "to_numpy", "values", "array"})
STILL_MASK = frozenset({"fillna", "copy", "head", "tail", "reset_index"})
# methods of a summary that leave its rows as they are or choose some by place or value, whatever the labels are
ROWS_OF_SUMMARY = frozenset(
    {"head", "tail", "nlargest", "nsmallest", "sort_values", "round", "copy", "fillna", "astype"}
)
OF_CELLS = frozenset({"sum", "mean", "min", "max", "median", "std", "count", "var", "any", "all", "tolist", "to_numpy"})


class ColumnMethods(FrameMethods):
    """What is called on a column, on groups, on a reduced table."""

    def column_method(self, column: Carried, method: str, node: ast.Call) -> Value:
        """Interpret `column.method(...)`; `column.str.method(...)` comes here as `str.method`."""
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        plain = constants(given)
        word = COMPARISONS.get(method) or ARITHMETIC.get(method) or method
        if word in {"==", "<"} or method in {"between", "isin"}:
            word = self._test(method, word, plain, node)
        if word == "apply" and self._element_by_element(column, node):
            word = "map"
        if word == "astype":
            plain = self.dtype_names(given)
        if method in {"merge", "join"}:
            word = "merge key"  # of a table whose columns are no longer told apart: any of them may be the key
        others = self.argument_values(node)
        for other in others:  # what a column is mapped by gives the values, it is not gone through
            followed = isinstance(other, Carried) and word != "map"
            self.use(other, word if followed else "unknown", f".{method}()")
        self.use(column, word, f".{method}()", plain, option_names(node))
        if method == "value_counts":
            after = column.after | {word}
            return SummaryValue(Carried(column.columns, "series", after), Carried(frozenset(), "table", after))
        form: Form = "scalar" if method in SCALARS else "array" if method in ARRAYS else column.form
        if form == "mask" and method not in STILL_MASK:
            form = "series"
        if method in {"any", "all"} and plain in ((1,), ("columns",)):  # across columns: a condition for each row
            return Carried(column.columns, "mask", column.after | {word, "condition"})
        found = self.carried([column, *(one for one in others if isinstance(one, Carried))], word, form)
        if word == "astype" and plain is not None and len(plain) == 1 and isinstance(found, Carried):
            return found.then(f"astype {plain[0]}")
        return found

    def _element_by_element(self, column: Carried, node: ast.Call) -> bool:
        """Tell whether `column.apply(f)` surely gives each element to a function of Python (no ufunc, no window)."""
        if len(node.args) != 1 or node.keywords or column.form not in {"series", "mask"} or column.after & WINDOWS:
            return False
        function = node.args[0]
        own = isinstance(function, ast.Name) and function.id in self.functions and function.id not in self.env
        return own or isinstance(function, ast.Lambda)

    def _test(self, method: str, word: str, plain: tuple[object, ...] | None, node: ast.Call) -> str:
        if method == "isin":
            return "isin" if len(node.args) == 1 and not node.keywords and self._members(node.args[0]) else "compare"
        if plain is None:
            return "compare"
        return "<" if method == "between" else word

    def _members(self, node: ast.expr) -> bool:
        """Tell whether an `isin` lists what it looks for as plain values, or names a list of unknown ones."""
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return all(constants([one]) is not None or isinstance(one, ast.Name) for one in node.elts)
        return (isinstance(node, ast.Name) and self.env.get(node.id, CLOSED) in (CLOSED,)) or (
            isinstance(node, ast.Name) and isinstance(self.env.get(node.id), NamesValue)
        )

    def argument_values(self, node: ast.Call) -> list[Value]:
        """Return the values of a call's arguments, lists of them opened."""
        found: list[Value] = []
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
            inner = argument.value if isinstance(argument, ast.Starred) else argument
            if isinstance(inner, ast.List | ast.Tuple):
                found += [self.value(one.value if isinstance(one, ast.Starred) else one) for one in inner.elts]
            elif isinstance(inner, ast.Dict):
                found += [self.value(one) for one in inner.values]
            else:
                found.append(self.value(inner))
        return found

    def accessor(self, node: ast.expr) -> tuple[Carried, str] | None:
        """Return (column, accessor's name) of `column.str`; None for anything else."""
        if isinstance(node, ast.Attribute) and node.attr in ACCESSORS:
            owner = self.value(node.value)
            if isinstance(owner, Carried):
                return owner, node.attr
            self.consume(owner, f".{node.attr}")
            return Carried(frozenset()), node.attr
        return None

    # --- groups -------------------------------------------------------------------------------------------------------

    def groups_method(self, groups: GroupsValue, method: str, node: ast.Call) -> Value:
        """Interpret `frame.groupby(keys)[columns].method(...)`."""
        frame, keys = groups.frame, groups.keys
        chosen = frame.columns - keys.columns if groups.selected is None else groups.selected
        whole = groups.selected is None and frame.open
        after = frame.after | {f"group.{method}"}
        if method == "size" and not node.args and not node.keywords:
            return SummaryValue(keys.then("group key"), Carried(frozenset(), "table", after))
        if method in {"agg", "aggregate"}:
            names = col.aggregated(node)
            if names is not None:
                columns = frozenset(one for name in names if (one := frame.column(name)) is not None)
                functions = self._functions(node)
                for function in functions:
                    self.record(columns, f"group.{function}", f".agg({function})", after=frame.after)
                each = frame.after | ({f"group.{functions[0]}"} if len(functions) == 1 else frozenset({"group.agg"}))
                return SummaryValue(keys.then("group key"), Carried(columns, "table", each))
            if groups.selected is not None and len(node.args) == 1 and not node.keywords:
                named = col.names(node.args[0])
                if named:
                    for function in named:
                        self.record(chosen, f"group.{function}", f".agg({function})", after=frame.after)
                    return SummaryValue(keys.then("group key"), Carried(chosen, "table", frame.after | {"group.agg"}))
        values = constants([*node.args, *(one.value for one in node.keywords)])
        self.record(chosen, f"group.{method}", f".groupby().{method}()", whole=whole, after=frame.after, values=values)
        if method not in REDUCERS or node.args or node.keywords:
            self.record(keys.columns, f"labels.group.{method}", f".groupby().{method}()", after=keys.after)
        self.arguments(node, method)
        return SummaryValue(keys.then("group key"), Carried(chosen, "table", after))

    def _functions(self, node: ast.Call) -> list[str]:
        """Return the names of the functions of an `agg` whose columns are known."""
        if node.args and isinstance(node.args[0], ast.Dict):
            found = [name for value in node.args[0].values for name in col.names(value) or ["agg"]]
        else:
            found = [(col.names(given.value) or ["", "agg"])[1] for given in node.keywords]
        return list(dict.fromkeys(found))

    # --- summaries ----------------------------------------------------------------------------------------------------

    def summary_method(self, summary: SummaryValue, method: str, node: ast.Call) -> Value:
        """Interpret a method of a reduced table."""
        options, names = {keyword.arg for keyword in node.keywords}, option_names(node)
        values = constants([*node.args, *(one.value for one in node.keywords)])
        word = COMPARISONS.get(method) or ARITHMETIC.get(method) or method
        for other in self.argument_values(node):
            self.use(other, word if isinstance(other, Carried) else "unknown", f".{method}()")
        plain = not options or (method in {"nlargest", "nsmallest", "sort_values"} and "key" not in options)
        self.record(
            summary.values.columns, word, f".{method}()", after=summary.values.after, values=values, options=names
        )
        after = summary.values.after | {word}
        if method in ROWS_OF_SUMMARY and plain:
            return SummaryValue(summary.keys, Carried(summary.values.columns, "table", after))
        # across columns the labels stay; of a pivoted table the columns have such labels too
        across = "axis" in options or node.args or "labels.unstack" in summary.keys.after or "pivot_table" in after
        if method in OF_CELLS and not across:
            return Carried(summary.values.columns, "scalar", after)
        self.record(
            summary.keys.columns,
            f"labels.{word}",
            f".{method}()",
            after=summary.keys.after,
            values=values,
            options=names,
        )
        keys = summary.keys.then(f"labels.{word}")
        if method in {"sort_index", "unstack", "rename", "to_frame"}:
            return SummaryValue(keys, Carried(summary.values.columns, "table", after))
        if not summary.values.columns:
            return Carried(keys.columns, "table", keys.after)
        return Carried(keys.columns | summary.values.columns, "table", keys.after & after)


REDUCERS = frozenset(
    {"sum", "mean", "min", "max", "median", "std", "var", "first", "last", "prod", "nunique", "any", "all", "count"}
)


def last_method(node: ast.expr) -> str:
    """Return the name of the method that an expression ends with, as `.head()`; empty for anything else."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return f".{node.func.attr}()"
    return ""
