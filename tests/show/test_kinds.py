"""Kinds of memory side by side."""

from __future__ import annotations

from dataclasses import replace

import made_up

from memadvise.model import AllocatorUse, CellReport, ImportUse
from memadvise.show.kinds import import_text, kinds
from memadvise.show.text import summary_text
from memadvise.show.words import notes

MIB = 2**20


def report(allocators: tuple[AllocatorUse, ...] = (), imports: tuple[ImportUse, ...] = ()) -> CellReport:
    """Return a report with these."""
    made = made_up.report(recommendations=(), held_back=())
    return replace(made, measurement=replace(made.measurement, allocators=allocators, imports=imports, notes=("why",)))


def test_allocators_stand_beside_the_resident_size() -> None:
    """An allocator that changed is told with its highest and its change; one that did not is left out."""
    uses = (
        AllocatorUse("Arrow pool", 10 * MIB, 40 * MIB, 310 * MIB),
        AllocatorUse("C heap", 500 * MIB, 500 * MIB),
    )
    html = kinds(report(uses))

    assert "Arrow pool" in html
    assert "310 MiB" in html
    assert "+30 MiB" in html
    assert "C heap" not in html


def test_imports_are_one_sentence() -> None:
    """The libraries that took most are named, at most three; small ones are not spoken of."""
    uses = tuple(ImportUse(name, size * MIB, 0.1) for name, size in (("a", 3), ("pandas", 77), ("b", 2), ("c", 2)))
    said = import_text(report(imports=(*uses, ImportUse("tiny", 1000, 0.0))).measurement)

    assert said == "first imports are part of it, once in a kernel: pandas 77 MiB, a 3.0 MiB, b 2.0 MiB and 1 more"


def test_sentences_stand_below_the_numbers() -> None:
    """In the text, imports and notes have a line each, right below what the cell took."""
    told = report(imports=(ImportUse("pandas", 77 * MIB, 0.1),))

    assert summary_text(told).splitlines()[2:4] == [f"  {note}" for note in notes(told)]
    assert notes(told)[1] == "why"


def test_hostile_names_are_text() -> None:
    """A module may have any name."""
    evil = "<img src=x onerror=alert(1)>"
    told = report((AllocatorUse(evil, 0, 9 * MIB),), (ImportUse(evil, 9 * MIB, 0.1),))

    assert "<img" not in kinds(told)
