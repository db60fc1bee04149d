"""The panel as a person sees it: what it says, and its buttons by name."""

from __future__ import annotations

import re

from browser_harness import NotebookPage
from playwright.sync_api import Locator, expect

WAIT_MS = 60_000


class ReportPanel:
    """The panel in the outputs of one cell."""

    def __init__(self, notebook: NotebookPage, n: int) -> None:
        self.notebook = notebook
        self.root = notebook.cell(n).locator(".memadvise-panel")

    @property
    def cards(self) -> Locator:
        """All cards."""
        return self.root.locator(".memadvise-card")

    @property
    def message(self) -> Locator:
        """The line above everything."""
        return self.root.locator(".memadvise-message")

    @property
    def verdict(self) -> Locator:
        """What came of an Apply."""
        return self.root.locator(".memadvise-verdict")

    def card(self, title: str) -> Locator:
        """Return the one card whose text holds ``title``; cards that join several others (" + ") are left out."""
        found = self.cards.filter(has_text=re.compile(re.escape(title) + r"(?!( that are used)? \+)"))
        expect(found).to_have_count(1, timeout=WAIT_MS)
        return found

    def click(self, title: str, button: str) -> None:
        """Click a button of the card: ``diff``, ``apply``, ``apply-run``."""
        self.card(title).locator(f".memadvise-{button}-button").click()

    def undo(self) -> None:
        """Click Undo."""
        self.root.locator(".memadvise-undo-button").click()

    def says(self, text: str) -> None:
        """Wait until the line above everything holds ``text``."""
        expect(self.message).to_contain_text(text, timeout=WAIT_MS)

    def ends(self, verdict: str = "Same result") -> tuple[int, int]:
        """Wait for the verdict; return the peaks before and after in MiB."""
        expect(self.verdict).to_contain_text(verdict, timeout=WAIT_MS)
        found = re.search(r"peak ([\d.]+) MiB → ([\d.]+) MiB", self.verdict.inner_text())
        assert found is not None, self.verdict.inner_text()
        return int(float(found[1])), int(float(found[2]))
