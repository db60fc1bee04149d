"""A column holds two texts such as Yes and No, and the notebook turns it into true and false right away.

## What it sees
A text column with exactly two different texts and no missing value (looked at over all rows), of which the notebook
does nothing but replace it, in one statement of its own: `df["x"] = df["x"].map({"Yes": True, "No": False})` or
`df["x"] = df["x"] == "Yes"`. Text that stays text and is only told apart is the business of *repeated-strings*, which
takes one byte a row as well.

## Why it costs memory
The text takes its characters and an 8-byte offset in every row until it is replaced, a boolean one byte. The parser can
make booleans at once.

## Before
```python
trips = pd.read_csv("trips.csv")
trips["member"] = trips["member"].map({"Yes": True, "No": False})
```

## After
```python
trips = pd.read_csv("trips.csv", dtype={"member": "bool"}, true_values=["Yes"], false_values=["No"])
# "member" is read as True and False
```

## When results change
The booleans are the same. Before the statement that is left out, the frame holds booleans instead of text, which the
card announces: class *same-values* (*display* with a peek). A later file with a third text or a missing value raises at
the read (but the words `True` and `False` are read as what they say). Held back: any other use of the text, and files
with another text column in which one of the two words is found, since the read takes them for booleans in all columns.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from memadvise.model import (
    ColumnEvidence,
    Edit,
    Evidence,
    FrameChange,
    HeldBack,
    NotebookSource,
    Recommendation,
    ResultClass,
    Technique,
)
from memadvise.rewrite.edits import edit
from memadvise.rewrite.parse import ParsedCell, parse_notebook
from memadvise.rewrite.read_call import listed, quoted
from memadvise.rules import retyped
from memadvise.rules.common import KnownRead, NotWritableError, known_reads, smaller_frame
from memadvise.rules.registry import rule
from memadvise.rules.retyped import Column, forbidden, named_twice, shown_in

RULE = "text-booleans"
# arguments of a read by the C parser, which raises for a third text; the Python one (odd separators) takes it for true
_READS = frozenset({"encoding", "encoding_errors", "compression", "low_memory", "usecols", "nrows", "dtype"})
# what is the same for text without missing values and for booleans; and what the one replacing statement does
_ELSEWHERE = frozenset(
    [
        *("peek", "frame.columns", "frame.shape", "frame.size", "frame.empty", "frame.isna", "frame.isnull"),
        *("frame.notna", "frame.notnull", "frame.count", "frame.dropna"),
    ]
)
_ENDS = frozenset({"frame.isna", "frame.isnull", "frame.notna", "frame.notnull", "frame.count", "frame.shape"})
_REPLACING = frozenset({"read", "==", "map", "put back", "stored"})


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer to read as booleans what the notebook replaces by booleans."""
    for known in known_reads(notebook, evidence, _READS):
        cell = known.cell.cell
        if known.problem or not known.rows:
            continue
        for name in known.header:
            column = known.column(name)
            words = _words(column)
            if column is None or not words:
                continue
            found = _replacement(known.cells, known.name, name, words)
            if found is None:
                continue
            if not evidence.pandas_version.startswith("3"):
                yield HeldBack(RULE, cell.cell_id, cell.index, "needs pandas 3")
            elif reason := named_twice(known, name) or _objection(known, column, words):
                yield HeldBack(RULE, cell.cell_id, cell.index, f"column {name!r}: {reason}")
            elif column.nbytes - known.rows >= retyped.WORTH * known.total_bytes:
                yield _advice(notebook, evidence, known, column, found)


def _words(column: ColumnEvidence | None) -> frozenset[str]:
    """Return the two texts of a column that has no other and no missing value."""
    if column is None or column.dtype != "str" or column.nulls != 0 or column.text is None or column.text.numbers:
        return frozenset()
    return frozenset(column.text.values) if len(column.text.values) == 2 else frozenset()


def _replacement(
    cells: tuple[ParsedCell, ...], frame: str, name: str, words: frozenset[str]
) -> tuple[ParsedCell, ast.stmt, str] | None:
    """Return the only statement that replaces the column by booleans, and which of the two words is true."""
    found = [
        (cell, statement, true)
        for cell in cells
        for statement in cell.body
        if (true := _true_word(statement, frame, name, words)) is not None
    ]
    return found[0] if len(found) == 1 else None


def _true_word(statement: ast.stmt, frame: str, name: str, words: frozenset[str]) -> str | None:
    """Return the word that becomes True, None for any other statement."""
    if not (isinstance(statement, ast.Assign) and len(statement.targets) == 1):
        return None
    if not _is_column(statement.targets[0], frame, name):
        return None
    match statement.value:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Constant(value=str(word))]):
            return word if word in words and _is_column(left, frame, name) else None
        case ast.Call(func=ast.Attribute(value=owner, attr="map"), args=[ast.Dict() as given], keywords=[]):
            return _mapped_true(given, words) if _is_column(owner, frame, name) else None
    return None


def _is_column(node: ast.expr, frame: str, name: str) -> bool:
    match node:
        case ast.Subscript(value=ast.Name(id=owner), slice=ast.Constant(value=str(label))):
            return (owner, label) == (frame, name)
    return False


def _mapped_true(given: ast.Dict, words: frozenset[str]) -> str | None:
    """Return the word of a dict of just these two that is mapped to True, the other to False."""
    pairs = {
        key.value: value.value
        for key, value in zip(given.keys, given.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(value, ast.Constant) and isinstance(key.value, str)
    }
    if len(given.keys) != 2 or set(pairs) != words or {type(value) for value in pairs.values()} != {bool}:
        return None
    true = [str(word) for word, value in pairs.items() if value is True]
    return true[0] if len(true) == 1 else None


def _objection(known: KnownRead, column: ColumnEvidence, words: frozenset[str]) -> str:
    for name in known.header:
        other = known.column(name)
        if name == column.name or (other is not None and other.dtype not in {"str", "object"}):
            continue
        if other is None or other.text is None or not other.text.values or words & set(other.text.values):
            return f"column {name!r} may hold one of the two words as well, and would be read otherwise"
    use = known.usage()
    allowed = _ELSEWHERE | _REPLACING
    if reason := forbidden(allowed, _ENDS)(use, Column(column, known.rows)):
        return reason
    counts = [
        sum(one.operation == word for one in use.of_column(column.name)) for word in ("read", "stored", "put back")
    ]
    return "" if counts == [1, 1, 1] else "its text is used in another statement as well"


def _advice(
    notebook: NotebookSource,
    evidence: Evidence,
    known: KnownRead,
    column: ColumnEvidence,
    found: tuple[ParsedCell, ast.stmt, str],
) -> Recommendation | HeldBack:
    cell, name = known.cell.cell, column.name
    _, statement, true = found
    false = next(iter(_words(column) - {true}))
    change = FrameChange(
        cell_id=cell.cell_id,
        name=known.name,
        dtypes=((name, "bool"),),
        options=(("true_values", listed([true])), ("false_values", listed([false]))),
    )
    try:
        edits = _edits(notebook, known.edit(change), statement, name)
    except NotWritableError as reason:
        return HeldBack(RULE, cell.cell_id, cell.index, str(reason))
    use, total, saved = known.usage(), known.total_bytes, column.nbytes - known.rows
    peeks = shown_in(use, [name], everywhere=True)
    return Recommendation(
        rule=RULE,
        technique=Technique.COMPRESSION,
        title=f"Read {name} as true and false",
        why=f"{name} is text ({true} or {false}) that is replaced by booleans; as booleans it saves "
        f"{saved / 2**20:,.0f} MiB.",
        result=ResultClass.DISPLAY if peeks else ResultClass.SAME_VALUES,
        predicted_peak=smaller_frame(evidence, cell.cell_id, total - saved, total),
        edits=edits,
        peeks=peeks,
        retyped=tuple((one, (name,)) for one, held in use.names if name in held),
    )


def _edits(notebook: NotebookSource, first: Edit, statement: ast.stmt, name: str) -> tuple[Edit, ...]:
    """Return the read's edit, and that of the cell whose statement is left out: one edit where it is the same cell.

    Raises:
        NotWritableError: something else stands on the statement's lines.
    """
    wanted = ast.dump(statement)
    for cell in parse_notebook(notebook.with_edits((first,))):
        for one in cell.body:
            if ast.dump(one) != wanted:
                continue
            start, end = cell.span(one)
            if not cell.stands_alone(one) or cell.cell.source[cell.line_start(one) : start].strip():
                raise NotWritableError("another statement stands on the line of the one that makes the booleans")
            second = edit(cell.cell, [(start, end, f"# {quoted(name)} is read as True and False")])
            if second.cell_id != first.cell_id:
                return first, second
            return (Edit(first.cell_id, first.index, first.before, second.after),)
    raise NotWritableError("the statement that makes the booleans can't be left out")
