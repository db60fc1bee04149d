"""What stands around a node, and whether code may change the frame that a name is bound to."""

from __future__ import annotations

import ast

from memadvise.rewrite.names import Occurrence, blind_spots, bound_names, declares_global, times_bound
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.scopes import late_uses

# methods that only read the frame, whatever their arguments, as long as these do not say `inplace`
_READ_BY = """
    head tail info describe sample copy groupby merge join count nunique sum mean min max median std var corr isna notna
    isnull notnull value_counts duplicated sort_values nlargest nsmallest memory_usage to_csv to_parquet drop dropna
    drop_duplicates reset_index set_index rename assign query astype fillna pivot_table agg
"""
_READING = frozenset(_READ_BY.split())
_LOOKED_AT = frozenset({"shape", "columns", "index", "dtypes", "size", "empty"})
_LOOKING = frozenset({"len", "print", "display", "type"})
_DRAWING = frozenset({"sns", "seaborn", "px", "plt", "ax"})
_PASSED_TO = frozenset({"merge", "get_dummies", "concat"})  # what pandas itself does with frames given to it
_NOT_ONCE = (
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.IfExp,
    ast.BoolOp,
    ast.Await,
    ast.JoinedStr,
)


class Around:
    """The parents of the nodes of one statement."""

    def __init__(self, statement: ast.stmt) -> None:
        self._parents = {id(child): parent for parent in ast.walk(statement) for child in ast.iter_child_nodes(parent)}

    def parent(self, node: ast.AST) -> ast.AST | None:
        """Return the node that directly holds ``node``; None for the statement itself."""
        return self._parents.get(id(node))

    def call_of(self, node: ast.AST) -> ast.Call | None:
        """Return the call whose function is ``node`` (`x.sum` in `x.sum()`), or None."""
        parent = self.parent(node)
        return parent if isinstance(parent, ast.Call) and parent.func is node else None

    def method(self, node: ast.AST) -> tuple[str, ast.Call] | None:
        """Return (name, call) of the method that is called on ``node``, or None."""
        attribute = self.parent(node)
        if not isinstance(attribute, ast.Attribute):
            return None
        call = self.call_of(attribute)
        return (attribute.attr, call) if call is not None else None


def text_around(place: Occurrence) -> str:
    """Return the person's text of what is done with a name: the method called on it, or the call it is given to."""
    around = Around(place.statement)
    shown: ast.expr = place.node
    node: ast.AST | None = place.node
    for _ in range(3):
        node = around.parent(node) if node is not None else None
        if not isinstance(node, ast.Attribute | ast.Call | ast.Subscript | ast.List):
            break
        shown = node
        if isinstance(node, ast.Call):
            break
    return place.cell.text(shown).splitlines()[0][:60]


def runs_once(statement: ast.stmt, node: ast.AST) -> bool:
    """Tell whether the node of a plain assignment or expression is evaluated exactly when the statement runs."""
    if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr):
        return False
    around = Around(statement)
    outer = around.parent(node)
    while outer is not None:
        if isinstance(outer, _NOT_ONCE):
            return False
        outer = around.parent(outer)
    return True


def position(cell: ParsedCell, statement: ast.stmt) -> tuple[int, int]:
    """Return where a top-level statement stands in the notebook, for comparing."""
    return cell.cell.index, statement.lineno


def unseen(cells: tuple[ParsedCell, ...], name: str) -> str:
    """Return why not every use of a name can be seen where it stands and runs in order; empty if it can.

    The name must be bound by one statement; functions, strings, magics and the like may use it at any time.
    """
    if times_bound(cells, name) != 1:
        return f"{name} is bound elsewhere too"
    for _, reason in blind_spots(cells, name):
        return reason
    for cell in cells:
        for statement in cell.body:
            for used, where in late_uses(statement):
                if used == name:
                    return f"{name} is used inside {where} in cell {cell.cell.index}"
    return ""


def changed_below(cells: tuple[ParsedCell, ...], name: str, columns: frozenset[str], begin: tuple[int, int]) -> str:
    """Return why the frame bound to ``name`` may be another one some time after ``begin``; empty if it surely is not.

    Assigning to a column that is not one of ``columns`` is no change. Functions count wherever they are defined, since
    they may be called later, and so do other names for the frame.
    """
    for _, reason in blind_spots(cells, name):
        return reason
    for cell in cells:
        for statement in cell.body:
            if _other_name(statement, name):
                return f"cell {cell.cell.index}, line {statement.lineno} gives {name} another name"
            late = any(used == name for used, _ in late_uses(statement))
            if (late or position(cell, statement) > begin) and may_change(statement, name, columns):
                return f"cell {cell.cell.index}, line {statement.lineno} may change {name}"
    return ""


def _other_name(statement: ast.stmt, name: str) -> bool:
    """Tell whether the statement may bind another name, or an element of something, to the very same frame."""
    match statement:
        case ast.Assign(value=ast.Name(), targets=targets) if name in {ast.unparse(target) for target in targets}:
            return True  # `name = other`
    around = Around(statement)
    return any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load) and _is_kept(around, node)
        for node in ast.walk(statement)
    )


def _is_kept(around: Around, node: ast.AST) -> bool:
    match around.parent(node):
        case ast.List() | ast.Tuple() as outer:  # `pd.concat([a, b])` keeps none of them
            return not isinstance(around.parent(outer), ast.Call)
        case ast.Assign() | ast.AnnAssign() | ast.NamedExpr() | ast.Dict() | ast.Set() | ast.IfExp() | ast.BoolOp():
            return True
        case ast.Starred() | ast.Return() | ast.Yield() | ast.DictComp() | ast.ListComp():
            return True
    return False


def may_change(statement: ast.stmt, name: str, columns: frozenset[str]) -> bool:
    """Tell whether a statement may rebind the name, change these columns of its frame, or hand it to code unknown."""
    if name in bound_names(statement) or "*" in bound_names(statement) or declares_global(statement, name):
        return True
    around = Around(statement)
    return any(
        isinstance(node, ast.Name) and node.id == name and not _leaves(around, node, columns)
        for node in ast.walk(statement)
    )


def _leaves(around: Around, node: ast.Name, columns: frozenset[str]) -> bool:
    match around.parent(node):
        case ast.Subscript(value=value, slice=ast.Constant(value=str(column)), ctx=ast.Store()) if value is node:
            return column not in columns
        case ast.Subscript(value=value, ctx=ast.Load()) as item if value is node:
            return not _stored_above(around, item)
        case ast.Attribute(attr=attr, ctx=ast.Load()) as attribute:
            call = around.call_of(attribute)
            if call is not None:
                return attr in _READING and not any(keyword.arg in {"inplace", None} for keyword in call.keywords)
            return attr in _LOOKED_AT or not _is_stored(around, attribute)
        case ast.Call(func=ast.Name(id=called)):
            return called in _LOOKING
        case ast.Call(func=ast.Attribute(attr=called)):
            return called in _PASSED_TO
        case ast.keyword(arg="data" | "data_frame") as given:  # `sns.barplot(data=frame, ...)`
            outer = around.parent(given)
            return isinstance(outer, ast.Call) and ast.unparse(outer.func).split(".")[0] in _DRAWING
        case ast.List() as several:
            outer = around.parent(several)
            return isinstance(outer, ast.Call) and isinstance(outer.func, ast.Attribute) and outer.func.attr == "concat"
        case ast.Expr():
            return True
    return False


def _stored_above(around: Around, node: ast.AST | None) -> bool:
    """Tell whether a chain that begins with the node ends in a store: `frame["a"].array[0] = 1`."""
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Call):
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            return True
        node = around.parent(node)
    return False


def _is_stored(around: Around, node: ast.Attribute) -> bool:
    """Tell whether something reached through the attribute may be stored into: `frame.loc[...] = 1`."""
    outer = around.parent(node)
    if node.attr in {"loc", "iloc", "at", "iat", "values", "T"}:
        return not (isinstance(outer, ast.Subscript) and isinstance(outer.ctx, ast.Load))
    return isinstance(outer, ast.Subscript) and not isinstance(outer.ctx, ast.Load)
