"""What a trial could reach outside its scratch folder: files, servers, a sleeping process; and how to see a change."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

SLEEPER = """
import ctypes, signal, sys
ctypes.CDLL(None).prctl(0x59616d61, ctypes.c_ulong(-1 % 2**64), 0, 0, 0)  # lets the positive controls in
got = []
signal.signal(signal.SIGUSR1, lambda *_: got.append(1))
memory = ctypes.create_string_buffer(b'--')
print(ctypes.addressof(memory), flush=True)
sys.stdin.readline()
print(memory.value.decode(), len(got), flush=True)
sys.stdin.readline()
"""


def make_folder(path: Path) -> None:
    """Make the folder that a kind of side effect works on."""
    (path / "empty").mkdir(parents=True)
    (path / "full").mkdir()
    (path / "full" / "inner.txt").write_text("inner")
    (path / "data.bin").write_bytes(bytes(range(200)))
    (path / "text.txt").write_text("text\n")


def listing(folder: Path) -> dict[str, tuple[object, ...]]:
    """Return all there is to know of every entry but its time of last access."""
    return {str(path.relative_to(folder)): _entry(path) for path in (folder, *sorted(folder.rglob("*")))}


def _entry(path: Path) -> tuple[object, ...]:
    stat = path.lstat()
    attributes = [(name, os.getxattr(path, name)) for name in os.listxattr(path)] if not path.is_symlink() else []
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    times = (stat.st_mtime_ns, stat.st_ctime_ns)
    return (stat.st_mode, stat.st_uid, stat.st_gid, stat.st_nlink, stat.st_ino, stat.st_size, times, attributes, digest)


@dataclass
class Outside:
    """Servers and a process; ``heard`` grows while they run."""

    port: int
    path: str
    sleeper: subprocess.Popen[str]
    address: int
    heard: bytearray = field(default_factory=bytearray)

    def seen_at_the_sleeper(self) -> dict[str, object]:
        """Return what may have been done to the process; it lives on."""
        pid = self.sleeper.pid
        assert self.sleeper.stdin is not None
        assert self.sleeper.stdout is not None
        seen: dict[str, object] = {"kill": os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None}
        if not seen["kill"]:
            return seen
        seen["priority"] = os.getpriority(os.PRIO_PROCESS, pid)
        seen["limit"] = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        seen["affinity"] = os.sched_getaffinity(pid)
        self.sleeper.stdin.write("\n")
        self.sleeper.stdin.flush()
        memory, signals = self.sleeper.stdout.readline().split()
        return seen | {"memory": memory[0], "memory by a call": memory[1], "kill by a program": signals}


@contextmanager
def outside(folder: Path) -> Iterator[Outside]:
    """Start what can be reached, and end it."""
    path = str(folder / "s")
    tcp = socket.create_server(("127.0.0.1", 0))
    port = tcp.getsockname()[1]
    udp = socket.socket(type=socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", port))
    stream, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    stream.bind(path)
    abstract.bind(b"\0" + path.encode())
    stream.listen()
    abstract.listen()
    datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    datagrams.bind(path + ".datagrams")
    command = [sys.executable, "-c", SLEEPER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sleeper:
        assert sleeper.stdout is not None
        here = Outside(port, path, sleeper, int(sleeper.stdout.readline()))
        stopped = threading.Event()
        servers = [(_accept, one) for one in (tcp, stream, abstract)] + [(_receive, one) for one in (udp, datagrams)]
        listeners = [threading.Thread(target=hear, args=(one, here.heard, stopped)) for hear, one in servers]
        for one in listeners:
            one.start()
        try:
            yield here
        finally:
            stopped.set()
            sleeper.send_signal(signal.SIGKILL)
            for one in listeners:
                one.join()
            for server in (tcp, udp, stream, abstract, datagrams):
                server.close()


def _accept(server: socket.socket, heard: bytearray, stopped: threading.Event) -> None:
    server.settimeout(0.1)
    while not stopped.is_set():
        try:
            connection, _ = server.accept()
        except TimeoutError:
            continue
        with connection:
            connection.settimeout(1)
            heard.extend(b" " + connection.recv(4096) + b" ")
            with suppress(OSError):  # it may have hung up
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")


def _receive(server: socket.socket, heard: bytearray, stopped: threading.Event) -> None:
    server.settimeout(0.1)
    while not stopped.is_set():
        try:
            heard.extend(b" " + server.recv(4096) + b" ")
        except TimeoutError:
            continue
