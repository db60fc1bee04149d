"""A coloured unified diff of a card's edits, one block per cell, and the new sources as text to copy."""

from __future__ import annotations

import difflib

from memadvise.model import Edit, NewFile, Recommendation
from memadvise.show import theme, words
from memadvise.show.escape import esc, esc_code

_MOST_LINES = 200
_TONES = {"+": f"background:{theme.ADDED}", "-": f"background:{theme.REMOVED}", "@": theme.QUIET}


def diff_html(card: Recommendation) -> str:
    """Return every edited cell's diff under the cell's number, then the files that Apply writes."""
    blocks = [_block(_place(edit), _unified(edit)) for edit in card.edits]
    blocks += [_block(f"file {file.path}", _whole(file)) for file in card.files]
    return "".join(blocks) or "<div>This card changes no cell.</div>"


def unified(edit: Edit) -> list[str]:
    """Return the lines of a unified diff, without the two that name files.

    Lines end at line feeds only, as in the notebook: other separators belong to the code.
    """
    before = edit.before.split("\n") if edit.before else []
    after = edit.after.split("\n") if edit.after else []
    return list(difflib.unified_diff(before, after, n=2, lineterm=""))[2:]


def _unified(edit: Edit) -> list[str]:
    found = unified(edit)
    return found if len([line for line in found if line.startswith("@")]) > 1 else found[1:]


def _whole(file: NewFile) -> list[str]:
    return [f"+{line}" for line in file.text.rstrip("\n").split("\n")]


def _place(edit: Edit) -> str:
    fate = ", new" if edit.insert else ", emptied" if not edit.after else ""
    return f"{words.cell(edit.index)} (counted from 0){fate}"


def _block(title: str, found: list[str]) -> str:
    body = "".join(
        f'<div style="{_TONES.get(line[:1], "")};white-space:pre;padding:0 8px">{esc_code(line) or " "}</div>'
        for line in found[:_MOST_LINES]
    )
    left = len(found) - _MOST_LINES
    rest = f'<div style="padding:0 8px">… {left} more lines</div>' if left > 0 else ""
    return (
        f'<div style="border:1px solid {theme.RULE};border-radius:3px;margin:6px 0;overflow:hidden">'
        f'<div style="background:{theme.TRACK};padding:2px 8px;font-size:12px">{esc(title)}</div>'
        f'<div style="{theme.MONO};overflow:auto;max-height:380px;padding:4px 0">'
        f'<div style="display:inline-block;min-width:100%">{body}{rest}</div></div></div>'
    )
