"""The sentence where resident and allocated bytes disagree: for real in fresh processes, then what holds it back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memadvise.measure.counters import Reading
from memadvise.measure.disagree import disagreement
from memadvise.model import AllocatorUse, ImportUse, Measurement, VariableUse

MIB = 2**20
SCRIPT = """
import json, os
from memadvise.measure import allocators, imports
from memadvise.measure.disagree import disagreement
from memadvise.measure.sampler import Sampler
from memadvise.measure.spans import spans
from memadvise.measure.sizing.variables import changes, sizes
from memadvise.model import Measurement

sampler, names = Sampler(), {{"path": {path!r}}}
exec({setup!r}, names)
before = sizes(names)
sampler.start(1 << 60)
state, watch = allocators.begin(), imports.begin()
span = spans().begin()
exec(compile({cell!r}, "cell", "exec"), names)
end = spans().end(span)
imported, trace = imports.end(watch), sampler.stop()
peak, bound = spans().counter.peak(span.start, end, span.highest, ())
measurement = Measurement(
    span.start.resident_bytes, peak, end.resident_bytes, "", bound, 1.0,
    anonymous_peak_bytes=max(trace.anonymous_peak_bytes or 0, span.start.anonymous_bytes, end.anonymous_bytes),
    samples=trace.samples, variables=changes(before, sizes(names)), allocators=allocators.end(state), imports=imported,
)
print(json.dumps(disagreement(measurement, span.start, end)))
"""
ARROW = """
import pyarrow as pa, pyarrow.compute, pyarrow.csv as csv
with open(path, "w") as file:
    file.write("a,b\\n" + "\\n".join(f"{number},hello {number % 977} long text" for number in range(1_500_000)))
"""
FREE_HEAP = "old = [bytes(20_000) for _ in range(7_000)]\nstays = bytes(20_000)\ndel old"
FILE = "with open(path, 'wb') as file:\n    file.write(os.urandom(1000) * 150_000)"
TEXT = """
import os
import pandas as pd
with open(path, "w") as file:
    file.write("a,b\\n" + "".join(f"{number},{'z' * 1000}\\n" for number in range(100_000)))
pd.read_csv(path, nrows=10)
"""

SAID = {
    "arrow keeps": (
        ARROW,
        "table = csv.read_csv(path)\ntable = table.filter(pa.compute.less(table['a'], 5))",
        r"The Arrow pool \(\w+\) keeps (\d+) MiB",
    ),
    "the heap keeps": ("", FREE_HEAP, r"The C heap keeps (\d+) MiB that it no longer hands out: `%memadvise free`"),
    "Python's heap keeps": (
        "",
        "x = [{'a': number, 'b': str(number)} for number in range(300_000)]\nx = x[::1000]",
        r"The Python object heap keeps (\d+) MiB that it no longer hands out: it goes back only when",
    ),
    "untouched": ("import numpy as np", "x = np.zeros(20_000_000)", r"(\d+) MiB were allocated but never touched"),
    "half touched": (
        "import numpy as np",
        "x = np.zeros(20_000_000)\nx[:10_000_000] = 1",
        r"(\d+) MiB were allocated but never touched",
    ),
    "reused": (FREE_HEAP, "x = [b'1' * 20_000 for _ in range(6_000)]", r"(\d+) MiB came from memory that was free"),
    "mapped": (
        f"import mmap, os\n{FILE}",
        "file = open(path, 'rb')\nmapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)\n"
        "sum(mapped[at] for at in range(0, len(mapped), 4096))",
        r"At least (\d+) MiB of the peak are pages of mapped files",
    ),
    "mapped for a while": (
        f"import os, time\nimport numpy as np\n{FILE}",
        "mapped = np.memmap(path, mode='r')\nint(mapped.sum())\ntime.sleep(0.3)\ndel mapped",
        r"At least (\d+) MiB of the peak are pages of mapped files",
    ),
    "read_csv": (
        TEXT,
        "frame = pd.read_csv(path, memory_map=True, usecols=['a'])",
        r"At least (\d+) MiB of the peak are pages of mapped files",
    ),
}
TRUTH_MIB = {
    "untouched": 152.6,
    "half touched": 76.3,
    "reused": 114.5,
    "mapped": 143.1,
    "mapped for a while": 143.1,
    "the heap keeps": 133.6,
}


@pytest.mark.parametrize("case", SAID)
def test_said(fresh: Callable[[str], Any], tmp_path: Path, case: str) -> None:
    """The sentence that fits, with the amount where it is known."""
    setup, cell, pattern = SAID[case]
    actual = fresh(SCRIPT.format(path=str(tmp_path / "data"), setup="import os\n" + setup, cell=cell))
    found = re.match(pattern, actual or "")

    assert found, actual
    if case in TRUTH_MIB:
        assert int(found[1]) == pytest.approx(TRUTH_MIB[case], rel=0.05)


SILENT = {
    "nothing": ("", "pass"),
    "touched": ("import numpy as np", "x = np.ones(20_000_000)"),
    "spike": ("import numpy as np", "x = np.ones(20_000_000)\ndel x"),
    "small untouched": ("import numpy as np", "x = np.zeros(3_000_000)"),
    "small objects": ("", "x = list(range(3_000_000))"),
    "an array before small objects": (
        "import numpy as np\nx = np.ones(8_000_000)\nholder = lambda: None\nholder.kept = np.ones(8_000_000)",
        "del holder.kept\ny = list(range(1_500_000))",
    ),
    "small objects given up for an array": ("import numpy as np\nx = list(range(3_000_000))", "x = np.array(x)"),
    "an array after small objects": (
        "import numpy as np\nx = list(range(3_000_000))",
        "del x\ny = np.ones(10_000_000)",
    ),
    "an array in the place of another": (
        "import numpy as np\nx = np.ones(10_000_000)",
        "del x\ny = np.ones(10_000_000)",
    ),
    "objects made of an Arrow column": (
        "import numpy as np, pyarrow as pa",
        "x = pa.array(np.arange(2_000_000)).to_pylist()",
    ),
    "Arrow kept": ("import pyarrow as pa, numpy as np", "x = pa.array(np.arange(10_000_000)).cast('float64')"),
    "the import of pandas": ("", "import pandas"),
}


@pytest.mark.parametrize(("setup", "cell"), SILENT.values(), ids=SILENT.keys())
def test_silent(fresh: Callable[[str], Any], tmp_path: Path, setup: str, cell: str) -> None:
    """Where the numbers agree, or what is missing went another way, nothing is said."""
    assert fresh(SCRIPT.format(path=str(tmp_path / "data"), setup=setup, cell=cell)) is None


def took(
    resident: tuple[int, int, int], *uses: AllocatorUse, anonymous: tuple[int | None, ...] = (), **fields: Any
) -> str | None:
    """Return the sentence for resident and anonymous sizes in MiB at start, peak and end; anonymous like resident."""
    start, peak, end = (size * MIB for size in resident)
    low, high, last = [None if size is None else size * MIB for size in anonymous or resident]
    measurement = Measurement(
        start,
        peak,
        end,
        "",
        0,
        1.0,
        anonymous_peak_bytes=high,
        allocators=uses,
        **{"samples": ((0.5, peak),), **fields},
    )
    return disagreement(measurement, Reading(start, start, low), Reading(end, peak, last))


def heap(start: int, end: int, reserved_start: int, reserved: int) -> AllocatorUse:
    """Return a C heap, in MiB."""
    return AllocatorUse("C heap", start * MIB, end * MIB, None, reserved * MIB, reserved_start * MIB)


def pool(start: int, end: int, peak: int | None) -> AllocatorUse:
    """Return an Arrow pool, in MiB."""
    return AllocatorUse("Arrow pool (mimalloc)", start * MIB, end * MIB, None if peak is None else peak * MIB)


def test_arrow_reads_and_keeps() -> None:
    """An Arrow table of 203 MiB that leaves 516."""
    assert took((100, 616, 616), pool(0, 203, 600)) == (
        "The Arrow pool (mimalloc) keeps 313 MiB that it no longer hands out: `%memadvise free` can give it back."
    )


def test_memory_of_an_arrow_table_that_is_deleted() -> None:
    """A cell that deletes a table of an earlier cell: what stays is the pool's."""
    gone = VariableUse("table", "Table", 0, -400 * MIB, state="deleted")

    assert "keeps 400 MiB" in str(took((600, 600, 600), pool(450, 50, None), variables=(gone,)))


def test_arrow_room_used_again() -> None:
    """Arrow hands out more than the process grew by, below its mark of an earlier cell."""
    assert "200 MiB came from memory that was free in this process already" in str(
        took((600, 600, 600), pool(100, 300, None))
    )


def test_arrow_grew_beyond_its_mark() -> None:
    """Above the mark there is no room of before: what did not become resident may never have been touched."""
    assert took((600, 600, 600), pool(100, 300, 300)) is None


def test_objects_of_the_variables_are_not_the_pools() -> None:
    """Python objects in a variable explain what stayed, though the pool had as much to keep."""
    made = VariableUse("x", "list", 300 * MIB, 300 * MIB)

    assert took((100, 400, 400), pool(0, 0, 500), variables=(made,)) is None


def test_imports_are_not_the_pools() -> None:
    """What imports left explains what stayed."""
    assert took((100, 200, 200), pool(0, 0, 500), imports=(ImportUse("big", 100 * MIB, 1.0),)) is None


def test_a_dip_on_the_way_holds_the_sentence_back() -> None:
    """Memory went down and up again: what was allocated took the place of what was freed, and was touched."""
    grown = heap(10, 210, 10, 210)

    assert took((600, 600, 600), grown, samples=((0.5, 600 * MIB),)) is not None
    assert took((600, 600, 600), grown, samples=((0.5, 400 * MIB),)) is None


def test_a_variable_that_is_gone_holds_the_sentence_back() -> None:
    """The same where no sample fell into the dip, but a variable was deleted."""
    gone = VariableUse("x", "list", 0, -200 * MIB, state="deleted")

    assert took((600, 600, 600), heap(10, 210, 10, 210), variables=(gone,)) is None


def test_a_spike_between_two_samples_is_no_mapped_file() -> None:
    """The anonymous peak is sampled: a peak that no sample saw proves nothing."""
    assert took((100, 500, 100), anonymous=(80, 80, 80), samples=((0.5, 100 * MIB),)) is None


def test_anonymous_unknown() -> None:
    """Without a split of the resident size nothing is said about files."""
    assert took((100, 500, 500), anonymous=(None, None, None)) is None


def test_memory_of_a_gpu_is_another() -> None:
    """What a GPU holds was never to be resident."""
    assert took((100, 100, 100), AllocatorUse("torch (GPU)", 0, 500 * MIB, None, 500 * MIB, 0)) is None


def test_a_share_of_a_large_cell_is_not_worth_a_sentence() -> None:
    """40 MiB of mapped files in 100 MiB are told, in 5 GiB they are not."""
    assert took((100, 200, 200), anonymous=(80, 140, 140)) is not None
    assert took((100, 5100, 5100), anonymous=(80, 5040, 5040)) is None


def test_the_most_important_only() -> None:
    """Of two that hold, the larger is told; sizes above 10 GiB are told in GiB."""
    assert took((100, 500, 500), heap(10, 20_010, 10, 20_010), anonymous=(80, 300, 300)) == (
        "19.1 GiB were allocated but never touched: they take no memory until they are."
    )
