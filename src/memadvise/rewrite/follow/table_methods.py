"""Frame methods that make something else of it: groups, pivoted and melted tables, merges, plots."""

from __future__ import annotations

import ast
from dataclasses import replace

from memadvise.rewrite.follow.base import constants, option_names
from memadvise.rewrite.follow.frame_arguments import Options
from memadvise.rewrite.follow.label_methods import LabelMethods
from memadvise.rewrite.follow.values import CLOSED, Carried, FrameValue, GroupsValue, SummaryValue, Value


class TableMethods(LabelMethods):
    """Grouping, reshaping, merging, drawing, and functions of the notebook's given by `pipe`."""

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
