"""Runs pieces of code one after another, with tied hands or without; a script of its own, started by the tests.

Reads a request as JSON from its first argument's file and writes what each piece raised (or "") to the second's.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any


def main(request_path: str, answer_path: str) -> None:
    """Run the request's pieces."""
    request = json.loads(Path(request_path).read_text())
    answer: dict[str, Any] = {"raised": {}, "values": {}}
    if request["tie"]:
        from memadvise.trial.tied import tie_hands

        tied = tie_hands(Path(request["scratch"]), os.getppid(), request.get("keep", ()))
        answer["tied"] = {**asdict(tied), "complete": tied.complete, "said": tied.said()}
    shared: dict[str, Any] = {}
    exec(request.get("start", ""), shared)
    for name, piece in request["pieces"].items():
        os.chdir(request["scratch"])
        known = {**shared, **piece["names"], "name": piece["names"].get("name", name)}
        if "folder" in known:
            known["folder"] = Path(known["folder"])
        known["say"] = name.replace(" ", "-").encode()
        answer["raised"][name] = _run(piece["code"], known)
        if "value" in known:
            answer["values"][name] = known["value"]
        Path(answer_path).write_text(json.dumps(answer))


def _run(code: str, known: dict[str, Any]) -> str:
    try:
        exec(compile(code, "<piece>", "exec"), known)
    except Exception:  # noqa: BLE001 - whatever a piece raises is its answer
        return traceback.format_exc(limit=-1)
    return ""


if __name__ == "__main__":
    main(*sys.argv[1:])
