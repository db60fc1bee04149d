"""Which names hold a numpy array of floats that a statement above has just made, and of which dtype and shape.

Only straight-line code of the notebook's top level is followed; a name bound in any other way is not known.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from memadvise.rewrite.libraries import function_of, module_names
from memadvise.rewrite.names import bound_names, declares_global, times_bound
from memadvise.rewrite.parse import ParsedCell

FLOATS = frozenset({"float64", "float32"})
_SHAPED = frozenset({"zeros", "ones", "empty", "random.random", "random.random_sample", "random.standard_normal"})
_COUNTS = frozenset({"random.rand", "random.randn"})  # one argument per dimension
_DRAWN = frozenset({"random.normal", "random.uniform"})  # two numbers, and a size
_GENERATOR = {"random": "random.random", "standard_normal": "random.standard_normal", "normal": "random.normal",
              "uniform": "random.uniform"}  # fmt: skip
_ELEMENTWISE = frozenset({"exp", "log", "log1p", "sqrt", "abs", "sin", "cos", "tanh", "square"})
_ARITHMETIC = ast.Add | ast.Sub | ast.Mult | ast.Div


@dataclass(frozen=True)
class Made:
    """A new array that nothing else can hold yet. ``shape`` is a text that equal shapes share; "" where not known."""

    dtype: str
    shape: str = ""


class MadeArrays:
    """Follows the notebook's top level; ``numbers`` maps names that are bound once to the types of their numbers."""

    def __init__(self, cells: tuple[ParsedCell, ...], numbers: Mapping[str, str]) -> None:
        self._cells = cells
        self._numbers = numbers
        self._numpy = module_names(cells, "numpy")

    def before(self, place: ParsedCell, wanted: ast.stmt) -> dict[str, Made]:
        """Return the arrays that the names hold right above a top-level statement of a cell."""
        known: dict[str, Made] = {}
        for cell in self._cells:
            for statement in cell.body:
                # cells of the same text share their trees
                if statement is wanted and cell.cell.index == place.cell.index:
                    return known
                self._follow(statement, known)
        return {}

    def _follow(self, statement: ast.stmt, known: dict[str, Made]) -> None:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if bound_names(statement) == {name}:
                made = self.made(value, known)
                known.pop(name, None)
                if made is not None and not any(
                    declares_global(other, name) for cell in self._cells for other in cell.body
                ):
                    known[name] = made
                return
            case ast.AugAssign(target=ast.Name(id=name)) if name in known:
                return  # in place: the same array, the same dtype
        for name in bound_names(statement) & set(known):
            known.pop(name)
        if "*" in bound_names(statement):
            known.clear()

    def made(self, node: ast.expr, known: Mapping[str, Made]) -> Made | None:
        """Return what an expression makes, None where it is not surely a new array of floats."""
        match node:
            case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _ARITHMETIC):
                return self._arithmetic(left, right, known)
            case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=2)):
                return self._operand(left, known)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._operand(operand, known)
            case ast.Call(func=ast.Attribute(value=owner, attr="astype"), args=[dtype], keywords=[]):
                before = self._operand(owner, known)
                found = self._dtype(dtype)
                return Made(found, before.shape if before else "") if found in FLOATS else None
            case ast.Call(func=ast.Attribute(value=owner, attr="copy"), args=[], keywords=[]):
                return self._operand(owner, known)
            case ast.Call(args=args, keywords=keywords):
                plain = not any(isinstance(arg, ast.Starred) for arg in args) and all(one.arg for one in keywords)
                return self._called(node, known) if plain else None
        return None

    def _operand(self, node: ast.expr, known: Mapping[str, Made]) -> Made | None:
        return known.get(node.id) if isinstance(node, ast.Name) else self.made(node, known)

    def _arithmetic(self, left: ast.expr, right: ast.expr, known: Mapping[str, Made]) -> Made | None:
        parts = [self._operand(left, known), self._operand(right, known)]
        if parts[0] is not None and parts[1] is not None:
            if parts[0].dtype != parts[1].dtype:
                return None
            return Made(parts[0].dtype, parts[0].shape if parts[0].shape == parts[1].shape else "")
        array = parts[0] or parts[1]
        if array is None or not self.number(right if parts[0] else left, array.dtype):
            return None
        return array

    def number(self, node: ast.expr, dtype: str) -> bool:
        """Tell whether an expression is one real number that leaves an array of that dtype as it is, and can't fail."""
        match node:
            case ast.Constant(value=value):
                return type(value) is float or (type(value) is int and abs(value) < 2**53)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant() as operand):
                return self.number(operand, dtype)
            case ast.Name(id=name):
                fitting = {"int", "float"} | ({"float64"} if dtype == "float64" else set())
                return self._numbers.get(name) in fitting and times_bound(self._cells, name) == 1
        return False

    def _called(self, call: ast.Call, known: Mapping[str, Made]) -> Made | None:
        function = function_of(call.func, self._numpy) or self._drawn_by(call.func)
        keywords = {one.arg: one.value for one in call.keywords}
        if function in _ELEMENTWISE and len(call.args) == 1 and not keywords:
            return self._operand(call.args[0], known)
        given = keywords.pop("dtype", None)
        dtype = "float64" if given is None else self._dtype(given)
        if dtype not in FLOATS:
            return None
        if function == "array" and len(call.args) == 1 and given is not None and not keywords:
            return Made(dtype)
        if function in {"loadtxt", "linspace"} and "retstep" not in keywords:
            return Made(dtype) if function == "loadtxt" or len(call.args) <= 3 else None
        if function in _COUNTS and call.args and not keywords:
            return Made(dtype, self._shape(call.args))
        size = self._size(function, call.args, keywords)
        return None if size is None else Made(dtype, self._shape([size]))

    def _drawn_by(self, function: ast.expr) -> str:
        """Return numpy's function of the same name for a method of `rng = np.random.default_rng(...)`."""
        match function:
            case ast.Attribute(value=ast.Name(id=name), attr=method) if method in _GENERATOR:
                made = [
                    statement.value
                    for cell in self._cells
                    for statement in cell.body
                    if isinstance(statement, ast.Assign) and bound_names(statement) == {name}
                ]
                if len(made) == 1 == times_bound(self._cells, name) and isinstance(made[0], ast.Call):
                    if function_of(made[0].func, self._numpy) == "random.default_rng":
                        return _GENERATOR[method]
        return ""

    def _size(self, function: str, args: list[ast.expr], keywords: dict[str | None, ast.expr]) -> ast.expr | None:
        """Return the expression of the shape of what a call makes; None where it has none or is not known."""
        if function in _SHAPED and len(args) + len(keywords) == 1:
            return args[0] if args else keywords.get("size") or keywords.get("shape")
        if function in _DRAWN and len(args) == 3 and not keywords:
            return args[2]
        return keywords.get("size") if function in _DRAWN and set(keywords) <= {"size", "loc", "scale"} else None

    def _shape(self, parts: list[ast.expr]) -> str:
        """Return a text of a shape that stays true: whole numbers, and names that are bound only once."""
        if len(parts) == 1 and isinstance(parts[0], ast.Tuple | ast.List):
            parts = parts[0].elts
        for part in parts:
            fixed = isinstance(part, ast.Name) and self._numbers.get(part.id) == "int"
            if isinstance(part, ast.Name) and fixed and times_bound(self._cells, part.id) == 1:
                continue
            if not (isinstance(part, ast.Constant) and type(part.value) is int):
                return ""
        return ", ".join(ast.unparse(part) for part in parts)

    def _dtype(self, node: ast.expr) -> str:
        match node:
            case ast.Name(id="float"):
                return "float64" if times_bound(self._cells, "float") == 0 else ""
            case ast.Constant(value=str(text)):
                return {"float": "float64"}.get(text, text)
        return function_of(node, self._numpy)
