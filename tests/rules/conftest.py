"""Puts this folder on the import path, so that rules' tests in subfolders find ``harness``; small pieces for all."""

from __future__ import annotations

import pytest
from pieces import small_pieces


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every file of a few rows span several pieces, and every saving worth a card."""
    small_pieces(monkeypatch.setattr)
