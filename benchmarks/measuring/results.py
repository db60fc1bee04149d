"""All that was measured, and which of the aims it reaches."""

from __future__ import annotations

from dataclasses import dataclass

from measuring.cells import MB
from measuring.cost import Cost
from measuring.judge import CellResult
from measuring.own_memory import KERNEL, LOADED, METERED, PLAIN, WIDGETS, Own
from measuring.tools import OURS

KERNEL_BYTES, HELPER_BYTES = 15 * MB, 60 * MB


@dataclass(frozen=True)
class Share:
    """Memory of ours, in bytes: what is taken, what is allowed, and what else is to be said of it."""

    name: str
    nbytes: int
    allowed_bytes: int
    remark: str = ""

    @property
    def holds(self) -> bool:
        """Whether it is allowed."""
        return self.nbytes <= self.allowed_bytes


@dataclass(frozen=True)
class Results:
    """All that was measured; a part that was not run is empty.

    ``command`` is how, ``runs`` the fresh processes for each cell and tool, ``pairs`` the timings of each work.
    """

    command: str
    runs: int
    pairs: int
    cells: tuple[CellResult, ...] = ()
    peers: tuple[str, ...] = ()
    costs: tuple[Cost, ...] = ()
    own: tuple[Own, ...] = ()

    @property
    def with_children(self) -> list[CellResult]:
        """The cells whose children count."""
        return [one for one in self.cells if one.kind.has_children]

    @property
    def with_culprit(self) -> list[CellResult]:
        """The cells of which one line is known to take the most."""
        return [one for one in self.cells if one.kind.culprit]

    def aims(self) -> dict[str, list[bool]]:
        """Return each aim that was looked at, and where it is reached."""
        found = {
            "increment within 1 % or 1 MB of the reading from outside": [one.holds for one in self.cells],
            "children within 5 %": [one.children_hold for one in self.with_children],
            "culprit line right and its bytes within 2 %": [culprit_holds(one) for one in self.with_culprit],
            "added time within what is allowed": [one.holds for one in self.costs],
            "memory of ours within what is allowed": [one.holds for one in shares(self.own)],
        }
        return {aim: holds for aim, holds in found.items() if holds}


def culprit_holds(result: CellResult) -> bool:
    """Tell whether the culprit was found in each of our runs."""
    found = result.culprits()
    return bool(found) and result.failure(OURS) is None and all(one.holds for one in found)


def shares(own: tuple[Own, ...]) -> list[Share]:
    """Return what memadvise takes of the processes that were looked at; those that failed have none."""
    by_name = {one.name: one for one in own if not one.failure}
    if not {PLAIN, METERED, KERNEL, WIDGETS, LOADED} <= set(by_name):
        return []
    plain, metered, kernel, widgets, loaded = (by_name[name] for name in (PLAIN, METERED, KERNEL, WIDGETS, LOADED))
    anyway = f"of it, `import ipywidgets` alone: {(widgets.running_bytes - kernel.running_bytes) / MB:.1f} MB"
    return [
        Share(
            "plain process, CellMeter, while its cell runs", metered.running_bytes - plain.running_bytes, KERNEL_BYTES
        ),
        Share(
            "kernel, extension loaded, while a measured cell runs",
            loaded.running_bytes - kernel.running_bytes,
            KERNEL_BYTES,
            anyway,
        ),
        Share(
            "kernel, after the reports of two measured cells",
            loaded.after_bytes - kernel.after_bytes,
            KERNEL_BYTES,
            anyway,
        ),
        *(
            Share(
                f"helper beside the {name}",
                one.helper_bytes,
                HELPER_BYTES,
                f"proportional: {one.helper_pss / MB:.1f} MB",
            )
            for name, one in (("plain process", metered), ("kernel", loaded))
        ),
    ]
