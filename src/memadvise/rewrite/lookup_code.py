"""The code that looks the right-hand columns of a merge up by key instead of merging."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from memadvise.rewrite.edits import Span
from memadvise.rewrite.joins import ColumnUse, GroupUse, Join, RowsUse
from memadvise.rewrite.read_call import quoted

# reducers that may be applied per key first and per group of keys then
AGAIN = {"sum": "sum", "min": "min", "max": "max", "count": "sum", "size": "sum"}


@dataclass(frozen=True)
class LookupPlan:
    """How one merge is to be replaced.

    ``table`` is the name for the right frame by key; ``right`` tells for each merged column whether it is the right
    frame's. ``all_matched``: the code has to check that each row has a partner. ``first`` are the group uses that are
    reduced per key first. ``by_name``: the left frame may be grouped by a column's name (no row labels of that name).
    """

    join: Join
    table: str
    right: Mapping[str, bool]
    all_matched: bool
    first: tuple[GroupUse, ...]
    needs_table: bool
    by_name: bool

    def checks(self) -> list[str]:
        """Return the lines that raise when the merge would not be a lookup any more, and the table by key."""
        left, right = self.join.left.frame, self.join.right.frame
        left_key, right_key = f"{left}[{quoted(self.join.key)}]", f"{right}[{quoted(self.join.right_key)}]"
        lines = [f"assert {right_key}.is_unique", f"assert {left_key}.dtype == {right_key}.dtype"]
        if self.first:
            lines.append(f"assert {right_key}.notna().all()")
        if self.all_matched:
            lines.append(f"assert {left_key}.isin({right_key}).all()")
        if self.needs_table:
            lines.append(f"{self.table} = {right}.set_index({quoted(self.join.right_key)})")
        return lines

    def group(self, use: GroupUse) -> Span:
        """Return the edit of one reduction by groups."""
        left = self.join.left.frame
        if use in self.first:
            start, end = use.cell.span(use.node)
            selected = "".join(f"[{quoted(name)}]" for name in use.selected)
            per_key = f"{left}.groupby({self._left_key(self.join.key)}){selected}.{use.plain}()"
            return start, end, f"{per_key}.groupby({self.table}[{quoted(use.keys[0])}]).{AGAIN[use.plain]}()"
        keys = [self._key(name, use) for name in use.keys]
        options = "".join(f", {one.arg}={use.cell.text(one.value)}" for one in use.groups.keywords)
        given = f"[{', '.join(keys)}]" if use.listed else keys[0]
        start, end = use.cell.span(use.groups)
        if any(self.right[name] for name in use.selected):
            _, end = use.cell.span(use.node)
            return start, end, f"{self._aligned(use.selected[0])}.groupby({given}).{use.plain}()"
        return start, end, f"{left}.groupby({given}{options})"

    def _key(self, name: str, use: GroupUse) -> str:
        if self.right[name]:
            return self._aligned(name)
        of_series = any(self.right[one] for one in use.selected)
        return f"{self.join.left.frame}[{quoted(name)}]" if of_series else self._left_key(name)

    def _left_key(self, name: str) -> str:
        return quoted(name) if self.by_name else f"{self.join.left.frame}[{quoted(name)}]"

    def _aligned(self, name: str) -> str:
        return f"{self._looked_up(name)}.set_axis({self.join.left.frame}.index)"

    def _looked_up(self, name: str) -> str:
        return f"{self.table}[{quoted(name)}].reindex({self.join.left.frame}[{quoted(self.join.key)}])"

    def column(self, use: ColumnUse) -> Span:
        """Return the edit of one column of the merged frame."""
        start, end = use.cell.span(use.item)
        code = (
            self._looked_up(use.column) if self.right[use.column] else f"{self.join.left.frame}[{quoted(use.column)}]"
        )
        return start, end, code if use.reduced else f"{code}.reset_index(drop=True)"

    def rows(self, use: RowsUse) -> Span:
        """Return the edit of the merged frame's number of rows."""
        start, end = use.cell.span(use.node)
        return start, end, f"len({self.join.left.frame})"
