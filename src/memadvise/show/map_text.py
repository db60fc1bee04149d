"""What holds the kernel's memory, and what came back of it, as aligned text."""

from __future__ import annotations

from memadvise.model import MachineEvidence
from memadvise.model.holders import GivenBack, Holder, KernelMap, Kind
from memadvise.show.escape import plain
from memadvise.show.units import size

FREEABLE: tuple[Kind, ...] = ("traceback", "arrow", "heap")
NAMED_BYTES = 1024  # a variable below that is not worth a line of its own
_WORDS: dict[Kind, str] = {
    "arrow": "Arrow's pool: free, not given back",
    "heap": "C heap: free, not given back",
    "objects": "Python's arenas of small objects: free slots, used again",
    "code": "code of Python and its libraries, mapped from their files",
    "shared": "shared memory",
    "base": "the interpreter and what was imported before memadvise was loaded",
    "rest": "not explained: what was imported since, private data of libraries, fragments",
}


def map_text(found: KernelMap, here: MachineEvidence) -> str:
    """Return the resident size against its limit, then a line for each holder; their bytes add up to it."""
    source = f" ({plain(here.limit_source, 60)})" if here.limit_source else ""
    limit = f" of {size(here.limit_bytes)}{source}" if here.limit_bytes > 0 else ""
    lines = [f"{size(found.resident_bytes)} resident{limit}"]
    lines += [_line(holder.nbytes, _words(holder)) for holder in _worth_a_line(found)]
    if found.cut_bytes:
        lines.append(f"  {size(found.cut_bytes)} more is allocated than is resident: never touched, or swapped out")
    freeable = found.bytes_of(*FREEABLE)
    if freeable >= 1 << 20:
        lines.append(f"  %memadvise free gives back up to {size(freeable)}")
    return "\n".join(lines)


def free_text(steps: tuple[GivenBack, ...], traceback: str, after: KernelMap) -> str:
    """Return what came back from each step, and what else holds memory that only the person may drop.

    ``traceback`` is the name of the step that emptied `%tb`.
    """
    total = sum(step.nbytes for step in steps)
    lines = [f"{size(max(total, 0))} given back, {size(after.resident_bytes)} resident now"]
    lines += [_line(max(step.nbytes, 0), _came_from(step, traceback)) for step in steps if _brought(step, traceback)]
    return "\n".join([*lines, *_left(after)])


def _worth_a_line(found: KernelMap) -> list[Holder]:
    """Leave the smallest variables to the line of all others."""
    small = [one for one in found.of("variable") if one.allocated_bytes < NAMED_BYTES]
    others = [*small, *found.of("variables")]
    number = len(small) + sum(int(one.what) for one in found.of("variables"))
    nbytes, allocated = sum(one.nbytes for one in others), sum(one.allocated_bytes for one in others)
    summed = Holder("variables", str(number), nbytes, allocated)
    named = [one for one in found.of("variable") if one not in small]
    beside = [one for one in found.holders if one.kind not in ("variable", "variables")]
    return [*named, *([summed] if number else []), *beside]


def _line(nbytes: int, text: str) -> str:
    return f"  {size(nbytes):>12}  {text}"


def _words(holder: Holder) -> str:
    """Name a holder; names are the person's, and plain here."""
    name = plain(holder.what, 80)
    if holder.kind in _WORDS:
        return _WORDS[holder.kind]
    text = {
        "variable": name,
        "variables": f"{name} more variable{'' if name == '1' else 's'}",
        "outputs": f"{name}: displayed results, beyond the variables",
        "exception": f"{name}: the frames of that exception{_frame(holder)}",
        "traceback": f"last traceback{_frame(holder)}: kept for %tb and %debug",
        "files": f"mapped files: {name}{_and_more(holder.detail)}",
    }[holder.kind]
    apart = holder.allocated_bytes - holder.nbytes
    return f"{text} ({size(holder.allocated_bytes)} allocated)" if apart >= 1 << 20 else text


def _frame(holder: Holder) -> str:
    where = plain(holder.detail, 80).replace("<module>", "the cell")
    return f" (most in {where})" if where else ""


def _and_more(count: str) -> str:
    return f" and {int(count) - 1} more" if count.isdigit() and int(count) > 1 else ""


def _brought(step: GivenBack, traceback: str) -> bool:
    return step.nbytes > 0 or step.device_bytes > 0 or step.what == traceback


def _came_from(step: GivenBack, traceback: str) -> str:
    device = f" and {size(step.device_bytes)} on the GPU" if step.device_bytes > 0 else ""
    emptied = ": %tb and %debug have nothing to show until a cell raises again" if step.what == traceback else ""
    return f"{step.what}{device}{emptied}"


def _left(after: KernelMap) -> list[str]:
    """Name what was not touched, as the person may still want it."""
    lines = [
        f"  not touched: {size(one.nbytes)} in {plain(one.what, 80)}; %memadvise free outputs drops all results"
        for one in after.of("outputs")
        if one.nbytes >= 1 << 20
    ]
    return lines + [
        f"  not touched: {size(one.nbytes)} in the frames of the exception {name}; del {name} drops them"
        for one in after.of("exception")
        if one.nbytes >= 1 << 20
        for name in [plain(one.what, 80)]
    ]
