"""What a frame's methods are given: arguments by place or name, and the columns that they name."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from memadvise.rewrite.follow.base import constants, option_names
from memadvise.rewrite.follow.items import Items
from memadvise.rewrite.follow.values import FrameValue

Options = Mapping[str | None, ast.expr]


class FrameArguments(Items):
    """What the frame methods share."""

    def arguments(self, node: ast.Call, what: str) -> None:
        """Record what is given to a call that is not followed."""
        raise NotImplementedError

    def named(
        self,
        frame: FrameValue,
        names: tuple[str, ...] | None,
        operation: str,
        what: str,
        call: ast.Call | None = None,
        values: tuple[object, ...] | None = None,
    ) -> frozenset[str] | None:
        """Record a use of named columns, with the constants of the call; None when the names are not known."""
        if names is None:
            return None
        found = frozenset(one for name in names if (one := frame.column(name)) is not None)
        if call is not None:
            values = constants([*call.args, *(one.value for one in call.keywords)])
        options = () if call is None else option_names(call)
        self.record(found, operation, what, after=frame.after, values=values, options=options)
        return found

    def argument(self, node: ast.Call, options: Options, position: int, keyword: str) -> ast.expr | None:
        """Return an argument by position or name."""
        return node.args[position] if len(node.args) > position else options.get(keyword)
