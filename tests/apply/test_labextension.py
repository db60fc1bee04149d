"""The front end's half says the same as the kernel's."""

from __future__ import annotations

import json
from pathlib import Path

import memadvise
from memadvise.apply.front_end import TARGET, VOICE

FOLDER = Path(__file__).parents[2] / "labextension"


def test_one_version() -> None:
    """The extension and the package carry the same version."""
    assert json.loads((FOLDER / "package.json").read_text())["version"] == memadvise.__version__


def test_one_target() -> None:
    """Both sides use the same comm target, and the same comm for what needs no answer."""
    assert f"export const TARGET = '{TARGET}';" in (FOLDER / "src" / "messages.ts").read_text()
    assert f"export const VOICE = '{VOICE}';" in (FOLDER / "src" / "messages.ts").read_text()
