"""Which lines of a cell the shell compiles, and under which numbers; which functions of other cells are known."""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import Any

import pytest

from memadvise.compiled import functions_of_cells, text_layers

ABOVE = frozenset({"%%time", "%%capture"})
CELLS = {
    "%%memadvise\na\nb": [(2, 3)],
    "%%memadvise -q\n\n\na": [(4,)],
    "\n\n%%memadvise\na\n\nb\n\n": [(4, 5, 6)],
    "%%time\n%%memadvise\na\nb": [(1, 3, 4), (3, 4)],
    "%%memadvise\n%%time\n\na": [(2, 3, 4), (4,)],
    "%%memadvise\n%%capture out\n%%time\na": [(2, 3, 4), (3, 4), (4,)],
    "%%memadvise\n%%bash\nls": [(2, 3)],
    "a\nb": [(1, 2)],
    "%%memadvise\n": [],
    "": [],
}


@pytest.mark.parametrize(("source", "layers"), CELLS.items(), ids=map(repr, CELLS))
def test_layers(source: str, layers: list[tuple[int, ...]]) -> None:
    """The magic's own line never counts, blank lines above the text are left out, each magic above opens a layer."""
    actual = text_layers(source, "%%memadvise", ABOVE)

    assert actual == layers


def made(source: str, filename: str = "cell-1") -> dict[str, Any]:
    """Return the names that a cell of that file name defines."""
    namespace: dict[str, Any] = {"__name__": "__main__", "functools": functools}
    exec(compile(source, filename, "exec"), namespace)
    return namespace


def known(namespace: dict[str, Any]) -> dict[str, str]:
    """Return the known functions' names and cells."""
    shell = SimpleNamespace(compile=SimpleNamespace(_filename_map={"cell-1": 7}), user_ns=namespace)
    return {code.co_name: cell for code, cell in functions_of_cells(shell)}


def test_functions_methods_and_what_decorators_wrap() -> None:
    """Functions, methods of every kind, bound ones, and wrapped ones are known by the cell that defined them."""
    source = """
def plain(): pass
def deco(f):
    @functools.wraps(f)
    def inner(): return f()
    return inner
@deco
def wrapped(): pass
class A:
    def method(self): pass
    @staticmethod
    def static(): pass
    @classmethod
    def of_class(cls): pass
bound = A().method
"""
    names = {"plain", "deco", "inner", "wrapped", "method", "static", "of_class"}

    assert known(made(source)) == dict.fromkeys(names, "In [7]")


def test_code_of_other_files_is_not_known() -> None:
    """Functions of libraries and of modules of the person's own are not lines of a cell."""
    assert known({**made("def f(): pass", "module.py"), "wraps": functools.wraps}) == {}


def test_hostile_values_are_not_asked() -> None:
    """Objects that raise or claim to be functions are passed over, and nothing of theirs is run."""
    source = """
def f(): pass
class Meta(type):
    def __getattribute__(cls, name): raise RuntimeError
class Liar(metaclass=Meta):
    def real(self): pass
class Claims:
    __class__ = type(f)
    def __getattribute__(self, name): raise RuntimeError
liar, claims = Liar, object.__new__(Claims)
f.__wrapped__ = f
"""

    assert set(known(made(source))) >= {"f"}


def test_a_shell_of_another_kind() -> None:
    """A shell without IPython's map of files has no functions of cells."""
    assert list(functions_of_cells(SimpleNamespace(compile=object(), user_ns={}))) == []
