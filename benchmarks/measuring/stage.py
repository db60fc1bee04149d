"""The process of one cell under one tool: ``python -m measuring.stage TOOL CELL DESCRIPTOR``."""

from __future__ import annotations

import sys

from measuring.cells import kind_named
from measuring.tools import TOOLS
from measuring.wire import Wire


def main(tool: str, cell: str, descriptor: str) -> None:
    """Run the setup, then the cell under the tool, and answer with what the tool says or why it says nothing."""
    kind, wire = kind_named(cell), Wire.of(descriptor)
    namespace = {"__name__": "cell"}
    exec(compile(kind.setup, "<setup>", "exec"), namespace)
    try:
        answer = TOOLS[tool](kind, namespace, wire).to_json()
    except Exception as error:  # noqa: BLE001 (whatever keeps a tool from an answer is a result)
        answer = {"failure": f"{type(error).__name__}: {error}"[:200]}
    wire.send(answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
