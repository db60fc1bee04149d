"""On what a benchmark was run, as a sentence."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

LIBRARIES = ("numpy", "pandas", "pyarrow", "ipykernel")


def conditions(command: str) -> str:
    """Return versions, system and the command that makes the page."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20
    return (
        f"Python {platform.python_version()}, {libraries}; {platform.system()} {platform.release().split('-')[0]}, "
        f"{os.cpu_count()} CPUs, {memory:,.0f} MiB. Made by `nox -s bench -- {command}`."
    )
