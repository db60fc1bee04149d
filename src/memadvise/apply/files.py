"""Files that a card brings: written once, never over another content."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from memadvise.model import NewFile


def write_new(files: Iterable[NewFile]) -> str:
    """Write each file into the working directory; return one line about what was written or left alone."""
    said = []
    for file in files:
        path = Path(file.path)
        if path.exists() and path.read_text(encoding="utf-8") != file.text:
            said.append(f"{file.path} is there with another content and was left alone")
            continue
        path.write_text(file.text, encoding="utf-8")
        said.append(f"{file.path} is written")
    return "; ".join(said)
