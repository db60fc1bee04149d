"""Our code runs as a guest within the person's: what their handlers raise there goes on as if we were not there."""

from __future__ import annotations

from pathlib import Path

ROOT = str(Path(__file__).parents[2])  # of this package: the files of our frames begin with it


def is_defect(error: BaseException) -> bool:
    """Take our frames out of an exception that is on its way to the cell; tell whether it is a defect of ours.

    A signal handler of the person's may run, and raise, while a callback of ours does; an interrupt, or an exception
    that another thread sends (it has no arguments), may hit it as well. These are to be raised again by a bare
    ``raise``, which adds no frame. Whatever else began in our own code must not reach the cell.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(ROOT):
        trace = trace.tb_next
    error.__traceback__ = trace
    return trace is None and isinstance(error, Exception) and (bool(error.args) or isinstance(error, MemoryError))
