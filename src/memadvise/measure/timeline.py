"""A timeline of bounded length: however long the cell runs, some hundred points, and every maximum is kept."""

from __future__ import annotations

FIRST_WIDTH_S = 0.01
MOST_POINTS = 396  # with the reading at the start and at the end it stays below 400


class Timeline:
    """Points (time in s, bytes). When there are too many, each pair of buckets becomes one that keeps its maximum."""

    def __init__(self, most_points: int = MOST_POINTS, width_s: float = FIRST_WIDTH_S) -> None:
        self._most, self._buckets = most_points, dict[int, tuple[float, int]]()
        self._first_s: float | None = None
        self.width_s = width_s

    def add(self, at_s: float, value: int) -> None:
        """Take one sample; ``at_s`` is on any clock, the same for all samples."""
        if self._first_s is None:
            self._first_s = at_s
        self._keep(max(0, int((at_s - self._first_s) / self.width_s)), (at_s, value))
        while len(self._buckets) > self._most:
            self._halve()

    def _keep(self, bucket: int, point: tuple[float, int]) -> None:
        old = self._buckets.get(bucket)
        if old is None or point[1] > old[1]:
            self._buckets[bucket] = point

    def _halve(self) -> None:
        old, self._buckets = self._buckets, {}
        self.width_s *= 2
        for bucket, point in old.items():
            self._keep(bucket // 2, point)

    def points(self) -> list[tuple[float, int]]:
        """Return the points in the order of time."""
        return sorted(self._buckets.values())
