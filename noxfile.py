"""`nox`: lint, all tests (the browser's included), and the core tests on another Python; `nox -s bench -- NAME`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.options.sessions = ["lint", "tests", "core"]
nox.options.error_on_missing_interpreters = False  # a person with one Python tests on that one
nox.options.reuse_existing_virtualenvs = True

NO_EXTENSION = {"MEMADVISE_SKIP_LABEXTENSION": "1"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# These rooms only compute: one worker per processor. Each file of the rooms with kernels has kernels of its own: two at
# a time. All others, those that measure above all, run one after the other, with the machine to themselves.
COMPUTING = ["tests/rewrite", "tests/rules", "tests/observe", "tests/show", "tests/session", "tests/docs"]
KERNELS = ["tests/magic", "tests/cli", "tests/demo", "tests/notebooks", "tests/apply"]
CORE = ["tests/rewrite", "tests/rules", "tests/observe", "tests/show", "tests/magic"]
CORE += ["tests/measure", "tests/trial", "tests/guard", "tests/compiled"]
A_PART = {"MEMADVISE_RANDOM_PART": "0.2"}  # of the random notebooks; the session `tests` runs all of them


@nox.session
def lint(session: nox.Session) -> None:
    """Style, types, and the walls between the rooms."""
    session.install("-e", ".[dev]", env=NO_EXTENSION)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")


@nox.session
def tests(session: nox.Session) -> None:
    """Every test, JupyterLab and Notebook 7 in a real browser included."""
    find_browser(session)
    session.install(".[lab,test]")
    run_tests(session, ["tests"])


def run_tests(session: nox.Session, rooms: list[str], env: dict[str, str] | None = None) -> None:
    """Run the tests of the rooms, in parallel where that changes nothing; or what the command line asks for."""
    if session.posargs:
        session.run("pytest", *(rooms if rooms == CORE else []), *session.posargs, env=env)
        return
    everything = rooms == ["tests"]
    computing, kernels = [[one for one in some if everything or one in rooms] for some in (COMPUTING, KERNELS)]
    session.run("pytest", "-n", "logical", "--maxprocesses", "8", *computing, env=env)
    session.run("pytest", "-n", "2", "--dist", "loadfile", *kernels, env=env)
    parallel = [*computing, *kernels]
    # of `tests` by leaving out, so that a new folder can't be lost; a folder that is named can't be left out so
    rest = [*rooms, *(f"--ignore={room}" for room in parallel)]
    session.run("pytest", *(rest if everything else [room for room in rooms if room not in parallel]), env=env)


def other_python() -> str | None:
    """Return a Python at the other end of the supported range that really runs, if this machine has one."""
    wanted = "3.13" if sys.version_info < (3, 13) else "3.11"
    installed = sorted(Path.home().glob(f".pyenv/versions/{wanted}.*/bin/python"))
    for candidate in [shutil.which(f"python{wanted}"), *installed]:
        if candidate and subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return str(candidate)
    return None


@nox.session(python=other_python() or False)
def core(session: nox.Session) -> None:
    """The tests of measuring, rewriting and comparing, on the other end of the supported Pythons."""
    if session.python is False:
        session.skip("no other supported Python is installed here")
    session.install(".[test]", env=NO_EXTENSION)
    run_tests(session, CORE, A_PART)


@nox.session
def bench(session: nox.Session) -> None:
    """A benchmark by name: `nox -s bench -- measurement`; table and plot go to benchmarks/results."""
    if not session.posargs:
        session.error("which benchmark? Hint: nox -s bench -- measurement")
    session.install(".[bench,test]", env=NO_EXTENSION)
    session.run("python", f"benchmarks/{session.posargs[0]}.py", *session.posargs[1:])


@nox.session
def fuzz(session: nox.Session) -> None:
    """Random notebooks through every rule: `nox -s fuzz -- --cases 5000 --seed 1`."""
    session.install(".[test]", env=NO_EXTENSION)
    session.run("python", "tests/rules/fuzz.py", *session.posargs)


def find_browser(session: nox.Session) -> None:
    """Make sure that a Chromium is there: from Debian's packages where that is allowed, else say how to get one."""
    if os.environ.get("MEMADVISE_CHROMIUM") or any(shutil.which(name) for name in BROWSERS):
        return
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        session.run("apt-get", "update", "-qq", external=True)
        session.run("apt-get", "install", "-y", "-qq", "chromium", external=True)
        return
    session.error(
        "the browser test needs Chromium. Hint: `sudo apt-get install chromium`, "
        "or install any Chromium and set MEMADVISE_CHROMIUM to its path"
    )
