"""What `%memadvise ...` does on a line."""

from __future__ import annotations

import shlex
import time
from typing import Any

from IPython.core.error import UsageError

from memadvise.apply.release import TRACEBACK, free
from memadvise.measure.holding.holders import kernel_map
from memadvise.measure.spans import spans
from memadvise.model import CellOptions, Edit, Measurement, Recommendation
from memadvise.observe import machine, observe
from memadvise.observe.code import notebook_source, saved_path
from memadvise.records import Expected, Record
from memadvise.rewrite.dependents import to_run_again
from memadvise.rules import advise, all_rules, find_rule
from memadvise.session import Session, inputs
from memadvise.show.diff import unified
from memadvise.show.history_text import history_text
from memadvise.show.map_text import free_text, map_text
from memadvise.show.scan_text import scan_text
from memadvise.show.text import card_line
from memadvise.trial.runner import CannotTryError

USAGE = (
    "%memadvise [apply N [--run] | try N | undo | scan | history | free [outputs] | on | off | explain RULE | config | "
    "details]"
)


class LineCommands:
    """Carries out one line; everything is printed, nothing is returned, so that no name or output is left behind."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._base_bytes = 0  # what the interpreter and the libraries take that were there before
        session.guarded("looking at the memory in use", self._look_at_base)
        self._commands = {
            "now": self._now,
            "apply": self._apply,
            "try": self._try,
            "undo": self._undo,
            "scan": self._scan,
            "history": self._history,
            "free": self._free,
            "on": self._on,
            "off": self._off,
            "explain": self._explain,
            "config": self._config,
            "details": self._details,
        }

    def run(self, line: str) -> None:
        """Carry out the words behind `%memadvise`.

        Raises:
            UsageError: the command is unknown or lacks its argument.
        """
        try:
            words = shlex.split(line)
        except ValueError as error:
            raise UsageError(f"%memadvise: {error} in {line!r}. Hint: {USAGE}") from error
        command = words[0] if words else "now"
        method = self._commands.get(command)
        if method is None:
            raise UsageError(f"%memadvise: there is no command {command!r}. Hint: {USAGE}")
        method(words[1:])

    def _look_at_base(self) -> None:
        self._base_bytes = kernel_map(self._session.shell).bytes_of("rest")

    def _now(self, words: list[str]) -> None:
        """Print what holds the kernel's memory now."""
        self._session.guarded("looking at the memory", self._print_map)

    def _print_map(self) -> None:
        print(map_text(kernel_map(self._session.shell, self._base_bytes), machine()))

    def _apply(self, words: list[str]) -> None:
        """Apply recommendation N of the last measured cell: through the front end, else by printing the code."""
        record, card = self._asked("apply", words)
        run = "--run" in words
        if self._session.front_end.present:
            self._session.act(record, "apply-run" if run else "apply", card.number)
            return
        self._session.changes.applied_by_hand(record, card.edits)
        if run:
            self._run_here(record, card.number)
        else:
            self._print_sources(card.edits)

    def _asked(self, command: str, words: list[str]) -> tuple[Record, Recommendation]:
        """Return the last measured cell's record, and its recommendation of the number that was given.

        Raises:
            UsageError: there is none.
        """
        numbers = [int(word) for word in words if word.isdigit()]
        record = self._session.last
        if len(numbers) != 1:
            raise UsageError(f"%memadvise {command}: which recommendation? Hint: %memadvise {command} 1")
        if record is None:
            raise UsageError(f"%memadvise {command}: no cell was measured yet. Hint: begin a cell with %%memadvise")
        card = self._session.changes.card(record, numbers[0])
        if card is None:
            known = ", ".join(str(one.number) for one in record.report.recommendations) or "none"
            raise UsageError(f"%memadvise {command}: there is no recommendation {numbers[0]}. Hint: there are {known}")
        return record, card

    def _try(self, words: list[str]) -> None:
        """Run recommendation N of the last measured cell in a child process, and print what came of it."""
        record, card = self._asked("try", words)
        self._session.guarded("trying a card", lambda: self._print_trial(record, card.number))

    def _print_trial(self, record: Record, number: int) -> None:
        try:
            print(self._session.trials.run(record, number))
        except CannotTryError as reason:
            print(f"Card {number} can't be tried: {reason}.")
            return
        self._session.view.update(record)

    def _print_sources(self, edits: tuple[Edit, ...]) -> None:
        for edit in edits:
            print(f"# --- cell {edit.index}{' (new)' if edit.insert else ''}: replace its source by ---")
            print(edit.after)
        if len(edits) == 1:
            self._session.shell.set_next_input(edits[0].after)

    def _run_here(self, record: Record, number: int) -> None:
        """Run the changed cells in this kernel, in order, and verify: there is no front end to do it."""
        session, card = self._session, self._session.changes.card(record, number)
        assert card is not None
        for edit in card.edits:
            print("\n".join(unified(edit)))
        order = to_run_again(record.notebook, card.edits)
        changed = {cell.cell_id: cell for cell in record.notebook.with_edits(card.edits).cells}
        session.cells = tuple(changed.values())
        released = session.changes.expect_run(record, card, order)
        for cell_id in order:
            session.expected = Expected(cell_id, report=False)
            result = session.shell.run_cell(changed[cell_id].source, store_history=True)
            if not result.success:
                break
        applied = session.last.report.applied if session.last is not None else None
        if applied is not None and not applied.verification.equal:
            print(f"memadvise: %memadvise undo gives the old sources back. Released: {', '.join(released)}.")

    def _undo(self, words: list[str]) -> None:
        """Give the sources back."""
        if self._session.front_end.present:
            self._session.changes.undo()
            return
        for edit in self._session.changes.undone_by_hand():
            print(f"# --- cell {edit.index}: its source was ---")
            print(edit.after)
            self._session.shell.set_next_input(edit.after)

    def _scan(self, words: list[str]) -> None:
        """Read the last measured cell's files to the end, however large, and advise anew."""
        record = self._session.last
        if record is None:
            raise UsageError("%memadvise scan: no cell was measured yet. Hint: begin a cell with %%memadvise")
        self._session.guarded("reading the files", lambda: self._advise_from_all_rows(record))

    def _advise_from_all_rows(self, record: Record) -> None:
        start = time.perf_counter()
        reads = self._session.advise_from_all_rows(record)
        print(scan_text(reads, time.perf_counter() - start))
        self._session.view.update(record)

    def _history(self, words: list[str]) -> None:
        """Print a row for each measured cell, highest peak first."""
        print(history_text(self._session.history))

    def _free(self, words: list[str]) -> None:
        """Give memory back to the system and print how much came back."""
        if words not in ([], ["outputs"]):
            raise UsageError("%memadvise free: that is not known. Hint: %memadvise free, or %memadvise free outputs")
        self._session.guarded("giving memory back", lambda: self._give_back(outputs=bool(words)))

    def _give_back(self, *, outputs: bool) -> None:
        shell = self._session.shell
        steps = free(shell, outputs=outputs)
        print(free_text(steps, TRACEBACK, kernel_map(shell, self._base_bytes)))

    def _on(self, words: list[str]) -> None:
        """Measure every cell from now on, one line each."""
        self._session.every_cell = True

    def _off(self, words: list[str]) -> None:
        """Measure only the cells that ask for it."""
        self._session.every_cell = False

    def _explain(self, words: list[str]) -> None:
        """Print a rule's page."""
        if not words:
            raise UsageError(f"%memadvise explain: which rule? Hint: {', '.join(rule.id for rule in all_rules())}")
        try:
            print(find_rule(words[0]).page)
        except KeyError as error:
            raise UsageError(f"%memadvise explain: {error.args[0]}") from error

    def _config(self, words: list[str]) -> None:
        """Print the settings."""
        print(f"every cell measured: {'on' if self._session.every_cell else 'off'}")
        print(f"front end with the extension: {'yes' if self._session.front_end.present else 'no'}")

    def _details(self, words: list[str]) -> None:
        """Print the traceback of the last internal error."""
        print(self._session.details or "no internal error so far")

    def dry_run(self, cell: str, options: CellOptions) -> None:
        """Advise on a cell without running it: from the notebook's code and the files' headers alone."""
        session = self._session
        shell: Any = session.shell
        source = f"%%memadvise --dry-run\n{cell}"
        notebook = notebook_source(session.cells, inputs(shell), None, source, saved_path())
        here, resident = machine(), spans().counter.read().resident_bytes
        nothing = Measurement(resident, resident, resident, "not run", 0, 0.0)
        cards, held = advise(notebook, observe(notebook, shell.user_ns, nothing, here))
        lines = [card_line(card) for card in cards] + [f"  held back {item.rule}: {item.reason}" for item in held]
        print("\n".join(lines) or "memadvise: nothing to recommend without a run")
