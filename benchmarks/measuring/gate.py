"""A gate before each ``pwrite`` of a process: its parent reads the high-water mark before the mark is reset.

Whoever measures the lines of a cell resets the mark at each of them. To look again and again from outside is not enough
on a busy machine: between two looks the mark may rise and be reset. With seccomp's user notification (Linux >= 5.5, no
privilege needed) the kernel holds such a call back until the parent has looked.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import select
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

from measuring.wire import Wire

# numbers of seccomp(2), of pwrite64(2), and the architecture as audit(7) names it
SYSTEM_CALLS = {"x86_64": (317, 18, 0xC000003E), "aarch64": (277, 68, 0xC00000B7)}
NO_NEW_PRIVILEGES, SET_FILTER, NEW_LISTENER = 38, 1, 8
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, NOTIFY = 0x7FFF0000, 0x7FC00000
RECEIVE, SEND, CONTINUE = 0xC0502100, 0xC0182101, 1
NOTICE_BYTES = 80


def close_gate(wire: Wire) -> None:
    """Put this thread, and those that it starts, behind the gate, and hand the key to the parent.

    Where the system has no such gate nothing happens: the parent then only looks from time to time.
    """
    numbers = SYSTEM_CALLS.get(platform.machine())
    listener = _listener(*numbers) if numbers and platform.system() == "Linux" else -1
    if listener >= 0:
        wire.hand_over("gate", listener)


def _listener(seccomp: int, pwrite: int, architecture: int) -> int:
    """Install the filter and return the descriptor at which its calls are announced, -1 where that is not allowed."""
    steps = [
        (LOAD, 0, 0, 4),
        (EQUAL, 0, 3, architecture),
        (LOAD, 0, 0, 0),
        (EQUAL, 0, 1, pwrite),
        (RETURN, 0, 0, NOTIFY),
        (RETURN, 0, 0, ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(code)))
    library = ctypes.CDLL(None)
    if library.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return -1
    return int(library.syscall(seccomp, SET_FILTER, NEW_LISTENER, program))


class Gate:
    """The parent's side: a thread that takes a look at each call that is held back, and lets it go on."""

    def __init__(self, listener: int, look: Callable[[], None]) -> None:
        self._listener, self._look = listener, look
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        waiting = select.poll()
        waiting.register(self._listener, select.POLLIN)
        with suppress(OSError):  # the process has ended between the notice and the answer
            while all(event & select.POLLIN for _, event in waiting.poll()):
                self._let_go_on()
        os.close(self._listener)

    def _let_go_on(self) -> None:
        notice = bytearray(NOTICE_BYTES)
        fcntl.ioctl(self._listener, RECEIVE, notice)
        with suppress(OSError):  # whatever happens here, the call must go on
            self._look()
        fcntl.ioctl(self._listener, SEND, bytearray(notice[:8] + struct.pack("qiI", 0, 0, CONTINUE)))
