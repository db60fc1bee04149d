"""A seccomp filter for what Landlock does not hold: attributes of files, sockets, other processes, the machine.

It looks at system calls, so native code and started programs are held as well as Python; an audit hook would see
neither. It can't look at paths: attributes are refused below the scratch folder too (``shutil.copy`` fails there,
aloud). It is a list of what is forbidden, so a call that a later kernel invents is not on it.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from errno import EPERM

from memadvise.trial.landlock import prctl
from memadvise.trial.system_calls import NUMBERS

# audit's names of the architectures: a call made in another one (32-bit) is refused whatever it is
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32 = 0x40000000  # x86_64's second numbering starts here
SET_SECCOMP, FILTER_MODE = 22, 2

LOAD, AND, RETURN = 0x20, 0x54, 0x06
IF_EQUAL, IF_AT_LEAST = 0x15, 0x35
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | EPERM
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data

SIGNALS = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal")


@dataclass(frozen=True)
class Only:
    """A call is refused only where ``argument & mask == value``, or where it is not (``equal=False``)."""

    name: str
    argument: int
    value: int
    mask: int = 0xFFFFFFFF
    equal: bool = True


def _with_arguments() -> tuple[Only, ...]:
    # file systems' own ioctls work on descriptors opened for reading: flags, verity, clones, btrfs snapshots
    ioctls = [Only("ioctl", 1, letter << 8, 0xFF00) for letter in (0x58, 0x66, 0x76, 0x94)]
    # TIOCSTI and TIOCLINUX type into a terminal
    terminal = [Only("ioctl", 1, request) for request in (0x5412, 0x541C)]
    # a datagram socket can be sent from to any address, even when it is one of a pair
    datagrams = [Only("socketpair", 1, 2, 0xF)]
    of_others = ("prlimit64", "sched_setscheduler", "sched_setparam", "sched_setattr", "migrate_pages", "move_pages")
    others = [Only(name, 0, 0, equal=False) for name in (*of_others, "sched_setaffinity")]
    priorities = [Only("setpriority", 0, 0, equal=False), Only("setpriority", 1, 0, equal=False)]
    return (*ioctls, *terminal, *datagrams, *others, *priorities, Only("ioprio_set", 1, 0, equal=False))


def refuse_calls(abi: int) -> bool:
    """Install the filter in the calling thread; what Landlock's ABI holds better is left to it. False: not possible."""
    machine = platform.machine()
    if machine not in ARCHITECTURES or ctypes.sizeof(ctypes.c_void_p) != 8:
        return False
    code = b"".join(_program(machine, abi))
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    return prctl(SET_SECCOMP, FILTER_MODE, ctypes.create_string_buffer(header, len(header))) == 0


def _program(machine: str, abi: int) -> Iterator[bytes]:
    """Yield the instructions: blocks that end in a verdict, or are jumped over."""
    column = list(ARCHITECTURES).index(machine)
    numbers = {name: pair[column] for name, pair in NUMBERS.items()}
    yield from (_step(LOAD, ARCHITECTURE), _step(IF_EQUAL, ARCHITECTURES[machine], 1, 0), _step(RETURN, REFUSE))
    yield from (_step(LOAD, NUMBER), _step(IF_AT_LEAST, X32, 0, 1), _step(RETURN, REFUSE))
    conditions = (*_with_arguments(), *_lacking(abi))
    conditional = {one.name for one in conditions} | {"truncate", *SIGNALS}
    always = [name for name in numbers if name not in conditional]
    always += ["truncate"] if abi < 3 else []
    always += [name for name in SIGNALS if abi < 6 and name not in ("kill", "tgkill")]
    for name in always:
        number = numbers[name]
        if number is not None:
            yield from (_step(IF_EQUAL, number, 0, 1), _step(RETURN, REFUSE))
    for one in conditions:
        number = numbers[one.name]
        if number is not None:
            yield from _conditional(number, one)
    yield _step(RETURN, ALLOW)


def _lacking(abi: int) -> tuple[Only, ...]:
    """Return who may be signalled where Landlock does not hold that: the process itself, not even its children."""
    return () if abi >= 6 else tuple(Only(name, 0, os.getpid(), equal=False) for name in ("kill", "tgkill"))


def _conditional(number: int, one: Only) -> Iterator[bytes]:
    matches = (0, 1) if one.equal else (1, 0)
    yield from (_step(LOAD, NUMBER), _step(IF_EQUAL, number, 0, 4))
    # the kernel takes these arguments as 32 bits: the lower half comes first, both architectures are little-endian
    yield from (_step(LOAD, FIRST_ARGUMENT + 8 * one.argument), _step(AND, one.mask))
    yield from (_step(IF_EQUAL, one.value, *matches), _step(RETURN, REFUSE))


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)
