"""Small notebooks for the command line, made in a folder of their own, and what a run of them said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from memadvise.cli import main
from memadvise.show.report_json import schema

READ = "import pandas as pd\norders = pd.read_csv('orders.csv')"
WORK = "%%memadvise\nby = orders.groupby('country')['amount'].sum()\nby"


@dataclass(frozen=True)
class Said:
    """What one call of the command line returned, printed and wrote."""

    code: int
    out: str
    err: str
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def cells(self) -> list[dict[str, Any]]:
        """The reports of the measured cells."""
        found: list[dict[str, Any]] = self.report["cells"]
        return found


def notebook(path: Path, cells: Sequence[str], *, minor: int = 5, ids: Sequence[str] = (), prose: bool = False) -> Path:
    """Write a notebook with these code cells; ``prose`` puts a Markdown and a raw cell around each."""
    made = []
    for number, source in enumerate(cells):
        made += [new_markdown_cell("# text with %%memadvise"), new_raw_cell("raw 1/0")] if prose else []
        made.append(new_code_cell(source, **({"id": ids[number]} if ids else {})))
    whole = new_notebook(cells=made)
    whole.nbformat_minor = minor
    if minor < 5:
        for cell in whole.cells:
            del cell["id"]
    path.write_text(json.dumps(whole), encoding="utf-8")
    nbformat.validate(nbformat.read(path, as_version=4))
    return path


def data(folder: Path, rows: int = 60_000) -> None:
    """Write orders.csv: half of it is a text column that nobody uses."""
    lines = (f"{n},{'ABC'[n % 3]},{n / 7:.3f},{'a long note, ' * 8}{n}\n" for n in range(rows))
    text = "".join(lines).replace("note, ", "note; ")
    (folder / "orders.csv").write_text("id,country,amount,text\n" + text, encoding="utf-8")


def call(capsys: pytest.CaptureFixture[str], *words: object, report: Path | None = None) -> Said:
    """Call the command line as a person would; a report is read and must fit the schema."""
    arguments = [str(word) for word in words] + (["--json", str(report)] if report else [])
    capsys.readouterr()
    try:
        code = main(arguments)
    except SystemExit as ended:  # argparse says what is wrong and ends
        code = int(ended.code or 0)
    printed = capsys.readouterr()
    found: dict[str, Any] = {}
    if report is not None and report.exists():
        found = json.loads(report.read_text(encoding="utf-8"))
        jsonschema.validate(found, schema())
    return Said(code, printed.out, printed.err, found)
