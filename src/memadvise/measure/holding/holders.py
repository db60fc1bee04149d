"""The map of a kernel's memory: who holds it, adding up to what is resident.

What is counted is counted once, in the order of who could give it back: the person's variables first, then outputs,
then the frames of exceptions, then what allocators keep. Nothing of the person's is kept or changed by looking.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from memadvise.measure.holding import heap, pages, tracebacks
from memadvise.measure.sizing.kinds import NOT_DATA
from memadvise.measure.sizing.variables import by_rank
from memadvise.measure.sizing.walk import Walk
from memadvise.model.holders import Holder, KernelMap, Kind

MOST_VARIABLES = 12
MOST_S = 0.1  # for one kind of holders
OF_IPYTHON = re.compile(r"_+|_\d+|_i+|_i\d+|_[iod]h|__\w+__")
OUTPUT = re.compile(r"_{1,3}|_\d+")
Claim = Holder  # what one says to hold, before it is fitted to what is resident


class ResidentWalk(Walk):
    """A walk that counts the resident part of each buffer; ``missing`` sums up the bytes that are not resident."""

    missing = 0

    def buffer(self, address: int, nbytes: int, references: int = 0, on_device: bool = False) -> float:
        """Count the resident bytes of a buffer, once."""
        if on_device or not self.is_first(address):
            return super().buffer(address, nbytes, references, on_device)
        found = pages.resident_of(address, nbytes)
        self.missing += nbytes - found
        return super().buffer(address, found, references)

    def claim(self, kind: Kind, what: str, values: Iterable[object]) -> Claim:
        """Return what values hold beyond what was counted before."""
        missing = self.missing
        found = 0
        for value in values:
            self.next_variable()
            found += self.estimate(lambda value=value: self.size(value)).nbytes  # type: ignore[misc]
        return Claim(kind, what, found, found + self.missing - missing)


def kernel_map(shell: Any, base_bytes: int = 0) -> KernelMap:
    """Return the map of this process, in 20 to 150 milliseconds: most of it is the kernel telling its mappings.

    ``shell`` is IPython's; ``base_bytes`` is what was unexplained as memadvise was loaded: the interpreter and the
    libraries of that time.
    """
    namespace: Mapping[str, object] = shell.user_ns
    walk = ResidentWalk(known=[namespace, shell, vars(shell), shell.user_module])
    claims = [*_variables(walk, namespace), *_outputs(walk, shell), *_frames(walk, shell)]
    now, mapped = pages.resident(), pages.areas()
    claims += _free(mapped)
    claims, cut = _fitted(claims, now.anonymous_bytes)
    rest = now.anonymous_bytes - sum(claim.nbytes for claim in claims)
    base = min(base_bytes, rest)
    found = [
        *claims,
        *_files(mapped, now.file_bytes),
        _plain("shared", now.shared_bytes),
        _plain("base", base),
        _plain("rest", rest - base),
    ]
    return KernelMap(now.nbytes, tuple(one for one in found if one.nbytes or one.allocated_bytes), cut)


def _plain(kind: Kind, nbytes: int, what: str = "") -> Holder:
    return Holder(kind, what, nbytes, nbytes)


def _variables(walk: ResidentWalk, namespace: Mapping[str, object]) -> list[Claim]:
    """Return the largest variables by name, by what was allocated, and the others in one."""
    found: list[Claim] = []
    for variables in (*by_rank(namespace), _private(namespace)):
        walk.allow(MOST_S)
        found += [walk.claim("variable", name, [value]) for name, value in variables.items()]
    found.sort(key=lambda claim: (-claim.allocated_bytes, claim.what))
    others = found[MOST_VARIABLES:]
    nbytes, allocated = (sum(getattr(one, name) for one in others) for name in ("nbytes", "allocated_bytes"))
    return [*found[:MOST_VARIABLES], Claim("variables", str(len(others)), nbytes, allocated)]


def _private(namespace: Mapping[str, object]) -> dict[str, object]:
    """Return the names of the person's that begin with an underscore: not listed as variables, but they hold memory."""
    return {
        name: value
        for name, value in _pairs(namespace)
        if name.startswith("_") and not OF_IPYTHON.fullmatch(name) and not issubclass(type(value), NOT_DATA)
    }


def _pairs(namespace: Mapping[Any, object]) -> list[tuple[str, object]]:
    for _ in range(3):
        try:
            return [(name, value) for name, value in namespace.items() if type(name) is str]
        except RuntimeError:  # a thread of the person's bound a name meanwhile
            continue
    return []


def _outputs(walk: ResidentWalk, shell: Any) -> list[Claim]:
    """Return what the displayed results hold beyond the variables, together; the largest ones named."""
    walk.allow(MOST_S)
    each = [walk.claim("outputs", name, [value]) for name, value in _shown(shell)]
    each = sorted((one for one in each if one.allocated_bytes), key=lambda one: -one.allocated_bytes)
    names = ", ".join(one.what for one in each[:3]) + (f" and {len(each) - 3} more" if len(each) > 3 else "")
    return [Claim("outputs", names, sum(one.nbytes for one in each), sum(one.allocated_bytes for one in each))]


def _shown(shell: Any) -> Iterator[tuple[str, object]]:
    """Yield what `Out[]` holds, then what is left of it under other names."""
    kept = shell.history_manager.output_hist
    yield from ((f"Out[{number}]", value) for number, value in list(kept.items()) if type(number) is int)
    for names in (shell.user_ns, shell.user_ns_hidden):  # `%reset out` leaves the last one in the second
        yield from ((name, value) for name, value in _pairs(names) if OUTPUT.fullmatch(name))
    yield from ((name, getattr(shell.displayhook, name, None)) for name in ("_", "__", "___"))


def _frames(walk: ResidentWalk, shell: Any) -> list[Claim]:
    """Return what the frames of exceptions hold: of those that variables hold, then of the last one."""
    walk.allow(MOST_S)
    roots: list[tuple[Kind, str, list[object]]] = [
        ("exception", name, [value])
        for name, value in _pairs(shell.user_ns)
        if issubclass(type(value), BaseException) and not OUTPUT.fullmatch(name)
    ]
    roots.append(("traceback", "", tracebacks.kept(shell)))
    return [_of_frames(walk, kind, name, errors) for kind, name, errors in roots]


def _of_frames(walk: ResidentWalk, kind: Kind, name: str, errors: list[object]) -> Claim:
    """Return what exceptions and the locals of their frames hold; the frame with most is named."""
    values = [error for error in errors if issubclass(type(error), BaseException)]
    each = [
        walk.claim(kind, f"{frame.f_code.co_qualname}, line {frame.f_lineno}", tracebacks.held_by(frame))
        for frame in tracebacks.frames(errors)
    ]
    largest = max(each, key=lambda one: one.allocated_bytes, default=None)
    each.append(walk.claim(kind, "", values))
    nbytes, allocated = sum(one.nbytes for one in each), sum(one.allocated_bytes for one in each)
    detail = largest.what if largest is not None and 2 * largest.allocated_bytes > allocated else ""
    return Claim(kind, name, nbytes, allocated, detail)


def _free(mapped: list[pages.Area]) -> list[Claim]:
    return [
        _plain("arrow", heap.arrow_slack(mapped)),
        _plain("heap", heap.heap_slack(mapped)),
        _plain("objects", heap.object_slack()),
    ]


def _fitted(claims: list[Claim], most: int) -> tuple[list[Claim], int]:
    """Return claims that fit into ``most`` bytes, and what was cut off.

    They claim too much where pages can't be looked at one by one, and where a size was estimated. The largest are cut:
    what was allocated and never touched is large.
    """
    cut = beyond = max(0, sum(claim.nbytes for claim in claims) - most)
    fitted = list(claims)
    for place in sorted(range(len(claims)), key=lambda at: -claims[at].nbytes):
        less = min(beyond, fitted[place].nbytes)
        fitted[place] = replace(fitted[place], nbytes=fitted[place].nbytes - less)
        beyond -= less
    return fitted, cut


def _files(mapped: list[pages.Area], most: int) -> list[Holder]:
    """Return mapped data files (the largest named) and mapped code; together all pages that are of files."""
    data: dict[str, int] = {}
    for area in mapped:
        if area.path.startswith("/") and not _is_code(area) and not _is_shared(area):
            name = os.path.basename(area.path)
            data[name] = data.get(name, 0) + area.resident_bytes - area.anonymous_bytes
    total = min(sum(data.values()), most)
    largest = max(data, key=lambda name: data[name], default="")
    return [Holder("files", largest, total, total, str(len(data))), _plain("code", most - total)]


def _is_code(area: pages.Area) -> bool:
    name = os.path.basename(area.path)
    return name.endswith(".so") or ".so." in name or "x" in area.permissions or "python" in name


def _is_shared(area: pages.Area) -> bool:
    return area.path.startswith(("/dev/shm/", "/memfd:", "/SYSV", "/dev/zero"))
