"""What can't be handed to a child process, and why: asked of the type alone, before anything of the value is run."""

from __future__ import annotations

import concurrent.futures
import copyreg
import functools
import io
import sys
import tempfile
import threading
import types
import weakref

_LOCKS = (type(threading.Lock()), type(threading.RLock()))
_OWN_CODE_WORDS = """
    __reduce__ __reduce_ex__ __getstate__ __setstate__ __getnewargs__ __getnewargs_ex__ __del__ __getattr__
    __getattribute__ __class__
"""
_GENERATE = ("dataclasses", "collections", "enum")  # give such methods to the classes that they make
_OWN_CODE = frozenset(_OWN_CODE_WORDS.split())
_KINDS: tuple[tuple[tuple[type, ...], str], ...] = (
    ((types.GeneratorType, types.AsyncGeneratorType), "is a generator"),
    ((types.CoroutineType,), "is a coroutine"),
    ((types.FrameType, types.TracebackType), "is a piece of running code"),
    ((*_LOCKS, threading.Condition, threading.Semaphore, threading.Event, threading.Barrier), "is a lock"),
    ((threading.Thread,), "holds a running thread"),
    ((threading.local,), "belongs to one thread"),
    ((concurrent.futures.Executor, concurrent.futures.Future), "runs work beside the notebook"),
    ((weakref.ReferenceType, weakref.ProxyType, weakref.CallableProxyType), "is a weak reference"),
    ((weakref.WeakKeyDictionary, weakref.WeakValueDictionary, weakref.WeakSet), "holds weak references"),
    ((memoryview,), "is a view of another object's memory"),
    ((tempfile._TemporaryFileWrapper, tempfile.TemporaryDirectory), "is an open file"),
)
# by the package that a class, or one that it inherits from, is of
_PACKAGES: dict[str, str] = {
    **dict.fromkeys(("sqlite3", "duckdb", "_duckdb", "psycopg", "psycopg2", "pymysql"), "is an open connection"),
    **dict.fromkeys(("sqlalchemy", "pymongo", "redis", "mysql", "oracledb", "pyodbc"), "is an open connection"),
    **dict.fromkeys(("socket", "_socket", "ssl", "requests", "httpx", "aiohttp", "urllib3"), "is an open connection"),
    **dict.fromkeys(("asyncio", "_asyncio"), "belongs to the running event loop"),
    **dict.fromkeys(("multiprocessing", "subprocess"), "belongs to another process"),
    **dict.fromkeys(("queue", "_queue"), "is a queue between threads"),
    **dict.fromkeys(("contextvars", "_contextvars"), "belongs to the running thread"),
    **dict.fromkeys(("IPython", "ipykernel"), "is the shell itself"),
    **dict.fromkeys(("ipywidgets", "traitlets", "comm"), "belongs to the notebook's front end"),
    "matplotlib": "is a figure or a part of one",
    "_ctypes": "is memory of C code",
    "mmap": "is mapped from a file",
    "memadvise": "is memadvise's own",
    "h5py": "is an open file",
    "tables": "is an open file",
    "zipfile": "is an open file",
    "tarfile": "is an open file",
    "cupy": "lies in a graphics card's memory",
}
_ARROW_WORDS = "Table RecordBatch Array ChunkedArray DataType Field Schema Scalar Buffer KeyValueMetadata"
_ARROW_DATA = tuple(_ARROW_WORDS.split())


def why_not(value: object) -> str:
    """Return why a value can't be handed over, "" where nothing of its type speaks against it. Runs none of its code.

    Only the value itself is judged, not what it holds.
    """
    kind = type(value)
    if issubclass(kind, type | types.FunctionType):
        return ""
    for kinds, reason in _KINDS:
        if issubclass(kind, kinds):
            return reason
    if issubclass(kind, io.IOBase):
        return "" if kind in (io.BytesIO, io.StringIO) else "is an open file"
    if issubclass(kind, functools._lru_cache_wrapper):
        return "is a function that remembers its answers"
    if issubclass(kind, types.ModuleType):
        return "" if sys.modules.get(str(value.__dict__.get("__name__"))) is value else "is a module made by hand"
    return _of_package(kind) or _iterates(kind) or _own_code(kind)


def _of_package(kind: type) -> str:
    for base in kind.__mro__:
        package = str(base.__dict__.get("__module__", getattr(base, "__module__", ""))).partition(".")[0]
        if package in _PACKAGES:
            return "" if package == "matplotlib" and not _is_artist(kind) else _PACKAGES[package]
        if package == "pyarrow":
            return _of_arrow(kind)
        if package == "torch" and hasattr(kind, "untyped_storage"):
            return "is a tensor, which may lie on a graphics card or share its memory"
        if package == "pandas" and base.__name__ in ("ExcelFile", "HDFStore", "ExcelWriter", "StataReader"):
            return "is an open file"
    return ""


def _is_artist(kind: type) -> bool:
    artist = getattr(sys.modules.get("matplotlib.artist"), "Artist", None)
    return artist is None or issubclass(kind, artist) or "figure" in kind.__module__ or "backend" in kind.__module__


def _of_arrow(kind: type) -> str:
    arrow = sys.modules.get("pyarrow")
    data = tuple(found for name in _ARROW_DATA if isinstance(found := getattr(arrow, name, None), type))
    if issubclass(kind, data):
        return ""
    is_parquet = any(word in f"{kind.__module__}.{kind.__name__}".lower() for word in ("parquet", "dataset"))
    return "reads from an open Parquet file" if is_parquet else "is an open file"


def _iterates(kind: type) -> str:
    """Return why a value that is consumed by reading it is refused: a copy, if there is one, would be another."""
    if not any("__next__" in base.__dict__ for base in kind.__mro__):
        return ""
    return "is a chunk reader" if kind.__module__.startswith("pandas.") else "is an iterator, and reading consumes it"


def _own_code(kind: type) -> str:
    if getattr(copyreg.dispatch_table.get(kind), "__module__", "") == "__main__":
        return "has code of the notebook for pickling, which would be run"
    for base in kind.__mro__:
        if base.__dict__.get("__module__") != "__main__":
            continue
        for name in sorted(_OWN_CODE & base.__dict__.keys()):
            if getattr(base.__dict__[name], "__module__", "") not in _GENERATE:
                return f"has a {name} of its own, which would be run"
    return ""
