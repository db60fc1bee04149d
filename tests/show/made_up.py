"""Reports written by hand: what the tests of this room, and the eye, look at."""

from __future__ import annotations

from dataclasses import replace

from memadvise.model import (
    Applied,
    CallUse,
    CellError,
    CellReport,
    Costs,
    Difference,
    Edit,
    HeldBack,
    LineUse,
    MachineEvidence,
    Measurement,
    NewFile,
    PredictedPeak,
    Recommendation,
    Report,
    ResultClass,
    Technique,
    VariableUse,
    Verification,
)

MIB = 2**20
GIB = 2**30
HOSTILE = "<img src=x onerror=alert(1)>"
SOURCE = (
    '%%memadvise\norders = pd.read_csv("orders.csv")\n'
    'top = orders[orders.country == "IT"].groupby("product")["amount"].sum().nlargest(10)'
)
MACHINE = MachineEvidence(16 * GIB, 4 * GIB, "container, cgroup v2", 11 * GIB)


def curve(start: int, peak: int, end: int, wall_s: float, count: int = 120) -> tuple[tuple[float, int], ...]:
    """Return samples that climb to just under the peak, then fall and stay."""
    steps = range(1, count)
    rising = 0.7 * count
    return tuple(
        (wall_s * i / count, int(start + (0.96 * peak - start) * (i / rising) ** 1.6) if i < rising else end)
        for i in steps
    )


def measurement(
    start: int = 310 * MIB, peak: int = 1229 * MIB, end: int = 552 * MIB, wall_s: float = 1.44
) -> Measurement:
    """Return what a read of a 150 MB file takes."""
    return Measurement(
        start_bytes=start,
        peak_bytes=peak,
        end_bytes=end,
        method="kernel high-water mark",
        error_bound_bytes=288 * 1024,
        wall_s=wall_s,
        overhead_s=0.004,
        anonymous_peak_bytes=peak - 120 * MIB,
        allocated_bytes=180 * MIB,
        samples=curve(start, peak, end, wall_s),
        lines=(
            LineUse(
                2,
                peak,
                220 * MIB,
                1,
                peak - start,
                calls=(CallUse("load", "In [4]", 3, "return pd.read_csv(path)", peak, peak - start, 220 * MIB, 1),),
            ),
            LineUse(3, start + 90 * MIB, 12 * MIB, 40, 90 * MIB, sampled=True),
        ),
        variables=(
            VariableUse("top", "Series", 2 * MIB, 2 * MIB),
            VariableUse(
                "orders",
                "DataFrame",
                228 * MIB,
                228 * MIB,
                (("comment", 121 * MIB), ("product", 40 * MIB), ("country", 24 * MIB), ("amount", 8 * MIB)),
            ),
        ),
    )


READ = 'import pandas as pd\norders = pd.read_csv("orders.csv")\norders.head()'
EDIT = Edit(
    "a1",
    2,
    READ,
    'import pandas as pd\norders = pd.read_csv("orders.csv", usecols=["country", "product", "amount"])\norders.head()',
)
COLUMNS = Recommendation(
    rule="unused-columns",
    technique=Technique.COMPRESSION,
    title="Read only the 3 columns that the notebook uses",
    why="`orders` has 14 columns; 11 of them are never used in any cell, and hold 171 MiB of its 228 MiB.",
    result=ResultClass.DISPLAY,
    predicted_peak=PredictedPeak(410 * MIB, 450 * MIB, 560 * MIB),
    edits=(EDIT,),
    number=1,
    fewer_columns=(("orders", ("comment", "email", "city", "street", "zip", "phone", "age", "note")),),
    peeks=("a1",),
)
CHUNKS = Recommendation(
    rule="whole-file-reduction",
    technique=Technique.CHUNKING,
    title="Sum `amount` while reading, 200,000 rows at a time",
    why="`orders` is only ever filtered and summed by product, so it need not be whole in memory.",
    result=ResultClass.ROUNDING,
    predicted_peak=PredictedPeak(330 * MIB, 350 * MIB, 380 * MIB, "trial"),
    edits=(
        replace(EDIT, after=""),
        Edit(
            "a2",
            3,
            SOURCE,
            '%%memadvise\nparts = []\nfor part in pd.read_csv("orders.csv", chunksize=200_000):\n'
            '    part = part[part.country == "IT"]\n    parts.append(part.groupby("product")["amount"].sum())\n'
            "top = pd.concat(parts).groupby(level=0).sum().nlargest(10)",
        ),
    ),
    costs=Costs(wall_s=0.4),
    number=2,
    gone=("orders",),
)
LOOKUP = Recommendation(
    rule="repeated-lookup",
    technique=Technique.INDEXING,
    title="Build an index on `country` once, then read only the rows asked for",
    why="Four cells select rows of `orders` by `country`, about 3 % of the file each.",
    result=ResultClass.IDENTICAL,
    predicted_peak=PredictedPeak(320 * MIB, 331 * MIB, 340 * MIB, "measured"),
    edits=(EDIT,),
    costs=Costs(wall_s=12.0, disk_bytes=61 * MIB),
    number=3,
    builds=True,
)
BIGGER = Recommendation(
    rule="bigger-machine",
    technique=Technique.MACHINE,
    title="Run it on 16 GiB for $0.10 an hour",
    why="An hour of your time costs more than 900 hours of e2-highmem-2 (GCP us-central1, price of 2026-11-02).",
    result=ResultClass.IDENTICAL,
    predicted_peak=PredictedPeak(1229 * MIB, 1229 * MIB, 1229 * MIB, "measured"),
    edits=(Edit("new1", 4, "", "!sky launch -c memadvise memadvise.sky.yaml", insert=True),),
    costs=Costs(usd_per_hour=0.1),
    number=4,
    files=(NewFile("memadvise.sky.yaml", "resources:\n  memory: 16+\nrun: python -m memadvise\n"),),
)
HELD_BACK = (HeldBack("repeated-strings", "a1", 2, "`orders.country` is compared with `>` in code cell 5."),)


def report(**changes: object) -> CellReport:
    """Return the report of an ordinary cell with four cards, changed as asked."""
    plain = CellReport(
        index=3,
        cell_id="a2",
        source=SOURCE,
        status="ok",
        measurement=measurement(),
        machine=MACHINE,
        recommendations=(COLUMNS, CHUNKS, LOOKUP, BIGGER),
        held_back=HELD_BACK,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def small() -> CellReport:
    """Return a report with nothing in it but numbers."""
    bare = Measurement(100 * MIB, 150 * MIB, 110 * MIB, "sampled", 0, 0.012)
    return CellReport(0, "c0", "x = 1", "ok", bare, MachineEvidence(8 * GIB, 8 * GIB, "", 4 * GIB))


def applied(equal: bool = True, result: ResultClass = ResultClass.DISPLAY) -> Applied:
    """Return card 1 applied, with the asked verdict."""
    differences = () if equal else (Difference("top", "row 3: 1204.5 before, 1180.0 after"),)
    return Applied(
        number=1,
        rule="unused-columns",
        edits=(EDIT,),
        before=measurement(),
        measurement=measurement(peak=441 * MIB, end=372 * MIB, wall_s=0.61),
        speed_ratio=2.36,
        verification=Verification(equal, result, ("top", "Out"), differences, ("fig",)),
    )


def raised() -> CellReport:
    """Return the report of a cell that raised, with a hostile message."""
    error = CellError("KeyError", f"'{HOSTILE}'\n\x1b[31mred")
    return report(status="error", error=error, recommendations=(), held_back=())


def hostile() -> CellReport:
    """Return a report in which every text of the person's is an attack or far too long."""
    wide = tuple(f"column {i} {HOSTILE}" for i in range(2000))
    card = Recommendation(
        rule=HOSTILE,
        technique=Technique.COMPRESSION,
        title=f"Read only {HOSTILE} `{HOSTILE}`",
        why=f"{HOSTILE} </div></details> {'very long ' * 200}",
        result=ResultClass.DISPLAY,
        predicted_peak=PredictedPeak(1, 2, 3),
        edits=(Edit("a", 2, f"x = '{HOSTILE}'", f"y = '{HOSTILE}'\n" + f"# {'long ' * 400}\n" * 400),),
        number=1,
        fewer_columns=((HOSTILE, wide),),
        gone=(HOSTILE, '" onmouseover="alert(2)'),
        files=(NewFile(f"/data/{'deep/' * 80}{HOSTILE}.yaml", f"# {HOSTILE}\u202e\ud800"),),
    )
    used = VariableUse(HOSTILE, f"</td>{HOSTILE}", 9 * MIB, MIB, tuple((name, 10) for name in wide))
    measured = replace(
        measurement(),
        method=HOSTILE,
        notes=(HOSTILE,),
        variables=(used,) * 30,
        lines=(LineUse(1, 9 * MIB, 9 * MIB, 1, 9 * MIB), LineUse(99, 9 * MIB, 9 * MIB, 1, 9 * MIB)),
    )
    outcome = replace(
        applied(equal=False, result=ResultClass.DIFFERENT),
        rule=HOSTILE,
        verification=Verification(
            False, ResultClass.DIFFERENT, (HOSTILE,), (Difference(HOSTILE, f"{HOSTILE}\ud800"),) * 9, (HOSTILE,)
        ),
    )
    return report(
        name=HOSTILE,
        source=f"x = '{HOSTILE}'",
        status="error",
        error=CellError(HOSTILE, HOSTILE * 50),
        measurement=measured,
        machine=replace(MACHINE, limit_source=HOSTILE),
        recommendations=(card, card),
        held_back=(HeldBack(HOSTILE, "a", -1, f"{HOSTILE} `{HOSTILE}`"),) * 60,
        applied=outcome,
        tried=(replace(outcome, number=1),),
    )


def run(*cells: CellReport) -> Report:
    """Return the report of a notebook's run."""
    return Report("0.1.0", MACHINE, cells)
