"""Reads the HTML that this room wrote, as a browser would."""

from __future__ import annotations

from html.parser import HTMLParser

# what our blocks are made of
LAYOUT = {"div", "span", "b", "br", "code", "table", "tr", "td", "details", "summary"}
DRAWING = {"svg", "g", "path", "text"}


class Page(HTMLParser):
    """What a page is made of: its tags, attributes and text."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.text = ""
        self.open = 0
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and its attributes."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value or "" for name, value in attrs if name in ("id", "xlink:href")]
        self.open += tag != "br"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that closes itself."""
        self.handle_starttag(tag, attrs)
        self.open -= tag != "br"

    def handle_endtag(self, tag: str) -> None:
        """Count a closed tag."""
        self.open -= 1

    def handle_data(self, data: str) -> None:
        """Collect text."""
        self.text += data


def assert_harmless(source: str) -> None:
    """Fail when anything of the person's became an element or an attribute, or left one open."""
    page = Page(source)
    assert page.tags <= LAYOUT | DRAWING
    assert not [name for name in page.attributes if name.startswith("on")]
    assert page.open == 0
    assert not [character for character in source if 0xD800 <= ord(character) <= 0xDFFF or character == "\u202e"]
