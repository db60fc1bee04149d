"""What measuring costs in time, lines on: ``python -m measuring.cost CELL PAIRS DESCRIPTOR`` and who asks it.

The same cell bare and measured in turn, in one process, the garbage collected before each.
"""

from __future__ import annotations

import gc
import json
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measuring.ours import begun, ready_meter
from measuring.runs import process
from measuring.wire import Wire
from measuring.works import LEAST_S, Work, work_named

WAIT_S = 180.0
QUIET = 0.015  # bare over bare may be so far from 1; on a busier machine the runs are taken anew
ATTEMPTS = 3


@dataclass(frozen=True)
class Cost:
    """Medians of the pairs, in seconds, and the quartiles of measured over bare; or why there are none.

    ``cpu_ratio`` is the same median for this process's processor time, which neighbours on the machine disturb less.
    ``noise`` is the median of bare over bare in pairs of the same kind: what ratio this machine shows for nothing.
    """

    work: Work
    bare_s: float = 0.0
    measured_s: float = 0.0
    ratios: tuple[float, float, float] = (0.0, 0.0, 0.0)
    cpu_ratio: float = 0.0
    noise: float = 0.0
    failure: str | None = None

    @property
    def added_s(self) -> float:
        """Measured minus bare."""
        return self.measured_s - self.bare_s

    @property
    def holds(self) -> bool:
        """Whether what is added is allowed."""
        if self.failure:
            return False
        if self.work.most_ratio is not None:
            return self.ratios[1] <= self.work.most_ratio
        return self.added_s <= (self.work.most_s or 0.0)


def cost(work: Work, pairs: int, folder: Path) -> Cost:
    """Time one cell, each attempt in a fresh process; the attempt counts in which bare was most like bare.

    What was measured has no say in which attempt counts.
    """
    found: list[Cost] = []
    while len(found) < ATTEMPTS:
        found.append(_attempt(work, pairs, folder))
        if found[-1].failure or abs(found[-1].noise - 1) <= QUIET:
            return found[-1]
    return min(found, key=lambda one: abs(one.noise - 1))


def _attempt(work: Work, pairs: int, folder: Path) -> Cost:
    with process(["measuring.cost", work.name, str(pairs)], folder) as (_, wire):
        try:
            answer: dict[str, Any] = json.loads(wire.line(WAIT_S))
        except (EOFError, TimeoutError) as error:
            return Cost(work, failure=f"{type(error).__name__}: {error}")
    return _summary(work, answer)


def _summary(work: Work, answer: dict[str, Any]) -> Cost:
    if "failure" in answer:
        return Cost(work, failure=answer["failure"])
    bare, again, measured = (list(zip(*answer[kind], strict=True)) for kind in ("bare", "again", "measured"))
    low, middle, high = statistics.quantiles(_ratios(measured[0], bare[0]), n=4, method="inclusive")
    return Cost(
        work,
        bare_s=statistics.median(bare[0]),
        measured_s=statistics.median(measured[0]),
        ratios=(low, middle, high),
        cpu_ratio=statistics.median(_ratios(measured[1], bare[1])),
        noise=statistics.median(_ratios(again[0], bare[0])),
    )


def _ratios(one: Sequence[float], other: Sequence[float]) -> list[float]:
    return [upper / max(lower, 1e-9) for upper, lower in zip(one, other, strict=True)]


# --- in the process that is timed ---


Times = tuple[float, float]  # seconds: on the wall's clock, and of this process's processor time


@contextmanager
def _timed() -> Iterator[list[float]]:
    gc.collect()
    times: list[float] = []
    wall, cpu = time.perf_counter(), time.process_time()
    yield times
    times += [time.perf_counter() - wall, time.process_time() - cpu]


class Timed:
    """One cell with its namespace and the meter under test."""

    def __init__(self, work: Work) -> None:
        self._source = work.source
        self._namespace: dict[str, Any] = {"rounds": 1}
        exec(compile(work.setup, "<setup>", "exec"), self._namespace)
        self._meter = ready_meter()
        if "rounds" in work.source:
            self.bare()  # the first run of anything is slower
            while (taken := self.bare()[0]) < LEAST_S:
                self._namespace["rounds"] = math.ceil(self._namespace["rounds"] * 1.1 * LEAST_S / taken)

    def bare(self) -> Times:
        """Time the cell as it is, compiling included."""
        with _timed() as times:
            exec(compile(self._source, "<cell>", "exec"), self._namespace)
        return times[0], times[1]

    def measured(self) -> Times:
        """Time the measured cell with all that measuring does before and after it."""
        with _timed() as times:
            code = begun(self._meter, self._source, self._namespace)
            exec(code, self._namespace)
            self._meter.end(self._namespace)
        return times[0], times[1]

    def close(self) -> None:
        """End the helper."""
        self._meter.close()


def timings(work: Work, pairs: int) -> dict[str, Any]:
    """Run bare, bare again and measured, in an order that turns round each time, after one run of each for nothing."""
    timed = Timed(work)
    kinds: dict[str, Callable[[], Times]] = {"bare": timed.bare, "again": timed.bare, "measured": timed.measured}
    found: dict[str, list[Times]] = {name: [] for name in kinds}
    for number in range(pairs + 1):
        order = list(kinds)
        for name in order[number % 3 :] + order[: number % 3]:
            taken = kinds[name]()
            if number:
                found[name].append(taken)
    timed.close()
    return found


def main(name: str, pairs: str, descriptor: str) -> None:
    """Time one cell and answer."""
    wire = Wire.of(descriptor)
    try:
        answer = timings(work_named(name), int(pairs))
    except Exception as error:  # noqa: BLE001 (a cell that can't be timed is a result)
        answer = {"failure": f"{type(error).__name__}: {error}"[:200]}
    wire.send(answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
