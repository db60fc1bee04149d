"""Calls that make numpy arrays and take the dtype of their elements."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from memadvise.rewrite.edits import Span
from memadvise.rewrite.libraries import function_of
from memadvise.rewrite.parse import ParsedCell

# function -> the place of `dtype` among the positional arguments
_FILLED = {"zeros": 1, "ones": 1, "full": 2}
_WIDE = frozenset({"int", "float", "int64", "float64", "int32"})


@dataclass(frozen=True)
class Maker:
    """A call to which a narrow integer dtype can be given.

    ``with_dtype`` takes the dtype's code and returns the edit; ``known_values``: all elements are literals of the call.
    ``numpy`` is what the call itself calls numpy.
    """

    with_dtype: Callable[[str], Span]
    known_values: bool
    numpy: str


def narrow_maker(cell: ParsedCell, value: ast.expr, numpy: frozenset[str]) -> Maker | None:
    """Return how the call that makes an array takes a narrower integer dtype; None where it does not surely do so.

    `np.loadtxt` with `dtype=int` raises on a number that does not fit. Not `np.genfromtxt` (a missing value becomes
    -1), `np.fromfile` (other bytes), `rng.integers` (other draws), nor what
    wraps: `np.array` of arrays, `np.arange` of names.
    """
    if not isinstance(value, ast.Call):
        return None
    function = function_of(value.func, numpy)
    if any(keyword.arg is None for keyword in value.keywords) or any(isinstance(a, ast.Starred) for a in value.args):
        return None
    given = _dtype(value, _FILLED.get(function))
    if given is not None and not _is_wide(given, numpy):
        return None
    keywords = {keyword.arg for keyword in value.keywords} - {"dtype"}
    module = ast.unparse(value.func).partition(".")[0]
    if function in {"zeros", "ones"} and len(value.args) in {1, 2} and not keywords:
        return Maker(lambda dtype: _put(cell, value, given, dtype), True, module)
    if function == "full" and len(value.args) in {2, 3} and not keywords and _whole(value.args[1]):
        return Maker(lambda dtype: _put(cell, value, given, dtype), True, module)
    if function == "arange" and value.args and not keywords and all(_whole(node) for node in value.args):
        return Maker(lambda dtype: _put(cell, value, given, dtype), True, module)
    if function == "loadtxt" and given is not None and len(value.args) == 1 and "converters" not in keywords:
        whole = not (isinstance(given, ast.Name | ast.Attribute | ast.Constant) and "float" in ast.unparse(given))
        return Maker(lambda dtype: _put(cell, value, given, dtype), False, module) if whole else None
    return None


def _dtype(call: ast.Call, place: int | None) -> ast.expr | None:
    """Return the expression of a call's dtype, None where it gives none."""
    named = next((keyword.value for keyword in call.keywords if keyword.arg == "dtype"), None)
    if named is None and place is not None and len(call.args) > place:
        return call.args[place]
    return named


def _is_wide(node: ast.expr, numpy: frozenset[str]) -> bool:
    match node:
        case ast.Name(id=name):
            return name in {"int", "float"}
        case ast.Constant(value=str(text)):
            return text in _WIDE
    return function_of(node, numpy) in _WIDE - {"int", "float"}


def _whole(node: ast.expr) -> bool:
    """Tell whether an expression is a literal whole number."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return type(value) is int or (type(value) is float and value.is_integer())


def _put(cell: ParsedCell, call: ast.Call, given: ast.expr | None, dtype: str) -> Span:
    """Return the edit that gives the call its dtype, in place of the one that it has."""
    if given is not None:
        start, end = cell.span(given)
        return start, end, dtype
    last = call.args[-1]
    _, end = cell.span(last)
    _, stop = cell.span(call)
    source = cell.cell.source
    while end < stop - 1 and source[end : stop - 1].strip(" ").startswith(")"):  # brackets around the argument
        end = source.index(")", end) + 1
    return end, end, f", dtype={dtype}"
