"""Programs with marks do what they do without: random statement trees, the same trace of effects."""

from __future__ import annotations

import ast
import linecache
import sys
import traceback
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from memadvise.measure.lines.marked import ARMED, MARK, Armed, with_constants, with_marks

NAMES = st.sampled_from("abc")
DEPTH = 2
MOST_EFFECTS = 500


def _indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


@st.composite
def _simple(draw: st.DrawFn, in_loop: bool, may_jump: bool) -> list[str]:
    kinds = ["log", "set", "del", "raise", "call", "text", "walrus", "two", "long"]
    if in_loop and may_jump:
        kinds += ["break", "continue"] * 2
    kind, name, number = draw(st.sampled_from(kinds)), draw(NAMES), draw(st.integers(0, 3))
    return {
        "log": [f"log.append(({number}, sorted(vars_now())))"],
        "set": [f"{name} = {number}"],
        "del": [f"del {name}"],
        "raise": [f"raise {draw(st.sampled_from(['ValueError', 'KeyError', 'ExceptionGroup']))}('e', [ValueError()])"],
        "call": [f"called({number})"],
        "text": ["'a text'"],
        "walrus": [f"({name} := {number})"],
        "two": [f"{name} = {number}; log.append({number})"],
        "long": ["log.append([", f"    {number},", "])"],
        "break": ["break"],
        "continue": ["continue"],
    }[kind]


@st.composite
def _compound(draw: st.DrawFn, depth: int, in_loop: bool, may_jump: bool) -> list[str]:
    def body(loop: bool = in_loop, jump: bool = may_jump) -> list[str]:
        return _indented(draw(_body(depth - 1, loop, jump)))

    def some(head: str) -> list[str]:
        return [head, *body()] if draw(st.booleans()) else []

    kind, name, number = (
        draw(st.sampled_from(["for", "while", "if", "with", "try", "star", "match", "def", "class"])),
        draw(NAMES),
        draw(st.integers(0, 3)),
    )
    if kind == "for":
        return [f"for {name} in range({number}):", *body(True, True), *some("else:")]
    if kind == "while":
        return ["while turn():", *body(True, True), *some("else:")]
    if kind == "if":
        return [f"if {number} % 2:", *body(), *some(f"elif {number} == 2:"), *some("else:")]
    if kind == "with":
        return [f"with entered({draw(st.booleans())}) as {name}:", *body()]
    if kind == "try":
        caught = draw(st.sampled_from(["ValueError", "(KeyError, NameError)", "Exception as a"]))
        end = [*some("else:"), *some("finally:")]
        return ["try:", *body(), f"except {caught}:", *body(), *end]
    if kind == "star":
        return ["try:", *body(), "except* ValueError as group:", *body(in_loop, False), *some("finally:")]
    if kind == "match":
        return [f"match {number}:", *_indented(["case 1:", *body(), f"case {name} if {number} > 1:", *body()])]
    if kind == "def":
        return ["@decorated", f"def {name}():", *body(False, False), f"log.append({name}())"]
    return [f"class {name}:", *body(False, False)]


@st.composite
def _body(draw: st.DrawFn, depth: int, in_loop: bool, may_jump: bool) -> list[str]:
    found: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        simple = depth == 0 or draw(st.booleans())
        found += draw(_simple(in_loop, may_jump) if simple else _compound(depth, in_loop, may_jump))
    return found


PROGRAMS = _body(DEPTH, False, False).map("\n".join)


class Effects:
    """What a program can call: everything that happens is kept in order."""

    def __init__(self) -> None:
        self.log: list[Any] = []
        self.namespace: dict[str, Any] = {"__name__": "program", "log": self.log}
        for function in (self.turn, self.entered, self.decorated, self.called, self.vars_now):
            self.namespace[function.__name__] = function
        self._turns = 0

    def turn(self) -> bool:
        """Be true three times out of four."""
        self._turns += 1
        if len(self.log) > MOST_EFFECTS:
            raise SystemExit
        self.log.append(("turn", self._turns))
        return self._turns % 4 != 0

    def called(self, number: int) -> None:
        """Note the line that calls."""
        self.log.append((number, sys._getframe(1).f_lineno, sys._getframe(1).f_code.co_name))

    def vars_now(self) -> list[str]:
        """Return the names of the caller."""
        return [name for name in sys._getframe(1).f_locals if not name.startswith("__memadvise")]

    def decorated(self, function: Any) -> Any:
        """Note the line of the decorator."""
        self.called(-1)
        return function

    def entered(self, swallows: bool) -> Any:
        """Return a context manager that notes how it is left."""
        log = self.log

        class Manager:
            def __enter__(self) -> int:
                log.append("enter")
                return 5

            def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
                log.append(("exit", kind, traceback.format_exc() if error else ""))
                return swallows

        return Manager()


def _effects(text: str, marked: bool, *, patched: bool = False) -> tuple[list[Any], list[str], str, set[int]]:
    effects, lines = Effects(), set[int]()
    linecache.cache["program"] = (len(text), None, text.splitlines(keepends=True), "program")
    tree = ast.parse(text)
    code = compile(with_marks(tree) if marked else tree, "program", "exec")
    if patched:
        done = with_constants(code, Armed([1]), lines.add)
        code = done if done is not None else compile(tree, "program", "exec")
    elif marked:
        effects.namespace.update({ARMED: [1], MARK: lines.add})
    said = ""
    try:
        exec(code, effects.namespace)
    except BaseException:  # noqa: BLE001 (whatever a program raises is compared)
        said = "".join(line for line in traceback.format_exc().splitlines(True) if "test_marks" not in line)
    names = sorted(name for name in effects.namespace if not name.startswith("__memadvise"))
    return effects.log, names, said.replace("    exec(code, effects.namespace)\n", ""), lines


def _told(effects: tuple[list[Any], list[str], str, set[int]]) -> str:
    return repr(effects[:3])


@settings(max_examples=100, deadline=None)
@given(PROGRAMS)
def test_marked_program_does_the_same(text: str) -> None:
    """The effects in order, the names, the lines that calls see, and the text of the traceback are equal."""
    bare, marked = _effects(text, False), _effects(text, True)

    assert _told(marked) == _told(bare)
    assert marked[3] <= set(range(1, text.count("\n") + 2))


@settings(max_examples=30, deadline=None)
@given(PROGRAMS)
def test_tree_is_left_as_it_is(text: str) -> None:
    """The given tree, which the shell may still use, has no marks."""
    tree = ast.parse(text)
    before = ast.dump(tree, include_attributes=True)
    with_marks(tree)

    assert ast.dump(tree, include_attributes=True) == before


if sys.version_info < (3, 12):

    @settings(max_examples=100, deadline=None)
    @given(PROGRAMS)
    def test_patched_bytecode_does_the_same(text: str) -> None:
        """With the two names replaced by constants as well, and they stand nowhere."""
        assert _told(_effects(text, True, patched=True)) == _told(_effects(text, False))
