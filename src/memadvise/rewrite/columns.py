"""Column names written out in code: literals, lists of literals, keys of dicts, query strings."""

from __future__ import annotations

import ast
import re


def names(node: ast.expr) -> list[str] | None:
    """Return the names in a string literal or a list or tuple of them; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.List | ast.Tuple):
        found = [one.value for one in node.elts if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        return found if len(found) == len(node.elts) else None
    return None


def keys(node: ast.expr) -> list[str] | None:
    """Return the keys of a dict display of string literals; None for anything else."""
    if not isinstance(node, ast.Dict):
        return None
    return names(ast.List([key for key in node.keys if key is not None])) if all(node.keys) else None


def argument(call: ast.Call, position: int, keyword: str) -> list[str] | None:
    """Return the column names given as one argument of a call; None when it is not written out."""
    if len(call.args) > position:
        return names(call.args[position])
    for given in call.keywords:
        if given.arg == keyword:
            return names(given.value)
    return None


def aggregated(call: ast.Call) -> list[str] | None:
    """Return the columns of `agg({"a": "sum"})` or `agg(total=("a", "sum"))`; None for anything else.

    The functions must be named by strings: a function of the person's may do anything with a column.
    """
    if len(call.args) == 1 and not call.keywords and isinstance(call.args[0], ast.Dict):
        functions = all(names(value) for value in call.args[0].values)
        return keys(call.args[0]) if functions else None
    if call.args or not call.keywords:
        return None
    found: list[str] = []
    for given in call.keywords:
        pair = names(given.value) if isinstance(given.value, ast.Tuple) else None
        if given.arg is None or pair is None or len(pair) != 2:
            return None
        found.append(pair[0])
    return found


def is_condition(node: ast.expr) -> bool:
    """Tell whether an expression inside `frame[...]` is surely a boolean selection of rows.

    `frame[mask]` with a bare name may as well be a column's name or a list of them.
    """
    match node:
        case ast.Compare():
            return True
        case ast.UnaryOp(op=ast.Invert()):
            return is_condition(node.operand)
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr() | ast.BitXor()):
            return is_condition(node.left) and is_condition(node.right)
        case ast.Call(func=ast.Attribute(attr=attr)):
            return attr in {
                "isin",
                "isna",
                "isnull",
                "notna",
                "notnull",
                "between",
                "contains",
                "startswith",
                "endswith",
                "duplicated",
                "eq",
                "ne",
                "lt",
                "le",
                "gt",
                "ge",
            }
    return False


def query_tree(node: ast.expr) -> tuple[ast.expr, frozenset[str]] | None:
    """Return the expression of a `query` string, and the names in it that are the notebook's (`@limit`).

    None when it is no literal, or holds more than names, constants, operators and comparisons. A column in backticks
    becomes a name that `query_label` turns back.
    """
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return None
    text = _BACKTICKS.sub(lambda found: _QUOTED + found[1].encode().hex(), node.value.strip())
    used = frozenset(_OURS.findall(text))
    text = _OURS.sub(r"\1", text)
    try:
        tree = ast.parse(text.replace("\n", " "), mode="eval").body
    except (SyntaxError, ValueError):
        return None
    names = {inner.id for inner in ast.walk(tree) if isinstance(inner, ast.Name)}
    unclear = used & frozenset(_PLAIN.findall(_OURS.sub("", node.value)))  # `a > @a`: a column and a name at once
    if unclear or any(
        isinstance(inner, ast.Attribute | ast.Call | ast.Subscript | ast.Lambda) for inner in ast.walk(tree)
    ):
        return None
    return tree, used & names


def query_label(name: str) -> str:
    """Return the column's label that a name of a `query_tree` stands for."""
    return bytes.fromhex(name.removeprefix(_QUOTED)).decode() if name.startswith(_QUOTED) else name


_QUOTED = "memadvise_quoted_"
_BACKTICKS = re.compile(r"`([^`]+)`")
_OURS = re.compile(r"@(\w+)")
_PLAIN = re.compile(r"\w+")
