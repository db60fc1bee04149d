"""Methods of a frame: which are followed, and what any other one does with the whole frame."""

from __future__ import annotations

import ast
from dataclasses import replace

from memadvise.rewrite.follow.base import constants, option_names
from memadvise.rewrite.follow.frame_arguments import Options
from memadvise.rewrite.follow.table_methods import TableMethods
from memadvise.rewrite.follow.values import CLOSED, Carried, FrameValue, Value

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


class FrameMethods(TableMethods):
    """The allow-list of frame methods; the rest are uses of the whole frame."""

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
