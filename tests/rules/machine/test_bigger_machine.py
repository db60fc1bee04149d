"""bigger-machine: when it speaks, which machines it names, and that it rents nothing by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from harness import MACHINE, MEASURED, notebook

from memadvise.model import Evidence, HeldBack, MachineOffer, NotebookSource, Recommendation, Technique
from memadvise.rules import advise, find_rule
from memadvise.rules.machine.bigger_machine import HEADROOM, USABLE, cheapest, sky_task

RULE = "bigger-machine"
GIB = 2**30
OFFERS = (
    MachineOffer("aws", "small", "us-east-1", 2, 8 * GIB, 0.10, "2026-08-20"),
    MachineOffer("aws", "fits", "us-east-1", 8, 64 * GIB, 0.50, "2026-08-20"),
    MachineOffer("aws", "dear", "us-east-1", 16, 64 * GIB, 0.90, "2026-08-20"),
    MachineOffer("gcp", "cheapest", "europe-west4", 8, 64 * GIB, 0.40, "2026-08-20"),
    MachineOffer("azure", "just-too-small", "eastus", 8, 40 * GIB, 0.01, "2026-08-20"),
)
NEED = 32 * GIB  # with headroom 40 GiB, of which a 40 GiB machine leaves 36


def _evidence(peak: int = NEED, limit: int = 16 * GIB, status: str = "ok") -> Evidence:
    machine = replace(MACHINE, limit_bytes=limit, limit_source="container")
    return Evidence(machine, replace(MEASURED, peak_bytes=peak), offers=OFFERS, status=status, measured_cell="cell-0")


def _ask(source: NotebookSource, evidence: Evidence) -> tuple[tuple[Recommendation, ...], tuple[HeldBack, ...]]:
    return advise(source, evidence, [find_rule(RULE)])


def test_it_names_the_cheapest_machine_of_each_cloud_that_fits() -> None:
    """Headroom and the operating system's share are counted in; a machine that just does not fit is not named."""
    assert [offer.instance_type for offer in cheapest(OFFERS, int(NEED * HEADROOM))] == ["cheapest", "fits"]
    assert 40 * GIB * USABLE < NEED * HEADROOM


@pytest.mark.parametrize(("peak", "limit", "status", "speaks"), [
    (NEED, 16 * GIB, "ok", True),
    (int(16 * GIB / HEADROOM) - 1, 16 * GIB, "ok", False),
    (int(16 * GIB / HEADROOM) + GIB, 16 * GIB, "ok", True),
    (GIB, 16 * GIB, "stopped", True),
])  # fmt: skip
def test_it_speaks_where_the_cell_does_not_fit(peak: int, limit: int, status: str, speaks: bool) -> None:
    """The limit is the container's; a cell that was stopped did not fit, whatever its peak was by then."""
    cards, held = _ask(notebook("x = 1"), _evidence(peak, limit, status))

    assert (bool(cards), held) == (speaks, ())


def test_apply_adds_a_cell_of_comments_and_a_file() -> None:
    """Nothing is run, nothing is rented: the notebook's own cells stay as they are."""
    source = notebook("x = 1", "y = 2")
    (card,), _ = _ask(source, _evidence())
    changed = source.with_edits(card.edits)

    assert [cell.source for cell in changed.cells][::2] == ["x = 1", "y = 2"]
    assert all(line.startswith("#") for line in changed.cells[1].source.splitlines())
    assert card.technique is Technique.MACHINE
    assert [file.path for file in card.files] == ["memadvise-sky.yaml"]
    assert "gcp cheapest costs $0.400 an hour (list price of 2026-08-20)" in changed.cells[1].source


def test_it_does_not_fire_on_its_own_output() -> None:
    """A notebook that has the commands gets no second cell of them."""
    source = notebook("x = 1")
    (card,), _ = _ask(source, _evidence())

    assert _ask(source.with_edits(card.edits), _evidence()) == ((), ())


def test_nothing_fits() -> None:
    """No known machine is big enough: said, with the size."""
    cards, held = _ask(notebook("x = 1"), _evidence(peak=4096 * GIB))

    assert cards == ()
    assert "no known machine has 5,120 GiB" in held[0].reason


def test_it_ranks_behind_every_rewrite() -> None:
    """Money is the last way out, whatever its peak."""
    (card,), _ = _ask(notebook("x = 1"), _evidence())

    assert card.number == 1
    assert card.predicted_peak.likely_bytes == NEED
    assert card.costs.usd_per_hour == 0.40


def test_the_task_file_asks_for_enough_memory() -> None:
    """The task names cloud, region, memory with the operating system's share, a ceiling on the price and a stop."""
    text = sky_task(OFFERS[3], int(NEED * HEADROOM))

    assert "infra: gcp/europe-west4" in text
    assert "memory: 45+" in text
    assert "max_hourly_cost: 0.44" in text
    assert "idle_minutes" in text
