"""Frame methods that choose or order rows: the columns stay what they are."""

from __future__ import annotations

import ast
from dataclasses import replace

from memadvise.rewrite import columns as col
from memadvise.rewrite.follow.frame_arguments import FrameArguments, Options
from memadvise.rewrite.follow.values import Carried, FrameValue, Value


class RowMethods(FrameArguments):
    """Sorting, duplicates, missing values, queries."""

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
