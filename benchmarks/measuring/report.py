"""The results as Markdown. What does not hold is in bold; no figure here is from anywhere but the results."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from measuring import notes
from measuring.cells import MB, CellKind
from measuring.cost import Cost
from measuring.judge import CellResult, LineFound, children_error, error_bytes, measured_bytes
from measuring.markdown import Row, bullets, failed, megabytes, section, table, word
from measuring.own_memory import Own
from measuring.results import Results, Share, culprit_holds, shares
from measuring.tools import OURS

LIBRARIES = ("numpy", "pandas", "pyarrow", "polars", "duckdb", "ipython", "memory-profiler", "memray", "psutil")


def report(results: Results) -> str:
    """Return the whole page."""
    parts = [_head(results)]
    if results.cells:
        parts += [_exactness(results), _children(results), _culprits(results)]
    if results.peers:
        parts.append(_peers(results))
    if results.costs:
        parts.append(_time(results))
    if results.own:
        parts.append(_memory(results))
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(results: Results) -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / MB
    versions = ", ".join(f"{name} {_version(name)}" for name in LIBRARIES)
    aims = [_aim(aim, holds) for aim, holds in results.aims().items()]
    return "\n".join(
        [
            "# Measurement: exactness, culprit lines, cost",
            "",
            f"Python {platform.python_version()}, {versions}; {platform.system()} {platform.release().split('-')[0]}, "
            f"{os.cpu_count()} CPUs, {memory:,.0f} MB. Made by `{results.command}`.",
            "",
            "What holds, and in how many of its rows:",
            "",
            bullets(aims),
        ]
    )


def _aim(aim: str, holds: list[bool]) -> str:
    count = f"{sum(holds)} of {len(holds)}"
    return f"{aim}: {count}" if all(holds) else f"**{aim}: only {count}**"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"


# --- exactness ---


def _exactness(results: Results) -> str:
    columns = ("cell", "measured MB", "outside MB", "error MB", "known MB", "cell s", "within 1 % or 1 MB")
    return section(
        f"Increment against a reading from outside (worst of {results.runs} fresh processes)",
        table(columns, (_exact_row(one) for one in results.cells)),
        notes.OUTSIDE,
        "" if all(one.sees_resets for one in results.cells) else notes.NO_GATE,
    )


def _exact_row(one: CellResult) -> Row:
    run, known = one.worst, one.kind.known_bytes
    if run is None or run.outside is None or run.reported is None:
        return (one.kind.name, "", "", "", "", "", failed(one.failure(OURS)))
    return (
        one.kind.name,
        megabytes(measured_bytes(run), 2),
        megabytes(run.outside.increment_bytes, 2),
        f"{error_bytes(run) / MB:+.2f}",
        "" if known is None else megabytes(known, 0),
        f"{run.reported.wall_s:.3f}",
        failed(one.failure(OURS)) if one.failure(OURS) else word(one.holds),
    )


def _children(results: Results) -> str:
    if not results.with_children:
        return ""
    columns = ("cell", "measured MB", "outside MB", "error", "their resident sizes summed MB", "within 5 %")
    return section(
        "Child processes (worst run)",
        table(columns, (_children_row(one) for one in results.with_children)),
        notes.CHILDREN,
    )


def _children_row(one: CellResult) -> Row:
    run = one.worst_children
    if run is None or run.outside is None or run.reported is None:
        return (one.kind.name, "", "", "", "", failed(one.failure(OURS)))
    told, seen = run.reported, run.outside
    return (
        one.kind.name,
        megabytes(told.children_bytes),
        megabytes(seen.children_bytes),
        f"{children_error(run):+.1%}",
        megabytes(seen.children_rss_bytes),
        word(one.children_hold),
    )


def _culprits(results: Results) -> str:
    if not results.with_culprit:
        return ""
    columns = ("cell", "culprit", "its line", "found", "its MB", "found MB", "error", "line right, bytes within 2 %")
    return section(
        f"Culprit line (worst of {results.runs} fresh processes)",
        table(columns, (_culprit_row(one) for one in results.with_culprit)),
        notes.CULPRITS,
    )


def _culprit_row(one: CellResult) -> Row:
    found = one.culprits()
    name, culprit = one.kind.name, one.kind.culprit
    if not found or culprit is None:
        return (name, "", "", "", "", "", "", failed(one.failure(OURS)))
    worst = max(found, key=_wrongness)
    return (
        name,
        f"`{_source_line(one.kind, culprit.line)}`",
        str(worst.wanted_line),
        str(worst.line or "none"),
        megabytes(worst.wanted_bytes),
        megabytes(worst.nbytes),
        f"{worst.error:+.1%}",
        word(culprit_holds(one)),
    )


def _wrongness(found: LineFound) -> tuple[bool, float]:
    return not found.is_line_right, abs(found.error)


def _source_line(kind: CellKind, line: int) -> str:
    return kind.source.split("\n")[line - 1].strip().replace("|", "\\|")


# --- peers ---


def _peers(results: Results) -> str:
    tools = (OURS, *results.peers)
    failures = sorted(
        {
            f"{tool} on *{one.kind.name}*: {one.failure(tool)}"
            for one in results.cells
            for tool in tools
            if one.failure(tool)
        }
    )
    return section(
        f"Against peers: reported / truth (medians of {results.runs})",
        table(("cell", "truth MB", *tools), (_peer_row(one, tools) for one in results.cells)),
        notes.PEERS,
        f"No number:\n\n{bullets(failures)}" if failures else "",
    )


def _peer_row(one: CellResult, tools: Sequence[str]) -> Row:
    return (one.kind.name, megabytes(one.truth_bytes), *(_ratio(one.ratio(tool)) for tool in tools))


def _ratio(ratio: float | None) -> str:
    if ratio is None:
        return "**no number**"
    return f"{ratio:.2f}" if abs(ratio - 1) <= 0.1 else f"**{ratio:.2f}**"


# --- cost ---


def _time(results: Results) -> str:
    columns = (
        "cell",
        "bare s",
        "measured s",
        "measured / bare",
        "middle half",
        "CPU",
        "bare / bare",
        "allowed",
        "holds",
    )
    return section(
        f"Added time, lines on (medians of {results.pairs}, in turn, in one process)",
        table(columns, (_time_row(one) for one in results.costs)),
        notes.TIME,
    )


def _time_row(one: Cost) -> Row:
    if one.failure:
        return (one.work.name, "", "", "", "", "", "", "", failed(one.failure))
    low, middle, high = one.ratios
    most = one.work.most_ratio
    return (
        one.work.name,
        f"{one.bare_s:.3f}",
        f"{one.measured_s:.3f}",
        f"x{middle:.3f}" if most is not None else f"+{one.added_s * 1e3:.1f} ms",
        f"x{low:.3f} to x{high:.3f}",
        f"x{one.cpu_ratio:.3f}",
        f"x{one.noise:.3f}",
        f"x{most:.2f}" if most is not None else f"+{(one.work.most_s or 0) * 1e3:.0f} ms",
        word(one.holds),
    )


def _memory(results: Results) -> str:
    failures = [f"{one.name}: {failed(one.failure)}" for one in results.own if one.failure]
    columns = ("process", "while a cell runs MB", "after it MB", "helper MB", "helper, proportional MB")
    return section(
        f"Memory of ours (medians of {results.runs} fresh processes, read from outside)",
        table(("what", "MB", "allowed MB", "holds", ""), (_share_row(one) for one in shares(results.own))),
        table(columns, (_own_row(one) for one in results.own)),
        bullets(failures),
    )


def _share_row(one: Share) -> Row:
    return (one.name, megabytes(one.nbytes), megabytes(one.allowed_bytes, 0), word(one.holds), one.remark)


def _own_row(one: Own) -> Row:
    sizes = (one.running_bytes, one.after_bytes, one.helper_bytes, one.helper_pss)
    return (one.name, *(megabytes(size) for size in sizes))
