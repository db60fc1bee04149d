"""`--limit` stops a cell that grows; the kernel and what the cell made live on."""

from __future__ import annotations

import json
from pathlib import Path

import psutil
from live_kernel import Kernel

MEGABYTE = 10**6
MOST = 300
GROWING = f"""import time
grown = []
while len(grown) < {MOST}:
    grown.append(b"x" * {MEGABYTE})
    time.sleep(0.002)"""


def limit_above(kernel: Kernel, megabytes: int) -> int:
    """Return a limit in megabytes that much above what the kernel takes now."""
    resident: int = psutil.Process(kernel.pid).memory_info().rss
    return resident // MEGABYTE + megabytes


def test_growing_cell_is_stopped(loaded: Kernel, folder: Path) -> None:
    """A Python loop that grows past the limit is interrupted before it, says so, and keeps its variables."""
    loaded.start_again()
    limit = limit_above(loaded, 100)
    ran = loaded.run(f"%%memadvise --limit {limit}MB --json stopped.json\n{GROWING}")
    found = json.loads((folder / "stopped.json").read_text())["cells"][0]
    kept = int(loaded.ask("len(grown)"))
    loaded.run("del grown")

    assert ran.reply["ename"] == "KeyboardInterrupt"
    assert found["status"] == "stopped"
    assert found["measurement"]["peak_bytes"] <= limit * MEGABYTE
    assert 0 < kept < MOST
    assert ran.reports[0].startswith("The cell stopped before it passed its limit")
    assert loaded.run("'alive'").reply["status"] == "ok"


def test_no_guard_is_not_stopped(loaded: Kernel) -> None:
    """With `--no-guard` the same cell runs to its end."""
    loaded.start_again()
    ran = loaded.run(f"%%memadvise --limit {limit_above(loaded, 100)}MB --no-guard\n{GROWING}\nlen(grown)")
    loaded.run("del grown\n_ = None")

    assert ran.reply["status"] == "ok"
    assert ran.outputs[-1]["data"]["text/plain"] == str(MOST)


def test_cell_below_its_limit_is_left_alone(loaded: Kernel) -> None:
    """A cell that stays below the limit is not stopped, nor is one that does not grow in a kernel above it."""
    loaded.start_again()
    below = loaded.run(f"%%memadvise --limit {limit_above(loaded, 500)}MB\nimport time\ntime.sleep(0.1)")
    above = loaded.run("%%memadvise --limit 2MB\nimport time\ntime.sleep(0.1)")

    assert [below.reply["status"], above.reply["status"]] == ["ok", "ok"]


def test_limit_is_what_the_report_measures_against(loaded: Kernel) -> None:
    """The report gives the peak as a share of the limit that was asked for."""
    loaded.start_again()
    ran = loaded.run("%%memadvise --limit 2GB\nx = 1")

    assert "--limit" in ran.reports[0]
