"""Lets go of free memory, and of values that cells will bind again: the old ones may not count in the new peak."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable, Iterable, MutableMapping
from types import FunctionType, ModuleType
from typing import Any

from memadvise.measure.holding.pages import resident
from memadvise.measure.holding.tracebacks import forget, kept
from memadvise.model.holders import GivenBack

Step = tuple[str, Callable[[], int | None]]
TRACEBACK = "the last traceback"


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
    hidden = shell.user_ns_hidden  # IPython pushes outputs there, too, and never takes them out
    outputs = namespace.get("Out", {})
    for number in [number for number, value in outputs.items() if id(value) in objects]:
        del outputs[number]
        for names in (namespace, hidden):
            names.pop(f"_{number}", None)
    hook = shell.displayhook
    for name in ("_", "__", "___"):
        for names in (namespace, hidden):
            if id(names.get(name)) in objects:
                names[name] = ""
        if id(getattr(hook, name, None)) in objects:
            setattr(hook, name, "")
    last = getattr(shell, "last_execution_result", None)
    if last is not None and id(last.result) in objects:
        last.result = None


def collect() -> None:
    """Collect garbage, and return what it held to the system."""
    gc.collect()
    release_arrow()
    trim()


def release_arrow() -> None:
    """Return what Arrow's pool keeps and hands out to nobody."""
    arrow = sys.modules.get("pyarrow")
    if arrow is not None and hasattr(arrow, "default_memory_pool"):
        arrow.default_memory_pool().release_unused()


def trim() -> None:
    """Return the free pages of the C heap (glibc only)."""
    if sys.platform == "linux":
        function = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if function is not None:
            function(0)


def empty_gpu_cache() -> int:
    """Return what PyTorch keeps on the GPU and hands out to nobody; the bytes that came back there."""
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    if cuda is None or not cuda.is_initialized():
        return 0
    before = int(cuda.memory_reserved())
    cuda.empty_cache()
    return before - int(cuda.memory_reserved())


# What is free already goes first, so that each step tells what it alone brought.
STEPS: tuple[Step, ...] = (
    ("the C heap", trim),
    ("Arrow's pool", release_arrow),
    ("garbage", collect),
    ("PyTorch's GPU cache", empty_gpu_cache),
)


def give_back(steps: Iterable[Step] = STEPS) -> tuple[GivenBack, ...]:
    """Return memory to the system, and say what came back from each step; a step that fails brings nothing."""
    found = []
    for name, step in steps:
        before = resident().nbytes
        try:
            on_device = step() or 0
        except Exception:  # noqa: BLE001 (a library in a broken state: the other steps still count)
            on_device = 0
        found.append(GivenBack(name, before - resident().nbytes, on_device))
    return tuple(found)


def drop_outputs(shell: Any) -> None:
    """Drop all displayed results.

    `%reset out` does the same, but leaves the last result under `_` among the names that the shell hides.
    """
    shell.displayhook.flush()
    for name in ("_", "__", "___"):
        if name in shell.user_ns_hidden:
            shell.user_ns_hidden[name] = shell.user_ns.get(name, "")


def free(shell: Any, *, outputs: bool = False) -> tuple[GivenBack, ...]:
    """Return all memory that nobody can miss: `give_back`, and the frames kept for `%tb` and `%debug`.

    ``outputs``: displayed results, too.
    """

    def forget_frames() -> None:
        forget(shell)
        collect()

    def forget_outputs() -> None:
        drop_outputs(shell)
        collect()

    errors: tuple[Step, ...] = ((TRACEBACK, forget_frames),) if kept(shell) else ()
    shown: tuple[Step, ...] = (("displayed results", forget_outputs),) if outputs else ()
    return give_back((*STEPS, *errors, *shown))
