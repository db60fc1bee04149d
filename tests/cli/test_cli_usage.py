"""The command line before anything runs: wrong usage and unreadable notebooks are one clear line and exit code 2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from made_notebooks import call, notebook

from memadvise.rules import all_rules

UNREADABLE = {
    "empty": "",
    "no JSON": "import pandas",
    "a list": "[]",
    "null": "null",
    "an empty object": "{}",
    "no cells": '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
    "a format of the future": '{"nbformat": 99, "nbformat_minor": 0, "metadata": {}, "cells": []}',
    "a cell without its keys": '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code"}]}',
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_notebook(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no notebook is named in one line, with exit code 2 and no traceback."""
    path = tmp_path / "bad.ipynb"
    path.write_text(UNREADABLE[name])

    for command in (["run", path], ["check", path, "--max-peak", "1GB"]):
        said = call(capsys, *command)

        assert said.code == 2
        assert f"memadvise: {path} is no notebook that can be read" in said.err
        assert not said.out


def test_missing_notebook_and_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A path with nothing there, and a folder, are said to be so."""
    missing, folder = call(capsys, "run", tmp_path / "none.ipynb"), call(capsys, "run", tmp_path)

    assert [missing.code, folder.code] == [2, 2]
    assert "there is no notebook" in missing.err
    assert "is no notebook that can be read" in folder.err


def test_notebook_that_is_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bytes that are no text are refused like any other file that is no notebook."""
    (tmp_path / "bytes.ipynb").write_bytes(b"\xff\xfe\x00\x80")

    assert call(capsys, "run", tmp_path / "bytes.ipynb").code == 2


WRONG = {
    "no command": ([], "required: COMMAND"),
    "unknown command": (["bogus"], "invalid choice: 'bogus'"),
    "no notebook": (["run"], "required: notebook"),
    "size": (["run", "NB", "--limit", "2GBB"], "'2GBB' is not a size"),
    "seconds": (["run", "NB", "--timeout", "soon"], "'soon' is no number of seconds"),
    "no seconds": (["run", "NB", "--timeout", "0"], "seconds must be more than 0"),
    "no end": (["run", "NB", "--timeout", "inf"], "seconds must be more than 0"),
    "not a number": (["run", "NB", "--timeout", "nan"], "seconds must be more than 0"),
    "no such rule": (["run", "NB", "--apply", "nonsense"], "no rule is called 'nonsense'"),
    "no such cell": (["run", "NB", "--cell", "7"], "--cell 7: there is no such code cell"),
    "no such id": (["run", "NB", "--cell", "0", "--cell", "gone"], "--cell gone: there is no such code cell"),
    "no kernel": (["run", "NB", "--kernel", "no-such-kernel"], "no kernel is called 'no-such-kernel'"),
    "no kernel to check": (["check", "NB", "--max-peak", "1GB", "--kernel", "none"], "no kernel is called 'none'"),
    "no peak": (["check", "NB"], "required: --max-peak"),
    "itself as output": (["run", "NB", "--out", "NB"], "is the notebook itself, which is never changed"),
    "itself as report": (["run", "NB", "--json", "NB"], "is the notebook itself, which is never changed"),
    "no folder": (["run", "NB", "--out", "no/such/x.ipynb"], "can't be written"),
    "a folder as report": (["run", "NB", "--json", "."], "can't be written"),
    "explain what": (["explain"], "required: rule"),
    "explain nonsense": (["explain", "nonsense"], "no rule is called 'nonsense'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_usage(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong usage is said before anything runs, with exit code 2; the notebook stays as it is."""
    monkeypatch.chdir(tmp_path)
    path = notebook(tmp_path / "NB", ["%%memadvise\nx = 1"])
    before = path.read_bytes()
    words, message = WRONG[name]

    said = call(capsys, *words)

    assert said.code == 2
    assert message in said.err
    assert "Traceback" not in said.err
    assert not said.out
    assert path.read_bytes() == before
    assert sorted(found.name for found in tmp_path.iterdir()) == ["NB"]


def test_link_to_the_notebook_is_the_notebook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--out` through a symbolic or a hard link does not overwrite the notebook either."""
    path = notebook(tmp_path / "work.ipynb", ["x = 1"])
    (tmp_path / "soft.ipynb").symlink_to(path)
    (tmp_path / "hard.ipynb").hardlink_to(path)

    codes = [call(capsys, "run", path, "--out", tmp_path / name).code for name in ("soft.ipynb", "hard.ipynb")]

    assert codes == [2, 2]


def test_rules_lists_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    """`rules` has one line for each rule: technique, id, what it sees."""
    said = call(capsys, "rules")

    assert said.code == 0
    assert [line.split()[1] for line in said.out.splitlines()] == [rule.id for rule in all_rules()]


def test_explain_prints_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    """`explain unused-columns` prints the rule's page."""
    said = call(capsys, "explain", "unused-columns")

    assert said.code == 0
    assert "## When results change" in said.out


def test_reader_that_has_seen_enough() -> None:
    """A closed pipe (`| head`) is no error and no traceback."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "memadvise.cli", "explain", "unused-columns"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(writing)

    assert done.returncode == 0
    assert not done.stderr


def test_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` says the version that reports carry."""
    from memadvise import __version__

    assert call(capsys, "--version").out == f"memadvise {__version__}\n"


def test_notebook_is_read_without_its_kernel(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A notebook that names a kernel which is not installed says so, and how to choose another."""
    path = notebook(tmp_path / "work.ipynb", ["x = 1"])
    stored = json.loads(path.read_text())
    stored["metadata"]["kernelspec"] = {"name": "gone-kernel", "display_name": "Gone"}
    path.write_text(json.dumps(stored))

    said = call(capsys, "run", path)

    assert said.code == 2
    assert "no kernel is called 'gone-kernel' here. Hint: give one with --kernel" in said.err
