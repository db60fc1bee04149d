"""All uses of the array of one name: what takes it, in one word, with the code around it.

An allow-list walker: it names what it knows ("@", ".sum()", "np.mean()", "item stored") and calls everything through
which the array may get another holder ("alias", "argument", "iterated"). What a rule can live with, the rule decides.
Nothing is said of *when* a use runs: uses inside functions, lambdas, classes and generators, through strings and
magics are a ``problem``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from memadvise.rewrite.libraries import function_of, is_builtin, module_names
from memadvise.rewrite.names import blind_spots, bound_names, declares_global, nodes_of, occurrences
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.scopes import late_uses

# ways to the same numbers: what takes their result takes the array's numbers (a view or a part of it)
_METHODS_ON_THE_WAY = frozenset({"ravel", "reshape", "flatten", "transpose"})
_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.MatMult: "@", ast.Pow: "**", ast.FloorDiv: "//",
    ast.Mod: "%", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>",
    ast.UAdd: "+", ast.USub: "-", ast.Invert: "~", ast.Not: "not",
}  # fmt: skip
_COMPOUND = ast.For | ast.AsyncFor | ast.While | ast.If | ast.With | ast.AsyncWith | ast.Try | ast.TryStar | ast.Match


@dataclass(frozen=True)
class ArrayUse:
    """One place of the name.

    ``word`` says what takes the array: "bound" (`name = value` at the top level), "deleted", "augmented",
    "item stored", "item augmented", ".shape" (an attribute), ".sum()" (a method), "np.sum()" (a numpy function,
    whatever numpy is called here), "len()" (a builtin), "@" and other operators, "compare", "index" (`other[name]`),
    "shown", "format", "alias", "argument", "iterated", "bound otherwise", "unknown".
    ``node`` is the code that takes it; ``taken`` the operand, argument or owner in it (the name, or what stands on
    ``way`` from it: "T", "item", ".ravel()"); ``above`` is the code around ``node``, innermost first, up to and with
    ``statement``, the cell's top-level statement.
    """

    cell: ParsedCell
    statement: ast.stmt
    name: ast.Name
    word: str
    node: ast.AST
    taken: ast.expr
    way: tuple[str, ...] = ()
    above: tuple[ast.AST, ...] = ()

    @property
    def place(self) -> tuple[int, int, int]:
        """Where it stands in notebook order."""
        return self.cell.cell.index, self.name.lineno, self.name.col_offset

    @property
    def nested(self) -> bool:
        """Whether it stands in a branch, a loop, a `with` or a `try`, so that it may run any number of times."""
        return isinstance(self.statement, _COMPOUND)

    @property
    def text(self) -> str:
        """The code that takes the array, shortened."""
        text = ast.unparse(self.node).splitlines()[0]
        return text if len(text) <= 60 else text[:59] + "…"


@dataclass(frozen=True)
class ArrayUses:
    """All uses in notebook order. ``problem`` says why there may be others that are not seen, in ``problem_cell``."""

    uses: tuple[ArrayUse, ...]
    problem: str = ""
    problem_cell: ParsedCell | None = None

    def maker(self) -> tuple[ParsedCell, ast.Assign] | None:
        """Return the one plain top-level `name = value` of the notebook; None when the name is bound in another way."""
        bound = [use for use in self.uses if use.word in _BINDING]
        if len(bound) != 1 or bound[0].word != "bound":
            return None
        assert isinstance(bound[0].statement, ast.Assign)
        return bound[0].cell, bound[0].statement

    def others(self) -> Iterator[ArrayUse]:
        """Yield the uses that do not bind the name."""
        return (use for use in self.uses if use.word not in _BINDING)


_BINDING = frozenset({"bound", "bound otherwise", "augmented"})


@lru_cache(maxsize=64)
def array_uses(cells: tuple[ParsedCell, ...], name: str) -> ArrayUses:
    """Return every use of the array of that name in the notebook."""
    walker = _Walker(cells, name)
    uses = tuple(sorted(walker.uses(), key=lambda use: use.place))
    problem, cell = next(_unseen(cells, name), ("", None))
    return ArrayUses(uses, problem, cell)


def _unseen(cells: tuple[ParsedCell, ...], name: str) -> Iterator[tuple[str, ParsedCell]]:
    for cell in cells:
        for statement in cell.body:
            if "*" in bound_names(statement):
                yield f"cell {cell.cell.index} imports everything of a module, which may bind {name}", cell
            if name not in cell.cell.source and cell.cell.source.isascii():  # else it may be spelled in other letters
                continue
            for used, where in late_uses(statement):
                if used == name:
                    yield f"cell {cell.cell.index} uses {name} inside {where}", cell
            if declares_global(statement, name):
                yield f"cell {cell.cell.index} may bind {name} inside a function", cell
    for cell, reason in blind_spots(cells, name):
        yield reason, cell


class _Walker:
    """Finds what takes each occurrence of a name."""

    def __init__(self, cells: tuple[ParsedCell, ...], name: str) -> None:
        self._cells = cells
        self._name = name
        self._numpy = module_names(cells, "numpy")
        self._builtins = frozenset(word for word in _BUILTINS if is_builtin(cells, word))

    def uses(self) -> Iterator[ArrayUse]:
        """Yield a use for each occurrence, and for bindings that are no names (imports, functions)."""
        parents: dict[int, dict[ast.AST, ast.AST]] = {}
        for found in occurrences(self._cells, self._name):
            tree = parents.setdefault(id(found.statement), _parents(found.statement))
            yield self._use(found.cell, found.statement, found.node, tree)
        for cell in self._cells:
            for statement in cell.body:
                if self._name in bound_names(statement) and not _stores(statement, self._name):
                    place = ast.Name(self._name, ast.Store(), lineno=statement.lineno, col_offset=statement.col_offset)
                    yield ArrayUse(cell, statement, place, "bound otherwise", statement, place)

    def _use(self, cell: ParsedCell, statement: ast.stmt, name: ast.Name, tree: dict[ast.AST, ast.AST]) -> ArrayUse:
        at: ast.expr = name
        way: list[str] = []
        while step := _step(at, tree):
            at, word = step
            way.append(word)
        node = tree[at]
        word = self._stored(name, statement, node) if not isinstance(name.ctx, ast.Load) else self._word(at, node, tree)
        if isinstance(at, ast.Subscript) and not isinstance(at.ctx, ast.Load):
            node = at
        call = tree.get(node)
        if word.startswith(".") and isinstance(call, ast.Call) and call.func is node:
            word, node = f"{word}()", call
        above = tuple(_above(node, tree))
        return ArrayUse(cell, statement, name, word, node, at, tuple(way), above)

    def _stored(self, name: ast.Name, statement: ast.stmt, node: ast.AST) -> str:
        if isinstance(name.ctx, ast.Del):
            return "deleted" if node is statement else "bound otherwise"
        if isinstance(node, ast.AugAssign):
            return "augmented"
        if isinstance(node, ast.Assign) and node is statement and node.targets == [name]:
            return "bound"
        return "bound otherwise"

    def _word(self, at: ast.expr, node: ast.AST, tree: dict[ast.AST, ast.AST]) -> str:
        if isinstance(at, ast.Subscript) and not isinstance(at.ctx, ast.Load):
            return _stored_item(at, node)
        match node:
            case ast.Attribute(attr=attribute):
                return f".{attribute}"
            case ast.BinOp(op=op) | ast.UnaryOp(op=op):
                return _OPERATORS[type(op)]
            case ast.Compare(ops=ops):
                plain = all(not isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in ops)
                return "compare" if plain and len(ops) == 1 else "unknown"
            case ast.Call() if at is not node.func:
                return self._argument(at, node)
            case ast.keyword():
                return "argument"
            case ast.Subscript(slice=index) if index is at and isinstance(node.ctx, ast.Load):
                return "index"
            case ast.Expr():
                return "shown"
            case ast.FormattedValue():
                return "format"
            case ast.For() | ast.AsyncFor() | ast.comprehension() if node.iter is at:
                return "iterated"
            case ast.Assign() | ast.AnnAssign() | ast.NamedExpr() | ast.Tuple() | ast.List() | ast.Dict() | ast.Set():
                return "alias"
        return "unknown"

    def _argument(self, at: ast.expr, call: ast.Call) -> str:
        if at not in call.args:
            return "argument"
        if function := function_of(call.func, self._numpy):
            return f"np.{function}()"
        if isinstance(call.func, ast.Name) and call.func.id in self._builtins:
            return f"{call.func.id}()"
        return "argument"


_BUILTINS = frozenset({"len", "int", "float", "bool", "print", "sum", "min", "max", "abs", "list", "range"})


def _stored_item(at: ast.Subscript, node: ast.AST) -> str:
    if isinstance(at.ctx, ast.Del):
        return "unknown"
    if isinstance(node, ast.AugAssign) and node.target is at:
        return "item augmented"
    return "item stored" if isinstance(node, ast.Assign) and node.targets == [at] else "unknown"


def _parents(statement: ast.stmt) -> dict[ast.AST, ast.AST]:
    return {child: node for node in nodes_of(statement) for child in ast.iter_child_nodes(node)}


def _step(at: ast.expr, tree: dict[ast.AST, ast.AST]) -> tuple[ast.expr, str] | None:
    """Return the next expression that holds the same numbers, or a part of them, and how it got them."""
    parent = tree.get(at)
    match parent:
        case ast.Attribute(attr="T", ctx=ast.Load()):
            return parent, "T"
        case ast.Subscript(value=value) if value is at:
            return parent, "item"
        case ast.Attribute(attr=attribute, ctx=ast.Load()) if attribute in _METHODS_ON_THE_WAY:
            call = tree.get(parent)
            if isinstance(call, ast.Call) and call.func is parent:
                return call, f".{attribute}()"
    return None


def _above(node: ast.AST, tree: dict[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    while (parent := tree.get(node)) is not None:
        yield parent
        node = parent


def _stores(statement: ast.stmt, name: str) -> bool:
    """Tell whether the statement binds the name by a `Name` node, which is an occurrence of its own."""
    return any(
        isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
        for node in nodes_of(statement)
    )
