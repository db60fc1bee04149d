"""A button that copies code: for front ends without the extension, which could not replace the cell themselves."""

from __future__ import annotations

import json
from typing import Any

import ipywidgets as widgets


def copy_button(text: str) -> list[Any]:
    """Return the button, and the invisible output whose script does the copying at each click."""
    button = widgets.Button(
        description="Copy",
        tooltip="Copy this code to the clipboard",
        layout=widgets.Layout(width="auto", margin="2px 0 0"),
    )
    button.add_class("memadvise-copy-button")
    runs = widgets.Output(layout=widgets.Layout(height="0", overflow="hidden", margin="0"))

    def copy(_: Any) -> None:
        runs.outputs = ()  # the same output again would not run
        data = {"application/javascript": script(text), "text/plain": ""}
        runs.outputs = ({"output_type": "display_data", "data": data, "metadata": {}},)

    button.on_click(copy)
    return [button, runs]


def script(text: str) -> str:
    """Return the JavaScript that copies ``text``, which is the person's own and stays a string whatever it holds."""
    literal = json.dumps(text).replace("<", "\\u003c")  # ASCII only: no line separator and no tag can end it
    return f"navigator.clipboard.writeText({literal});"
