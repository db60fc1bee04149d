"""Methods of a frame: what each does with which columns, and what comes out."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace

from memadvise.rewrite import columns as col
from memadvise.rewrite.follow.base import constants, option_names
from memadvise.rewrite.follow.items import Items
from memadvise.rewrite.follow.values import (
    CLOSED,
    Carried,
    FrameValue,
    GroupsValue,
    SummaryValue,
    Value,
)

PEEK_METHODS = frozenset({"head", "tail", "info", "sample"})
ROW_METHODS = frozenset({"head", "tail", "sample", "copy", "sort_index", "truncate"})
ROW_OPTIONS = frozenset(
    {"n", "frac", "random_state", "replace", "deep", "ascending", "ignore_index"}
)  # no axis, weights
# methods of the whole frame that give a frame with the same labels
SAME_LABELS = frozenset(
    [
        "dropna",
        "drop_duplicates",
        "fillna",
        "replace",
        "astype",
        "round",
        "ffill",
        "bfill",
        "interpolate",
        "clip",
        "where",
        "mask",
        "convert_dtypes",
        "infer_objects",
        "map",
        "applymap",
        "select_dtypes",
        "reset_index",
        "sort_values",
        "nlargest",
        "nsmallest",
        "reindex",
        "truncate",
    ]
)
# methods that change the frame itself when they are told `inplace=True`
IN_PLACE = frozenset(
    [
        "dropna",
        "drop_duplicates",
        "fillna",
        "replace",
        "drop",
        "rename",
        "sort_values",
        "sort_index",
        "reset_index",
        "set_index",
        "ffill",
        "bfill",
        "query",
        "interpolate",
        "clip",
    ]
)
Options = Mapping[str | None, ast.expr]


class FrameMethods(Items):
    """The allow-list of frame methods; the rest are uses of the whole frame."""

    def arguments(self, node: ast.Call, what: str) -> None:
        """Record what is given to a call that is not followed."""
        raise NotImplementedError

    def frame_method(self, frame: FrameValue, method: str, node: ast.Call) -> Value:
        """Interpret `frame.method(...)`."""
        options: dict[str | None, ast.expr] = {keyword.arg: keyword.value for keyword in node.keywords}
        if "inplace" in options:
            return self._in_place(frame, method, node, options)
        if None in options or any(isinstance(one, ast.Starred) for one in node.args):
            return self._whole(frame, method, node)
        handler = getattr(self, f"_on_{method}", None) if method in HANDLED else None
        if handler is not None:
            found: Value | None = handler(frame, node, options)
            if found is not None:
                return found
        elif method in ROW_METHODS and set(options) <= ROW_OPTIONS and len(node.args) <= 1:
            self.arguments(node, method)
            if method == "copy":
                return self.fresh(frame)
            return self.fresh(replace(frame, derived=True, ordered=frame.ordered or method == "sort_index"))
        return self._whole(frame, method, node)

    def _whole(self, frame: FrameValue, method: str, node: ast.Call) -> Value:
        values = constants([*node.args, *(one.value for one in node.keywords)])
        self.use(frame, f"frame.{method}", f".{method}()", values, option_names(node))
        self.arguments(node, method)
        after = frame.after | {f"frame.{method}"}
        if method in SAME_LABELS:
            ordered = frame.ordered or method in {"sort_values", "nlargest", "nsmallest"}
            return self.fresh(replace(frame, derived=True, ordered=ordered, after=after))
        return Carried(frame.columns, "table", after)

    def _in_place(self, frame: FrameValue, method: str, node: ast.Call, options: Options) -> Value:
        """Interpret a method that changes the frame itself: like the one that does not, put back under its names."""
        given = options.get("inplace")
        plain = ast.Call(node.func, node.args, [one for one in node.keywords if one.arg != "inplace"])
        ast.copy_location(plain, node)
        if not isinstance(given, ast.Constant) or method not in IN_PLACE:
            self.consume(frame, f".{method}(inplace=…)")
            return CLOSED
        made = self.frame_method(frame, method, plain)
        if given.value is not True:
            return made
        if isinstance(made, FrameValue):
            self.mutated(frame, made)
        else:
            self.consume(frame, f".{method}(inplace=True)")
        return CLOSED

    def named(
        self,
        frame: FrameValue,
        names: tuple[str, ...] | None,
        operation: str,
        what: str,
        call: ast.Call | None = None,
        values: tuple[object, ...] | None = None,
    ) -> frozenset[str] | None:
        """Record a use of named columns, with the constants of the call; None when the names are not known."""
        if names is None:
            return None
        found = frozenset(one for name in names if (one := frame.column(name)) is not None)
        if call is not None:
            values = constants([*call.args, *(one.value for one in call.keywords)])
        options = () if call is None else option_names(call)
        self.record(found, operation, what, after=frame.after, values=values, options=options)
        return found

    def argument(self, node: ast.Call, options: Options, position: int, keyword: str) -> ast.expr | None:
        """Return an argument by position or name."""
        return node.args[position] if len(node.args) > position else options.get(keyword)

    # --- the methods --------------------------------------------------------------------------------------------------

    def _on_groupby(self, frame: FrameValue, node: ast.Call, options: Options) -> Value | None:
        if len(node.args) > 1 or not set(options) <= {"by", "sort", "as_index", "observed", "dropna", "group_keys"}:
            return None
        keys = self._group_keys(frame, self.argument(node, options, 0, "by"))
        if keys is None:
            return None
        word = "group key" if set(options) <= {"by"} else "group key with options"
        given = constants([one.value for one in node.keywords if one.arg != "by"])
        names = tuple(name for name in option_names(node) if name != "by")
        self.record(keys.columns, word, ".groupby()", after=keys.after, values=given, options=names)
        return GroupsValue(frame, keys)

    def _group_keys(self, frame: FrameValue, by: ast.expr | None) -> Carried | None:
        if by is None:
            return None
        names = self.names_of(by)
        if names is not None:
            found = frozenset(one for name in names if (one := frame.column(name)) is not None)
            return Carried(found, "series", frame.after)
        parts: list[Value] = []
        given: list[ast.expr] = by.elts if isinstance(by, ast.List) else [by]
        for key in given:
            named = self.names_of(key)
            value = self.value(key) if named is None or len(named) != 1 else self.column(frame, named[0])
            added = named is not None and value == CLOSED  # a column that the notebook made
            if not added and not (isinstance(value, Carried) and value.form in {"series", "mask"}):
                self.consume(value, "a group key")
                return None
            parts.append(value)
        found_keys = self.carried(parts, "group key", "series")
        return found_keys if isinstance(found_keys, Carried) else Carried(frozenset())

    def _sorted(self, frame: FrameValue, node: ast.Call, options: Options, position: int, keyword: str) -> Value | None:
        by = self.argument(node, options, position, keyword)
        if "key" in options or "axis" in options:
            return None
        what = f".{ast.unparse(node.func).rsplit('.', 1)[-1]}()"
        if self.named(frame, self.names_of(by), "sort key", what, node) is None:
            return None
        return self.fresh(replace(frame, derived=True, ordered=True))

    def _on_sort_values(self, frame: FrameValue, node: ast.Call, options: Options) -> Value | None:
        return self._sorted(frame, node, options, 0, "by")

    def _on_nlargest(self, frame: FrameValue, node: ast.Call, options: Options) -> Value | None:
        return self._sorted(frame, node, options, 1, "columns")

    _on_nsmallest = _on_nlargest

    def _subset(self, frame: FrameValue, options: Options, word: str, others: set[str]) -> Value | None:
        if "subset" not in options or not set(options) <= {"subset"} | others:
            return None
        if self.named(frame, self.names_of(options["subset"]), word, f".{word}()") is None:
            return None
        return self.fresh(replace(frame, derived=True))

    def _on_dropna(self, frame: FrameValue, node: ast.Call, options: Options) -> Value | None:
        return None if node.args else self._subset(frame, options, "dropna", {"how", "ignore_index"})

    def _on_drop_duplicates(self, frame: FrameValue, node: ast.Call, options: Options) -> Value | None:
        if len(node.args) == 1 and "subset" not in options:
            options = {**options, "subset": node.args[0]}
        return self._subset(frame, options, "drop_duplicates", {"keep", "ignore_index"})

    def _on_duplicated(self, frame: FrameValue, node: ast.Call, options: Options) -> Value | None:
        if len(node.args) == 1:
            options = {**options, "subset": node.args[0]}
        if not set(options) <= {"subset", "keep"} or "subset" not in options:
            return None
        found = self.named(frame, self.names_of(options["subset"]), "duplicated", ".duplicated()")
        return None if found is None else Carried(found, "series", frame.after | {"duplicated"})

    def _on_replace(self, frame: FrameValue, node: ast.Call, options: Options) -> Value | None:
        """Interpret `replace({"country": {"US": "United States"}})`: only the columns named are touched."""
        given = node.args[0] if len(node.args) == 1 and not options else None
        if not isinstance(given, ast.Dict) or not all(isinstance(value, ast.Dict) for value in given.values):
            return None
        names = col.keys(given)
        found = self.named(frame, None if names is None else tuple(names), "replace", ".replace()")
        return None if found is None else self.fresh(replace(frame, derived=True))

    def _on_reset_index(self, frame: FrameValue, node: ast.Call, options: Options) -> Value | None:
        return self.fresh(frame) if not node.args and set(options) <= {"drop"} else None

    def _on_astype(self, frame: FrameValue, node: ast.Call, options: Options) -> Value | None:
        if len(node.args) != 1 or not isinstance(node.args[0], ast.Dict) or not set(options) <= {"errors", "copy"}:
            return None
        names = col.keys(node.args[0])
        if names is None:
            return None
        found = frozenset(one for name in names if (one := frame.column(name)) is not None)
        for name, value in zip(names, node.args[0].values, strict=True):
            own = frame.column(name)
            self.record(
                [own] if own else [], "astype", ".astype()", after=frame.after, values=self.dtype_names([value])
            )
            self.consume(self.value(value), "a dtype")
        return self.fresh(frame.without(found))

    def _on_query(self, frame: FrameValue, node: ast.Call, options: Options) -> Value | None:
        if len(node.args) != 1 or options:
            return None
        tree = col.query_tree(node.args[0])
        if tree is None:
            return None
        expression, locals_used = tree
        outer = dict(self.env)
        self.env = {name: value for name, value in outer.items() if name in locals_used}
        for name in {one.id for one in ast.walk(expression) if isinstance(one, ast.Name)} - locals_used:
            self.env[name] = self.column(frame, col.query_label(name))
        self.use(self.value(expression), "query", ".query()")
        self.env = outer
        return self.fresh(replace(frame, derived=True))

    def _on_drop(self, frame: FrameValue, node: ast.Call, options: Options) -> Value | None:
        axis = self.argument(node, options, 1, "axis")
        across = isinstance(axis, ast.Constant) and axis.value in (1, "columns")
        labels = options.get("columns") if not node.args else node.args[0] if across else None
        if labels is None and across:
            labels = options.get("labels")
        if labels is None or not set(options) <= {"columns", "axis", "labels", "errors"}:
            return None
        found = self.named(frame, self.names_of(labels), "drop", ".drop()")
        if found is None:
            return None
        return self.fresh(frame.without(found) if self.exactly(labels) else frame)

    def _on_rename(self, frame: FrameValue, node: ast.Call, options: Options) -> Value | None:
        given = options.get("columns")
        if node.args or set(options) != {"columns"} or not isinstance(given, ast.Dict):
            return None
        old = col.keys(given)
        new = [self.names_of(value) for value in given.values]
        if old is None or frame.foreign or any(one is None or len(one) != 1 for one in new):
            return None
        pairs = {was: now[0] for was, now in zip(old, new, strict=True) if now is not None}
        standing = dict(frame.labels)
        labels = {pairs.get(label, label): name for label, name in standing.items()}
        for was, now in pairs.items():
            if was not in standing and (name := frame.column(was)) is not None:
                self.record({name}, "read", ".rename()", after=frame.after)
                labels[now] = name
        return self.fresh(replace(frame, labels=tuple(labels.items())))

    def _on_set_index(self, frame: FrameValue, node: ast.Call, options: Options) -> Value | None:
        keys = self.argument(node, options, 0, "keys")
        if not set(options) <= {"keys", "verify_integrity"} or len(node.args) > 1:
            return None
        found = self.named(frame, self.names_of(keys), "unknown", ".set_index()")  # row labels are not followed
        if found is None:
            return None
        return self.fresh(replace(frame.without(found) if self.exactly(keys) else frame, derived=True))

    def _on_assign(self, frame: FrameValue, node: ast.Call, options: Options) -> Value | None:
        if node.args:
            return None
        for label, given in options.items():
            assert label is not None
            value = self.call_lambda(given, frame) if isinstance(given, ast.Lambda) else self.value(given)
            old = frame.column(label)
            self.record({old} if old else (), "stored", ".assign()", after=frame.after)
            self.use(value, "put back" if old else "added", "put into a column")
            if old:
                frame = frame.without(frozenset({old}))
        return self.fresh(replace(frame, derived=True))

    def call_lambda(self, node: ast.Lambda, argument: Value) -> Value:
        """Return what a lambda of one argument gives for it."""
        names = [one.arg for one in node.args.args]
        if len(names) != 1 or node.args.defaults or node.args.vararg or node.args.kwarg or node.args.kwonlyargs:
            self.consume(argument, "given to a lambda")
            return CLOSED
        outer = dict(self.env)
        self.env[names[0]] = argument
        found = self.value(node.body)
        self.env = outer
        return found

    def _on_pivot_table(self, frame: FrameValue, node: ast.Call, options: Options) -> Value | None:
        places = {"index": "pivot index", "columns": "pivot columns", "values": "pivot values"}
        if node.args or not set(options) <= {*places, "aggfunc", "fill_value"} or "values" not in options:
            return None
        if any(self.names_of(options[one]) is None for one in places if one in options):
            return None
        found = {
            one: self.named(frame, self.names_of(options[one]), word, ".pivot_table()") or frozenset()
            for one, word in places.items()
            if one in options
        }
        for place in ("aggfunc", "fill_value"):
            if place in options:
                self.consume(self.value(options[place]), place)
        keys = frozenset().union(*(columns for one, columns in found.items() if one != "values"))
        after = frame.after | {"pivot_table"}
        return SummaryValue(Carried(keys, "series", after), Carried(found["values"], "table", after))

    def _on_melt(self, frame: FrameValue, node: ast.Call, options: Options) -> Value | None:
        if node.args or not set(options) <= {"id_vars", "value_vars", "var_name", "value_name"}:
            return None
        kept, melted = self.names_of(options.get("id_vars")), self.names_of(options.get("value_vars"))
        if kept is None or melted is None:
            return None
        found = self.named(frame, kept, "merge", ".melt()") or frozenset()
        found |= self.named(frame, melted, "melt", ".melt()") or frozenset()
        return Carried(found, "table", frame.after | {"frame.melt"})

    def _on_merge(self, frame: FrameValue, node: ast.Call, options: Options) -> Value | None:
        if not node.args and "right" not in options:
            return None
        other = self.value(node.args[0] if node.args else options["right"])
        return self.merged(frame, other, options if len(node.args) <= 1 else {**options, "left_on": node})

    def merged(self, left: Value, right: Value, options: Options) -> Value | None:
        """Return what a merge of two tables gives."""
        known = {"on", "left_on", "right_on", "how", "right", "suffixes", "validate", "indicator", "sort"}
        plain = set(options) <= known and "suffixes" not in options
        for side, own in ((left, "left_on"), (right, "right_on")):
            if not isinstance(side, FrameValue):  # any of its columns may be the key
                self.use(side, "merge key", "a merge")
                continue
            names = self.names_of(options.get("on")) or self.names_of(options.get(own))
            if names is None or not plain:
                self.use(side, "unknown", "a merge whose keys are not written out")
                continue
            self.named(side, names, "merge key", ".merge()")
            self.use(side, "merge", ".merge()")
        frames = [side for side in (left, right) if isinstance(side, FrameValue)]
        if len(frames) != 1 or not plain:
            return self.carried([left, right], "merge", "table")
        return self.fresh(replace(frames[0], derived=True, foreign=True, open=frames[0].open))

    def _on_join(self, frame: FrameValue, node: ast.Call, options: Options) -> Value | None:
        self.use(frame, "unknown", ".join()")
        self.arguments(node, "join")
        return Carried(frame.columns, "table", frame.after)

    def _on_plot(self, frame: FrameValue, node: ast.Call, options: Options) -> Value | None:
        names = [self.names_of(options.get(place)) for place in ("x", "y") if place in options]
        if len(names) != 2 or any(one is None for one in names):
            return None
        for one in names:
            self.named(frame, one, "plot", ".plot()")
        for keyword in node.keywords:
            self.consume(self.value(keyword.value), "plot") if keyword.arg not in {"x", "y"} else None
        return CLOSED

    def _on_pipe(self, frame: FrameValue, node: ast.Call, options: Options) -> Value | None:
        if len(node.args) == 1 and not options and isinstance(node.args[0], ast.Name):
            call = ast.copy_location(ast.Call(node.args[0], [], []), node)
            return self.followed(call, [frame])
        return None

    def followed(self, node: ast.Call, given: list[Value]) -> Value | None:
        """Return what a function of the notebook's gives for these values; None when it can't be followed."""
        raise NotImplementedError


HANDLED = frozenset(
    [
        "groupby",
        "replace",
        "sort_values",
        "nlargest",
        "nsmallest",
        "dropna",
        "drop_duplicates",
        "duplicated",
        "reset_index",
        "astype",
        "query",
        "drop",
        "rename",
        "set_index",
        "assign",
        "pivot_table",
        "melt",
        "merge",
        "join",
        "plot",
        "pipe",
    ]
)
