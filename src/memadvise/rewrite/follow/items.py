"""Attributes and brackets: `frame.a`, `frame["a"]`, `frame[rows]`, `frame.loc[rows, columns]`, and storing there."""

from __future__ import annotations

import ast
from dataclasses import replace

from memadvise.rewrite import columns as col
from memadvise.rewrite.follow.base import Base, constants
from memadvise.rewrite.follow.values import (
    CLOSED,
    Carried,
    ClosedValue,
    FrameValue,
    GroupsValue,
    NamesValue,
    SummaryValue,
    Value,
)
from memadvise.rewrite.follow.words import SOME_ROWS
from memadvise.rewrite.frame_api import FRAME_ATTRIBUTES, GROUP_ATTRIBUTES

ACCESSORS = frozenset({"str", "dt", "cat", "sparse", "list", "struct"})
OF_NO_VALUES = frozenset({"size", "shape", "index", "name", "ndim", "empty"})
OF_LABELS = frozenset({"strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "replace"})
LOCATORS = frozenset({"loc", "iloc", "at", "iat"})


class Items(Base):
    """Reads and stores of columns and rows."""

    def glance(self, node: ast.expr) -> Value:
        """Return what an expression is where only its rows are asked for (`len`): a frame stays the result it was."""
        if isinstance(node, ast.Name):
            return Base.look_up(self, node.id)
        return self.value(node)

    def attribute(self, node: ast.Attribute) -> Value:
        """Interpret `owner.name`."""
        owner = self.glance(node.value) if node.attr == "index" else self.value(node.value)
        match owner:
            case FrameValue():
                if node.attr not in FRAME_ATTRIBUTES:
                    return self.column(owner, node.attr)
                if node.attr == "index":
                    return CLOSED
                if node.attr == "columns":
                    return self.labels(owner)
                self.use(owner, f"frame.{node.attr}", f".{node.attr}")
                # `.loc` and `.shape[0]` are read together with their brackets
                return Carried(owner.columns, "table", owner.after | {f"frame.{node.attr}"})
            case GroupsValue() if (found := owner.frame.column(node.attr)) is not None:
                if node.attr not in FRAME_ATTRIBUTES | GROUP_ATTRIBUTES:
                    return self.select(owner, (found,), f".{node.attr}")
            case Carried() if owner.form == "series" and node.attr in OF_NO_VALUES:
                return CLOSED
        self.use(owner, f"attribute.{node.attr}", f".{node.attr}")
        return self.carried([owner], f"attribute.{node.attr}", "array" if node.attr == "values" else "table")

    def labels(self, frame: FrameValue) -> Value:
        """Return the labels of a frame's columns: every one that is still the read's own is among them."""
        self.use(frame, "frame.columns", ".columns")
        renamed = {old: new for new, old in frame.labels}
        return NamesValue(tuple(renamed.get(name, name) for name in self.order if name in frame.columns))

    def column(self, frame: FrameValue, label: str) -> Value:
        """Return one column of a frame by its label."""
        name = frame.column(label)
        if name is not None:
            self.record({name}, "read", f"[{label!r}]", after=frame.after)
            rows = frozenset({SOME_ROWS} if frame.derived or frame.foreign else ())
            return Carried(frozenset({name}), "series", frame.after | rows)
        if frame.foreign and label not in self.header:  # `amount_x`: the read's own column, renamed by a merge
            origin = label.rpartition("_")[0]
            if origin in frame.columns:
                self.record({origin}, "read", f"[{label!r}]", after=frame.after)
                return Carried(frozenset({origin}), "series", frame.after)
        return CLOSED  # a column that the notebook itself added or replaced

    def columns_of(self, frame: FrameValue, labels: tuple[str, ...], what: str) -> FrameValue:
        """Return a frame of some columns."""
        named = [frame.column(label) for label in labels]
        chosen = frozenset(name for name in named if name is not None)
        self.record(chosen, "read", what, after=frame.after)
        return self.fresh(replace(frame, columns=chosen, open=False))

    def select(self, groups: GroupsValue, names: tuple[str, ...], what: str) -> Value:
        """Choose columns of groups."""
        chosen = frozenset(names) & groups.frame.columns
        self.record(chosen, "read", what, after=groups.frame.after)
        return GroupsValue(groups.frame, groups.keys, chosen)

    def is_condition(self, node: ast.expr, value: Value) -> bool:
        """Tell whether an expression in brackets surely chooses rows."""
        if isinstance(value, Carried):
            return value.form == "mask"
        return (isinstance(value, ClosedValue) and value.boolean) or col.is_condition(node)

    def item(self, node: ast.Subscript) -> Value:
        """Interpret `owner[key]`."""
        accessed = isinstance(node.value, ast.Attribute) and node.value.attr == "str"
        if isinstance(node.value, ast.Attribute):
            if node.value.attr in LOCATORS:
                return self._located(self.value(node.value.value), node.value.attr, node.slice)
            if node.value.attr == "shape":
                owner = self.glance(node.value.value)
                if isinstance(owner, FrameValue):
                    if not (isinstance(node.slice, ast.Constant) and node.slice.value == 0):
                        self.use(owner, "frame.shape", ".shape")
                    return CLOSED
        owner = self.value(node.value.value if isinstance(node.value, ast.Attribute) and accessed else node.value)
        match owner:
            case Carried() if accessed:  # `column.str[0:2]`
                assert isinstance(node.value, ast.Attribute)
                word = f"{node.value.attr}.{'slice' if isinstance(node.slice, ast.Slice) else 'get'}"
                self._children_of(node.slice) if isinstance(node.slice, ast.Slice) else None
                self.use(owner, word, f".{node.value.attr}[]", constants([node.slice]))
                return owner.then(word)
            case _ if accessed:
                self.consume(owner, ".str[]")
                return CLOSED
            case FrameValue():
                return self._frame_item(owner, node.slice)
            case GroupsValue():
                names = self.names_of(node.slice)
                if names is not None:
                    own = [owner.frame.column(name) for name in names]
                    return self.select(owner, tuple(one for one in own if one is not None), "[]")
            case Carried():
                key = self.value(node.slice) if not isinstance(node.slice, ast.Slice) else CLOSED
                if isinstance(node.slice, ast.Slice) or self.is_condition(node.slice, key):
                    self.use(key, "filter", "a filter")
                    return replace(owner, after=owner.after | {SOME_ROWS})
                self.consume(key, "a key")
                self.use(owner, "item", "[]", constants([node.slice]))
                return owner.then("item", "scalar" if owner.form == "series" else owner.form)
            case NamesValue():
                return NamesValue(owner.names, one=not isinstance(node.slice, ast.Slice | ast.Compare))
        self.use(owner, "item", "[]", constants([node.slice]))
        self.consume(self.value(node.slice), "a key")
        return self.carried([owner], "item", "table")

    def _frame_item(self, frame: FrameValue, key: ast.expr) -> Value:
        names = self.names_of(key)
        if names is not None:
            one = isinstance(key, ast.Constant | ast.JoinedStr) or (
                isinstance(key, ast.Name) and isinstance(found := self.env.get(key.id), NamesValue) and found.one
            )
            if not one:
                return self.columns_of(frame, names, "[[]]")
            found_columns = [self.column(frame, name) for name in names]
            return found_columns[0] if len(found_columns) == 1 else self._one_of(found_columns)
        if isinstance(key, ast.Slice):
            for bound in (key.lower, key.upper, key.step):
                if bound is not None:
                    self.consume(self.value(bound), "a slice")
            return self.fresh(replace(frame, derived=True))
        value = self.value(key)
        if isinstance(value, NamesValue):
            return (
                self._one_of([self.column(frame, name) for name in value.names])
                if value.one
                else (self.columns_of(frame, value.names, "[[]]"))
            )
        if self.is_condition(key, value):
            self.use(value, "filter", "a filter")
            return self.fresh(replace(frame, derived=True))
        self.consume(value, "a key")
        self.consume(frame, "columns chosen at run time")
        return Carried(frame.columns, "table", frame.after)

    def _one_of(self, found: list[Value]) -> Value:
        parts = [one for one in found if isinstance(one, Carried)]
        if not parts:
            return CLOSED
        columns = frozenset(name for part in parts for name in part.columns)
        return Carried(columns, "series", frozenset.intersection(*(part.after for part in parts)))

    def _located(self, owner: Value, locator: str, key: ast.expr) -> Value:
        if isinstance(owner, Carried):
            inner = key if isinstance(key, ast.Slice) else None
            value = CLOSED if inner is not None else self.value(key)
            if inner is not None or self.is_condition(key, value):
                self.use(value, "filter", "a filter")
                return replace(owner, after=owner.after | {SOME_ROWS})
            self.consume(value, "a key")
            self.use(owner, "item", f".{locator}[]")
            return owner.then("item", "scalar")
        if isinstance(owner, SummaryValue):
            self.consume(self.value(key), "a key") if not isinstance(key, ast.Slice) else None
            word = "item" if locator in {"loc", "at"} else "place"
            self.use(owner, word, f".{locator}[]")
            return self.carried([owner], word, "table")
        if not isinstance(owner, FrameValue):
            self.use(owner, "item", f".{locator}[]")
            self._children_of(key)
            return self.carried([owner], "item", "table")
        rows, chosen = key, None
        if isinstance(key, ast.Tuple) and len(key.elts) == 2:
            rows, chosen = key.elts
        if locator in {"loc", "iloc"} and self._chooses_rows(rows, locator):
            some = self.fresh(replace(owner, derived=True))
            if chosen is None or (isinstance(chosen, ast.Slice) and not (chosen.lower or chosen.upper or chosen.step)):
                return some
            if locator == "loc" and self.names_of(chosen) is not None:
                return self._frame_item(some, chosen)
        elif locator in {"loc", "at"} and isinstance(chosen, ast.Constant | ast.Name) and self.names_of(chosen):
            found = self._frame_item(owner, chosen)  # `frame.loc[label, "a"]`: one value, or some of one column
            self.use(found, "item", f".{locator}[]")
            return self.carried([found], "item", "series")
        self._children_of(key)
        self.consume(owner, f".{locator}[]")
        return Carried(owner.columns, "table", owner.after)

    def _chooses_rows(self, rows: ast.expr, locator: str) -> bool:
        if isinstance(rows, ast.Slice):
            self._children_of(rows)
            return True
        if locator == "iloc":
            return False
        value = self.value(rows)
        if self.is_condition(rows, value):
            self.use(value, "filter", "a filter")
            return True
        self.consume(value, "a key")
        return False

    def _children_of(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.consume(self.value(child), "a key")

    # --- storing ------------------------------------------------------------------------------------------------------

    def store_item(self, target: ast.Subscript, value: Value, what: str = "assigned to") -> None:
        """Interpret `frame["new"] = value`; whatever else is stored into counts as a use of the whole."""
        if isinstance(target.value, ast.Attribute) and target.value.attr in LOCATORS:
            self._store_located(target, value)
            return
        owner = self.value(target.value)
        names = self.names_of(target.slice)
        if isinstance(owner, FrameValue) and names is not None:
            exact = isinstance(target.slice, ast.Constant | ast.List)
            old = frozenset(found for name in names if (found := owner.column(name)) is not None)
            self.record(old, "stored", what, after=owner.after)
            self.use(value, "added" if not old else "put back", "put into a column")
            if exact:
                self.mutated(owner, owner.without(old))
            return
        self.consume(value, "stored inside another object")
        self.use(owner, "stored in part", "assigned into")
        if isinstance(owner, FrameValue):
            self.consume(owner, "assigned into")
        if not isinstance(target.slice, ast.Slice):
            self.consume(self.value(target.slice), "a key")

    def _store_located(self, target: ast.Subscript, value: Value) -> None:
        assert isinstance(target.value, ast.Attribute)
        owner = self.value(target.value.value)
        rows, chosen = target.slice, None
        if isinstance(rows, ast.Tuple) and len(rows.elts) == 2:
            rows, chosen = rows.elts
        names = self.names_of(chosen) if target.value.attr in {"loc", "at"} and chosen is not None else None
        if not isinstance(rows, ast.Slice):
            key = self.value(rows)
            self.use(key, "filter" if self.is_condition(rows, key) else "unknown", "a filter")
        self.consume(value, "stored inside another object")
        if isinstance(owner, FrameValue) and names is not None:
            old = {found for name in names if (found := owner.column(name)) is not None}
            self.record(old, "stored in part", "assigned to", after=owner.after)
            return
        if chosen is not None and not isinstance(chosen, ast.Slice):
            self.consume(self.value(chosen), "a key")
        self.consume(owner, "assigned into")

    def relabelled(self, frame: FrameValue, source: ast.expr | None) -> bool:
        """Follow `frame.columns = frame.columns.str.strip().str.lower()`: each label by itself, whichever there are."""
        labels = {name: name for name in self.order}
        labels |= {old: new for new, old in frame.labels}
        steps: list[ast.Call] = []
        node = source
        while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            steps.insert(0, node)
            node = node.func.value
            if isinstance(node, ast.Attribute) and node.attr == "str":
                node = node.value
            else:
                return False
        if not (steps and isinstance(node, ast.Attribute) and node.attr == "columns" and not frame.foreign):
            return False
        owner = node.value
        if not (isinstance(owner, ast.Name) and self.glance(owner) == frame):
            return False
        for step in steps:
            assert isinstance(step.func, ast.Attribute)
            arguments = constants(step.args)
            if step.func.attr not in OF_LABELS or step.keywords or arguments is None:
                return False
            if not all(isinstance(argument, str) for argument in arguments):
                return False
            labels = {old: getattr(new, step.func.attr)(*arguments) for old, new in labels.items()}
        if len(set(labels.values())) != len(labels):
            return False
        self.mutated(frame, replace(frame, labels=tuple((new, old) for old, new in labels.items())))
        return True

    def store_attribute(self, target: ast.Attribute, source: ast.expr | None) -> None:
        """Interpret `frame.name = ...`; `frame.columns = [...]` gives all columns other labels."""
        owner = self.value(target.value)
        if isinstance(owner, FrameValue) and target.attr == "columns":
            self.use(owner, "frame.columns", ".columns is assigned")
            labels = self.names_of(source)
            plain = not owner.labels and not owner.foreign and owner.columns == self.header
            if labels is not None and plain and len(labels) == len(self.order):
                self.mutated(owner, replace(owner, labels=tuple(zip(labels, self.order, strict=True))))
                return
        self.consume(owner, f".{target.attr} is assigned")
