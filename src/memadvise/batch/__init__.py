"""Runs notebooks in fresh kernels for the command line: measure, apply, run again, verify."""

from memadvise.batch.notebook import NotebookResult, Request, read_notebook, run_notebook

__all__ = ["NotebookResult", "Request", "read_notebook", "run_notebook"]
