"""The cell needs more memory than this kernel may use.

## What it sees
A measured cell whose peak, with a quarter of headroom, passes the memory that this kernel may really use (the
container's limit, not the host's RAM), or that was stopped or failed for want of memory.

## Why it costs memory
It may simply be a big job. A person's hour costs more than a machine's, so renting memory can be the right answer: the
cheapest machines that fit are named with their price and its date.

## Before
```python
model = fit(everything)
```

## After
```python
# needs about 52 GiB; this kernel may use 16 GiB. On a rented machine (prices of 2026-08-20):
# !sky launch -c memadvise memadvise-sky.yaml
```

## When results change
Never: the notebook is not changed. Apply writes a SkyPilot task file beside it and adds a cell with the commands, all
commented out; nothing is rented until the person does it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from memadvise.model import (
    Costs,
    Edit,
    Evidence,
    HeldBack,
    MachineOffer,
    NewFile,
    NotebookSource,
    PredictedPeak,
    Recommendation,
    ResultClass,
    Technique,
)
from memadvise.rules.registry import rule

RULE = "bigger-machine"
HEADROOM = 1.25  # a run that just fits today does not fit tomorrow's data
USABLE = 0.9  # of a rented machine's memory: the rest is the operating system's
PERSON_USD_PER_HOUR = 60.0  # an assumption, said on the card
_GIB = 2**30
_SKY_CLOUDS = {"aws": "aws", "gcp": "gcp", "azure": "azure"}


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer machines for rent when the cell does not fit here."""
    need = int(evidence.measurement.peak_bytes * HEADROOM)
    if need <= evidence.machine.limit_bytes and evidence.status != "stopped":
        return
    measured = notebook.cell(notebook.measured)
    if measured is None or _MARK in "".join(cell.source for cell in notebook.cells):
        return
    fitting = cheapest(evidence.offers, need)
    if not fitting:
        yield HeldBack(RULE, measured.cell_id, measured.index, f"no known machine has {need / _GIB:,.0f} GiB")
        return
    best = fitting[0]
    peak = evidence.measurement.peak_bytes
    yield Recommendation(
        rule=RULE,
        technique=Technique.MACHINE,
        title=(
            f"Rent {best.memory_bytes / _GIB:,.0f} GiB: {best.cloud} {best.instance_type}, "
            f"${best.usd_per_hour:.3f} an hour"
        ),
        why=_why(need, evidence, fitting),
        result=ResultClass.IDENTICAL,
        predicted_peak=PredictedPeak(peak, peak, need),
        costs=Costs(usd_per_hour=best.usd_per_hour),
        edits=(_commands(notebook, measured.index, need, evidence, best),),
        files=(NewFile("memadvise-sky.yaml", sky_task(best, need)),),
    )


def cheapest(offers: tuple[MachineOffer, ...], need: int) -> list[MachineOffer]:
    """Return the cheapest machine of each cloud that holds ``need`` bytes, cheapest first."""
    best: dict[str, MachineOffer] = {}
    for offer in offers:
        if offer.memory_bytes * USABLE < need:
            continue
        if offer.cloud not in best or offer.usd_per_hour < best[offer.cloud].usd_per_hour:
            best[offer.cloud] = offer
    return sorted(best.values(), key=lambda offer: (offer.usd_per_hour, offer.cloud))


def _why(need: int, evidence: Evidence, fitting: list[MachineOffer]) -> str:
    best = fitting[0]
    others = "; ".join(f"{one.cloud} {one.instance_type} ${one.usd_per_hour:.3f}" for one in fitting[1:])
    hours = PERSON_USD_PER_HOUR / best.usd_per_hour
    return (
        f"It needs about {need / _GIB:,.1f} GiB with headroom; this kernel may use "
        f"{evidence.machine.limit_bytes / _GIB:,.1f} GiB ({evidence.machine.limit_source}). One hour of a person's "
        f"work at ${PERSON_USD_PER_HOUR:.0f} (assumed) buys {hours:,.0f} hours of {best.instance_type}, so rent it "
        f"unless a rewrite takes less than a click.{' Others: ' + others + '.' if others else ''} "
        f"List prices of {best.priced_on}."
    )


_MARK = "sky launch -c memadvise"


def _commands(notebook: NotebookSource, index: int, need: int, evidence: Evidence, best: MachineOffer) -> Edit:
    taken = {cell.cell_id for cell in notebook.cells}
    number = next(one for one in range(1, len(taken) + 2) if f"memadvise-machine-{one}" not in taken)
    text = (
        f"# This notebook needs about {need / _GIB:,.1f} GiB; this kernel may use "
        f"{evidence.machine.limit_bytes / _GIB:,.1f} GiB.\n"
        f"# {best.cloud} {best.instance_type} costs ${best.usd_per_hour:.3f} an hour "
        f"(list price of {best.priced_on}).\n"
        "# memadvise-sky.yaml describes the machine. Remove the # of a line to run it:\n"
        '# %pip install "skypilot[aws,gcp,azure]"\n'
        f"# !{_MARK} memadvise-sky.yaml\n"
        "# !sky down memadvise"
    )
    return Edit(f"memadvise-machine-{number}", index + 1, "", text, insert=True)


def sky_task(offer: MachineOffer, need: int) -> str:
    """Return the text of a SkyPilot task that rents a machine with at least ``need`` bytes for this notebook."""
    memory = math.ceil(need / _GIB / USABLE)
    return (
        "# Written by memadvise. sky launch -c memadvise memadvise-sky.yaml\n"
        "name: memadvise\n"
        "resources:\n"
        f"  infra: {_SKY_CLOUDS.get(offer.cloud, offer.cloud)}/{offer.region}\n"
        f"  memory: {memory}+\n"
        f"  max_hourly_cost: {offer.usd_per_hour * 1.1:.2f}\n"
        "  autostop:\n"
        "    idle_minutes: 15\n"
        "workdir: .\n"
        "setup: pip install jupyterlab pandas memadvise\n"
        "run: jupyter lab --no-browser --ip 127.0.0.1 --port 8888\n"
    )
