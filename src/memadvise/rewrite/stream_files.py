"""Files that a loop reads and puts together only to write them as one file: written part by part instead."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from memadvise.model import Edit, FrameEvidence
from memadvise.rewrite.concat_loops import ConcatLoop, newline
from memadvise.rewrite.edits import edit, merged
from memadvise.rewrite.names import all_names, fresh_name, occurrences, times_bound
from memadvise.rewrite.pandas_calls import PandasCalls
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.read_call import mapped, quoted, wrapped
from memadvise.rewrite.reads import only_imported
from memadvise.rewrite.rows_to_columns import begins_its_line
from memadvise.rewrite.scopes import late_uses

_TYPES = frozenset({"int64", "float64", "str", "bool"})
_PLAIN_FILE = re.compile(r"\.(csv|txt|tsv)$")  # other endings are written compressed
OTHER_HEADER = "this file has another header than the first one"
NO_FILE = "there is no file to read"


@dataclass(frozen=True)
class Stream:
    """A loop that reads each file whole, and the statement below it that writes them as one."""

    found: ConcatLoop
    loop: ast.For
    read: ast.Call
    part: str
    write: ast.Expr
    path: ast.expr
    options: tuple[ast.keyword, ...]


def find_stream(cells: tuple[ParsedCell, ...], calls: PandasCalls, found: ConcatLoop) -> Stream | None:
    """Return the stream of files that a loop and the statement below it are, None where they are something else."""
    body = found.cell.body
    below = body[body.index(found.loop) + 1 : body.index(found.loop) + 2]
    if not below or not isinstance(found.loop, ast.For):
        return None
    match found.loop.body, found.part:
        case [ast.Assign(targets=[ast.Name(id=part)], value=ast.Call() as read), step], ast.Name(id=added):
            if step is not found.step or part != added:
                return None
        case [step], ast.Call() as read:
            part = ""
            if step is not found.step:
                return None
        case _:
            return None
    match below[0]:
        case (
            ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name(id=name), attr="to_csv"), args=[path], keywords=options
                )
            ) as write
        ) if name == found.name and calls.is_function(read.func, "read_csv"):
            return Stream(found, found.loop, read, part, write, path, tuple(options))
    return None


def unproven(cells: tuple[ParsedCell, ...], stream: Stream, frame: FrameEvidence) -> str:
    """Return why the written file may come out otherwise part by part; empty when it may not."""
    return (
        _of_columns(frame)
        or _of_read(stream)
        or _of_write(cells, stream)
        or _of_files(cells, stream)
        or _of_names(cells, stream)
    )


def _of_columns(frame: FrameEvidence) -> str:
    """Return why a value may be written otherwise: of these types each value is written by itself."""
    for column in frame.columns:
        if column.dtype not in _TYPES:
            return f"column {column.name!r} is {column.dtype}, of which it is not known how each file has it"
    return ""


def _of_read(stream: Stream) -> str:
    if len(stream.read.args) != 1 or any(keyword.arg == "index_col" for keyword in stream.read.keywords):
        return "the read names an index, or its arguments are not written out"
    return ""


def _of_write(cells: tuple[ParsedCell, ...], stream: Stream) -> str:
    said = {option.arg: option.value for option in stream.options}
    index = said.pop("index", None)
    if not (isinstance(index, ast.Constant) and index.value is False):
        return "the file is written with its row labels"
    if set(said) - {"sep"} or not all(isinstance(value, ast.Constant) for value in said.values()):
        return "the file is written with more than index and sep"
    match _value(cells, stream.path):
        case ast.Constant(value=str(text)) if _PLAIN_FILE.search(text):
            return ""
    return "the written file's path is no plain text that ends in .csv, .tsv or .txt"


def _value(cells: tuple[ParsedCell, ...], node: ast.expr) -> ast.expr | None:
    """Return what a name is bound to, once and in a line of its own; any other expression itself."""
    if not isinstance(node, ast.Name):
        return node
    values = [
        statement.value
        for cell in cells
        for statement in cell.body
        if isinstance(statement, ast.Assign) and [ast.unparse(one) for one in statement.targets] == [node.id]
    ]
    return values[0] if len(values) == times_bound(cells, node.id) == 1 else None


def _of_files(cells: tuple[ParsedCell, ...], stream: Stream) -> str:
    """Return why the loop could meet the new file while it is written: its name ends in `.csv.part` until it is whole.

    A list that was made before does not hold it; nor does what `glob` finds for a pattern that ends in `.csv`.
    """
    files = stream.loop.iter
    if isinstance(files, ast.Name):
        match _value(cells, files):
            case ast.List() | ast.Tuple() | ast.ListComp() | ast.Call(func=ast.Name(id="sorted" | "list")):
                return ""
            case ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr="listdir")):
                return ""
            case ast.expr() as made:
                files = made
    match files:
        case ast.List() | ast.Tuple():
            return ""
        case ast.Call(func=ast.Name(id="sorted" | "list"), args=[ast.Call() as found], keywords=[]):
            files = found
    match files:
        case ast.Call(func=ast.Attribute(attr="glob"), args=[ast.Constant(value=str(pattern))], keywords=[]):
            return "" if _PLAIN_FILE.search(pattern) else "the pattern of the files may match the new one"
    return "the files are not in a list of their own"


def _of_names(cells: tuple[ParsedCell, ...], stream: Stream) -> str:
    name = stream.found.name
    there = {id(node) for node in (*ast.walk(stream.loop), *ast.walk(stream.write))}
    if stream.found.begin is not None:
        there |= {id(node) for node in ast.walk(stream.found.begin)}
    for place in occurrences(cells, name):
        if id(place.node) not in there:
            return f"{name} is used elsewhere too, in cell {place.cell.cell.index}, line {place.node.lineno}"
    if not only_imported(cells, "os", "os"):
        return "os is something else than the module"
    assert stream.found.begin is not None
    assert stream.found.begin_cell is not None
    if not begins_its_line(stream.found.begin_cell, stream.found.begin):
        return f"{name} does not begin on a line of its own"
    if not (begins_its_line(stream.found.cell, stream.write) and begins_its_line(stream.found.cell, stream.loop)):
        return "the loop or the writing shares a line with other code"
    return _of_part(cells, stream) if stream.part else ""


def _of_part(cells: tuple[ParsedCell, ...], stream: Stream) -> str:
    """Return where the last file's frame is used below the loop: it is not kept, and its types would be pinned."""
    said = f"{stream.part}, the last file's frame, is used elsewhere, too"
    if any(name == stream.part for cell in cells for one in cell.body for name, _ in late_uses(one)):
        return said
    for place in occurrences(cells, stream.part):
        if place.statement is stream.loop:
            continue
        if (place.cell.cell.index, place.statement.lineno) < (stream.found.cell.cell.index, stream.loop.lineno):
            return said
        match place.statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == stream.part:
                rebound = not any(isinstance(node, ast.Name) and node.id == target for node in ast.walk(value))
                return "" if rebound else said
        return said
    return ""


def streamed(cells: tuple[ParsedCell, ...], stream: Stream, frame: FrameEvidence) -> tuple[Edit, ...]:
    """Return the edits: the types where the frame began, files written in the loop, the new file put in its place."""
    found, cell, taken = stream.found, stream.found.cell, all_names(cells)
    assert found.begin is not None
    assert found.begin_cell is not None
    types, whole, piece, column, kind = (
        fresh_name(wanted, taken) for wanted in ("column_types", "whole_file", "piece", "column", "column_type")
    )
    path = cell.text(stream.path)
    written = f'{path} + ".part"'
    if isinstance(stream.path, ast.Constant):
        written = quoted(f"{stream.path.value!s}.part")
    expected = wrapped(mapped({one.name: one.dtype for one in frame.columns}), 0)
    options = "".join(f", {one.arg}={cell.text(one.value)}" for one in stream.options)
    files = cell.text(stream.loop.iter)
    files = f"({files})" if "\n" in files else files
    lines = [
        f'with open({written}, "w", newline="", encoding="utf-8") as {whole}:',
        f"    for {cell.text(stream.loop.target)} in {files}:",
        f"        {piece} = {cell.text(stream.read)}",
        f"        if list({piece}.columns) != list({types}):",
        f'            raise ValueError("{OTHER_HEADER}")',
        f"        for {column}, {kind} in {types}.items():",
        f'            if {kind} == "float64" and {piece}[{column}].dtype == "int64":',
        f'                {piece}[{column}] = {piece}[{column}].astype("float64")',
        f"            elif {piece}[{column}].dtype != {kind} "
        f'and not ({kind} == "str" and {piece}[{column}].isna().all()):',
        f'                raise TypeError(f"{{{column}}} is {{{piece}[{column}].dtype}}, not {{{kind}}}")',
        f"        {piece}.to_csv({whole}, header={whole}.tell() == 0{options})",
        f"    if {whole}.tell() == 0:",
        f'        raise ValueError("{NO_FILE}")',
    ]
    loop = newline(cell).join(lines)
    imported = "" if _imports_os(cells, found) else "import os\n"
    begin = f"{imported}{types} = {expected}".replace("\n", newline(found.begin_cell))
    replaced = f"os.replace({written}, {path})"
    spans = {found.begin_cell.cell: [(*found.begin_cell.span(found.begin), begin)]}
    spans.setdefault(cell.cell, []).extend([(*cell.span(stream.loop), loop), (*cell.span(stream.write), replaced)])
    return merged(edit(one, places) for one, places in spans.items())


def _imports_os(cells: tuple[ParsedCell, ...], found: ConcatLoop) -> bool:
    """Tell whether a line above the place where the frame begins imports the module."""
    for cell in cells:
        for statement in cell.body:
            if statement is found.begin:
                return False
            match statement:
                case ast.Import(names=names) if any(one.name == "os" and one.asname is None for one in names):
                    return True
    return False
