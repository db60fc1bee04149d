"""How tensors hold memory, here and on another device. Modules hold theirs as any object does its attributes."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from memadvise.measure.sizing.kinds import attributes, own_bytes
from memadvise.measure.sizing.sizers import register
from memadvise.measure.sizing.walk import Walk


def _tensor(walk: Walk, value: Any, depth: int) -> float:
    with _plain():
        held = own_bytes(value) + sum(_storage(walk, dense) for dense in _dense(value))
        grad = value.grad if getattr(value, "is_leaf", False) else None  # others warn when asked
    return held + walk.parts([*attributes(value).values(), *([] if grad is None else [grad])], depth)


def _plain() -> AbstractContextManager[Any]:
    """Keep subclasses of the person's out: every method of a tensor may be theirs."""
    off = getattr(getattr(sys.modules.get("torch"), "_C", None), "DisableTorchFunctionSubclass", None)
    return off() if off is not None else nullcontext()


def _dense(value: Any) -> list[Any]:
    """Return the dense tensors that a tensor consists of."""
    layout = str(getattr(value, "layout", "torch.strided"))
    if layout == "torch.sparse_coo":
        return [value._indices(), value._values()]
    if layout in ("torch.sparse_csr", "torch.sparse_bsr"):
        return [value.crow_indices(), value.col_indices(), value.values()]
    if layout in ("torch.sparse_csc", "torch.sparse_bsc"):
        return [value.ccol_indices(), value.row_indices(), value.values()]
    return [value]


def _storage(walk: Walk, value: Any) -> float:
    storage, device = value.untyped_storage(), value.device.type
    if device == "meta":
        return 0.0  # has a shape, and no memory
    return walk.buffer(int(storage.data_ptr()), int(storage.nbytes()), on_device=device != "cpu")


def _cupy(walk: Walk, value: Any, depth: int) -> float:
    memory = value.data.mem
    return own_bytes(value) + walk.buffer(int(memory.ptr), int(memory.size), on_device=True)


register("torch", "Tensor", _tensor)
register("cupy", "ndarray", _cupy)
