"""A cell's text and code: which line of the code is which of the cell, and what functions there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any

Compile = Callable[[Any], CodeType]


@dataclass(frozen=True)
class Lines:
    """Lines of compiled code as lines of the cell: the code's line n is ``numbers[n - 1]``; beyond them, the last."""

    numbers: Sequence[int]

    def __call__(self, line: int) -> int:
        """Return the line of the cell."""
        return self.numbers[min(max(line, 1), len(self.numbers)) - 1] if self.numbers else line


COMPREHENSIONS = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})


def functions(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of all functions, lambdas and class bodies in ``code``; a comprehension is part of its line."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_name not in COMPREHENSIONS:
                yield constant
            yield from functions(constant)
