"""Runs an expert's script in a process of its own: ``python -m casework.script SCRIPT NAMES ANSWER`` in its folder.

The imports at the script's top come first; what the rest takes above them is read from the process's own high-water
mark, which is reset in between.
"""

from __future__ import annotations

import ast
import json
import pickle
import re
import sys
import time
from pathlib import Path
from typing import Any


def main(script: str, names: str, answer: str) -> None:
    """Run the script, then pickle (growth in bytes, seconds, {name: value}) into the file ``answer``."""
    tree = ast.parse(Path(script).read_text(encoding="utf-8"))
    namespace: dict[str, Any] = {"__name__": "__main__"}
    top = (ast.Import, ast.ImportFrom)
    split = next(place for place, node in enumerate(tree.body) if place and not isinstance(node, top))
    exec(compile(ast.Module(tree.body[:split], []), script, "exec"), namespace)
    work = compile(ast.Module(tree.body[split:], []), script, "exec")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    start, began = _status("VmRSS"), time.perf_counter()
    exec(work, namespace)
    found = (_status("VmHWM") - start, time.perf_counter() - began)
    values = {name: namespace[name] for name in json.loads(names)}
    Path(answer).write_bytes(pickle.dumps((*found, values)))


def _status(field: str) -> int:
    text = Path("/proc/self/status").read_text(encoding="ascii")
    match = re.search(rf"^{field}:\s+(\d+) kB", text, re.MULTILINE)
    return int(match[1]) * 1024 if match else 0


if __name__ == "__main__":
    main(*sys.argv[1:])
