"""Memory of different kinds side by side: resident, anonymous, what the libraries' allocators handed out, imports."""

from __future__ import annotations

from memadvise.model import AllocatorUse, CellReport, ImportUse, Measurement
from memadvise.show import theme
from memadvise.show.escape import esc, plain
from memadvise.show.tables import LABEL, NUMBER, QUIET_NUMBER, TEXT, row, table, title
from memadvise.show.units import signed_size, size

LEAST_BYTES = 1 << 20  # below, a kind of memory explains nothing
MOST_IMPORTS = 3


def import_text(measured: Measurement) -> str:
    """Return what libraries that were imported for the first time took of the rest; empty without any to speak of."""
    told = _imports(measured)
    if not told:
        return ""
    parts = [f"{plain(use.name, 40)} {size(use.retained_bytes)}" for use in told[:MOST_IMPORTS]]
    more = f" and {len(told) - MOST_IMPORTS} more" if len(told) > MOST_IMPORTS else ""
    return f"first imports are part of it, once in a kernel: {', '.join(parts)}{more}"


def _imports(measured: Measurement) -> list[ImportUse]:
    told = [use for use in measured.imports if use.retained_bytes >= LEAST_BYTES]
    return sorted(told, key=lambda use: -use.retained_bytes)


def kinds(report: CellReport) -> str:
    """Return the table: the highest of each kind while the cell ran where a mark of it is kept, and its change."""
    measured = report.measurement
    rows = [_row("resident", "what the system counts", size(measured.peak_bytes), measured.retained_bytes)]
    if measured.anonymous_peak_bytes is not None:
        highest = f"at least {size(measured.anonymous_peak_bytes)}"
        rows.append(_row("anonymous", "of that, without pages of files; sampled", highest, None))
    rows += [_allocator(use) for use in measured.allocators if _is_telling(use)]
    rows += [_import(use) for use in _imports(measured)]
    return title("Kinds of memory: the highest, and the change over the cell") + table("".join(rows))


def _is_telling(use: AllocatorUse) -> bool:
    peak = use.peak_bytes - use.start_bytes if use.peak_bytes is not None else 0
    return max(abs(use.end_bytes - use.start_bytes), peak) >= LEAST_BYTES


def _allocator(use: AllocatorUse) -> str:
    highest = "" if use.peak_bytes is None else size(use.peak_bytes)
    return _row(plain(use.name, 60), "handed out, touched or not", highest, use.end_bytes - use.start_bytes)


def _import(use: ImportUse) -> str:
    return _row(f"import of {plain(use.name, 40)}", "once in a kernel", "", use.retained_bytes)


def _row(name: str, what: str, highest: str, change: int | None) -> str:
    return row(
        (LABEL, esc(name)),
        (f"{TEXT};{theme.QUIET}", esc(what)),
        (NUMBER, highest),
        (QUIET_NUMBER, "" if change is None else signed_size(change)),
    )
