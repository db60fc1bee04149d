"""The kernel's size seen from outside, for the cell that it did not survive: its own measurement died with it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import psutil

from memadvise.model import Measurement

EVERY_S = 0.02


class Outside:
    """Samples a kernel's resident size while a cell runs."""

    def __init__(self, client: Any) -> None:
        process = getattr(getattr(client.km, "provisioner", None), "process", None)
        self._pid = getattr(process, "pid", None)
        self._samples: list[tuple[float, int]] = []
        self._began_s = 0.0

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Sample as long as the block runs."""
        self._samples, self._began_s = [], time.monotonic()
        task = asyncio.create_task(self._sample())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _sample(self) -> None:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self._pid)
            while True:
                self._samples.append((time.monotonic() - self._began_s, process.memory_info().rss))
                await asyncio.sleep(EVERY_S)

    def measurement(self) -> Measurement:
        """Return what was seen; the true peak may be higher than every sample, by how much is not known."""
        sizes = [size for _, size in self._samples if size] or [0]
        step = max(len(self._samples) // 400, 1)
        return Measurement(
            start_bytes=sizes[0],
            peak_bytes=max(sizes),
            end_bytes=sizes[-1],
            method="sampled from outside until the kernel ended",
            error_bound_bytes=0,
            wall_s=time.monotonic() - self._began_s,
            samples=tuple(self._samples[::step]),
            notes=("the true peak may be higher than every sample",),
        )
