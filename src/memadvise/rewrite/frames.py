"""Expressions over a followed frame: the allow-list of pandas operations that the column-use proof understands."""

from __future__ import annotations

import ast
from dataclasses import replace

from memadvise.model import Cell
from memadvise.rewrite import columns as col
from memadvise.rewrite.frame_api import FRAME_ATTRIBUTES, GROUP_ATTRIBUTES
from memadvise.rewrite.values import (
    CLOSED,
    ColumnValue,
    FrameValue,
    GroupsValue,
    Operation,
    SummaryValue,
    Use,
    Value,
)

PEEK_METHODS = frozenset({"head", "tail", "info", "sample"})
SHOWN_ATTRIBUTES = frozenset({"shape", "columns"})
PRINTED_ATTRIBUTES = SHOWN_ATTRIBUTES | {"dtypes"}
ROW_METHODS = frozenset({"head", "tail", "sample", "copy", "sort_index"})
ROW_OPTIONS = frozenset(
    {"n", "frac", "random_state", "replace", "deep", "ascending", "ignore_index"}
)  # no axis, weights
NO_COLUMNS = frozenset({"len", "id", "type"})
REDUCERS = frozenset(
    {"sum", "mean", "min", "max", "median", "std", "var", "first", "last", "prod", "nunique", "any", "all"}
)
SUMMARY_METHODS = frozenset({"head", "tail", "nlargest", "nsmallest", "sort_values", "round", "copy"})
SUMMARY_SCALARS = frozenset({"sum", "mean", "min", "max", "median", "std", "count"})


class FrameReader:
    """Evaluates expressions to values and records uses."""

    def __init__(self, header: frozenset[str]) -> None:
        self.header = header
        self.env: dict[str, Value] = {}
        self.above: set[str] = set()
        self.uses: list[Use] = []
        self.cell = Cell("", -1, "")

    def record(self, columns: frozenset[str] | None, operation: Operation, what: str) -> None:
        """Note one use."""
        self.uses.append(Use(columns, operation, self.cell.index, self.cell.cell_id, what))

    def consume(self, value: object, what: str, operation: Operation | None = None) -> None:
        """Note that a value goes where it is not followed."""
        match value:
            case FrameValue(columns):
                self.record(columns, operation or Operation.WHOLE, what)
            case ColumnValue(column):
                self.record(frozenset({column}), operation or Operation.OTHER, what)
            case GroupsValue(frame, keys, selected):
                self.record(frame.columns if selected is None else selected | keys, Operation.WHOLE, what)
            case SummaryValue(keys):
                self.record(keys, operation or Operation.OTHER, what)

    # --- what is displayed -------------------------------------------------------------------------------------------

    def shown(self, node: ast.expr) -> None:
        """Interpret an expression statement: its value may be displayed; a peek at a frame is told apart."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"print", "display"}:
            for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                self._shown_value(argument, printed=True)
            return
        self._shown_value(node, printed=False)

    def _shown_value(self, node: ast.expr, *, printed: bool) -> None:
        # `df.dtypes` as a cell's value is a series of its own, which a comparison can't tell from a result
        peeks = PRINTED_ATTRIBUTES if printed else SHOWN_ATTRIBUTES
        if isinstance(node, ast.Attribute) and node.attr in peeks:
            value = self.value(node.value)
            operation = Operation.PEEK if isinstance(value, FrameValue) and not value.derived else None
            self.consume(value, f".{node.attr}", operation)
            return
        kind = _last_method(node) or "shown"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PEEK_METHODS:
            owner = self.value(node.func.value)
            if isinstance(owner, FrameValue):
                plain = {keyword.arg for keyword in node.keywords} <= ROW_OPTIONS and len(node.args) <= 1
                self._arguments(node, node.func.attr)
                self.consume(owner, kind, Operation.PEEK if plain and not owner.derived else None)
                return
        value = self.value(node)
        match value:
            case FrameValue(columns, derived):
                self.record(columns, Operation.WHOLE if derived else Operation.PEEK, kind)
            case ColumnValue(column):
                self.record(frozenset({column}), Operation.OTHER, kind)
            case SummaryValue(keys):
                self.record(keys, Operation.ROWS, kind)
            case _:
                self.consume(value, kind)

    # --- expressions -------------------------------------------------------------------------------------------------

    def look_up(self, name: str) -> Value:
        """Return what a name is bound to."""
        return self.env.get(name, CLOSED)

    def glance(self, node: ast.expr) -> Value:
        """Return what an expression is where only its rows are asked for (`len`): a frame stays the result it was."""
        return self.env.get(node.id, CLOSED) if isinstance(node, ast.Name) else self.value(node)

    def value(self, node: ast.expr) -> Value:
        """Return what an expression is; uses inside it are recorded."""
        match node:
            case ast.Name():
                return self.look_up(node.id)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Subscript():
                return self._item(node)
            case ast.Call():
                return self._call(node)
            case ast.Compare():
                return self._compare(node)
            case ast.NamedExpr():
                self.consume(self.value(node.value), "bound inside an expression")
                self.env.pop(node.target.id, None)
                return CLOSED
            case ast.Lambda():
                return self._lambda(node)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node)
        self._children(node)
        return CLOSED

    def _children(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                operator = type(node).__name__
                self.consume(self.value(child), f"in an expression ({operator})")
            elif not isinstance(child, ast.expr_context | ast.operator | ast.unaryop | ast.boolop | ast.cmpop):
                self._children(child)

    def _lambda(self, node: ast.Lambda) -> Value:
        shadowed = {argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}
        for inner in ast.walk(node.body):
            if isinstance(inner, ast.Name) and inner.id in self.env and inner.id not in shadowed:
                self.consume(self.env[inner.id], "used inside a lambda")
        for default in [*node.args.defaults, *(one for one in node.args.kw_defaults if one)]:
            self.consume(self.value(default), "a lambda's default")
        return CLOSED

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
        outer = dict(self.env)
        for generator in node.generators:
            self.consume(self.value(generator.iter), "iterated over")
            for name in (inner.id for inner in ast.walk(generator.target) if isinstance(inner, ast.Name)):
                self.env.pop(name, None)
            for condition in generator.ifs:
                self.consume(self.value(condition), "a condition")
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for part in parts:
            self.consume(self.value(part), "collected in a comprehension")
        self.env = outer
        return CLOSED

    def _compare(self, node: ast.Compare) -> Value:
        values = [self.value(node.left), *(self.value(right) for right in node.comparators)]
        if len(values) == 2 and isinstance(node.ops[0], ast.Is | ast.IsNot):
            return CLOSED
        equality = len(values) == 2 and isinstance(node.ops[0], ast.Eq | ast.NotEq)
        constant = any(_plain_constant(side) for side in (node.left, *node.comparators))
        for value in values:
            operation = Operation.COMPARE if equality and constant and isinstance(value, ColumnValue) else None
            self.consume(value, "a comparison", operation)
        return CLOSED

    # --- attributes and items ----------------------------------------------------------------------------------------

    def _attribute(self, node: ast.Attribute) -> Value:
        owner = self.glance(node.value) if node.attr == "index" else self.value(node.value)
        match owner:
            case FrameValue(columns):
                if node.attr in FRAME_ATTRIBUTES:
                    if node.attr != "index":  # `.loc` is read together with its brackets: see _item
                        self.record(columns, Operation.WHOLE, f".{node.attr}")
                    return CLOSED
                return self._column(owner, node.attr)
            case GroupsValue() if node.attr in self.header and node.attr not in FRAME_ATTRIBUTES | GROUP_ATTRIBUTES:
                return self._select(owner, frozenset({node.attr}), f".{node.attr}")
            case ColumnValue() if node.attr in {"size", "shape", "index", "name"}:
                return CLOSED
        self.consume(owner, f".{node.attr}")
        return CLOSED

    def _column(self, frame: FrameValue, name: str) -> Value:
        if name not in self.header:  # a column that the notebook itself added
            return CLOSED
        if frame.columns is not None and name not in frame.columns:
            return CLOSED
        self.record(frozenset({name}), Operation.ROWS, f"[{name!r}]")
        return ColumnValue(name)

    def _item(self, node: ast.Subscript) -> Value:
        if isinstance(node.value, ast.Attribute) and node.value.attr in {"loc", "iloc"}:
            owner = self.value(node.value.value)
            if isinstance(owner, FrameValue):
                return self._located(owner, node)
            self.consume(owner, f".{node.value.attr}[]")
            self._children(node.slice)
            return CLOSED
        if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
            owner = self.glance(node.value.value)
            if isinstance(owner, FrameValue):
                if isinstance(node.slice, ast.Constant) and node.slice.value == 0:
                    return CLOSED
                self.record(owner.columns, Operation.WHOLE, ".shape")
                return CLOSED
        owner = self.value(node.value)
        match owner:
            case FrameValue():
                return self._frame_item(owner, node.slice)
            case GroupsValue():
                names = col.names(node.slice)
                if names is None:
                    self.consume(owner, "columns chosen at run time")
                    return CLOSED
                return self._select(owner, frozenset(names), "[]")
            case ColumnValue():  # `frame["a"][mask]` is still that column
                if isinstance(node.slice, ast.Compare | ast.BinOp | ast.UnaryOp | ast.Slice):
                    self.consume(self.value(node.slice), "a selection") if not isinstance(
                        node.slice, ast.Slice
                    ) else None
                    return owner
        self.consume(owner, "[]")
        self.consume(self.value(node.slice), "a key")
        return CLOSED

    def _frame_item(self, frame: FrameValue, key: ast.expr) -> Value:
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            return self._column(frame, key.value)
        if isinstance(key, ast.List):
            names = col.names(key)
            if names is not None:
                kept = frozenset(names) & self.header
                self.record(kept, Operation.ROWS, "[[...]]")
                return FrameValue(kept)
        if isinstance(key, ast.Slice):
            self._children(key)
            return replace(frame, derived=True)
        if col.is_condition(key):
            self.consume(self.value(key), "a filter")
            return replace(frame, derived=True)
        self.consume(self.value(key), "a key")
        self.consume(frame, "columns chosen at run time")
        return CLOSED

    def _located(self, frame: FrameValue, node: ast.Subscript) -> Value:
        assert isinstance(node.value, ast.Attribute)
        rows, chosen = node.slice, None
        if isinstance(rows, ast.Tuple) and len(rows.elts) == 2:
            rows, chosen = rows.elts
        if node.value.attr == "loc" and (isinstance(rows, ast.Slice) or col.is_condition(rows)):
            self._children(rows) if isinstance(rows, ast.Slice) else self.consume(self.value(rows), "a filter")
            if chosen is None or (isinstance(chosen, ast.Slice) and not (chosen.lower or chosen.upper or chosen.step)):
                return replace(frame, derived=True)
            if isinstance(chosen, ast.Constant | ast.List):
                return self._frame_item(frame, chosen)
        elif node.value.attr == "iloc" and isinstance(rows, ast.Slice) and chosen is None:
            self._children(rows)
            return replace(frame, derived=True)
        self._children(node.slice)
        self.consume(frame, f".{node.value.attr}[]")
        return CLOSED

    def store_item(self, target: ast.Subscript) -> None:
        """Interpret `frame["new"] = ...`; whatever else is stored into counts as a use of the whole."""
        owner = self.value(target.value) if not _is_locator(target.value) else CLOSED
        if isinstance(owner, FrameValue) and isinstance(target.slice, ast.Constant):
            if isinstance(target.slice.value, str):
                if target.slice.value in self.header:
                    self.record(frozenset({target.slice.value}), Operation.OTHER, "assigned to")
                return
        if _is_locator(target.value):
            assert isinstance(target.value, ast.Attribute)
            owner = self.value(target.value.value)
            chosen = (
                target.slice.elts[1] if isinstance(target.slice, ast.Tuple) and len(target.slice.elts) == 2 else None
            )
            names = col.names(chosen) if target.value.attr == "loc" and chosen is not None else None
            self._children(target.slice)
            if isinstance(owner, FrameValue) and names is not None:
                self.record(frozenset(names) & self.header, Operation.OTHER, "assigned to")
                return
        self.consume(owner, "assigned into")
        self.consume(self.value(target.slice), "a key")

    def store_attribute(self, target: ast.Attribute) -> None:
        """Interpret `frame.name = ...`."""
        self.consume(self.value(target.value), f".{target.attr} is assigned")

    def _select(self, groups: GroupsValue, names: frozenset[str], what: str) -> Value:
        self.record(names & self.header, Operation.ROWS, what)
        return GroupsValue(groups.frame, groups.keys, names & self.header)

    # --- calls -------------------------------------------------------------------------------------------------------

    def _call(self, node: ast.Call) -> Value:
        if isinstance(node.func, ast.Attribute):
            owner = self.value(node.func.value)
            handler = {
                FrameValue: self._frame_method,
                ColumnValue: self._column_method,
                GroupsValue: self._groups_method,
                SummaryValue: self._summary_method,
            }.get(type(owner))
            if handler is not None:
                return handler(owner, node.func.attr, node)  # type: ignore[operator]  # keyed by the value's own type
        elif isinstance(node.func, ast.Name) and node.func.id in NO_COLUMNS and len(node.args) == 1:
            value = self.glance(node.args[0])
            if not isinstance(value, FrameValue | ColumnValue | SummaryValue):
                self.consume(value, f"{node.func.id}()")
            return CLOSED
        else:
            self.consume(self.value(node.func), "called")
        self._arguments(node, ast.unparse(node.func)[:40])
        return CLOSED

    def _arguments(self, node: ast.Call, what: str) -> None:
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
            inner = argument.value if isinstance(argument, ast.Starred) else argument
            self.consume(self.value(inner), f"given to {what}()")

    def _whole(self, frame: FrameValue, method: str, node: ast.Call) -> Value:
        self.record(frame.columns, Operation.WHOLE, f".{method}()")
        self._arguments(node, method)
        return CLOSED

    def _named(self, frame: FrameValue, names: list[str] | None, operation: Operation, what: str) -> bool:
        if names is None:
            return False
        self.record(frozenset(names) & self.header, operation, what)
        return True

    def _frame_method(self, frame: FrameValue, method: str, node: ast.Call) -> Value:
        options = {keyword.arg: keyword.value for keyword in node.keywords}
        if "inplace" in options or None in options:
            return self._whole(frame, method, node)
        if method in ROW_METHODS and set(options) <= ROW_OPTIONS and len(node.args) <= 1:
            self._arguments(node, method)
            return frame if method == "copy" else replace(frame, derived=True)
        if method == "groupby":
            return self._groupby(frame, node, options)
        if method in {"sort_values", "nlargest", "nsmallest"}:
            position = 0 if method == "sort_values" else 1
            names = col.argument(node, position, "by" if method == "sort_values" else "columns")
            if "key" not in options and self._named(frame, names, Operation.OTHER, f".{method}()"):
                return replace(frame, derived=True)
        if method in {"dropna", "drop_duplicates"} and set(options) == {"subset"} and not node.args:
            names = col.names(options["subset"])
            operation = Operation.COUNT if method == "dropna" else Operation.OTHER
            if self._named(frame, names, operation, f".{method}()"):
                return replace(frame, derived=True)
        if method == "reset_index" and not node.args and set(options) <= {"drop"}:
            return frame
        if method == "astype" and len(node.args) == 1 and not options:
            names = col.keys(node.args[0])
            if self._named(frame, names, Operation.OTHER, ".astype()"):
                return frame
        if method == "query" and len(node.args) == 1 and not options:
            names = col.query_names(node.args[0])
            if self._named(frame, names, Operation.OTHER, ".query()"):
                return replace(frame, derived=True)
        if method == "pivot_table" and set(options) <= {"index", "columns", "values", "aggfunc"} and not node.args:
            if "values" in options and all(col.names(options[one]) is not None for one in options if one != "aggfunc"):
                for one in ("index", "columns", "values"):
                    if one in options:
                        self._named(frame, col.names(options[one]), Operation.OTHER, ".pivot_table()")
                self.consume(self.value(options["aggfunc"]), "aggfunc") if "aggfunc" in options else None
                return CLOSED
        return self._whole(frame, method, node)

    def _groupby(self, frame: FrameValue, node: ast.Call, options: dict[str | None, ast.expr]) -> Value:
        names = col.argument(node, 0, "by")
        if names is None or len(node.args) > 1 or not set(options) <= {"by", "sort", "as_index", "observed", "dropna"}:
            return self._whole(frame, "groupby", node)
        keys = frozenset(names)
        default = set(options) <= {"by"}  # an option makes the key's dtype matter in other ways
        self.record(keys & self.header, Operation.GROUP_KEY if default else Operation.OTHER, ".groupby()")
        return GroupsValue(frame, keys & self.header)

    def _groups_method(self, groups: GroupsValue, method: str, node: ast.Call) -> Value:
        if method == "size" and not node.args and not node.keywords:
            return SummaryValue(groups.keys)
        simple = not node.args and not node.keywords
        if groups.selected is not None and simple and method in REDUCERS | {"count"}:
            operation = Operation.COUNT if method == "count" else Operation.AGGREGATE
            self.record(groups.selected, operation, f".{method}()")
            return SummaryValue(groups.keys)
        if method in {"agg", "aggregate"}:
            names = col.aggregated(node)
            if names is not None:
                self.record(frozenset(names) & self.header, Operation.AGGREGATE, ".agg()")
                return SummaryValue(groups.keys)
            if groups.selected is not None and len(node.args) == 1 and not node.keywords and col.names(node.args[0]):
                self.record(groups.selected, Operation.AGGREGATE, ".agg()")
                return SummaryValue(groups.keys)
        if groups.selected is not None:
            self.record(groups.selected | groups.keys, Operation.OTHER, f".{method}()")
        else:
            self.record(groups.frame.columns, Operation.WHOLE, f".groupby().{method}()")
        self._arguments(node, method)
        return CLOSED

    def _column_method(self, column: ColumnValue, method: str, node: ast.Call) -> Value:
        operation = {
            "isin": Operation.MEMBER if _plain_members(node) else Operation.OTHER,
            "count": Operation.COUNT,
            "isna": Operation.COUNT,
            "isnull": Operation.COUNT,
            "notna": Operation.COUNT,
            "notnull": Operation.COUNT,
        }.get(method, Operation.OTHER)
        self.record(frozenset({column.column}), operation, f".{method}()")
        self._arguments(node, method)
        return CLOSED

    def _summary_method(self, summary: SummaryValue, method: str, node: ast.Call) -> Value:
        self._arguments(node, method)
        options = {keyword.arg for keyword in node.keywords}
        plain = not options or (method in {"nlargest", "nsmallest", "sort_values"} and "key" not in options)
        if method in SUMMARY_METHODS and plain:
            return summary
        if method not in SUMMARY_SCALARS:
            self.record(summary.keys, Operation.OTHER, f".{method}()")
        return CLOSED


def _plain_constant(node: ast.expr) -> bool:
    """Tell whether text equals a category exactly when it equals plain text (bytes: the two differ)."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | None)


def _plain_members(call: ast.Call) -> bool:
    """Tell whether an `isin` lists what it looks for as plain values, or names it."""
    if len(call.args) != 1 or call.keywords:
        return False
    given = call.args[0]
    if isinstance(given, ast.List | ast.Tuple | ast.Set):
        return all(_plain_constant(one) or isinstance(one, ast.Name) for one in given.elts)
    return isinstance(given, ast.Name)


def _last_method(node: ast.expr) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return f".{node.func.attr}()"
    return ""


def _is_locator(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in {"loc", "iloc", "at", "iat"}
