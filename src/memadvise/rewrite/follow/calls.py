"""Calls: methods of what is followed, pandas' and numpy's functions, plots, builtins, functions of the notebook."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace

from memadvise.rewrite.follow.base import constants, option_names
from memadvise.rewrite.follow.column_methods import ColumnMethods
from memadvise.rewrite.follow.values import (
    CLOSED,
    Carried,
    ClosedValue,
    Form,
    FrameValue,
    GroupsValue,
    NamesValue,
    SummaryValue,
    Value,
)
from memadvise.rewrite.follow.words import ALSO_METHODS, CLOSES_OF_VALUES, NOTHING_OF_IT, OF_VALUES

TELL_TYPES = frozenset({"type", "isinstance", "hasattr", "callable"})  # of one value: what numpy it is
MOST_DEEP = 2  # followed calls inside followed calls
PLOT_PLACES = frozenset(
    [
        "x",
        "y",
        "z",
        "hue",
        "size",
        "style",
        "col",
        "row",
        "color",
        "text",
        "names",
        "values",
        "path",
        "facet_col",
        "facet_row",
        "hover_name",
        "animation_frame",
        "symbol",
        "line_group",
        "dimensions",
        "locations",
        "lat",
        "lon",
        "weights",
    ]
)


@dataclass(frozen=True)
class Known:
    """What names of the notebook's modules and functions stand for.

    ``modules`` maps a name to "pd", "np", "plot" (pyplot), "data plot" (seaborn, plotly express); ``functions`` are
    the notebook's own ones that are defined just once; ``reads`` are names bound just once, to what a CSV file holds.
    """

    modules: Mapping[str, str]
    functions: Mapping[str, ast.FunctionDef]
    reads: frozenset[str] = frozenset()


class Calls(ColumnMethods):
    """Interprets calls."""

    known = Known({}, {})

    def call(self, node: ast.Call) -> Value:
        """Interpret a call."""
        if isinstance(node.func, ast.Attribute):
            return self._method(node, node.func)
        if isinstance(node.func, ast.Name):
            return self._function(node, node.func.id)
        self.consume(self.value(node.func), "called")
        self.arguments(node, ast.unparse(node.func)[:40])
        return CLOSED

    def _method(self, node: ast.Call, func: ast.Attribute) -> Value:
        if isinstance(func.value, ast.Name) and func.value.id in self.known.modules and func.value.id not in self.env:
            return self._of_module(node, self.known.modules[func.value.id], func.attr)
        accessed = self.accessor(func.value)
        if accessed is not None:
            return self.column_method(accessed[0], f"{accessed[1]}.{func.attr}", node)
        owner = self.value(func.value)
        match owner:
            case FrameValue():
                return self.frame_method(owner, func.attr, node)
            case Carried():
                return self.column_method(owner, func.attr, node)
            case GroupsValue():
                return self.groups_method(owner, func.attr, node)
            case SummaryValue():
                return self.summary_method(owner, func.attr, node)
            case NamesValue():
                return self._names_method(owner, node, func)
        if func.attr == "append" and isinstance(func.value, ast.Name) and len(node.args) == 1:
            found = self.value(node.args[0])
            self.consume(found, "appended to a list")
            return CLOSED
        self._lose_lists(node)
        self.arguments(node, ast.unparse(func)[:40])
        return CLOSED

    def _names_method(self, owner: NamesValue, node: ast.Call, func: ast.Attribute) -> Value:
        given = [self.names_of(one) for one in node.args]
        for argument, names in zip(node.args, given, strict=True):
            if names is None:
                self.consume(self.value(argument), f"given to {func.attr}()")
        for keyword in node.keywords:
            self.consume(self.value(keyword.value), f"given to {func.attr}()")
        if owner.one:
            return CLOSED  # a method of a text: what comes out is no name that is known
        if func.attr in {"tolist", "to_list", "copy", "difference", "drop", "intersection"}:
            return owner
        if func.attr not in {"index", "count"} and isinstance(func.value, ast.Name):
            added = given[0] if func.attr in {"append", "remove"} and len(given) == 1 else None
            self.env.pop(func.value.id, None)
            if added is not None:
                kept = owner.names if func.attr == "remove" else (*owner.names, *added)
                exact = owner.exact and func.attr == "append" and self.exactly(node.args[0])
                self.env[func.value.id] = NamesValue(kept, exact=exact)
        return CLOSED

    def _function(self, node: ast.Call, name: str) -> Value:
        builtin = name not in self.shadowed and "*" not in self.shadowed
        if builtin and name in NOTHING_OF_IT and node.args and not node.keywords:
            value = self.glance(node.args[0])
            element = isinstance(value, Carried) and value.form not in {"series", "mask"} and name in TELL_TYPES
            if isinstance(value, ClosedValue | NamesValue | GroupsValue) or element:
                self.consume(value, f"{name}()")
            elif isinstance(value, Carried) and name in {"type", "isinstance"} and value.form not in {"series", "mask"}:
                self.use(value, "type", f"{name}()")  # a number's type is its column's
            for other in node.args[1:]:
                self.consume(self.value(other), f"{name}()")
            return CLOSED
        if name in self.known.functions and name not in self.env:
            given = [self.value(one) for one in node.args if not isinstance(one, ast.Starred)]
            if len(given) == len(node.args):
                found = self.followed(node, given)
                if found is not None:
                    return found
                for value in given:
                    self.consume(value, f"given to {name}()")
                for keyword in node.keywords:
                    self.consume(self.value(keyword.value), f"given to {name}()")
                return CLOSED
        if builtin and name in OF_VALUES and name not in self.env:
            if len(node.args) == 1 and not node.keywords and name in {"list", "sorted", "tuple", "set", "enumerate"}:
                only = self.value(node.args[0])
                if isinstance(only, NamesValue):
                    return only
                if isinstance(only, FrameValue):
                    return self.labels(only)
                self.use(only, name, f"{name}()")
                if isinstance(only, GroupsValue):  # the parts are frames of their own
                    self.consume(only, f"{name}()")
                return self.carried([only], name, "array")
            values = self.argument_values(node)
            word = f"builtin.{name}" if name in ALSO_METHODS else name
            for value in values:
                self.use(value, word, f"{name}()")
                if isinstance(value, FrameValue | GroupsValue):  # its columns or parts come out, under no name known
                    self.consume(value, f"{name}()")
            return CLOSED if name in CLOSES_OF_VALUES else self.carried(values, word, "scalar")
        self.consume(self.env.get(name, CLOSED), "called")
        self._lose_lists(node)
        self.arguments(node, name)
        return CLOSED

    def _lose_lists(self, node: ast.Call) -> None:
        """Forget lists of names that a function which is not known may change."""
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
            if isinstance(argument, ast.Name) and isinstance(self.env.get(argument.id), NamesValue):
                self.env.pop(argument.id, None)

    def arguments(self, node: ast.Call, what: str) -> None:
        """Record what is given to a call that is not followed."""
        for value in self.argument_values(node):
            self.consume(value, f"given to {what}()")

    # --- modules ------------------------------------------------------------------------------------------------------

    def _of_module(self, node: ast.Call, module: str, name: str) -> Value:
        if module == "data plot":
            return self._data_plot(node, name)
        if module == "pd" and name == "merge" and len(node.args) >= 2:
            options: dict[str | None, ast.expr] = {keyword.arg: keyword.value for keyword in node.keywords}
            left, right = self.value(node.args[0]), self.value(node.args[1])
            if len(node.args) == 2 and None not in options:
                return self.merged(left, right, options) or CLOSED
            self.consume(left, "given to merge()")
            self.consume(right, "given to merge()")
            return CLOSED
        word = "plot" if module == "plot" else f"{module}.{name}"
        plain = [one for one in node.args if isinstance(one, ast.Constant)]
        values = constants([*plain, *(keyword.value for keyword in node.keywords)])
        given = self.argument_values(node)
        if word == "pd.concat":
            word = self._concat_word(node)
        for value in given:
            self.use(value, word, f"{name}()", values, option_names(node))
        if module == "plot" or (word == "pd.get_dummies" and any(one.arg == "prefix" for one in node.keywords)):
            return CLOSED  # dummies are booleans whatever they stand for; with a prefix their labels are text
        frames = [value for value in given if isinstance(value, FrameValue)]
        if (
            word.startswith("pd.concat")
            and _keeps_labels(node)
            and len(frames) == len([value for value in given if not isinstance(value, ClosedValue)])
        ):
            if len(frames) == 1:
                after = frames[0].after | {word}
                return self.fresh(replace(frames[0], derived=True, foreign=True, after=after))
        form: Form = (
            "series" if any(isinstance(value, Carried) and value.form == "series" for value in given) else "table"
        )
        return self.carried(given, word, form)

    def _concat_word(self, node: ast.Call) -> str:
        """Return the word of a concat: one of columns, one of frames as files hold them, or any other."""
        axis = next((keyword.value for keyword in node.keywords if keyword.arg == "axis"), None)
        if isinstance(axis, ast.Constant) and axis.value in (1, "columns"):
            return "pd.concat beside"
        parts = node.args[0].elts if len(node.args) == 1 and isinstance(node.args[0], ast.List | ast.Tuple) else []
        names = [part.id for part in parts if isinstance(part, ast.Name)]
        others = {name for name in names if not isinstance(self.env.get(name), FrameValue)}
        known = len(names) == len(parts) > 0 and others <= self.known.reads
        return "pd.concat of reads" if known else "pd.concat"

    def _data_plot(self, node: ast.Call, name: str) -> Value:
        """Interpret `sns.barplot(data=df, x="a", y="b")`: it takes the named columns of the frame."""
        options = {keyword.arg: keyword.value for keyword in node.keywords}
        data = options.get("data") or options.get("data_frame") or (node.args[0] if node.args else None)
        frame = self.value(data) if data is not None else CLOSED
        named: list[str] = []
        known = isinstance(frame, FrameValue) and name not in {"pairplot", "heatmap", "clustermap", "scatter_matrix"}
        for place, given in [*((one, two) for one, two in options.items()), *((None, one) for one in node.args)]:
            if given is data:
                continue
            names = self.names_of(given)
            if place in PLOT_PLACES and names is not None:
                named += names
            elif place in PLOT_PLACES or place is None:
                value = self.value(given)
                self.use(value, "plot", f"{name}()")
                known = known and (isinstance(value, Carried) or names is None)
                if names is not None:
                    named += names
            else:
                self.use(self.value(given), "plot", f"{name}()")
        if isinstance(frame, FrameValue) and known and named:
            columns = {one for label in named if (one := frame.column(label)) is not None}
            self.record(columns, "plot", f"{name}()", after=frame.after)
        else:
            self.use(frame, "plot", f"{name}()")
        return CLOSED

    # --- the notebook's own functions ---------------------------------------------------------------------------------

    def followed(self, node: ast.Call, given: list[Value]) -> Value | None:
        """Return what a function of the notebook's gives for these values; None when it can't be followed."""
        assert isinstance(node.func, ast.Name)
        function = self.known.functions.get(node.func.id)
        if function is None or self.depth >= MOST_DEEP or not _simple(function):
            return None
        names = [one.arg for one in function.args.args]
        options = {keyword.arg: keyword.value for keyword in node.keywords}
        if len(given) > len(names) or not set(options) <= set(names[len(given) :]):
            return None
        bound: dict[str, Value] = dict(zip(names, given, strict=False))
        for place, default in zip(names[::-1], function.args.defaults[::-1], strict=False):
            if place not in bound and place not in options:
                known = self.names_of(default) if isinstance(default, ast.Constant) else None
                bound[place] = NamesValue(known, one=True, exact=True) if known is not None else CLOSED
        for keyword, option in options.items():
            assert keyword is not None
            some = self.names_of(option)
            one = isinstance(option, ast.Constant)
            bound[keyword] = (
                NamesValue(some, one=one, exact=self.exactly(option)) if some is not None else self.value(option)
            )
        for parameter, argument in zip(names, node.args, strict=False):
            some = self.names_of(argument)
            if some is not None:
                one = isinstance(argument, ast.Constant)
                bound[parameter] = NamesValue(some, one=one, exact=self.exactly(argument))
        if set(names) - set(bound):
            return None
        return self.run_body(function, bound)

    def run_body(self, function: ast.FunctionDef, bound: dict[str, Value]) -> Value:
        """Walk a function's body with its parameters bound, and return what it returns."""
        raise NotImplementedError


def _keeps_labels(concat: ast.Call) -> bool:
    """Tell whether a concat surely leaves the columns' labels as they are (`keys` and numbered columns do not)."""
    options = {keyword.arg: keyword.value for keyword in concat.keywords}
    return (
        len(concat.args) == 1
        and set(options) <= {"ignore_index", "axis", "sort", "join"}
        and not ("axis" in options and "ignore_index" in options)
    )


def _simple(function: ast.FunctionDef) -> bool:
    """Tell whether a function can be read like cells: plain parameters, one return at the end or none."""
    plain = not (function.decorator_list or function.args.vararg or function.args.kwarg or function.args.kwonlyargs)
    for inner in ast.walk(function):
        if inner is not function and isinstance(
            inner,
            ast.FunctionDef
            | ast.AsyncFunctionDef
            | ast.ClassDef
            | ast.Yield
            | ast.YieldFrom
            | ast.Global
            | ast.Nonlocal
            | ast.Await,
        ):
            return False
    returns = [inner for inner in ast.walk(function) if isinstance(inner, ast.Return)]
    return plain and (not returns or returns == [function.body[-1]])
