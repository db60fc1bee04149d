"""What measures a cell: nothing, memadvise, and the peers, each as its own documentation has it used."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import CodeType
from typing import Any

from measuring.cells import CellKind
from measuring.gate import close_gate
from measuring.wire import Wire

Namespace = dict[str, Any]


@dataclass(frozen=True)
class Reported:
    """What a tool says of one run, in bytes: the increment, what children held besides, (line, increment) pairs."""

    increment_bytes: int
    children_bytes: int = 0
    lines: tuple[tuple[int, int], ...] = ()
    wall_s: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return what `Reported(**...)` takes."""
        return asdict(self)


def run(kind: CellKind, code: CodeType, namespace: Namespace) -> None:
    """Run a cell; the exception that it is there for is caught, as a notebook does."""
    try:
        exec(code, namespace)
    except Exception:
        if not kind.raises:
            raise


def bare(kind: CellKind, namespace: Namespace, wire: Wire) -> Reported:
    """Run the cell as it is: only the parent looks."""
    code = compile(kind.source, "<cell>", "exec")
    wire.moment("begin")
    run(kind, code, namespace)
    wire.moment("end")
    return Reported(0)


def memadvise(kind: CellKind, namespace: Namespace, wire: Wire) -> Reported:
    """Measure with the meter under test, lines on."""
    from measuring.ours import begun, ready_meter

    meter = ready_meter()
    close_gate(wire)
    code = begun(meter, kind.source, namespace)
    wire.moment("begin")
    run(kind, code, namespace)
    wire.moment("end")
    found = meter.end(namespace)
    meter.close()
    lines = tuple((one.line, one.increment_bytes) for one in found.lines)
    return Reported(found.increment_bytes, found.children_peak_bytes, lines, found.wall_s)


def memit(kind: CellKind, namespace: Namespace, wire: Wire) -> Reported:
    """Run memory_profiler's %%memit in a shell of IPython; with ``-c`` where children count."""
    from IPython.core.interactiveshell import InteractiveShell
    from memory_profiler import MemoryProfilerMagics
    from traitlets.config import Config

    settings = Config()
    settings.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=settings)
    shell.user_ns.update(namespace)
    shell.register_magics(MemoryProfilerMagics)  # %load_ext needs distutils, which Python 3.12 has no more
    wire.moment("begin")
    result = shell.run_cell_magic("memit", "-o -q -c" if kind.has_children else "-o -q", kind.source)
    wire.moment("end")
    return Reported(round((max(result.mem_usage) - result.baseline) * 2**20))


def memray(kind: CellKind, namespace: Namespace, wire: Wire) -> Reported:
    """Take the high-water mark of memray's Tracker, as it is by default; forks are followed where children count."""
    from memray import FileReader, Tracker

    code, file = compile(kind.source, "<cell>", "exec"), Path(f"memray-{id(wire)}.bin").resolve()
    wire.moment("begin")
    with Tracker(file, follow_fork=kind.has_children):
        run(kind, code, namespace)
    wire.moment("end")
    own = FileReader(file).metadata.peak_memory
    followed = [FileReader(other).metadata.peak_memory for other in sorted(file.parent.glob(f"{file.name}.*"))]
    return Reported(own, sum(followed))


def traced(kind: CellKind, namespace: Namespace, wire: Wire) -> Reported:
    """Take the peak of the standard library's tracemalloc."""
    code = compile(kind.source, "<cell>", "exec")
    tracemalloc.start()
    start = tracemalloc.get_traced_memory()[0]
    wire.moment("begin")
    run(kind, code, namespace)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    wire.moment("end")
    return Reported(peak - start)


BARE, OURS = "bare", "memadvise"
TOOLS: dict[str, Callable[[CellKind, Namespace, Wire], Reported]] = {
    BARE: bare,
    OURS: memadvise,
    "%%memit": memit,
    "memray": memray,
    "tracemalloc": traced,
}
PEERS = tuple(name for name in TOOLS if name not in (BARE, OURS))
