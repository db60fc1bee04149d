"""Runs notebooks in fresh kernels for the command line: measure, apply, run again, verify.

The kernel imports `memadvise.batch.inside` of this package: what drives notebooks from outside (nbclient, nbformat:
25 MB) is imported only when it is asked for.
"""

from __future__ import annotations

from typing import Any

__all__ = ["NotebookResult", "Request", "read_notebook", "run_notebook"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from memadvise.batch import notebook

    return getattr(notebook, name)
