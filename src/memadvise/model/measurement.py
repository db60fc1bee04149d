"""What a cell took. Bytes are ints, times are seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CallUse:
    """A line of a function of another cell, as called by one line of the measured cell.

    ``function`` is its qualified name, ``cell`` names where it was defined ("In [3]"), ``line`` counts from 1 in that
    cell as its kernel ran it, ``text`` is the source of that line. The other fields mean what they mean in `LineUse`.
    """

    function: str
    cell: str
    line: int
    text: str
    peak_bytes: int
    increment_bytes: int
    retained_bytes: int
    hits: int
    sampled: bool = False


@dataclass(frozen=True)
class LineUse:
    """One line of the cell, from 1 as the person sees it (the magic's line included).

    ``peak_bytes`` is the highest resident size while the line ran, absolute; ``increment_bytes`` how far that was above
    where the line began (the highest of its visits); ``retained_bytes`` what its visits left resident, summed. What the
    line called counts with it. ``hits`` are the visits that were looked at; ``sampled`` says that there were more, the
    memory of which counts with the statement around the line. ``calls`` opens functions of other cells one level down.
    """

    line: int
    peak_bytes: int
    retained_bytes: int
    hits: int
    increment_bytes: int = 0
    sampled: bool = False
    calls: tuple[CallUse, ...] = ()


@dataclass(frozen=True)
class VariableUse:
    """One name that the cell made, changed or took away.

    ``nbytes`` is its deep size now (0 once deleted), ``change_bytes`` what the cell added to that name. ``state`` is
    ``new``, ``rebound`` (another object under an old name), ``grown``, ``shrunk`` or ``deleted``. ``error_bytes`` is
    the standard error of ``nbytes`` where it stands on a sample of the objects in it, 0 where it was counted.
    ``device_bytes`` is what it holds on another device (a GPU), no part of ``nbytes``. ``columns`` breaks a frame down:
    (column label as text, bytes), largest first, bounded in number.
    """

    name: str
    type: str
    nbytes: int
    change_bytes: int
    columns: tuple[tuple[str, int], ...] = ()
    state: str = "new"
    error_bytes: int = 0
    device_bytes: int = 0


@dataclass(frozen=True)
class AllocatorUse:
    """What a library's own allocator says: bytes handed out at the cell's start and end.

    ``peak_bytes`` is the highest that it handed out, absolute, where it keeps a mark and the cell raised it;
    ``reserved_bytes`` what it holds from the system for that at the end, handed out or not, ``start_reserved_bytes``
    at the start; None where it does not say.
    """

    name: str
    start_bytes: int
    end_bytes: int
    peak_bytes: int | None = None
    reserved_bytes: int | None = None
    start_reserved_bytes: int | None = None


@dataclass(frozen=True)
class ImportUse:
    """A top-level package of which the cell imported something that was not loaded, with all that it brought along."""

    name: str
    retained_bytes: int
    wall_s: float


@dataclass(frozen=True)
class Measurement:
    """One run of a cell. ``start``, ``peak`` and ``end`` are absolute resident bytes of the kernel process.

    ``error_bound_bytes`` bounds the error of ``peak_bytes``; ``method`` names how the peak was found.
    ``anonymous_peak_bytes`` is sampled (the kernel keeps no mark for it), hence a lower bound; None where unknown.
    ``allocated_bytes`` is what ``allocators`` hand out at the end, summed; None when there are none.
    ``samples`` are (seconds since the start, resident bytes); empty when the timeline helper was not there.
    ``children`` are (seconds since the start, summed proportional bytes of child processes), where there were any.
    ``marks`` are (seconds since the start, line) at which the cell went on to another line, bounded in number.
    """

    start_bytes: int
    peak_bytes: int
    end_bytes: int
    method: str
    error_bound_bytes: int
    wall_s: float
    overhead_s: float = 0.0
    anonymous_peak_bytes: int | None = None
    allocated_bytes: int | None = None
    children_peak_bytes: int = 0
    samples: tuple[tuple[float, int], ...] = ()
    lines: tuple[LineUse, ...] = ()
    variables: tuple[VariableUse, ...] = ()
    notes: tuple[str, ...] = ()
    allocators: tuple[AllocatorUse, ...] = ()
    imports: tuple[ImportUse, ...] = ()
    children: tuple[tuple[float, int], ...] = ()
    marks: tuple[tuple[float, int], ...] = ()

    @property
    def increment_bytes(self) -> int:
        """High-water mark above the start."""
        return self.peak_bytes - self.start_bytes

    @property
    def retained_bytes(self) -> int:
        """Resident at the end above the start; negative when the cell gave memory back."""
        return self.end_bytes - self.start_bytes
