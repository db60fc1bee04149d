"""`x = (x - x.mean()) / x.std()` as steps that each change the array in place."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

_OPERATORS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
_REDUCTIONS = frozenset({"mean", "std", "var", "min", "max", "sum"})


@dataclass(frozen=True)
class Step:
    """One operation of a chain on a name: the operator, and the other operand."""

    operator: str
    operand: ast.expr


def chain(name: str, value: ast.expr) -> tuple[Step, ...]:
    """Return the operations that an expression does on the name's array, first to last; none when it is no such chain.

    The array stands on the left of each operation, or on either side of `+` and `*`, which give the same bits.
    """
    steps: list[Step] = []
    while not isinstance(value, ast.Name):
        if not isinstance(value, ast.BinOp) or type(value.op) not in _OPERATORS:
            return ()
        operator = _OPERATORS[type(value.op)]
        swapped = operator in {"+", "*"} and _on_the_right(name, value)
        inner, operand = (value.right, value.left) if swapped else (value.left, value.right)
        steps.append(Step(operator, operand))
        value = inner
    return tuple(reversed(steps)) if value.id == name else ()


def _on_the_right(name: str, value: ast.BinOp) -> bool:
    return isinstance(value.left, ast.Constant | ast.UnaryOp) or (
        isinstance(value.left, ast.Name) and value.left.id != name
    )


def reduces(name: str, node: ast.expr) -> str:
    """Return "mean" for `x.mean()` and the like of the name's array; "" for anything else.

    Only reductions that broadcast back to the array's own shape: to one number, over the first axis, or with the
    reduced axes kept.
    """
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=method), args=args, keywords=keywords):
            if owner != name or method not in _REDUCTIONS or len(args) > 1:
                return ""
            given = {one.arg: one.value for one in keywords}
            if args:
                given["axis"] = args[0]
            values = {word: value.value for word, value in given.items() if isinstance(value, ast.Constant)}
            if len(values) < len(given) or not set(values) <= {"axis", "keepdims", "ddof"}:
                return ""
            first = repr(values.get("axis")) in {"None", "0"}
            return method if first or values.get("keepdims") is True else ""
    return ""


def of_itself(name: str, node: ast.expr, number: Callable[[ast.expr], bool]) -> bool:
    """Tell whether an expression is a reduction of the name's array, or arithmetic of such and numbers."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div):
        parts = [(part, of_itself(name, part, number)) for part in (node.left, node.right)]
        return any(own for _, own in parts) and all(own or number(part) for part, own in parts)
    return bool(reduces(name, node))


def in_place(
    name: str, steps: tuple[Step, ...], text: Callable[[ast.expr], str], fresh: Callable[[str], str]
) -> list[str]:
    """Return the lines that do the steps in place; ``text`` gives a node's code, ``fresh`` a name that is not taken.

    What a later step takes from the array as it was is taken first.
    """
    before: list[str] = []
    lines: list[str] = []
    taken: dict[str, str] = {}
    for number, step in enumerate(steps):
        code = text(step.operand)
        if "\n" in code or "\r" in code:  # what went on to the next line inside brackets needs its own
            code = f"({code})"
        if number and any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(step.operand)):
            if code not in taken:
                word = reduces(name, step.operand) or ("shift" if step.operator in "+-" else "scale")
                taken[code] = fresh(f"{name}_{word}")
                before.append(f"{taken[code]} = {code}")
            code = taken[code]
        lines.append(f"{name} {step.operator}= {code}")
    return before + lines
