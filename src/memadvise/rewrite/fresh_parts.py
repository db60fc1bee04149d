"""Whether a part that a loop adds to a frame is made anew in each round, and is nobody else's."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from memadvise.rewrite.columns import is_condition
from memadvise.rewrite.concat_loops import ConcatLoop
from memadvise.rewrite.names import bound_names
from memadvise.rewrite.pandas_calls import PandasCalls

_MAKER_NAMES = """
    DataFrame json_normalize read_csv read_table read_excel read_parquet read_feather read_sql read_sql_query
"""
_MAKERS = frozenset(_MAKER_NAMES.split())
_NUMBERED = frozenset({"read_csv", "read_table"})  # rows are numbered from 0 unless `index_col` is said
_ODD = frozenset({"copy", "chunksize", "iterator", "sheet_name"})  # shares memory, or makes no single frame
_METHOD_NAMES = """
    dropna drop rename assign query head tail reset_index fillna astype sort_values drop_duplicates copy
"""
_FRAME_METHODS = frozenset(_METHOD_NAMES.split())
_LOOKS = frozenset({"print", "len", "display"})
_SHOWN = frozenset({"shape", "dtypes", "size", "empty"})
_LEAKS = frozenset({"pipe", "__dict__"})


@dataclass(frozen=True)
class Part:
    """``problem`` says why a part may be somebody else's; ``numbered``: its rows are surely numbered 0 to n-1."""

    problem: str = ""
    numbered: bool = False


def made_by(node: ast.expr, calls: PandasCalls) -> Part:
    """Describe what an expression makes: `pd.read_csv(path)`, `pd.read_csv(path).dropna()`."""
    match node:
        case ast.Call(func=function) if maker := next((one for one in _MAKERS if calls.is_function(function, one)), ""):
            odd = sorted({str(keyword.arg) for keyword in node.keywords} & {*_ODD, "None"})
            if odd:
                return Part(f"{maker} with {odd[0]} is not followed")
            named = any(keyword.arg == "index_col" for keyword in node.keywords) or len(node.args) > 1
            return Part(numbered=maker in _NUMBERED and not named)
        case ast.Call(func=ast.Attribute(value=owner, attr=method)) if method in _FRAME_METHODS:
            return Part(made_by(owner, calls).problem)
        case ast.Subscript(value=owner, slice=ast.List() as wanted) if wanted.elts:
            return Part(made_by(owner, calls).problem)
        case ast.Subscript(value=owner, slice=wanted) if is_condition(wanted):
            return Part(made_by(owner, calls).problem)
    return Part(f"{ast.unparse(node)[:40]} may be a frame that something else holds, too")


def part_of(found: ConcatLoop, calls: PandasCalls) -> Part:
    """Describe the part that the loop adds in each round."""
    if not isinstance(found.part, ast.Name):
        return made_by(found.part, calls)
    name, suite = found.part.id, _suite(found)
    before = suite[: suite.index(found.step)]
    mentioned = [statement for statement in before if _mentions(statement, name)]
    inside = sum(_count(statement, name) for statement in mentioned) + _count(found.step, name)
    if not mentioned or inside != _count(found.loop, name):
        return Part(f"{name} is used elsewhere in the loop than between its making and the concat")
    match mentioned[0]:
        case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name and not _mentions(value, name):
            part = made_by(value, calls)
        case _:
            return Part(f"{name} is not made anew at the top of each round")
    for statement in mentioned[1:]:
        if not _owns(statement, name):
            return Part(f"line {statement.lineno} may let something else hold {name}")
        part = Part(part.problem, part.numbered and _keeps_numbers(statement, name))
    return part


def _suite(found: ConcatLoop) -> list[ast.stmt]:
    """Return the block of statements in which the step stands."""
    for node in found.outer:
        for field in ("body", "orelse"):
            suite = getattr(node, field, None)
            if isinstance(suite, list) and found.step in suite:
                return suite
    return [found.step]


def _count(node: ast.AST, name: str) -> int:
    return sum(isinstance(inner, ast.Name) and inner.id == name for inner in ast.walk(node))


def _mentions(node: ast.AST, name: str) -> bool:
    return _count(node, name) > 0


def _owns(statement: ast.stmt, name: str) -> bool:
    """Tell whether the statement only works on the part, so that no other name holds it afterwards."""
    if not isinstance(statement, ast.Assign | ast.Expr | ast.AugAssign | ast.If | ast.Assert):
        return False
    allowed: set[int] = set()
    for node in ast.walk(statement):
        match node:
            case ast.Attribute(value=ast.Name() as owner, attr=attribute) if attribute not in _LEAKS:
                allowed.add(id(owner))
            case ast.Subscript(value=ast.Name() as owner):
                allowed.add(id(owner))
            case ast.Call(func=ast.Name(id=called), args=arguments) if called in _LOOKS:
                allowed |= {id(argument) for argument in arguments}
    names = [node for node in ast.walk(statement) if isinstance(node, ast.Name) and node.id == name]
    if name in bound_names(statement):
        if not (
            isinstance(statement, ast.Assign)
            and len(statement.targets) == 1
            and isinstance(statement.targets[0], ast.Name)
        ):
            return False
        return _is_own_chain(statement.value, name) and all(
            id(node) in allowed or node is statement.targets[0] for node in names
        )
    return all(id(node) in allowed for node in names)


def _is_own_chain(node: ast.expr, name: str) -> bool:
    """Tell whether an expression is the part itself, reshaped: `part.dropna()`, `part[["a", "b"]]`."""
    match node:
        case ast.Name(id=found):
            return found == name
        case ast.Call(func=ast.Attribute(value=owner, attr=method)) if method in _FRAME_METHODS:
            return _is_own_chain(owner, name)
        case ast.Subscript(value=owner, slice=wanted) if is_condition(wanted) or isinstance(wanted, ast.List):
            return _is_own_chain(owner, name)
    return False


def _keeps_numbers(statement: ast.stmt, name: str) -> bool:
    """Tell whether the statement only puts a column or looks at the part, so that the rows keep their numbers."""
    looked_at = sum(
        isinstance(argument, ast.Name) and argument.id == name
        for node in ast.walk(statement)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _LOOKS
        for argument in node.args
    ) + sum(
        isinstance(node, ast.Attribute) and node.attr in _SHOWN and isinstance(node.value, ast.Name)
        and node.value.id == name and isinstance(node.ctx, ast.Load)
        for node in ast.walk(statement)
    )  # fmt: skip
    if looked_at == _count(statement, name):
        return True
    match statement:
        case ast.Assign(
            targets=[ast.Subscript(value=ast.Name(id=owner), slice=ast.Constant(value=str()))], value=value
        ):
            return owner == name and not any(getattr(node, "arg", "") == "inplace" for node in ast.walk(value))
    return False
