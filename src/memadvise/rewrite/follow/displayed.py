"""What is displayed: a cell's value, what is printed; a peek at a frame is told apart."""

from __future__ import annotations

import ast

from memadvise.rewrite.follow.column_methods import last_method
from memadvise.rewrite.follow.expressions import Expressions
from memadvise.rewrite.follow.frame_methods import PEEK_METHODS, ROW_OPTIONS
from memadvise.rewrite.follow.values import CLOSED, PEEK, Carried, FrameValue, GroupsValue, SummaryValue, Value

SHOWN_ATTRIBUTES = frozenset({"shape", "columns"})
PRINTED_ATTRIBUTES = SHOWN_ATTRIBUTES | {"dtypes"}


class Displayed(Expressions):
    """Interprets expression statements."""

    def _expr(self, node: ast.Expr) -> None:
        self.shown(node.value)

    def shown(self, node: ast.expr) -> None:
        """Interpret an expression statement: its value may be displayed; a peek at a frame is told apart."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"print", "display"}:
            for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                self._shown_value(argument, printed=True)
            return
        self._shown_value(node, printed=False)

    def _shown_value(self, node: ast.expr, *, printed: bool) -> None:
        # `df.dtypes` as a cell's value is a series of its own, which a comparison can't tell from a result
        peeks = PRINTED_ATTRIBUTES if printed else SHOWN_ATTRIBUTES
        if isinstance(node, ast.Attribute) and node.attr in peeks:
            value = self.value(node.value)
            if isinstance(value, FrameValue):
                peek = self._is_peek(value, node.value)
                self.use(value, PEEK if peek else f"frame.{node.attr}", f".{node.attr}")
                return
            self.use(value, f"attribute.{node.attr}", f".{node.attr}")
            return
        kind = last_method(node) or "shown"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PEEK_METHODS:
            owner = self.value(node.func.value)
            if isinstance(owner, FrameValue):
                plain = {keyword.arg for keyword in node.keywords} <= ROW_OPTIONS and len(node.args) <= 1
                self.arguments(node, node.func.attr)
                peek = plain and self._is_peek(owner, node.func.value)
                self.use(owner, PEEK if peek else f"frame.{node.func.attr}", kind)
                return
            value = self._method_of(owner, node)
        else:
            value = self.value(node)
        word = "printed" if printed else "shown"
        match value:
            case FrameValue():
                self.use(value, word if value.derived else PEEK, kind)
            case SummaryValue():
                self.record(value.values.columns, word, kind, after=value.values.after)
                self.record(value.keys.columns, f"labels.{word}", kind, after=value.keys.after)
            case Carried():
                self.use(value, f"{word} scalar" if value.form == "scalar" else word, kind)
            case _:
                self.consume(value, kind)

    def _is_peek(self, frame: FrameValue, node: ast.expr) -> bool:
        """Tell whether a look at some rows is no result: of the frame as it is, or a named one that is not ranked."""
        return not frame.derived or (isinstance(node, ast.Name) and not frame.ordered)

    def _method_of(self, owner: Value, node: ast.Call) -> Value:
        """Interpret a method of a value that is known already."""
        assert isinstance(node.func, ast.Attribute)
        match owner:
            case Carried():
                return self.column_method(owner, node.func.attr, node)
            case GroupsValue():
                return self.groups_method(owner, node.func.attr, node)
            case SummaryValue():
                return self.summary_method(owner, node.func.attr, node)
        self.arguments(node, node.func.attr)
        return CLOSED
