"""Shows a report as text, static HTML, a panel and JSON; reads a `CellReport` or `Report` and computes nothing.

`Panel` loads ipywidgets when it is asked for: the command line never does.
"""

from typing import Any

from memadvise.show.html import summary_html
from memadvise.show.report_json import cell_to_json, schema, to_json
from memadvise.show.text import one_line, summary_text
from memadvise.show.timeline import preload, timeline_svg

__all__ = [
    "Panel",
    "cell_to_json",
    "one_line",
    "preload",
    "schema",
    "summary_html",
    "summary_text",
    "timeline_svg",
    "to_json",
]


def __getattr__(name: str) -> Any:
    if name == "Panel":
        from memadvise.show.panel import Panel

        return Panel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
