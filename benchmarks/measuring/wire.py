"""How the parent and the process of a cell keep in step: two pipes, so that the cell may print what it likes."""

from __future__ import annotations

import json
import os
import select
import time
from typing import Any


class Wire:
    """One end: lines are sent and received; each moment that is announced waits until the other side has seen it."""

    def __init__(self, receiving: int, sending: int) -> None:
        self._receiving, self._sending = receiving, sending
        self._received = b""

    def moment(self, name: str) -> None:
        """Say that a moment has come, and wait until the other side lets this one go on."""
        os.write(self._sending, f"{name}\n".encode())
        os.read(self._receiving, 1)

    def go_on(self) -> None:
        """Let the other side go on."""
        os.write(self._sending, b".")

    def send(self, message: dict[str, Any]) -> None:
        """Send one message."""
        os.write(self._sending, json.dumps(message).encode() + b"\n")

    def is_ready(self) -> bool:
        """Tell whether a line may have come; does not wait."""
        return bool(select.select([self._receiving], [], [], 0)[0])

    def line(self, wait_s: float) -> str:
        """Return the next line.

        Raises:
            EOFError: the other side has ended.
            TimeoutError: nothing came for ``wait_s``.
        """
        until = time.monotonic() + wait_s
        while b"\n" not in self._received:
            if not select.select([self._receiving], [], [], max(0.0, until - time.monotonic()))[0]:
                raise TimeoutError(f"nothing was heard for {wait_s:.0f} s")
            chunk = os.read(self._receiving, 1 << 16)
            if not chunk:
                raise EOFError("the process ended without an answer")
            self._received += chunk
        line, self._received = self._received.split(b"\n", 1)
        return line.decode()

    def close(self) -> None:
        """Close both pipes."""
        os.close(self._receiving)
        os.close(self._sending)
