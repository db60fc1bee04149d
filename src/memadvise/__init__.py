"""memadvise: measures what a notebook cell really takes, and rewrites it to take less with the same result."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from memadvise.version import __version__

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from memadvise.measure.api import measure

__all__ = ["__version__", "explain", "load_ipython_extension", "measure", "unload_ipython_extension"]


def __getattr__(name: str) -> Any:
    """Import `measure` when it is first asked for: the sampling helper imports this package and must stay small."""
    if name == "measure":
        return import_module("memadvise.measure")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Install ``%%memadvise`` and ``%memadvise`` into the running shell; loading twice changes nothing."""
    from memadvise.magic import load  # imported here: the sampling helper imports this package and must stay small

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics, hooks and the helper process away again."""
    from memadvise.magic import unload

    unload(shell)


def explain(rule: str) -> str:
    """Return the page of a rule.

    Raises:
        KeyError: no rule has that id; the message lists them.
    """
    from memadvise.rules import find_rule

    return find_rule(rule).page
