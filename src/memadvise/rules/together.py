"""Cards that change how one frame is made, joined into one card with one readable edit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from memadvise.model import Evidence, FrameChange, NotebookSource, PredictedPeak, Recommendation, ResultClass
from memadvise.rules.common import KnownFrame, NotWritableError, known_frames, smaller_frame
from memadvise.rules.in_pieces import leaves_holes, put_together_peak

_NEVER = frozenset({ResultClass.APPROXIMATE})  # by the person's own choice only


def together(cards: Iterable[Recommendation], notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation]:
    """Yield a card for each frame that several cards change: all of their changes at once."""
    groups: dict[tuple[str, str], list[Recommendation]] = {}
    for card in cards:
        if card.change is not None and card.result not in _NEVER:
            groups.setdefault((card.change.cell_id, card.change.name), []).append(card)
    wanted = {key: group for key, group in groups.items() if len(group) > 1}
    if not wanted:
        return
    for known in known_frames(notebook, evidence, frozenset()):
        group = wanted.get((known.cell.cell.cell_id, known.name))
        if group is not None:
            at_once = [card for card in group if card.change is not None and not card.change.piece_rows]
            tried = [group] if len(at_once) == len(group) else [group, at_once]
            joined = [card for card in (_joined(known, some, evidence) for some in tried) if card is not None]
            if joined:  # in pieces only where that lowers the peak of what is left
                yield min(joined, key=lambda card: card.predicted_peak.likely_bytes)


def _joined(known: KnownFrame, cards: list[Recommendation], evidence: Evidence) -> Recommendation | None:
    cards = sorted(cards, key=lambda card: -card.change.saved_bytes if card.change else 0)  # the largest part first
    kept = next((card.change.usecols for card in cards if card.change and card.change.usecols), ())
    cards = [card for card in cards if card.change is not None and _matters(card.change, kept)]
    if len(cards) < 2:
        return None
    change = _sum([card.change for card in cards if card.change is not None])
    if change.piece_rows and leaves_holes(known, change, evidence):
        return None
    try:
        edit = known.edit(change)
    except NotWritableError:
        return None
    order = list(ResultClass)
    fewer = {name: columns for card in cards for name, columns in card.fewer_columns}
    retyped: dict[str, tuple[str, ...]] = {}
    for card in cards:
        for name, columns in card.retyped:
            retyped[name] = (*retyped.get(name, ()), *columns)
    return Recommendation(
        rule=" + ".join(card.rule for card in cards),
        technique=cards[0].technique,
        title=_title(cards, change),
        why=_why(cards, change),
        result=max((card.result for card in cards), key=order.index),
        predicted_peak=_peak(known, change, evidence),
        edits=(edit,),
        fewer_columns=tuple(fewer.items()),
        peeks=tuple(dict.fromkeys(cell for card in cards for cell in card.peeks)),
        retyped=tuple(retyped.items()),
        change=change,
    )


def _peak(known: KnownFrame, change: FrameChange, evidence: Evidence) -> PredictedPeak:
    if change.piece_rows:
        return put_together_peak(known, change, evidence)
    kept = max(change.total_bytes - change.saved_bytes, 0)
    return smaller_frame(evidence, change.cell_id, kept, change.total_bytes)


def _why(cards: list[Recommendation], change: FrameChange) -> str:
    """Return why: of single cards where all columns are kept, else what is left out and what the others save."""
    if not change.usecols:
        return " ".join(card.why for card in cards)
    out = " ".join(card.why for card in cards if card.change is not None and card.change.usecols)
    saved = sum(nbytes for name, nbytes in change.saved if name in change.usecols)
    return f"{out} Told their types, the columns that stay save {saved / 2**20:,.0f} MiB more."


def _matters(change: FrameChange, kept: tuple[str, ...]) -> bool:
    """Tell whether a change is about any of the columns that are kept (none named: all are)."""
    named = {name for name, _ in (*change.dtypes, *change.dates)}
    return bool(change.usecols or not kept or named & set(kept) or not named)


def _title(cards: list[Recommendation], change: FrameChange) -> str:
    """Return the titles of what is left out, and the new types of the columns that are kept."""
    titles = [card.title for card in cards if card.change is not None and not (card.change.dtypes or card.change.dates)]
    types: dict[str, list[str]] = {}
    for name, dtype in (*change.dtypes, *((name, "dates") for name, _ in change.dates)):
        if not change.usecols or name in change.usecols:
            types.setdefault(dtype, []).append(name)
    for dtype, names in types.items():
        titles.append(f"{', '.join(names[:3])}{' …' if len(names) > 3 else ''} as {dtype}")
    return " + ".join(titles)


def _sum(changes: list[FrameChange]) -> FrameChange:
    """Return all changes of one frame as one; a column's saving counts once."""
    usecols = next((change.usecols for change in changes if change.usecols), ())
    saved: dict[str, int] = {}
    for change in changes:
        for name, nbytes in change.saved:
            saved[name] = max(saved.get(name, 0), nbytes)
    return FrameChange(
        cell_id=changes[0].cell_id,
        name=changes[0].name,
        usecols=usecols,
        dtypes=tuple({name: dtype for change in changes for name, dtype in change.dtypes}.items()),
        dates=tuple({name: form for change in changes for name, form in change.dates}.items()),
        options=tuple({name: code for change in changes for name, code in change.options}.items()),
        checks=tuple(dict.fromkeys(check for change in changes for check in change.checks)),
        saved=tuple(saved.items()),
        total_bytes=max(change.total_bytes for change in changes),
        piece_rows=max(change.piece_rows for change in changes),
        pinned=tuple({name: dtype for change in changes for name, dtype in change.pinned}.items()),
    )
