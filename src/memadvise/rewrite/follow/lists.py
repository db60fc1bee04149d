"""Which lists of names may change unseen: through another name, in a function, a branch or a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from itertools import pairwise

from memadvise.rewrite.parse import ParsedCell

CHANGES = frozenset(
    ["append", "extend", "insert", "add", "update", "__setitem__", "__iadd__", "setdefault", "put", "appendleft"]
)


def unsure_lists(cells: tuple[ParsedCell, ...]) -> frozenset[str]:
    """Return the names of objects that may be changed where reading the statements in order does not see it.

    Seen is only `names.append(x)` as a statement of its own at the top of a cell, or in a loop that does nothing else
    with the list. Two names of one object count as one name that is changed unseen.
    """
    statements = [statement for cell in cells for statement in cell.body]
    functions = {one.name: one for one in statements if isinstance(one, ast.FunctionDef)}
    groups = _Groups()
    for statement in statements:
        for node in ast.walk(statement):
            for first, second in _same(node, functions):
                groups.join(first, second)
    unseen, changed = set[str](), set[str]()
    for statement in statements:
        seen = _seen(statement)
        for name, plain in _changed(statement):
            changed.add(name)
            if not plain or name not in seen:
                unseen.add(name)
    several = {name for name in groups.parents if len(groups.members(name)) > 1}
    return frozenset(one for name in unseen | (changed & several) for one in groups.members(name))


class _Groups:
    """Names that may stand for the same object."""

    def __init__(self) -> None:
        self.parents: dict[str, str] = {}

    def root(self, name: str) -> str:
        while self.parents.setdefault(name, name) != name:
            name = self.parents[name]
        return name

    def join(self, first: str, second: str) -> None:
        self.parents[self.root(first)] = self.root(second)

    def members(self, name: str) -> frozenset[str]:
        found = self.root(name)
        return frozenset({name, *(one for one in self.parents if self.root(one) == found)})


def _same(node: ast.AST, functions: dict[str, ast.FunctionDef]) -> Iterator[tuple[str, str]]:
    """Yield pairs of names that a node makes stand for the same object, or for one inside the other."""
    match node:
        case ast.Assign(targets=targets, value=value):
            names = [name for target in targets for name in _targets(target)]
            yield from pairwise(names)
            yield from ((name, other) for name in names for other in _objects(value, functions))
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield from ((name, other) for name in _targets(target) for other in _objects(value, functions))
        case ast.NamedExpr(target=ast.Name(id=name), value=value):
            yield from ((name, other) for other in _objects(value, functions))
        case ast.For(target=target, iter=going) | ast.comprehension(target=target, iter=going):
            yield from ((name, other) for name in _targets(target) for other in _objects(going, functions))
        case ast.FunctionDef(args=arguments):
            places = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
            for name, default in zip(places[::-1], arguments.defaults[::-1], strict=False):
                yield from ((name, other) for other in _objects(default, functions))
        case ast.Call(func=ast.Name(id=called), args=given, keywords=keywords) if called in functions:
            arguments = functions[called].args
            places = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
            for name, argument in zip(places, given, strict=False):
                yield from ((name, other) for other in _objects(argument, functions))
            for keyword in keywords:
                yield from ((keyword.arg, other) for other in _objects(keyword.value, functions) if keyword.arg)


def _targets(target: ast.expr) -> list[str]:
    """Return the names that an assignment's target binds, or whose object it puts something into."""
    if isinstance(target, ast.Tuple | ast.List):
        return [name for one in target.elts for name in _targets(one)]
    if isinstance(target, ast.Attribute) and target.attr == "columns":
        return []  # pandas makes an index of its own of the labels
    if isinstance(target, ast.Starred):
        return _targets(target.value)
    found = _root(target)
    return [] if found is None else [found]


def _objects(node: ast.expr, functions: dict[str, ast.FunctionDef]) -> list[str]:
    """Return the names whose very objects an expression may give or hold."""
    parts: Iterable[ast.expr | None] = ()
    match node:
        case ast.Name(id=name):
            return [name]
        case ast.IfExp(body=body, orelse=orelse):
            parts = (body, orelse)
        case ast.BoolOp(values=values):
            parts = values
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            parts = elements
        case ast.Dict(values=values):
            parts = values
        case ast.NamedExpr(target=target, value=value):
            parts = (target, value)
        case ast.Starred(value=value):
            parts = (value,)
        case ast.Call(func=ast.Name(id=called), args=args, keywords=keywords) if (
            called in functions or called == "dict"
        ):
            parts = (*args, *(keyword.value for keyword in keywords))
    return [name for part in parts if part is not None for name in _objects(part, functions)]


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _changed(statement: ast.stmt) -> Iterator[tuple[str, bool]]:
    """Yield (name, whether by a plain `name.append(...)`) of what a statement changes."""
    called = {id(node.func) for node in ast.walk(statement) if isinstance(node, ast.Call)}
    for node in ast.walk(statement):
        match node:
            case ast.Attribute(value=owner, attr=attr) if attr in CHANGES:
                name = _root(owner)
                if name is not None:
                    yield name, isinstance(owner, ast.Name) and id(node) in called
            case ast.Subscript(ctx=ast.Store() | ast.Del()):
                name = _root(node)
                if name is not None:
                    yield name, False
            case ast.AugAssign(target=target):
                name = _root(target)
                if name is not None:
                    yield name, node is statement
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _root(node.func) == "list":
            yield from ((one.id, False) for one in node.args if isinstance(one, ast.Name))


def _seen(statement: ast.stmt) -> frozenset[str]:
    """Return the names whose plain changes in the statement are read in their order."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        func = statement.value.func
        return frozenset(
            {func.value.id} if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) else ()
        )
    if isinstance(statement, ast.AugAssign):
        return frozenset({statement.target.id} if isinstance(statement.target, ast.Name) else ())
    if not isinstance(statement, ast.For):
        return frozenset()
    appended: dict[str, int] = {}
    for node in _statements(statement.body):
        match node:
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[given], keywords=[])
            ) if not any(isinstance(one, ast.Name) and one.id == name for one in ast.walk(given)):
                appended[name] = appended.get(name, 0) + 1
    every = [node.id for node in ast.walk(statement) if isinstance(node, ast.Name)]
    return frozenset(name for name, times in appended.items() if every.count(name) == times)


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        yield statement
        if isinstance(statement, ast.If):
            yield from _statements([*statement.body, *statement.orelse])
