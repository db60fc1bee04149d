"""Branches and loops: what names are where code may have run once, often, or not at all."""

from __future__ import annotations

import ast
from dataclasses import replace

from memadvise.rewrite.follow.bindings import Bindings
from memadvise.rewrite.follow.values import CLOSED, Carried, ClosedValue, FrameValue, NamesValue, Value
from memadvise.rewrite.names import bound_names
from memadvise.rewrite.scopes import free_names


class Branches(Bindings):
    """Interprets `with`, `if`, loops and every other statement that holds statements."""

    def statement(self, node: ast.stmt) -> None:
        """Interpret one statement."""
        raise NotImplementedError

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.consume(self.value(item.context_expr), "with")
            if item.optional_vars is not None:
                self.store(item.optional_vars, CLOSED, None)
        for inner in node.body:
            self.statement(inner)

    _asyncwith = _with

    def _for(self, node: ast.For) -> None:
        names = self.names_of(node.iter)
        going = NamesValue(names) if names is not None else self.value(node.iter)
        self._forget_later_rounds(node)
        before, frames = self._mark()
        self.bind_loop(node.target, going)
        for inner in [*node.body, *node.orelse]:
            self.statement(inner)
        loop = {name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)}
        self._joined(node, before, frames, loop)

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

    def compound(self, node: ast.stmt) -> None:
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
