"""Text from the person's data on its way to a page: names, values, paths, errors and code are all hostile."""

from __future__ import annotations

import html
import re

# Control characters (a terminal would obey them), marks that reorder text on screen, halves of surrogate pairs
# (they can't be sent), and what XML forbids.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_UNSAFE_IN_CODE = re.compile(_UNSAFE.pattern.replace("\x00-\x1f", "\x00-\x08\x0b-\x1f"))


def _visible(match: re.Match[str]) -> str:
    """Write a character that must not act as the escape that Python would show."""
    return match[0].encode("unicode_escape", "surrogatepass").decode("ascii")


def plain(text: object, limit: int = 200) -> str:
    r"""Return one line of text that no terminal or page acts on, at most ``limit`` characters of it.

    >>> plain("a\nb\x1b[31m"), plain("abcdef", limit=4)
    ('a\\nb\\x1b[31m', 'abc…')
    """
    raw = str(text)
    raw = raw if len(raw) <= limit else raw[: limit - 1] + "…"
    return _UNSAFE.sub(_visible, raw)


def esc(text: object, limit: int = 200) -> str:
    """Return ``plain`` text escaped for HTML and SVG, also inside attributes.

    >>> esc('<img src=x onerror="alert(1)">')
    '&lt;img src=x onerror=&quot;alert(1)&quot;&gt;'
    """
    return html.escape(plain(text, limit), quote=True)


def esc_code(text: str, limit: int = 400) -> str:
    """Return a line of code escaped for HTML, its tabs kept.

    >>> esc_code("if a < b:")
    'if a &lt; b:'
    """
    return html.escape(code(text, limit), quote=True)


def code(text: str, limit: int | None = None) -> str:
    """Return code that no page acts on, line ends and tabs kept."""
    raw = text if limit is None or len(text) <= limit else text[: limit - 1] + "…"
    return _UNSAFE_IN_CODE.sub(_visible, raw)
