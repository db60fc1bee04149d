"""Landlock, the Linux kernel's own leash: writes only below one folder, no TCP, no signals to others.

Called through ctypes, so no library is needed. What a kernel holds depends on its ABI:

====  =======================================================================
ABI   holds in addition
====  =======================================================================
1     opening for writing, making and removing of every kind of entry
2     renames and links between folders (before: refused everywhere)
3     truncating
4     TCP: bind and connect
5     ioctl on devices
6     abstract unix sockets, signals to processes outside
====  =======================================================================

Reading and executing are not restricted. Not held by any of these: mode, owner, times and extended attributes
of files, UDP, unix sockets that have a path, threads that
exist already (ABI 8 could tie them; not used), descriptors and shared memory maps that are open already.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

# the same numbers on x86_64 and aarch64
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
WRITE_FILE, REFER, TRUNCATE, IOCTL_DEV = 1 << 1, 1 << 13, 1 << 14, 1 << 15
# from REMOVE_DIR (bit 4) to MAKE_SYM (bit 12): removing and making entries
ENTRIES = sum(1 << bit for bit in range(4, 13))
TCP = 0b11  # bind, connect
SCOPES = 0b11  # abstract unix sockets, signals
PATH_BENEATH = 1
NO_NEW_PRIVILEGES = 38


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def landlock_abi() -> int:
    """Return the ABI of this kernel's Landlock; 0 where there is none, or it may not be used."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, _call(CREATE_RULESET, None, 0, 1))


def file_rights(abi: int) -> int:
    """Return the bits of every way to change files that this ABI knows."""
    later = ((2, REFER), (3, TRUNCATE), (5, IOCTL_DEV))
    return WRITE_FILE | ENTRIES | sum(bit for since, bit in later if abi >= since)


def restrict(scratch: Path, abi: int) -> bool:
    """Let the calling thread, and what it starts from now on, write only below the folder; False: refused.

    A folder that is not there raises: the caller's mistake, not the kernel's lack.
    """
    rights = file_rights(abi)
    wanted = _Ruleset(rights, TCP if abi >= 4 else 0, SCOPES if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = _call(CREATE_RULESET, ctypes.byref(wanted), size, 0)
    if ruleset < 0:
        return False
    try:
        of_a_file = rights & (WRITE_FILE | TRUNCATE | IOCTL_DEV)
        if not (_allow(ruleset, scratch, rights) and _allow(ruleset, Path(os.devnull), of_a_file)):
            return False
        if forbid_new_privileges() != 0:
            return False
        return _call(RESTRICT_SELF, ruleset, 0) == 0
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> bool:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        return _call(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(_Beneath(rights, place)), 0) == 0
    finally:
        os.close(place)


def forbid_new_privileges() -> int:
    """Make set-uid programs powerless from now on: without it, only root may tie itself."""
    return prctl(NO_NEW_PRIVILEGES, 1)


def prctl(option: int, value: int, pointer: object = 0) -> int:
    """Set an attribute of the calling process or thread; 0 where it worked."""
    second = ctypes.c_ulong(pointer) if isinstance(pointer, int) else pointer
    zero = ctypes.c_ulong(0)
    return _library().prctl(ctypes.c_int(option), ctypes.c_ulong(value), second, zero, zero)


def _call(number: int, *arguments: object) -> int:
    """Make a system call; -1 where it fails. Plain ints are widened: syscall(2) takes longs."""
    widened = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    syscall = _library().syscall
    syscall.restype = ctypes.c_long
    return syscall(ctypes.c_long(number), *widened)


def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
