"""Runs inside the tested kernel: what a cell left behind, as plain text, and defects planted in memadvise."""

from __future__ import annotations

import importlib
import json
import threading
from collections.abc import Callable
from typing import Any

_planted: list[tuple[Any, str, Any]] = []


def state() -> str:
    """Return the namespace, the outputs and the history of the shell, as JSON."""
    return json.dumps(_state())


def _state() -> dict[str, Any]:
    from IPython import get_ipython

    shell = get_ipython()
    names = {name: _said(value) for name, value in shell.user_ns.items() if not name.startswith("_")}
    history = shell.history_manager
    return {
        "names": {name: said for name, said in names.items() if name not in ("In", "Out")},
        "private": sorted(name for name in shell.user_ns if name.startswith("_")),
        "In": [*history.input_hist_parsed],
        "Out": {number: _said(value) for number, value in history.output_hist.items()},
        "last": [_said(shell.user_ns.get(name)) for name in ("_", "__", "___")],
        "raw": [*history.input_hist_raw],
        "i": [shell.user_ns.get(name) for name in ("_i", "_ii", "_iii")],
        "count": shell.execution_count,
        "threads": sorted(thread.name for thread in threading.enumerate() if thread.name.startswith("test-")),
    }


def _said(value: object) -> str:
    try:
        return f"{type(value).__name__}: {value!r}"
    except Exception as error:  # noqa: BLE001 - objects whose repr raises are among the tested cells
        return f"{type(value).__name__}: repr raises {type(error).__name__}"


def start_again() -> None:
    """Empty the namespace, the outputs and the history, and count cells from 1."""
    from IPython import get_ipython

    shell = get_ipython()
    shell.reset(new_session=True)
    history = shell.history_manager
    history._i00 = history._i = history._ii = history._iii = ""


def plant(where: str, name: str) -> None:
    """Let ``name`` of the module (or ``module:Class``) ``where`` raise, as a defect of memadvise would."""
    module, _, kind = where.partition(":")
    owner: Any = importlib.import_module(module)
    owner = getattr(owner, kind) if kind else owner
    _planted.append((owner, name, getattr(owner, name)))
    setattr(owner, name, _defect(f"{where}.{name}"))


def mend() -> None:
    """Take every planted defect out."""
    while _planted:
        setattr(*_planted.pop())


def _defect(label: str) -> Callable[..., Any]:
    def planted(*arguments: Any, **named: Any) -> Any:
        raise ZeroDivisionError(f"planted in {label}")

    return planted
