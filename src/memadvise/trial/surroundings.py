"""The environment variables of a trial's child process: libraries keep their caches in the scratch folder."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

# variable -> folder below the scratch folder
FOLDERS = {
    "TMPDIR": "tmp",
    "TEMP": "tmp",
    "TMP": "tmp",
    "SQLITE_TMPDIR": "tmp",
    "POLARS_TEMP_DIR": "tmp",
    "JOBLIB_TEMP_FOLDER": "tmp",
    "XDG_CACHE_HOME": "cache",
    "NUMBA_CACHE_DIR": "cache/numba",
    "CUPY_CACHE_DIR": "cache/cupy",
    "TRITON_CACHE_DIR": "cache/triton",
    "MPLCONFIGDIR": "matplotlib",
    "IPYTHONDIR": "ipython",
}


def child_environment(scratch: Path) -> dict[str, str]:
    """Return a copy of this process's environment with caches and temporary files below ``scratch``.

    The folders are made. HOME stays: cells read there. The person's Matplotlib settings stay in force, and its list of
    fonts is not built anew: links lead to them.
    """
    environment = dict(os.environ)
    folders = {name: scratch.absolute() / folder for name, folder in FOLDERS.items()}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    _prepare_ipython(folders["IPYTHONDIR"])
    _link_matplotlib(folders["MPLCONFIGDIR"])
    environment.update({name: str(folder) for name, folder in folders.items()})
    return environment | {"MPLBACKEND": "agg", "PYTHONDONTWRITEBYTECODE": "1"}


def _prepare_ipython(target: Path) -> None:
    """Put the file there that IPython would copy into a new profile, mode and all: tied hands can't set modes."""
    startup = target / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    (startup / "README").touch()


def _link_matplotlib(target: Path) -> None:
    """Link what Matplotlib keeps for the person: settings and styles, and the list of fonts (seconds to build)."""
    home = Path.home()
    own = os.environ.get("MPLCONFIGDIR")
    settings = Path(own) if own else Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config", "matplotlib")
    cache = Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache", "matplotlib")
    wanted = [settings / "matplotlibrc", settings / "stylelib", *cache.glob("fontlist-*.json")]
    for path in wanted:
        # where links can't be made, the fonts are listed anew and the settings are Matplotlib's own
        with contextlib.suppress(OSError):
            if path.exists():
                (target / path.name).symlink_to(path.absolute())
