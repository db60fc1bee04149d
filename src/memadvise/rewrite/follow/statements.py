"""Statements: who binds what, in which order; and the walk over a notebook."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from memadvise.model import Cell
from memadvise.rewrite.follow.base import constants, flat
from memadvise.rewrite.follow.calls import Calls, Known
from memadvise.rewrite.follow.column_methods import last_method
from memadvise.rewrite.follow.frame_methods import PEEK_METHODS, ROW_OPTIONS
from memadvise.rewrite.follow.values import (
    BOOLEAN,
    CLOSED,
    PEEK,
    Carried,
    ClosedValue,
    Form,
    FrameValue,
    GroupsValue,
    NamesValue,
    SummaryValue,
    Value,
)
from memadvise.rewrite.follow.words import OPERATORS, UNARY
from memadvise.rewrite.names import bound_names
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.scopes import free_names, late_uses

SHOWN_ATTRIBUTES = frozenset({"shape", "columns"})
PRINTED_ATTRIBUTES = SHOWN_ATTRIBUTES | {"dtypes"}


@dataclass(frozen=True)
class Start:
    """Where the frame comes from: a statement, and the call in it that makes the frame (None: all of its value)."""

    statement: ast.stmt
    name: str
    call: ast.expr | None


class Walker(Calls):
    """Reads a notebook in order."""

    def __init__(self, start: Start, header: tuple[str, ...], known: Known) -> None:
        super().__init__(header)
        self._start = start
        self.known = known
        self.functions = frozenset(known.functions)
        self._begun = False
        self._above: set[str] = set()
        self.ever: dict[str, list[Value]] = {}
        self.open_ever: set[str] = {start.name}
        self._kept: dict[str, tuple[Cell, FrameValue]] = {}
        self._returned: list[Value] = []

    # --- names --------------------------------------------------------------------------------------------------------

    def bind(self, name: str, value: Value) -> None:
        """Bind a name to what it now is."""
        if value == CLOSED or (isinstance(value, NamesValue) and name in self.volatile):
            self.env.pop(name, None)
            return
        self.env[name] = value
        if self.depth or isinstance(value, ClosedValue):
            return
        if not isinstance(value, NamesValue):
            self.ever.setdefault(name, []).append(value)
        if isinstance(value, FrameValue):
            if value.open:
                self.open_ever.add(name)
            if value.derived:
                self._kept[name] = self.cell, value
        elif isinstance(value, Carried | SummaryValue | GroupsValue):
            self.use(value, "kept", f"{name} is bound to it")

    def look_up(self, name: str) -> Value:
        """Return what a name is; a derived frame that is used further is not the end result."""
        self._kept.pop(name, None)
        return super().look_up(name)

    def check_kept(self) -> None:
        """Record a use of each derived frame that is bound and then left as it is: it is a result."""
        for name, (cell, bound) in self._kept.items():
            self.cell = cell
            self.use(self.frames.get(bound.identity, bound), "kept", f"{name} is kept as a result")

    def statement(self, node: ast.stmt) -> None:
        """Interpret one statement."""
        if node is self._start.statement:
            self._begun = True
            if self._start.call is None:
                self.bind(self._start.name, self._frame())
                return
        if not self._begun:
            self._before(node)
            return
        handler = getattr(self, f"_{type(node).__name__.lower()}", self._compound)
        handler(node)

    def _frame(self) -> FrameValue:
        return self.fresh(FrameValue(self.header))

    def _before(self, node: ast.stmt) -> None:
        """Handle a statement above the read: a use of the name there is of another run's frame, and counts whole."""
        name = self._start.name
        loaded = any(
            isinstance(inner, ast.Name) and inner.id == name and isinstance(inner.ctx, ast.Load)
            for inner in ast.walk(node)
        )
        if loaded and name in free_names(node) and name not in self._above:
            self.record(self.header, "unknown", f"{name} is used above its read", whole=True)
        self._above |= bound_names(node)  # from here on the name is something else, until the read
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            names = self.names_of(node.value)
            self.env.pop(node.targets[0].id, None)
            target = node.targets[0].id
            if names is None:
                self._forget(node)
            elif target != name and target not in self.volatile:
                one = isinstance(node.value, ast.Constant | ast.JoinedStr)
                self.env[target] = NamesValue(names, one=one, exact=self.exactly(node.value))
        else:
            self._forget(node)

    def _forget(self, node: ast.stmt) -> None:
        """Forget the names that a statement above the read mentions: it may change what they are."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name):
                self.env.pop(inner.id, None)
        for bound in bound_names(node):
            self.env.pop(bound, None)

    # --- statements ---------------------------------------------------------------------------------------------------

    def _expr(self, node: ast.Expr) -> None:
        self.shown(node.value)

    def _assign(self, node: ast.Assign) -> None:
        target = node.targets[0]
        if isinstance(target, ast.Attribute) and target.attr == "columns" and len(node.targets) == 1:
            owner = self.value(target.value)
            if isinstance(owner, FrameValue) and self.relabelled(owner, node.value):
                return
        names = self.names_of(node.value)
        if names is not None and all(isinstance(target, ast.Name) for target in node.targets):
            one = isinstance(node.value, ast.Constant | ast.JoinedStr)
            value: Value = NamesValue(names, one=one, exact=self.exactly(node.value))
        else:
            value = self.value(node.value)
        for target in node.targets:
            self._store(target, value, node.value)

    def _annassign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._store(node.target, self.value(node.value), node.value)

    def _augassign(self, node: ast.AugAssign) -> None:
        word = OPERATORS[type(node.op)]
        if isinstance(node.target, ast.Name):
            before = self.look_up(node.target.id)
            if isinstance(before, NamesValue):
                more = self.names_of(node.value)
                self.env.pop(node.target.id, None)
                if more is not None and not before.one:
                    self.env[node.target.id] = NamesValue((*before.names, *more))
                return
            found = self._operation(word, [before, self.value(node.value)], node.target)
            if isinstance(before, FrameValue):
                self.consume(before, "augmented assignment")  # it may change the object that others hold
            self.bind(node.target.id, found)
            return
        place = _loaded(node.target)
        found = self._operation(word, [self.value(place), self.value(node.value)], place)
        self._store(node.target, found, None)

    def _store(self, target: ast.expr, value: Value, source: ast.expr | None) -> None:
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            parts: list[Value] = [CLOSED] * len(target.elts)
            if isinstance(source, ast.Tuple | ast.List) and len(source.elts) == len(target.elts):
                parts = [self.value(one) for one in source.elts]
            else:
                self.consume(value, "taken apart")
                spread = flat(value)
                parts = [spread] * len(target.elts) if spread is not None else parts
            for element, part in zip(target.elts, parts, strict=True):
                self._store(element.value if isinstance(element, ast.Starred) else element, part, None)
        elif isinstance(target, ast.Subscript):
            self.store_item(target, value)
        elif isinstance(target, ast.Attribute):
            self.consume(value, "stored inside another object")
            self.store_attribute(target, source)

    def bind_target(self, target: ast.expr, value: Value) -> None:
        """Bind a loop's target to what it goes through."""
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
            return
        if isinstance(target, ast.Tuple | ast.List):
            for element in target.elts:
                self.bind_target(element.value if isinstance(element, ast.Starred) else element, value)
            return
        self._store(target, value, None)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.env.pop(target.id, None)
                self._kept.pop(target.id, None)
                continue
            names = self.names_of(target.slice) if isinstance(target, ast.Subscript) else None
            owner = self.value(target.value) if isinstance(target, ast.Subscript) else CLOSED
            if isinstance(owner, FrameValue) and names is not None:  # `del df["a"]` needs the column to be there
                gone = self.named(owner, names, "drop", "del")
                exact = isinstance(target, ast.Subscript) and self.exactly(target.slice)
                self.mutated(owner, owner.without(gone or frozenset()) if exact else owner)
            else:
                self.consume(self.value(_loaded(target)), "del")

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        names = bound_names(node)
        for name in [*self.env] if "*" in names else names:
            if name in names or isinstance(self.env.get(name), NamesValue):
                self.env.pop(name, None)

    _importfrom = _import

    def _pass(self, node: ast.stmt) -> None:
        """Nothing happens."""

    _global = _nonlocal = _break = _continue = _pass

    def _functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self.env.pop(node.name, None)  # names used in bodies: check_late_uses, over the whole notebook

    _asyncfunctiondef = _classdef = _functiondef

    def _return(self, node: ast.Return) -> None:
        if node.value is not None:
            self._returned.append(self.value(node.value))

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.consume(self.value(item.context_expr), "with")
            if item.optional_vars is not None:
                self._store(item.optional_vars, CLOSED, None)
        for inner in node.body:
            self.statement(inner)

    _asyncwith = _with

    def _for(self, node: ast.For) -> None:
        names = self.names_of(node.iter)
        going = NamesValue(names) if names is not None else self.value(node.iter)
        self._forget_later_rounds(node)
        before, frames = self._mark()
        self._bind_loop(node.target, going)
        for inner in [*node.body, *node.orelse]:
            self.statement(inner)
        loop = {name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)}
        self._joined(node, before, frames, loop)

    def _bind_loop(self, target: ast.expr, going: Value) -> None:
        if isinstance(going, NamesValue):
            self.bind_target(target, NamesValue(going.names, one=True))
            return
        if isinstance(going, FrameValue):
            self.bind_target(target, NamesValue(tuple(going.columns), one=True))
            self.use(going, "frame.columns", "gone through")
            return
        if isinstance(going, GroupsValue) and isinstance(target, ast.Tuple) and len(target.elts) == 2:
            self.record(going.keys.columns, "labels.loop", "groups gone through", after=going.keys.after)
            self.bind_target(target.elts[0], going.keys.then("labels.loop", "scalar"))
            part: Value = self.fresh(replace(going.frame, derived=True))
            if going.selected is not None:
                part = Carried(going.selected, "table", going.frame.after)
            self.bind_target(target.elts[1], part)
            return
        self.use(going, "loop", "gone through")
        self.bind_target(target, self.carried([going], "loop", "scalar"))

    def _mark(self) -> tuple[dict[str, Value], dict[int, FrameValue]]:
        return dict(self.env), dict(self.frames)

    def _if(self, node: ast.If) -> None:
        self.consume_condition(self.value(node.test))
        before, frames = self._mark()
        for inner in node.body:
            self.statement(inner)
        first = self.env
        self.env = dict(before)
        for identity, was in frames.items():
            if self.frames[identity] != was:  # the other branch finds the frame as it was
                self._renamed_maybe(self.frames[identity], was)
                self.frames[identity] = was
        for inner in node.orelse:
            self.statement(inner)
        for identity, was in frames.items():
            if self.frames[identity] != was:
                self._renamed_maybe(self.frames[identity], was)
                self.frames[identity] = was
        bound = bound_names(node)
        for name in bound:
            self._either(name, first.get(name, CLOSED), self.env.get(name, CLOSED))
        for name in set(first) | set(self.env):  # lists that a branch has changed
            one, other = first.get(name, CLOSED), self.env.get(name, CLOSED)
            if name in bound or one == other or not isinstance(one, NamesValue | ClosedValue):
                continue
            self.env.pop(name, None)
            if isinstance(one, NamesValue) and isinstance(other, NamesValue):
                self.env[name] = NamesValue(tuple(dict.fromkeys((*one.names, *other.names))), one=one.one)

    def _renamed_maybe(self, now: FrameValue, was: FrameValue) -> None:
        if (now.labels, now.foreign, now.open) != (was.labels, was.foreign, was.open):
            self.consume(now, "its columns get other names in a branch or loop")

    def _either(self, name: str, one: Value, other: Value) -> None:
        """Bind a name that is one of two values."""
        if one == other or other == CLOSED:
            if one == CLOSED:
                self.env.pop(name, None)
            else:
                self.env[name] = one
        elif one == CLOSED:
            self.env[name] = other
        elif isinstance(one, FrameValue) and isinstance(other, FrameValue) and _alike(one, other):
            joined = _one_of(one, other)
            self.env[name] = self.frames[joined.identity] = joined
        elif isinstance(one, Carried) and isinstance(other, Carried):
            self.env[name] = Carried(one.columns | other.columns, other.form, one.after & other.after)
        else:
            for value in (one, other):
                self.consume(value, f"{name} is bound again in a branch or loop")
            self.env.pop(name, None)

    def _forget_later_rounds(self, node: ast.stmt) -> None:
        """Forget texts and lists that a loop binds again: its body is read once, a later round finds others."""
        for name in bound_names(node):
            if isinstance(self.env.get(name), NamesValue):
                self.env.pop(name, None)

    def _compound(self, node: ast.stmt) -> None:
        """Handle branches and loops: bodies are read once, in order."""
        if isinstance(node, ast.While | ast.AsyncFor):
            self._forget_later_rounds(node)
        before, frames = self._mark()
        for child in ast.iter_child_nodes(node):
            self._inside(child)
        self._joined(node, before, frames, set())

    def _joined(self, node: ast.stmt, before: dict[str, Value], frames: dict[int, FrameValue], loop: set[str]) -> None:
        """Join what stands after a branch or loop with what stood before it."""
        for identity, was in frames.items():  # a change that may not have happened, or happened to a later round
            if self.frames[identity] != was:
                self._renamed_maybe(self.frames[identity], was)
                self.frames[identity] = was
        for name in bound_names(node):
            old, new = before.get(name, CLOSED), self.env.get(name, CLOSED)
            if old == CLOSED and (new == CLOSED or name in loop):
                continue
            if old == CLOSED and isinstance(node, ast.For) and made_each_round(node.body, name):
                continue
            if isinstance(old, FrameValue) and isinstance(new, FrameValue) and _alike(old, new):
                if isinstance(node, ast.For | ast.AsyncFor | ast.While) and not _no_more(old, new):
                    self.consume(new, f"{name} is another frame in a later round")
                joined = _one_of(old, new)
                self.env[name] = self.frames[joined.identity] = joined
                continue
            for value in (old, new):
                self.consume(value, f"{name} is bound again in a branch or loop")
            self.env.pop(name, None)

    def _inside(self, child: ast.AST) -> None:
        if isinstance(child, ast.stmt):
            self.statement(child)
        elif isinstance(child, ast.expr):
            if not isinstance(getattr(child, "ctx", None), ast.Store):
                self.consume_condition(self.value(child))
        else:
            for inner in ast.iter_child_nodes(child):  # except handlers, match cases
                self._inside(inner)

    def consume_condition(self, value: Value) -> None:
        """Record that something decides a branch."""
        if isinstance(value, Carried):
            self.use(value, "bool", "a condition")
        else:
            self.consume(value, "used in a branch or loop")

    def run_body(self, function: ast.FunctionDef, bound: dict[str, Value]) -> Value:
        """Walk a function's body with its parameters bound, and return what it returns."""
        outer, returned = dict(self.env), self._returned
        own = {name for inner in function.body for name in bound_names(inner)}
        self.env = {name: value for name, value in outer.items() if name not in own and name not in bound}
        self.env |= {
            name: value
            for name, value in bound.items()
            if not (isinstance(value, NamesValue) and name in self.volatile)
        }
        self._returned = []
        self.depth += 1
        for inner in function.body:
            self.statement(inner)
        self.depth -= 1
        found = self._returned[0] if self._returned else CLOSED
        self.env, self._returned = outer, returned
        return found

    def check_late_uses(self, cells: Iterable[ParsedCell]) -> None:
        """Record an unknown use where code that may run at any time (a function, a lambda) names what is followed."""
        for cell in cells:
            for statement in cell.body:
                for name, where in late_uses(statement):
                    for value in self.ever.get(name, ()):
                        self.cell = cell.cell
                        self.consume(value, f"{name} is used inside {where}")

    # --- what is displayed --------------------------------------------------------------------------------------------

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
            if isinstance(value, FrameValue):
                peek = self._is_peek(value, node.value)
                self.use(value, PEEK if peek else f"frame.{node.attr}", f".{node.attr}")
                return
            self.use(value, f"attribute.{node.attr}", f".{node.attr}")
            return
        kind = last_method(node) or "shown"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PEEK_METHODS:
            owner = self.value(node.func.value)
            if isinstance(owner, FrameValue):
                plain = {keyword.arg for keyword in node.keywords} <= ROW_OPTIONS and len(node.args) <= 1
                self.arguments(node, node.func.attr)
                peek = plain and self._is_peek(owner, node.func.value)
                self.use(owner, PEEK if peek else f"frame.{node.func.attr}", kind)
                return
            value = self._method_of(owner, node)
        else:
            value = self.value(node)
        word = "printed" if printed else "shown"
        match value:
            case FrameValue():
                self.use(value, word if value.derived else PEEK, kind)
            case SummaryValue():
                self.record(value.values.columns, word, kind, after=value.values.after)
                self.record(value.keys.columns, f"labels.{word}", kind, after=value.keys.after)
            case Carried():
                self.use(value, f"{word} scalar" if value.form == "scalar" else word, kind)
            case _:
                self.consume(value, kind)

    def _is_peek(self, frame: FrameValue, node: ast.expr) -> bool:
        """Tell whether a look at some rows is no result: of the frame as it is, or a named one that is not ranked."""
        return not frame.derived or (isinstance(node, ast.Name) and not frame.ordered)

    def _method_of(self, owner: Value, node: ast.Call) -> Value:
        """Interpret a method of a value that is known already."""
        assert isinstance(node.func, ast.Attribute)
        match owner:
            case Carried():
                return self.column_method(owner, node.func.attr, node)
            case GroupsValue():
                return self.groups_method(owner, node.func.attr, node)
            case SummaryValue():
                return self.summary_method(owner, node.func.attr, node)
        self.arguments(node, node.func.attr)
        return CLOSED

    # --- expressions --------------------------------------------------------------------------------------------------

    def value(self, node: ast.expr) -> Value:
        """Return what an expression is; uses inside it are recorded."""
        if node is self._start.call and self._begun:
            return self._frame()
        match node:
            case ast.Name():
                return self.look_up(node.id)
            case ast.Attribute():
                return self.attribute(node)
            case ast.Subscript():
                return self.item(node)
            case ast.Call():
                return self.call(node)
            case ast.Compare():
                return self._compare(node)
            case ast.BinOp():
                return self._operation(OPERATORS[type(node.op)], [self.value(node.left), self.value(node.right)], node)
            case ast.UnaryOp():
                operand = self.value(node.operand)
                if isinstance(operand, ClosedValue):
                    return operand
                return self._operation(UNARY[type(node.op)], [operand], node)
            case ast.JoinedStr():
                return self._text(node)
            case ast.NamedExpr():
                self.consume(self.value(node.value), "bound inside an expression")
                self.env.pop(node.target.id, None)
                return CLOSED
            case ast.Lambda():
                return self._lambda(node)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node)
        return self._children(node)

    def _children(self, node: ast.AST) -> Value:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.consume(self.value(child), f"in an expression ({type(node).__name__})")
            elif not isinstance(child, ast.expr_context | ast.operator | ast.unaryop | ast.boolop | ast.cmpop):
                self._children(child)
        return CLOSED

    def _operation(self, word: str, values: list[Value], node: ast.AST) -> Value:
        followed = [value for value in values if not isinstance(value, ClosedValue | NamesValue)]
        if not followed:
            booleans = word in {"&", "|", "^"} and all(value == BOOLEAN for value in values)
            return BOOLEAN if booleans else CLOSED
        sides = [node.left, node.right] if isinstance(node, ast.BinOp) else []
        plain = constants([side for side, value in zip(sides, values, strict=False) if value == CLOSED])
        for value in followed:
            self.use(value, word, f"{word}", plain if sides else None)
        if len(followed) == 1 and isinstance(table := followed[0], SummaryValue):
            return SummaryValue(table.keys.then(f"labels.{word}"), table.values.then(word))
        forms = {value.form for value in followed if isinstance(value, Carried)}
        form: Form = "series" if forms & {"series", "mask"} else "table" if len(forms) != 1 else next(iter(forms))
        if forms == {"mask"}:  # of conditions it is a condition again
            form = "mask" if word in {"&", "|", "^", "~"} else "series"
        return self.carried(followed, word, form)

    def _text(self, node: ast.JoinedStr) -> Value:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                value = self.value(part.value)
                scalar = isinstance(value, Carried) and value.form == "scalar" and part.conversion in (-1, ord("s"))
                self.use(value, "formatted" if scalar else "unknown", "put into a text")
                if part.format_spec is not None:
                    self.consume(self.value(part.format_spec), "a format")
        return CLOSED

    def _lambda(self, node: ast.Lambda) -> Value:
        shadowed = {argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}
        for inner in ast.walk(node.body):
            if isinstance(inner, ast.Name) and inner.id in self.env and inner.id not in shadowed:
                self.consume(super().look_up(inner.id), "used inside a lambda")
        for default in [*node.args.defaults, *(one for one in node.args.kw_defaults if one)]:
            self.consume(self.value(default), "a lambda's default")
        return CLOSED

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
        outer = dict(self.env)
        going: Value = CLOSED
        depth, self.depth = self.depth, self.depth + 1  # its names are its own
        for generator in node.generators:
            names = self.names_of(generator.iter)
            going = NamesValue(names) if names is not None else self.value(generator.iter)
            for name in (inner.id for inner in ast.walk(generator.target) if isinstance(inner, ast.Name)):
                self.env.pop(name, None)
            self._bind_loop(generator.target, going)
            for condition in generator.ifs:
                self.consume_condition(self.value(condition))
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        found = [self.value(part) for part in parts]
        self.depth = depth
        self.env = outer
        if len(found) == 1 and isinstance(found[0], NamesValue) and not isinstance(node, ast.GeneratorExp):
            return NamesValue(found[0].names)
        # elements of a column are Python's own numbers, what methods give are numpy's
        elements = all("loop" in value.after for value in found if isinstance(value, Carried))
        word = "collected" if elements else "collected results"
        for value in found:
            self.use(value, word, "collected in a comprehension")
        frames = any(isinstance(value, FrameValue | GroupsValue) for value in found)
        for value in found:
            if frames:
                self.consume(value, "collected in a comprehension")
        return self.carried(found, word, "array")

    def _compare(self, node: ast.Compare) -> Value:
        sides = [node.left, *node.comparators]
        values = [self.value(side) for side in sides]
        if len(values) == 2 and isinstance(node.ops[0], ast.Is | ast.IsNot):
            return CLOSED
        followed = [value for value in values if not isinstance(value, ClosedValue | NamesValue)]
        if not followed:
            return BOOLEAN if not isinstance(node.ops[0], ast.In | ast.NotIn) else CLOSED
        others = [(side, value) for side, value in zip(sides, values, strict=True) if value not in followed]
        named = [value.names for _, value in others if isinstance(value, NamesValue)]
        plain: tuple[object, ...] | None = named[0] if named else constants([side for side, _ in others])
        known = len(values) == 2 and len(followed) == 1 and plain is not None
        kinds: list[tuple[tuple[type[ast.cmpop], ...], str]] = [
            ((ast.Eq, ast.NotEq), "=="),
            ((ast.Lt, ast.LtE, ast.Gt, ast.GtE), "<"),
        ]
        word = next((word for types, word in kinds if known and isinstance(node.ops[0], types)), "compare")
        if word == "compare" and known and isinstance(node.ops[0], ast.In) and isinstance(sides[1], ast.List):
            word = "isin"  # only inside a query string is this elementwise
        for value in followed:
            self.use(value, word, "a comparison", plain if known else None)
        return self.carried(followed, word, "series")


def made_each_round(body: list[ast.stmt], name: str) -> bool:
    """Tell whether a loop's body binds the name anew before it looks at it, so that no round sees the last one's."""
    for statement in body:
        if not any(isinstance(inner, ast.Name) and inner.id == name for inner in ast.walk(statement)):
            continue
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                return name not in free_names(value)
            case ast.For(iter=going, body=inner_body, target=target):
                if name not in free_names(going) and not any(
                    isinstance(inner, ast.Name) and inner.id == name for inner in ast.walk(target)
                ):
                    return made_each_round(inner_body, name)
        return False
    return False


def _alike(old: FrameValue, new: FrameValue) -> bool:
    return (old.open, old.labels, old.foreign) == (new.open, new.labels, new.foreign)


def _no_more(old: FrameValue, new: FrameValue) -> bool:
    """Tell whether what was seen of the old frame holds of the new one: no other columns, no shorter way."""
    return new.columns <= old.columns and old.after <= new.after


def _one_of(old: FrameValue, new: FrameValue) -> FrameValue:
    """Return a frame that is one of two: with the columns that any of them has."""
    return replace(
        new,
        columns=old.columns | new.columns,
        derived=old.derived or new.derived,
        ordered=old.ordered or new.ordered,
        after=old.after & new.after,
    )


def _loaded(node: ast.expr) -> ast.expr:
    """Return the same place as something that is read."""
    copy = ast.parse(ast.unparse(node), mode="eval").body
    return ast.copy_location(copy, node)


def named_frames(ever: Mapping[str, list[Value]]) -> tuple[tuple[str, frozenset[str]], ...]:
    """Return (name, columns of the read) of every name that was ever bound to a frame."""
    found: dict[str, frozenset[str]] = {}
    for name, values in ever.items():
        for value in values:
            if isinstance(value, FrameValue):
                found[name] = found.get(name, frozenset()) | value.columns
    return tuple(sorted(found.items()))
