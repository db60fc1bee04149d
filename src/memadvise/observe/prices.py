"""Machines for rent and what they cost, from the table in the package (its NOTE.md says where each price is from)."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from memadvise.model import MachineOffer

# dates of the price sources, from NOTE.md
_PRICED_ON = {"aws": "2026-07-20", "azure": "2026-06-18", "gcp": "2026-06-23"}


@cache
def offers() -> tuple[MachineOffer, ...]:
    """Return every machine of the table; memory in bytes, price in USD per hour on demand."""
    text = files("memadvise.observe").joinpath("data", "instances.csv").read_text(encoding="utf-8")
    return tuple(
        MachineOffer(
            cloud=row["cloud"],
            instance_type=row["instance_type"],
            region=row["region"],
            vcpus=int(row["vcpus"]),
            memory_bytes=int(float(row["memory_gib"]) * 2**30),
            usd_per_hour=float(row["usd_per_hour"]),
            priced_on=_PRICED_ON[row["cloud"]],
        )
        for row in csv.DictReader(text.splitlines())
    )
