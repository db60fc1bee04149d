"""Colours and inline styles that read on JupyterLab's light and dark themes and on a page that knows neither.

Static HTML has to live with what untrusted notebooks leave of it: no ``<style>``, no ``<svg>``, and no declaration
whose value is a ``var(...)``. So each colour is declared twice, plainly and then by the theme's variable: a sanitiser
drops the second, a browser prefers it.
"""

from __future__ import annotations

BRAND = ("#1976d2", "--jp-brand-color1")
GOOD = ("#2e7d32", "--jp-success-color1")
WARN = ("#ef6c00", "--jp-warn-color1")
BAD = ("#d32f2f", "--jp-error-color1")
# Half-transparent greys sit on any background.
REST = "rgba(128,128,128,0.6)"
TRACK = "rgba(128,128,128,0.18)"
RULE = "rgba(128,128,128,0.3)"
ADDED = "rgba(46,160,67,0.18)"
REMOVED = "rgba(248,81,73,0.16)"

FONT = (
    "font-family:system-ui,sans-serif;font-family:var(--jp-ui-font-family,system-ui,sans-serif);"
    "font-size:13px;line-height:1.5;overflow-wrap:break-word;overflow-wrap:anywhere"
)
MONO = (
    "font-family:monospace;font-family:var(--jp-code-font-family,ui-monospace,monospace);font-size:12px;line-height:1.5"
)
QUIET = "opacity:0.72"
# A sanitiser takes a figure away and leaves its text: of these two heights it keeps the first. Elsewhere the second
# holds, a variable that nobody defines, which means no limit.
FIGURE = "max-height:0;max-height:var(--memadvise-figure);overflow:hidden;margin:6px 0 2px"


def colour(prop: str, tone: tuple[str, str]) -> str:
    """Declare a colour plainly, then by the theme.

    >>> colour("color", BRAND)
    'color:#1976d2;color:var(--jp-brand-color1,#1976d2)'
    """
    fallback, variable = tone
    return f"{prop}:{fallback};{prop}:var({variable},{fallback})"


def pressure(peak: int, limit: int) -> tuple[str, str]:
    """Return the tone of a peak against a limit: calm, near, at it."""
    if limit <= 0 or peak < 0.7 * limit:
        return BRAND
    return WARN if peak < 0.9 * limit else BAD
