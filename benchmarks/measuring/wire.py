"""How the parent and the process of a cell keep in step: a socket of their own, so that the cell may print."""

from __future__ import annotations

import json
import os
import select
import socket
import time
from typing import Any


class Wire:
    """One end: lines are sent and received; each moment that is announced waits until the other side has seen it."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._received = b""
        self.descriptors: list[int] = []  # that came with the lines

    @classmethod
    def of(cls, descriptor: str) -> Wire:
        """Return the end that a parent has left open under this number."""
        return cls(socket.socket(fileno=int(descriptor)))

    def moment(self, name: str) -> None:
        """Say that a moment has come, and wait until the other side lets this one go on."""
        self._end.sendall(f"{name}\n".encode())
        self._end.recv(1)

    def hand_over(self, name: str, descriptor: int) -> None:
        """Give an open file to the other side; it need not answer."""
        socket.send_fds(self._end, [f"{name}\n".encode()], [descriptor])
        os.close(descriptor)

    def go_on(self) -> None:
        """Let the other side go on."""
        self._end.sendall(b".")

    def send(self, message: dict[str, Any]) -> None:
        """Send one message."""
        self._end.sendall(json.dumps(message).encode() + b"\n")

    def is_ready(self) -> bool:
        """Tell whether a line may have come; does not wait."""
        return bool(select.select([self._end], [], [], 0)[0])

    def line(self, wait_s: float) -> str:
        """Return the next line.

        Raises:
            EOFError: the other side has ended.
            TimeoutError: nothing came for ``wait_s``.
        """
        until = time.monotonic() + wait_s
        while b"\n" not in self._received:
            if not select.select([self._end], [], [], max(0.0, until - time.monotonic()))[0]:
                raise TimeoutError(f"nothing was heard for {wait_s:.0f} s")
            chunk, descriptors, _, _ = socket.recv_fds(self._end, 1 << 16, 4)
            self.descriptors += descriptors
            if not chunk:
                raise EOFError("the process ended without an answer")
            self._received += chunk
        line, self._received = self._received.split(b"\n", 1)
        return line.decode()

    def close(self) -> None:
        """Close this end."""
        self._end.close()
