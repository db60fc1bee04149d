"""Lets go of the values that cells will bind again, so that the old ones do not count in the new peak."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterable, MutableMapping
from types import FunctionType, ModuleType
from typing import Any


def release(shell: Any, names: Iterable[str], outputs: Iterable[int] = ()) -> tuple[str, ...]:
    """Unbind ``names``, the numbered outputs, and every output that holds the same objects; return the names.

    A numbered output goes too because `orders.head()` may hold the whole frame's text. Modules, functions and classes
    stay: they hold no data. Aliases under other names stay too, and keep the object.
    """
    namespace: MutableMapping[str, Any] = shell.user_ns
    found = {name: namespace[name] for name in names if name in namespace and not _is_code(namespace[name])}
    for name in found:
        del namespace[name]
    shown = shell.user_ns.get("Out", {})
    objects = {id(value) for value in found.values()} | {id(shown[number]) for number in outputs if number in shown}
    _forget_outputs(shell, objects)
    released = tuple(found)
    found.clear()
    give_back()
    return released


def _is_code(value: object) -> bool:
    return isinstance(value, ModuleType | FunctionType | type)


def _forget_outputs(shell: Any, objects: set[int]) -> None:
    namespace = shell.user_ns
    outputs = namespace.get("Out", {})
    for number in [number for number, value in outputs.items() if id(value) in objects]:
        del outputs[number]
        namespace.pop(f"_{number}", None)
    hook = shell.displayhook
    for name in ("_", "__", "___"):
        if id(namespace.get(name)) in objects:
            namespace[name] = ""
        if id(getattr(hook, name, None)) in objects:
            setattr(hook, name, "")
    last = getattr(shell, "last_execution_result", None)
    if last is not None and id(last.result) in objects:
        last.result = None


def give_back() -> None:
    """Collect garbage and return freed memory to the system: Arrow's pool, then the C heap (glibc only)."""
    gc.collect()
    arrow = sys.modules.get("pyarrow")
    if arrow is not None and hasattr(arrow, "default_memory_pool"):
        arrow.default_memory_pool().release_unused()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
