"""Draws timelines in a process of its own: matplotlib's 30 MB and its import never count in the person's kernel.

As a program (`python -m memadvise.show.drawer`) it reads one JSON line per drawing and answers with one.
"""

from __future__ import annotations

import atexit
import json
import select
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, replace
from typing import IO, Any

from memadvise.model import LineUse, Measurement

PATIENCE_S = 5.0  # for one drawing, matplotlib's import included


class Drawer:
    """The kernel's side: starts the process early, asks it, and does without a timeline when it does not answer."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start the process; it imports matplotlib while the person's first cell runs."""
        if self._process is not None and self._process.poll() is None:
            return
        with suppress(OSError):
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "memadvise.show.drawer"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,  # an interrupt of the kernel is not for it
            )

    def draw(self, measurement: Measurement, limit_bytes: int) -> str:
        """Return the SVG.

        Raises:
            RuntimeError: the process is not there or did not answer in time.
        """
        self.start()
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise RuntimeError("the process that draws timelines could not be started")
        try:
            process.stdin.write(json.dumps([asdict(_slim(measurement)), limit_bytes]) + "\n")
            process.stdin.flush()
            drawn = json.loads(_line(process.stdout))
        except (OSError, ValueError) as error:
            self.close()
            raise RuntimeError("the process that draws timelines did not answer") from error
        if not isinstance(drawn, str):
            raise RuntimeError("the timeline could not be drawn")
        return drawn

    def close(self) -> None:
        """End the process; a later drawing starts another one."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        process.kill()
        process.wait()


def _slim(measurement: Measurement) -> Measurement:
    """Return only what is drawn."""
    return Measurement(
        measurement.start_bytes,
        measurement.peak_bytes,
        measurement.end_bytes,
        measurement.method,
        measurement.error_bound_bytes,
        measurement.wall_s,
        samples=measurement.samples,
        children=measurement.children,
        marks=measurement.marks,
        lines=tuple(replace(use, calls=()) for use in measurement.lines),
    )


def _measurement(fields: dict[str, Any]) -> Measurement:
    """Return what ``_slim`` sent: JSON has turned tuples into lists."""
    for name in ("samples", "children", "marks"):
        fields[name] = tuple((float(seconds), int(value)) for seconds, value in fields[name])
    fields["lines"] = tuple(LineUse(**{**use, "calls": ()}) for use in fields["lines"])
    return Measurement(**{**fields, "variables": (), "notes": (), "allocators": (), "imports": ()})


def _line(pipe: IO[str]) -> str:
    """Return the next line.

    Raises:
        OSError: none came in time.
    """
    if sys.platform != "win32" and not select.select([pipe], [], [], PATIENCE_S)[0]:
        raise OSError("no answer")
    return pipe.readline()


DRAWER = Drawer()
atexit.register(DRAWER.close)


def timeline_svg(measurement: Measurement, limit_bytes: int) -> str:
    """Return the timeline, drawn elsewhere.

    Raises:
        RuntimeError: there is no drawing; the caller does without.
    """
    return DRAWER.draw(measurement, limit_bytes)


def serve(asked: IO[str], answers: IO[str]) -> None:
    """Answer each line with a drawing (null when it failed) until the other side is gone."""
    from memadvise.show.timeline import preload
    from memadvise.show.timeline import timeline_svg as draw

    preload()
    for line in asked:
        drawn: str | None = None
        with suppress(Exception):
            fields, limit_bytes = json.loads(line)
            drawn = draw(_measurement(fields), limit_bytes)
        answers.write(json.dumps(drawn) + "\n")
        answers.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(sys.stdin, sys.stdout)
