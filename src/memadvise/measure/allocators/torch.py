"""torch's own allocator on GPUs."""

from __future__ import annotations

import sys

from memadvise.measure.allocators.registry import UNUSED, Level, allocator


@allocator("torch (GPU)", on_device=True)
def _torch() -> Level:
    """Ask torch for all devices, once the person's code has begun to use them: to ask earlier would start CUDA."""
    cuda = sys.modules.get("torch.cuda")
    if cuda is None or not cuda.is_initialized():
        return UNUSED
    devices = range(int(cuda.device_count()))
    return Level(
        sum(int(cuda.memory_allocated(device)) for device in devices),
        sum(int(cuda.memory_reserved(device)) for device in devices),
        _mark([int(cuda.max_memory_allocated(device)) for device in devices]),
    )


def _mark(marks: list[int]) -> int | None:
    """Return the mark of one device; those of several were not reached at one time, so their sum is none."""
    return marks[0] if len(marks) == 1 else None
