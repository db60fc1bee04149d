"""Whether what a tool says of a cell is right: sums over the runs of one cell, no input or output."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from measuring.cells import MB, CellKind
from measuring.runs import Run
from measuring.tools import BARE, OURS

HUGE_PAGE_BYTES = 2 << 20  # a size that is known beforehand is rounded up to pages; numpy asks for huge ones
CHILDREN_SHARE, LINE_SHARE = 0.05, 0.02


def within(actual: int, truth: int, share: float = 0.01, least: int = MB) -> bool:
    """Tell whether two sizes agree within a share of the truth, or ``least`` bytes."""
    return abs(actual - truth) <= max(share * abs(truth), least)


@dataclass(frozen=True)
class LineFound:
    """What the lines say of a cell: which took most, by how many bytes; and the bytes that it should be."""

    line: int
    nbytes: int
    wanted_line: int
    wanted_bytes: int

    @property
    def is_line_right(self) -> bool:
        """Whether it is the line that was planted."""
        return self.line == self.wanted_line

    @property
    def error(self) -> float:
        """The share by which the bytes are off."""
        return self.nbytes / self.wanted_bytes - 1 if self.wanted_bytes else float("inf")

    @property
    def holds(self) -> bool:
        """Whether line and bytes are right."""
        return self.is_line_right and abs(self.error) <= LINE_SHARE


@dataclass(frozen=True)
class CellResult:
    """All runs of one kind of cell, by tool."""

    kind: CellKind
    runs: Mapping[str, tuple[Run, ...]]

    def failure(self, tool: str) -> str | None:
        """Return why a tool has no number for this cell, None where each of its runs gave one."""
        return next((run.failure for run in self.runs.get(tool, ()) if run.failure), None)

    def good(self, tool: str) -> list[Run]:
        """Return the runs that gave a number."""
        return [run for run in self.runs.get(tool, ()) if run.reported and run.outside]

    @property
    def sees_resets(self) -> bool:
        """Whether in each of our runs the parent saw the mark before each of its resets."""
        return all(run.outside.sees_resets for run in self.good(OURS) if run.outside)

    @property
    def worst(self) -> Run | None:
        """Our run that is farthest from what was seen from outside in it."""
        return max(self.good(OURS), key=lambda run: abs(error_bytes(run)), default=None)

    @property
    def holds(self) -> bool:
        """Whether each of our runs agrees with the reading from outside, and with what is known beforehand."""
        runs = self.good(OURS)
        return bool(runs) and self.failure(OURS) is None and all(self._agrees(run) for run in runs)

    def _agrees(self, run: Run) -> bool:
        measured, outside = measured_bytes(run), _outside(run)
        known = self.kind.known_bytes
        is_known = known is None or within(measured, known, least=HUGE_PAGE_BYTES)
        return within(measured, outside) and is_known

    @property
    def worst_children(self) -> Run | None:
        """Our run in which the children are farthest from what was seen from outside."""
        return max(self.good(OURS), key=lambda run: abs(children_error(run)), default=None)

    @property
    def children_hold(self) -> bool:
        """Whether the children agree with the reading from outside in each of our runs."""
        runs = self.good(OURS)
        return bool(runs) and all(abs(children_error(run)) <= CHILDREN_SHARE for run in runs)

    def culprits(self) -> list[LineFound]:
        """Return what each of our runs says of the lines; nothing for a cell without a culprit."""
        if self.kind.culprit is None:
            return []
        return [culprit_of(self.kind, run) for run in self.good(OURS)]

    @property
    def truth_bytes(self) -> int:
        """What the bare cell takes, seen from outside, children included where they count (median)."""
        runs = [run.outside for run in self.good(BARE) if run.outside]
        if not runs:
            return 0
        children = [one.children_bytes if self.kind.has_children else 0 for one in runs]
        return round(statistics.median(one.increment_bytes + more for one, more in zip(runs, children, strict=True)))

    def reported_bytes(self, tool: str) -> int | None:
        """What a tool says of the cell and its children (median), None where it says nothing."""
        found = [run.reported for run in self.good(tool) if run.reported]
        if not found or self.failure(tool):
            return None
        return round(statistics.median(one.increment_bytes + one.children_bytes for one in found))

    def ratio(self, tool: str) -> float | None:
        """Return reported over truth; both count as 1 MB where they are less, for 0 has no ratio."""
        reported = self.reported_bytes(tool)
        if reported is None or not self.good(BARE):
            return None
        return max(reported, MB) / max(self.truth_bytes, MB)


def measured_bytes(run: Run) -> int:
    """Return the increment that the tool says."""
    assert run.reported is not None
    return run.reported.increment_bytes


def _outside(run: Run) -> int:
    assert run.outside is not None
    return run.outside.increment_bytes


def error_bytes(run: Run) -> int:
    """Return measured minus seen from outside, in the same run."""
    return measured_bytes(run) - _outside(run)


def children_error(run: Run) -> float:
    """Return the share by which the children are off."""
    assert run.reported is not None
    assert run.outside is not None
    seen = run.outside.children_bytes
    return run.reported.children_bytes / seen - 1 if seen else float("inf")


def culprit_of(kind: CellKind, run: Run) -> LineFound:
    """Return the line with the largest increment; those that call the function around the culprit are left out."""
    culprit = kind.culprit
    assert culprit is not None
    assert run.reported is not None
    lines = [one for one in run.reported.lines if one[0] not in culprit.callers]
    line, nbytes = max(lines, key=lambda one: one[1], default=(0, 0))
    wanted = _outside(run) if culprit.nbytes is None else culprit.nbytes
    return LineFound(line, nbytes, culprit.line, wanted)
