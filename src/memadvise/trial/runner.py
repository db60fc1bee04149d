"""A trial from the kernel's side: values into a scratch folder, a fresh process, its answer. The kernel never forks."""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from memadvise.trial.handover import Handed, hand_over
from memadvise.trial.job import ANSWER, JOB, PRINTED, Answer, Job
from memadvise.trial.tied import child_environment

_LOOK_EVERY_S = 0.02


class CannotTryError(Exception):
    """Why a trial could not be made, or gave no answer; the message is for the person."""


class Trial:
    """One candidate in a child process; `close` ends it and removes its folder.

    Raises (at the start):
        CannotTryError: a value that the cells need can't be handed over.
    """

    def __init__(self, job: Job, values: Mapping[str, object], most_bytes: int | None = None) -> None:
        self._scratch = Path(tempfile.mkdtemp(prefix="memadvise-trial-"))
        try:
            self.handed = self._hand_over(values, most_bytes)
            (self._scratch / JOB).write_bytes(pickle.dumps(job))
            self._began_s = time.monotonic()
            with (self._scratch / PRINTED).open("wb") as printed:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "memadvise.trial.child", str(self._scratch), str(os.getpid())],
                    stdin=subprocess.DEVNULL,
                    stdout=printed,
                    stderr=subprocess.STDOUT,
                    env=child_environment(self._scratch),
                    start_new_session=True,
                )
        except BaseException:
            shutil.rmtree(self._scratch, ignore_errors=True)
            raise

    def _hand_over(self, values: Mapping[str, object], most_bytes: int | None) -> Handed:
        handed = hand_over(values, self._scratch, most_bytes=most_bytes)
        if handed.refused:
            raise CannotTryError("; ".join(f"`{name}` {reason}" for name, reason in handed.refused[:3]))
        return handed

    def wait(self, most_s: float, most_bytes: int) -> Answer:
        """Return the child's answer.

        Raises:
            CannotTryError: it took longer than ``most_s`` seconds, grew beyond ``most_bytes`` of resident memory, or
                died without an answer.
        """
        while self._process.poll() is None:
            if time.monotonic() - self._began_s > most_s:
                raise CannotTryError(f"it took longer than {most_s:,.0f} seconds")
            if self._resident_bytes() > most_bytes:
                raise CannotTryError(f"it grew beyond {most_bytes / 2**20:,.0f} MiB")
            time.sleep(_LOOK_EVERY_S)
        path = self._scratch / ANSWER
        if not path.exists():
            raise CannotTryError(f"the trial's process ended without an answer: {self._last_line()}")
        answer: Answer = pickle.loads(path.read_bytes())
        return answer

    def _resident_bytes(self) -> int:
        try:
            return int(psutil.Process(self._process.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def _last_line(self) -> str:
        with (self._scratch / PRINTED).open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - 2000, 0))
            lines = file.read().decode("utf-8", "replace").split("\n")
        said = [line for line in lines if line.strip()]
        return said[-1][:300] if said else f"exit code {self._process.returncode}"

    def close(self) -> None:
        """End the process with all that it started, and remove the scratch folder."""
        if self._process.poll() is None:
            with contextlib.suppress(OSError):
                if hasattr(os, "killpg"):
                    os.killpg(self._process.pid, signal.SIGKILL)
                else:
                    self._process.kill()
        self._process.wait()
        shutil.rmtree(self._scratch, ignore_errors=True)
