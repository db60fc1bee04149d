"""Writes an SQLite index over a CSV file, and the function that looks rows up through it."""

from __future__ import annotations

from dataclasses import dataclass

from memadvise.rewrite.names import fresh_name
from memadvise.rewrite.read_call import mapped, quoted, wrapped
from memadvise.rewrite.reads import Read

FOLDER = "memadvise_cache"
_ROWS_A_PIECE = 20_000


@dataclass(frozen=True)
class IndexPlan:
    """What is to be written.

    ``dtypes`` are those of the file's columns in file order; ``keys`` the columns of each index; ``rows`` and
    ``dtypes_name`` the names of the function and of the dict of dtypes; ``floats``: floats may be looked up, too.
    """

    read: Read
    dtypes: dict[str, str]
    keys: tuple[tuple[str, ...], ...]
    rows: str
    dtypes_name: str
    floats: bool


def definitions(plan: IndexPlan, taken: frozenset[str]) -> str:
    """Return the code that stands where the read stood; ``taken`` are the names that the notebook uses."""
    read, name = plan.read, plan.read.name
    row = fresh_name("row_number", frozenset(column.casefold() for column in plan.dtypes))
    indexes = "".join(
        f"            db.execute({quoted_sql(f'CREATE INDEX by_{number} ON source ({_sql_names(key)})')})\n"
        for number, key in enumerate(plan.keys, start=1)
    )
    read_csv = read.cell.text(read.call.func)
    return _TEMPLATE.format(
        rows=plan.rows,
        index=fresh_name(f"{name}_index", taken),
        build=fresh_name(f"build_{name}_index", taken),
        types="(int, float, str, type(None))" if plan.floats else "(int, str, type(None))",
        types_text="numbers or text" if plan.floats else "whole numbers or text",
        dtypes_name=plan.dtypes_name,
        dtypes=wrapped(mapped(plan.dtypes), 0),
        path=read.cell.text(read.path),
        folder=quoted(FOLDER),
        stem=name,
        row=quoted(row),
        row_sql=row,
        options="".join(f", {option}={read.cell.text(node)}" for option, node in read.keywords.items()),
        read_csv=read_csv,
        pd=read_csv.rsplit(".", 1)[0],
        indexes=indexes.rstrip("\n"),
        keys=quoted_sql("; ".join(_sql_names(key) for key in plan.keys)),
        piece=f"{_ROWS_A_PIECE:_}",
    )


def quoted_sql(text: str) -> str:
    """Return a string literal for an SQL fragment, in single quotes as far as possible since it holds double ones."""
    return repr(text) if "'" not in text else quoted(text)


def sql_name(name: str) -> str:
    """Return a column's name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def _sql_names(key: tuple[str, ...]) -> str:
    return ", ".join(sql_name(name) for name in key)


_TEMPLATE = '''\
import hashlib, os, shutil, sqlite3, uuid
from contextlib import closing
from pathlib import Path

{dtypes_name} = {dtypes}


def {build}(file, **options):
    """Copy the file into an SQLite table with an index, once for each version of the file; return the table's URI."""
    status = file.stat()
    with file.open("rb") as content:
        head = content.read(65536)
        content.seek(max(status.st_size - 65536, 0))
        tail = content.read()
    times = status.st_mtime_ns, status.st_ctime_ns
    version = repr((str(file.resolve()), status.st_size, times, head, tail, options, {dtypes_name}, {keys}))
    stamp = hashlib.sha256(version.encode()).hexdigest()[:16]
    path = Path({folder}, f"{stem}-{{stamp}}.sqlite").absolute()
    uri = path.as_uri() + "?mode=ro"
    if path.exists():
        return uri
    if list({read_csv}(file, nrows=0, **options)) != list({dtypes_name}):
        raise ValueError(f"{{file}} has other columns now")
    path.parent.mkdir(exist_ok=True)
    if shutil.disk_usage(path.parent).free < 3 * status.st_size:
        raise OSError(f"no room in {{path.parent}}: an index of {{file}} may need {{3 * status.st_size:,}} bytes")
    partial = path.with_suffix(f".{{uuid.uuid4().hex}}.partial")
    try:
        with (
            closing(sqlite3.connect(partial)) as db,
            {read_csv}(file, dtype={dtypes_name}, chunksize={piece}, **options) as chunks,
        ):
            for chunk in chunks:
                chunk.to_sql("source", db, if_exists="append", index_label={row})
{indexes}
            db.commit()
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return uri


{index} = {build}(Path({path}){options})


def {rows}(where, *values):
    """Return the rows that fit, in file order, as read_csv would give them."""
    values = [value.item() if hasattr(value, "item") else value for value in values]
    if not all(isinstance(value, {types}) for value in values):
        raise TypeError(f"rows are looked up by {types_text}, not by {{values}}")
    with closing(sqlite3.connect({index}, uri=True)) as db:
        query = f"SELECT * FROM source WHERE {{where}} ORDER BY {row_sql}"
        found = {pd}.read_sql_query(query, db, params=values, index_col={row})
    return found.set_axis(found.index.astype("int64")).rename_axis(None).astype({dtypes_name})
'''
