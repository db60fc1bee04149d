"""What a sequence of cells needs from the namespace, and why it may be impossible to try them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from memadvise.rewrite.names import bound_names
from memadvise.rewrite.parse import parse
from memadvise.rewrite.unrepeatable import unrepeatable

__all__ = ["needed", "unrepeatable", "unrunnable"]

_WORD = re.compile(r"[^\W\d]\w*")
_SIMPLE = ast.Assign | ast.AnnAssign | ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
_MAGIC = re.compile(r"\s*%(matplotlib\s+inline\b|time\b)|\s*%%(time|capture)\b|\s*%%?memadvise\b")
_LINE = re.compile(r"^[ \t]*(?P<sign>%%|%|!|\?)(?P<word>\w*)|^[ \t]*[\w.]+(?P<help>\?{1,2})[ \t]*$", re.MULTILINE)
_HIDDEN = re.compile(r"_+|_\d+|_i+\d*|Out|In|_oh|_dh|_ih|_exit_code")
_NAMES: dict[str, str] = {
    **dict.fromkeys(("input", "raw_input", "getpass", "breakpoint"), "waits for an answer"),
    **dict.fromkeys(("exit", "quit"), "ends the kernel"),
    **dict.fromkeys(("get_ipython", "InteractiveShell"), "uses the shell itself"),
    **dict.fromkeys(("globals", "locals", "vars", "dir"), "may use any name of the notebook"),
    **dict.fromkeys(("signal", "faulthandler"), "changes how the process reacts to signals"),
    **dict.fromkeys(("multiprocessing", "ProcessPoolExecutor", "subprocess", "joblib", "pexpect"), "starts processes"),
    **dict.fromkeys(("Popen", "dask", "distributed", "ray"), "starts processes"),
    **dict.fromkeys(("ctypes", "cffi"), "reaches into the process's memory"),
    **dict.fromkeys(("_getframe", "currentframe"), "may use any name of the notebook"),
    **dict.fromkeys(("user_ns", "f_globals", "f_locals", "__globals__"), "may use any name of the notebook"),
    **dict.fromkeys(("run_cell", "run_line_magic", "run_cell_magic", "dump_session"), "uses the shell itself"),
    **dict.fromkeys(("__main__", "__import__", "__dict__"), "may use any name of the notebook"),
}  # fmt: skip
_OF_OS = re.compile(r"_exit|abort|fork\w*|exec[lv]p?e?|spawn\w+|posix_spawnp?|kill(pg)?|system|popen|startfile")
_TEXT_AS_CODE = frozenset({"eval", "exec", "compile"})


def needed(sources: Sequence[str]) -> frozenset[str]:
    """Return the names of the namespace that cells, run in this order, may read: some of them perhaps needlessly.

    Builtins are among them, and words in texts that may be code or queries. What functions of other cells mention is
    not: see ``trial.handover.closure_of``.
    """
    found: set[str] = set()
    bound: set[str] = set()
    for source in sources:
        parsed = parse(source)
        found |= set(_WORD.findall(parsed.opaque)) - bound
        if parsed.tree is None:
            continue
        for statement in parsed.tree.body:
            found |= _mentioned(statement) - bound
            if isinstance(statement, _SIMPLE):
                bound |= _surely_bound(statement)
            bound -= _deleted(statement)
    return frozenset(found)


def _mentioned(statement: ast.stmt) -> set[str]:
    """Return every name that a statement may read, words in its texts included."""
    found: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and not (isinstance(node.ctx, ast.Store) and _is_target(statement, node)):
            found.add(node.id)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            found.update(node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.update(_WORD.findall(node.value))
    return found


def _is_target(statement: ast.stmt, name: ast.Name) -> bool:
    """Tell whether the name is only stored to, as a target of a plain assignment."""
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets = [statement.target]
    return any(name is one for target in targets for one in _plain(target))


def _plain(target: ast.expr) -> Iterator[ast.Name]:
    if isinstance(target, ast.Name):
        yield target
    elif isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            yield from _plain(element)
    elif isinstance(target, ast.Starred):
        yield from _plain(target.value)


def _surely_bound(statement: ast.stmt) -> set[str]:
    """Return the names that the statement binds whenever it ends without an exception."""
    if isinstance(statement, ast.Assign):
        return {name.id for target in statement.targets for name in _plain(target)}
    if isinstance(statement, ast.AnnAssign):
        return {name.id for name in _plain(statement.target)} if statement.value is not None else set()
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    return set(bound_names(statement)) - {"*"}


def _deleted(statement: ast.stmt) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del)}


def unrunnable(sources: Sequence[str]) -> str:
    """Return why the cells can't be tried in another process, "" when nothing seen speaks against it."""
    for source in sources:
        reason = _magics(source)
        if reason:
            return reason
        tree = parse(source).tree
        if tree is None:
            return f"the cell {parse(source).problem}"
        for node in ast.walk(tree):
            reason = _unrunnable(node)
            if reason:
                return reason
    return ""


def _magics(source: str) -> str:
    parsed = parse(source)
    for line in parsed.opaque.splitlines():
        if line.strip() and not _MAGIC.match(line):
            kind = (
                "runs a shell command" if line.lstrip().startswith("!") else "uses a magic that a trial does not know"
            )
            if parsed.tree is not None or line.lstrip().startswith(("!", "%")):
                return f"{kind}: {line.strip()[:60]}"
            return f"the cell {parsed.problem}"
    for found in _LINE.finditer(source) if parsed.tree is not None else ():
        # what the parser leaves alone as ours (%load_ext, %reload_ext, other backends) changes the shell
        line = source[found.start() :].splitlines()[0]
        if found["word"] in ("load_ext", "reload_ext") or (found["word"] == "matplotlib" and not _MAGIC.match(line)):
            return f"uses a magic that a trial does not know: {line.strip()[:60]}"
    return ""


def _unrunnable(node: ast.AST) -> str:
    for word in _words(node):
        if word in _NAMES:
            return f"uses {word}, which {_NAMES[word]}"
    match node:
        case ast.Name(id=used) if _HIDDEN.fullmatch(used) and (isinstance(node.ctx, ast.Load) or used in ("In", "Out")):
            return f"uses {used}, an earlier cell's text or output"
        case ast.Attribute(attr=used) if _OF_OS.fullmatch(used) and _is_os(node.value):
            return f"uses {used}, which starts or ends processes"
        case ast.ImportFrom(module="os" | "posix") if any(_OF_OS.fullmatch(name.name) for name in node.names):
            return "imports what starts or ends processes"
        case ast.Call(func=ast.Name(id=called)) if called in _TEXT_AS_CODE and not _is_plain_text(node.args[:1]):
            return f"runs text as code that is not seen here ({called})"
        case ast.Call(func=ast.Name(id=called)) if called in _TEXT_AS_CODE:
            inner = unrunnable([ast.literal_eval(node.args[0])])
            return inner and f"runs text as code that {inner}"
    return ""


def _words(node: ast.AST) -> Iterable[str]:
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        return (node.attr,)
    if isinstance(node, ast.Import):
        return [part for alias in node.names for part in alias.name.split(".")]
    if isinstance(node, ast.ImportFrom):
        return [*(node.module or "").split("."), *(alias.name for alias in node.names)]
    return ()


def _is_os(node: ast.expr) -> bool:
    return not isinstance(node, ast.Name) or node.id in ("os", "posix", "_os") or len(node.id) <= 3


def _is_plain_text(arguments: Sequence[ast.expr]) -> bool:
    return bool(arguments) and isinstance(arguments[0], ast.Constant) and isinstance(arguments[0].value, str)
