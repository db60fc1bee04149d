"""What every part of following shares: the names as they now stand, and the list of uses."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import replace

from memadvise.model import Cell
from memadvise.rewrite.follow.values import (
    CLOSED,
    UNKNOWN,
    Carried,
    Form,
    FrameValue,
    GroupsValue,
    NamesValue,
    SummaryValue,
    Use,
    Value,
)
from memadvise.rewrite.follow.words import BOOLEANS, NAMED_TYPES


class Base:
    """State of one walk: names, frames by identity, the cell it is in, the uses so far."""

    def __init__(self, header: tuple[str, ...]) -> None:
        self.order = header
        self.header = frozenset(header)
        self.env: dict[str, Value] = {}
        self.frames: dict[int, FrameValue] = {}
        self.uses: list[Use] = []
        self.cell = Cell("", -1, "")
        self.depth = 0  # of followed function calls
        self.functions: frozenset[str] = frozenset()  # the notebook's own, each defined once
        self.shadowed: frozenset[str] = frozenset()  # names that the notebook binds anywhere: no builtins any more
        self.labels_ever: set[tuple[str, str]] = set()  # (column of the read, a label that it ever got)
        self.volatile: frozenset[str] = frozenset()  # whose lists or texts may change unseen

    # --- what the other parts give ------------------------------------------------------------------------------------

    def value(self, node: ast.expr) -> Value:
        """Return what an expression is; uses inside it are recorded."""
        raise NotImplementedError

    def bind_target(self, target: ast.expr, value: Value) -> None:
        """Bind what stands left of an assignment, or a loop's target."""
        raise NotImplementedError

    # --- uses ---------------------------------------------------------------------------------------------------------

    def record(
        self,
        columns: Iterable[str],
        operation: str,
        what: str,
        *,
        whole: bool = False,
        after: frozenset[str] = frozenset(),
        values: tuple[object, ...] | None = None,
        options: tuple[str, ...] = (),
    ) -> None:
        """Note one use; of no column at all it is none, unless it needs the whole frame."""
        found = frozenset(columns) & self.header
        if found or whole:
            cell = self.cell
            self.uses.append(Use(found, operation, cell.index, cell.cell_id, what, whole, after, values, options))

    def use(
        self,
        value: Value,
        operation: str,
        what: str,
        values: tuple[object, ...] | None = None,
        options: tuple[str, ...] = (),
    ) -> None:
        """Note that something is done with a value, whatever kind it is."""
        match value:
            case FrameValue():
                self.record(
                    value.columns, operation, what, whole=value.open, after=value.after, values=values, options=options
                )
            case Carried():
                self.record(value.columns, operation, what, after=value.after, values=values, options=options)
            case SummaryValue():
                self.record(
                    value.values.columns, operation, what, after=value.values.after, values=values, options=options
                )
                self.record(
                    value.keys.columns,
                    f"labels.{operation}",
                    what,
                    after=value.keys.after,
                    values=values,
                    options=options,
                )
            case GroupsValue():
                rest = value.frame.columns if value.selected is None else value.selected
                whole = value.selected is None and value.frame.open
                self.record(rest, operation, what, whole=whole, after=value.frame.after, values=values, options=options)
                self.record(value.keys.columns, operation, what, after=value.keys.after, values=values, options=options)

    def consume(self, value: Value, what: str) -> None:
        """Note that a value goes where it is not followed."""
        self.use(value, UNKNOWN, what)

    def carried(self, values: Sequence[Value], operation: str, form: Form) -> Value:
        """Return what an operation on several values gives: it carries on all their columns."""
        columns: frozenset[str] = frozenset()
        after: list[frozenset[str]] = []
        for value in values:
            part = flat(value)
            if part is not None:
                columns |= part.columns
                after.append(part.after)
        if not after:
            return CLOSED
        # an operation counts as gone through only where every value went through it; the labels of a reduced table
        # stay what they were, whatever is done with its cells
        labelled = any(isinstance(value, SummaryValue) and value.keys.columns for value in values)
        passed = frozenset.intersection(*after) | {f"labels.{operation}" if labelled else operation}
        if operation in BOOLEANS and labelled:
            return Carried(columns, "mask", passed)
        if operation in BOOLEANS:
            return Carried(columns, "scalar" if form == "scalar" else "mask", passed | {"condition"})
        return Carried(columns, form, passed)

    # --- frames -------------------------------------------------------------------------------------------------------

    def fresh(self, frame: FrameValue) -> FrameValue:
        """Return the frame as a new object."""
        made = replace(frame, identity=len(self.frames) + 1)
        self.frames[made.identity] = made
        self.labels_ever |= {(name, label) for label, name in made.labels}
        return made

    def mutated(self, frame: FrameValue, now: FrameValue) -> None:
        """Note that the object itself has changed, for every name of it."""
        self.frames[frame.identity] = replace(now, identity=frame.identity)
        self.labels_ever |= {(name, label) for label, name in now.labels}

    def look_up(self, name: str) -> Value:
        """Return what a name is."""
        found = self.env.get(name, CLOSED)
        return self.frames.get(found.identity, found) if isinstance(found, FrameValue) else found

    # --- names known from the code ------------------------------------------------------------------------------------

    def names_of(self, node: ast.expr | None) -> tuple[str, ...] | None:
        """Return the column names that an expression surely stands for (or is surely one of); None when not known."""
        match node:
            case ast.Constant(value=str(text)):
                return (text,)
            case ast.Name(id=name):
                found = self.env.get(name)
                return found.names if isinstance(found, NamesValue) else None
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                return self._all_names(elements)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                first, second = self.names_of(left), self.names_of(right)
                lists = all(self._is_list(side) for side in (left, right))
                return None if first is None or second is None or not lists else first + second
            case ast.Call(
                func=ast.Name(id="list" | "tuple" | "sorted" | "set" as called), args=[inner], keywords=[]
            ) if called not in self.shadowed:
                return self.names_of(inner) if self._is_list(inner) else None
            case ast.JoinedStr(values=parts):
                return self._formatted_names(parts)
        return None

    def exactly(self, node: ast.expr | None) -> bool:
        """Tell whether the names that `names_of` gives are all meant, not just one or some of them."""
        match node:
            case ast.Constant(value=str()):
                return True
            case ast.Name(id=name):
                found = self.env.get(name)
                return isinstance(found, NamesValue) and (found.exact or (found.one and len(found.names) == 1))
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                return all(self.exactly(one.value if isinstance(one, ast.Starred) else one) for one in elements)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self.exactly(left) and self.exactly(right)
        return False

    def dtype_names(self, nodes: Iterable[ast.expr]) -> tuple[object, ...] | None:
        """Return the names of the dtypes that these expressions are: `"int8"`, `float`; None when one is none."""
        found: list[object] = []
        for node in nodes:
            match node:
                case ast.Constant(value=str(text)):
                    found.append(text)
                case ast.Name(id=name) if name in NAMED_TYPES and name not in self.shadowed:
                    found.append(NAMED_TYPES[name])
                case _:
                    return None
        return tuple(found)

    def _is_list(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            found = self.env.get(node.id)
            return isinstance(found, NamesValue) and not found.one
        return isinstance(node, ast.List | ast.Tuple | ast.Set | ast.BinOp | ast.Call)

    def _all_names(self, elements: Iterable[ast.expr]) -> tuple[str, ...] | None:
        found: list[str] = []
        for element in elements:
            names = self.names_of(element.value if isinstance(element, ast.Starred) else element)
            if names is None:
                return None
            found += names
        return tuple(found)

    def _formatted_names(self, parts: list[ast.expr]) -> tuple[str, ...] | None:
        texts = [""]
        for part in parts:
            if isinstance(part, ast.FormattedValue):
                if part.conversion != -1 or part.format_spec is not None:
                    return None
                part = part.value
            names = self.names_of(part)
            if names is None or len(names) * len(texts) > 1000:
                return None
            texts = [text + name for text in texts for name in names]
        return tuple(texts)


def flat(value: Value) -> Carried | None:
    """Return the values in a value, whatever its shape; None when nothing of the read is in it."""
    match value:
        case Carried():
            return value
        case FrameValue():
            return Carried(value.columns, "table", value.after)
        case SummaryValue():
            return Carried(value.keys.columns | value.values.columns, "table", value.values.after & value.keys.after)
        case GroupsValue():
            rest = value.frame.columns if value.selected is None else value.selected
            return Carried(rest | value.keys.columns, "table", value.frame.after)
    return None


def constants(nodes: Iterable[ast.expr]) -> tuple[object, ...] | None:
    """Return the plain constants that these expressions are (lists of them opened); None when one is none."""
    found: list[object] = []
    for node in nodes:
        match node:
            case ast.Constant(value=str() | int() | float() | None as plain):
                found.append(plain)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as plain)):
                found.append(-plain)
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                inner = constants(elements)
                if inner is None:
                    return None
                found += inner
            case _:
                return None
    return tuple(found)


def option_names(node: ast.Call) -> tuple[str, ...]:
    """Return the names of a call's keyword arguments, "**" for what is spread."""
    return tuple(keyword.arg or "**" for keyword in node.keywords)
