"""Expressions: what each is, and what is done with the values in it."""

from __future__ import annotations

import ast
from dataclasses import replace

from memadvise.rewrite.follow.base import constants
from memadvise.rewrite.follow.calls import Calls
from memadvise.rewrite.follow.values import (
    BOOLEAN,
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
from memadvise.rewrite.follow.words import OPERATORS, UNARY


class Expressions(Calls):
    """Interprets expressions."""

    def value(self, node: ast.expr) -> Value:
        """Return what an expression is; uses inside it are recorded."""
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
                return self.operation(OPERATORS[type(node.op)], [self.value(node.left), self.value(node.right)], node)
            case ast.UnaryOp():
                operand = self.value(node.operand)
                if isinstance(operand, ClosedValue):
                    return operand
                return self.operation(UNARY[type(node.op)], [operand], node)
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

    def operation(self, word: str, values: list[Value], node: ast.AST) -> Value:
        """Return what an operator gives for these values."""
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
            self.bind_loop(generator.target, going)
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

    def bind_loop(self, target: ast.expr, going: Value) -> None:
        """Bind the target of a loop or comprehension to one of what it goes through."""
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

    def consume_condition(self, value: Value) -> None:
        """Record that something decides a branch."""
        if isinstance(value, Carried):
            self.use(value, "bool", "a condition")
        else:
            self.consume(value, "used in a branch or loop")

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
