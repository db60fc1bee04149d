"""Ties the hands of a trial's child process before it runs a person's code."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from memadvise.trial.call_filter import refuse_calls
from memadvise.trial.landlock import landlock_abi, prctl, restrict
from memadvise.trial.surroundings import child_environment

__all__ = ["Tied", "child_environment", "tie_hands"]

DEATH_SIGNAL = 1
NICENESS = 10


@dataclass(frozen=True)
class Tied:
    """What holds a process from now on; ``landlock_abi`` 0: nothing does."""

    landlock_abi: int
    network: bool = False  # TCP is closed
    filtered: bool = False  # attributes of files, all sockets, other processes: refused by the call filter
    threads_before: int = 0  # other threads that existed already and are not held

    @property
    def complete(self) -> bool:
        """Whether cells with any side effect may run: nothing outside the scratch folder can change."""
        return self.landlock_abi > 0 and self.filtered and self.threads_before == 0

    def said(self) -> str:
        """Return in words what holds and what does not."""
        if not self.landlock_abi:
            return "nothing holds this process back: the system has no Landlock, or does not let it be used"
        gaps = []
        if not self.filtered:
            gaps.append("mode, owner and times of files, UDP and unix sockets are not held")
            gaps += ["truncating is not held"] if self.landlock_abi < 3 else []
            gaps += ["signals to other processes are not held"] if self.landlock_abi < 6 else []
        if not self.network:
            gaps.append("TCP is not closed")
        if self.threads_before:
            gaps.append(f"{self.threads_before} threads existed before and are not held")
        held = f"writes only to its scratch folder (Landlock, ABI {self.landlock_abi})"
        return "; ".join([held, *gaps])


def tie_hands(scratch: Path, parent_pid: int, keep: Collection[int] = ()) -> Tied:
    """Leave the calling process no way to change anything outside ``scratch``; what can't be held is returned.

    Call it in the child's main thread before other threads exist (importing NumPy starts some): Landlock ties the
    calling thread and what it starts afterwards. The parent's *thread* that started the child must outlive it, for
    Linux sends the death signal when that thread ends. Everything can be read and executed; started programs are tied
    too, and can't leave the process group, so that ``os.killpg`` reaches all. Only inheritable descriptors are closed
    (above 2, not in ``keep``).

    Refused everywhere, below ``scratch`` too: chmod, chown, utime, extended attributes, sockets, shared memory with a
    name (``multiprocessing``'s locks and pools need it: joblib has to use threads). Not held: what goes to descriptors
    that are open (stdout and stderr, those kept) and to shared maps of files made before; advisory locks on files that
    are only read; times of last access; processor time, memory, and the size of the scratch folder.
    """
    die_with(parent_pid)
    _step_back()
    _close_inherited(keep)
    abi = landlock_abi()
    if abi == 0 or not restrict(scratch, abi):
        return Tied(0)
    # after Landlock: that call has set what lets someone who is not root install a filter
    filtered = refuse_calls(abi)
    return Tied(abi, network=abi >= 4 or filtered, filtered=filtered, threads_before=_other_threads())


def die_with(parent_pid: int) -> None:
    """Die when the parent does; at once if it is gone already."""
    if sys.platform.startswith("linux"):
        prctl(DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent_pid:
            os._exit(1)


def _step_back() -> None:
    """Give way to everything else: processor time, memory, the disk that a core file would fill, the keyboard."""
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    with contextlib.suppress(OSError, ValueError):
        # 1, not 0: at 0 Linux still pipes a core to the system's collector
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        least = 1 if hard == resource.RLIM_INFINITY or hard >= 1 else 0
        resource.setrlimit(resource.RLIMIT_CORE, (least, least))
    _write_own("oom_score_adj", "1000")
    if os.getsid(0) == os.getpid():
        # where Linux shares out the processor by session, niceness counts only within one; this is the session's own
        _write_own("autogroup", str(NICENESS))


def _write_own(name: str, text: str) -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self", name).write_text(text, encoding="ascii")


def _close_inherited(keep: Collection[int]) -> None:
    """Close what came through exec: those are inheritable, and what Python opens itself is not."""
    folder = Path("/proc/self/fd")
    for name in os.listdir(folder) if folder.is_dir() else ():
        number = int(name)
        if number > 2 and number not in keep:
            with contextlib.suppress(OSError):  # the listing's own descriptor is closed by now
                if os.get_inheritable(number):
                    os.close(number)


def _other_threads() -> int:
    with contextlib.suppress(OSError):
        return len(os.listdir("/proc/self/task")) - 1
    return 0
