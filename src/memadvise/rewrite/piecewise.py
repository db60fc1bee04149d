"""Writes a read and its one use as a loop over pieces of the file, as a pandas programmer would by hand."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from memadvise.model import Edit
from memadvise.rewrite.edits import Span, edit, merged, replace_spans
from memadvise.rewrite.names import all_names, fresh_name
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.peeks import Peek, first_rows
from memadvise.rewrite.pipeline import Pipeline
from memadvise.rewrite.read_call import listed, mapped, quoted, wrapped
from memadvise.rewrite.reads import Read


@dataclass(frozen=True)
class Piecewise:
    """What is to be written.

    ``cell`` and ``statement`` are where the frame is used, ``pipe`` how; ``dtypes`` are those of the file's columns in
    file order, ``columns`` the ones to read; ``rows`` stand in a piece; ``peeks`` read the first rows instead.
    """

    cells: tuple[ParsedCell, ...]
    read: Read
    cell: ParsedCell
    statement: ast.stmt
    pipe: Pipeline
    dtypes: dict[str, str]
    columns: tuple[str, ...]
    rows: int
    peeks: tuple[Peek, ...]


def edits(plan: Piecewise) -> tuple[Edit, ...]:
    """Return the edits of every cell that holds the read, the use, or a peek."""
    read, taken = plan.read, all_names(plan.cells)
    whole = plan.pipe.columns is None
    dtypes = fresh_name(f"{read.name}_dtypes", taken) if plan.peeks or whole else ""
    reader = _whole_reader(read, dtypes, plan.rows) if whole else _reader(plan)
    spans = [(plan.cell, span) for span in _use_spans(plan, reader, taken)]
    spans += [(peek.place.cell, first_rows(peek, read, dtypes)) for peek in plan.peeks]
    spans.append((read.cell, _read_span(plan, dtypes)))
    touched = dict.fromkeys(found.cell for found, _ in spans)
    return merged(edit(one, [span for found, span in spans if found.cell is one]) for one in touched)


def _use_spans(plan: Piecewise, reader: tuple[str, str], taken: frozenset[str]) -> list[Span]:
    """Return the edits of the place where the frame is used: the loop above the statement, its result in it."""
    cell, statement, pipe = plan.cell, plan.statement, plan.pipe
    chunk, chunks = fresh_name("chunk", taken), fresh_name("chunks", taken)
    parts = fresh_name(f"{plan.read.name}_parts", taken)
    piece = _renamed(cell, pipe, plan.read.name, chunk)
    gathered, result = _combined(pipe, _module(plan.read), piece, chunk, chunks, parts)
    alone = not pipe.reducer and isinstance(statement, ast.Assign) and statement.value is pipe.node
    if alone:  # `some = orders[...]`: the rows are put together under the person's own name
        assert isinstance(statement, ast.Assign)
        parts = " = ".join(cell.text(target) for target in statement.targets)
    check, call = reader
    block = f"{check}with {call} as {chunks}:\n    {parts} = {gathered}\n"
    begin = cell.line_start(statement)
    if alone:
        return [(begin, cell.span(statement)[1], _native(block.removesuffix("\n"), cell))]
    return [(begin, begin, _native(block, cell)), (*cell.span(pipe.node), result)]


def _read_span(plan: Piecewise, dtypes: str) -> Span:
    """Return the edit of the read itself: gone, or the dtypes that the peeks need, or a note where it went."""
    read = plan.read
    start, end = read.cell.line_start(read.statement), read.cell.span(read.statement)[1]  # `%time` goes with it
    if dtypes:
        return start, end, _native(f"{dtypes} = {wrapped(mapped(plan.dtypes), 0)}", read.cell)
    if plan.cell is read.cell:
        return _removed(read)
    return start, end, f"# {read.name} is read in pieces where it is used, further below"


def _native(block: str, cell: ParsedCell) -> str:
    return block.replace("\n", "\r\n") if "\r\n" in cell.cell.source else block


def _removed(read: Read) -> Span:
    """Return the span of the read's own lines, with their line end when nothing else stands on them."""
    source = read.cell.cell.source
    start, (_, end) = read.cell.line_start(read.statement), read.cell.span(read.statement)
    rest = source[end:].split("\n", 1)
    if rest[0].strip() in {"", ";"} and len(rest) == 2:
        end += len(rest[0]) + 1
    return start, end, ""


def _module(read: Read) -> str:
    assert isinstance(read.call.func, ast.Attribute)  # the rule holds back on a bare `read_csv`
    return read.cell.text(read.call.func.value)


def _renamed(cell: ParsedCell, pipe: Pipeline, old: str, new: str) -> str:
    """Return the person's own expression with the frame's name replaced by the piece's."""
    start, _ = cell.span(pipe.node)
    spans: list[Span] = []
    for node in ast.walk(pipe.node):
        if isinstance(node, ast.Name) and node.id == old:
            begin, end = cell.span(node)
            spans.append((begin - start, end - start, new))
    return replace_spans(cell.text(pipe.node), spans)


def _reader(plan: Piecewise) -> tuple[str, str]:
    """Return (nothing to check, the call that reads some columns in pieces; it raises when one is missing)."""
    names = listed(plan.columns)
    pinned = mapped({name: plan.dtypes[name] for name in plan.columns})
    more = f"usecols={wrapped(names)}", f"dtype={wrapped(pinned)}", f"chunksize={plan.rows:_}"
    return "", _call(plan.read, _arguments(plan.read, *more))


def _whole_reader(read: Read, dtypes: str, rows: int) -> tuple[str, str]:
    """Return (a check, the call) for whole rows, where a column more or less would change the result."""
    header = _call(read, _arguments(read, "nrows=0"))
    check = f'assert list({header}) == list({dtypes}), "the file has other columns now"\n'
    return check, _call(read, _arguments(read, f"dtype={dtypes}", f"chunksize={rows:_}"))


def _arguments(read: Read, *more: str) -> list[str]:
    """Return the code of the person's own arguments, and more."""
    own = [f"{name}={read.cell.text(node)}" for name, node in read.keywords.items()]
    return [read.cell.text(read.path), *own, *more]


def _call(read: Read, arguments: list[str]) -> str:
    call = read.cell.text(read.call.func)
    one_line = f"{call}({', '.join(arguments)})"
    if len(one_line) <= 88 and "\n" not in one_line:
        return one_line
    return f"{call}(\n    " + ",\n    ".join(arguments) + ",\n)"


def _spread(name: str, argument: str) -> str:
    """Return a call, its argument on a line of its own when one line would be long."""
    if len(name) + len(argument) <= 72 or "\n" in argument:
        return f"{name}({argument})"
    return f"{name}(\n        {argument}\n    )"


def _combined(pipe: Pipeline, module: str, piece: str, chunk: str, chunks: str, parts: str) -> tuple[str, str]:
    """Return (code that gathers the pieces' results, code of the expression's value)."""
    if not pipe.reducer:
        return _spread(f"{module}.concat", f"{piece} for {chunk} in {chunks}"), parts
    if pipe.keys:
        level = "0" if len(pipe.keys) == 1 else str(list(range(len(pipe.keys))))
        if pipe.reducer == "mean":
            piece = piece[: piece.rindex(".mean")] + '.agg(["sum", "count"])'
            gathered = _spread(f"{module}.concat", f"{piece} for {chunk} in {chunks}")
            gathered += f".groupby(level={level}).sum()"
            assert pipe.selected is not None
            return gathered, f'({parts}["sum"] / {parts}["count"]).rename({quoted(pipe.selected[0])})'
        gathered = _spread(f"{module}.concat", f"{piece} for {chunk} in {chunks}")
        again = {"count": "sum", "size": "sum"}.get(pipe.reducer, pipe.reducer)
        return gathered, f"{parts}.groupby(level={level}).{again}()"
    if pipe.reducer == "mean":
        piece = piece[: piece.rindex(".mean")] + '.agg(["sum", "count"])'
        gathered = f"{module}.DataFrame([{piece} for {chunk} in {chunks}]).sum()"
        return gathered, f'({parts}["sum"] / {parts}["count"])'
    again = {"count": "sum"}.get(pipe.reducer, pipe.reducer)
    return f"{module}.Series([{piece} for {chunk} in {chunks}])", f"{parts}.{again}()"
