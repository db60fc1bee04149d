"""Frame methods that give a frame of the same rows: other columns, other labels, other types."""

from __future__ import annotations

import ast
from dataclasses import replace

from memadvise.rewrite import columns as col
from memadvise.rewrite.follow.frame_arguments import Options
from memadvise.rewrite.follow.row_methods import RowMethods
from memadvise.rewrite.follow.values import CLOSED, FrameValue, Value


class LabelMethods(RowMethods):
    """Columns dropped, renamed, made, cast, or taken as row labels."""

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
