"""The page and the plot of the twelve cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from casework.conditions import conditions
from casework.result import CaseResult

MIB = 2**20
MOST = 12  # reasons shown of one case: a rule may have one for each of 378 columns
COLUMNS = (
    "case", "scope", "as it is MiB", "ours MiB", "expert MiB", "ours lower by", "expert lower by",
    "half of the expert's", "seconds: as it is, ours, expert", "rules", "class",
)  # fmt: skip


def page(found: Sequence[CaseResult], scale: float) -> str:
    """Return the results as Markdown."""
    reached = sum(one.reaches for one in found)
    idle = sum(one.reaches and not one.ours.rules for one in found)
    sound = sum(one.sound for one in found)
    return "\n".join(
        [
            "# Twelve real cases: as they are, rewritten, and by an expert",
            "",
            f"Own notebooks and data of the shape of cases found in public notebooks, at {scale:g} of the surveyed "
            f"size. {conditions('cases')}",
            "",
            "Peaks over all cells, above what the kernel held once the libraries were imported; one run a side, each "
            "in fresh processes. *Ours* is the notebook as `memadvise run --apply best` left it, measured without "
            "memadvise's advice; *expert* is the script in `benchmarks/cases/expert`. In scope *cell* the frame must "
            "stay, in *notebook* only what was asked for. Ratios grow with the data.",
            "",
            f"Half of the expert's ratio: **{reached} of {len(found)}** ({idle} of them with nothing done, "
            "where the expert gets little too). Results as in the notebook as it is, compared "
            f"outside of memadvise: {sound} of {len(found)}.",
            "",
            "| " + " | ".join(COLUMNS) + " |",
            "|---|---" + "|--:" * 7 + "|---|---|",
            *(_row(one) for one in found),
            "",
            "## What was held back",
            "",
            *(line for one in found for line in _held(one)),
            "",
        ]
    )


def _row(one: CaseResult) -> str:
    ours = one.ours
    cells = (
        f"{one.case.number} {one.case.what}",
        one.case.scope,
        f"{one.original_bytes / MIB:,.0f}",
        f"{ours.growth_bytes / MIB:,.0f}",
        f"{one.expert_bytes / MIB:,.0f}",
        f"{one.ratio:.1f}x",
        f"{one.expert_ratio:.1f}x",
        _reached(one),
        f"{one.original_s:.1f}, {ours.wall_s:.1f}, {one.expert_s:.1f}",
        ", ".join(dict.fromkeys(ours.rules)) or "none",
        ", ".join(dict.fromkeys(ours.classes)) or "-",
    )
    return "| " + " | ".join(cells) + " |"


def _reached(one: CaseResult) -> str:
    if not one.reaches:
        return "**no**"
    return "yes" if one.ours.rules else "yes, with nothing done"


def _held(one: CaseResult) -> Iterator[str]:
    wrong = [*(f"**the result differs: {text}**" for text in one.ours.differs), *_problems(one)]
    held = [*one.ours.notes, *one.ours.held_back]
    more = [f"and {len(held) - MOST} more"] if len(held) > MOST else []
    lines = [*wrong, *held[:MOST], *more]
    yield f"**{one.case.number} {one.case.what}**"
    yield ""
    yield from (f"- {_inline(line)}" for line in lines or ["nothing"])
    yield ""


def _problems(one: CaseResult) -> Iterator[str]:
    if one.ours.problem:
        yield f"**stopped: {one.ours.problem}**"
    yield from (f"**the expert's result differs: {text}**" for text in one.expert_differs)


def _inline(text: str) -> str:
    return " ".join(text.split())


def plot(found: Sequence[CaseResult], path: Path) -> None:
    """Draw how many times lower each side is, on a logarithmic axis."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": "memadvise"}):  # the same picture for the same figures
        figure = Figure(figsize=(8, 1.4 + 0.42 * len(found)), layout="constrained")
        axes = figure.subplots()
        places = range(len(found))
        ours = axes.barh([place - 0.2 for place in places], [one.ratio for one in found], 0.38, label="memadvise")
        expert = axes.barh(
            [place + 0.2 for place in places],
            [one.expert_ratio for one in found],
            0.38,
            color="#b9bec7",
            label="an expert by hand",
        )
        for bars in (ours, expert):
            axes.bar_label(bars, fmt="{:.1f}x", padding=3, fontsize=8)
        axes.set_yticks(list(places), [f"{one.case.number} {one.case.what}" for one in found], fontsize=8)
        axes.invert_yaxis()
        axes.set_xscale("log")
        axes.set_xlim(0.8, 2 * max(max(one.ratio, one.expert_ratio) for one in found))
        axes.axvline(1.0, color="#444444", linewidth=0.8)
        axes.set_xlabel("times lower: peak above the imports, as it is over rewritten")
        axes.spines[["top", "right"]].set_visible(False)
        figure.legend(loc="outside upper center", ncols=2, frameon=False)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
