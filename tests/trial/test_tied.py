"""A trial's child with tied hands: no kind of side effect gets out; untied, every one of them does."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from outside import Outside, listing, make_folder, outside
from side_effects import ELSEWHERE, HEARD, IN_A_FOLDER

from memadvise.trial.landlock import landlock_abi
from memadvise.trial.tied import Tied, child_environment

pytestmark = pytest.mark.skipif(
    landlock_abi() == 0,
    reason="this system has no Landlock: nothing can be tied here, and no trial runs",
)

START = """
import os, shutil, signal, socket, subprocess, sys, tempfile
import numpy, pandas, matplotlib.pyplot
frame = pandas.DataFrame({'a': [1, 2], 'b': ['x', 'y']})
figure = matplotlib.pyplot.figure()
"""
CHILD = Path(__file__).with_name("tied_child.py")
# what a folder's file system may lack; the positive control then says nothing
MAY_LACK = ("extended attribute", "flags of a file")


@dataclass(frozen=True)
class Ran:
    """One child's run: what it answered and what could be seen from outside."""

    answer: Mapping[str, Any]
    changed: frozenset[str]

    def raised(self, name: str) -> str:
        """Return the traceback of a piece, or ""."""
        return str(self.answer["raised"][name])


def run_child(room: Path, pieces: Mapping[str, Any], tie: bool, start: str = "", **more: Any) -> dict[str, Any]:
    """Run the pieces in a fresh process, as a trial starts it; return its answer."""
    scratch = room / "scratch"
    scratch.mkdir(exist_ok=True)
    request, answer = room / "request.json", scratch / "answer.json"
    request.write_text(json.dumps({"tie": tie, "scratch": str(scratch), "start": start, "pieces": pieces, **more}))
    environment = child_environment(scratch)
    command = [sys.executable, str(CHILD), str(request), str(answer)]
    done = subprocess.run(
        command, env=environment, start_new_session=True, capture_output=True, text=True, timeout=60, check=False,
        pass_fds=more.get("passed", ()),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(answer.read_text()))


def run_all(room: Path, tie: bool) -> Ran:
    """Run every kind in one child and look for its effect."""
    victims = room / "victims"
    pieces: dict[str, Any] = {}
    for name, code in IN_A_FOLDER.items():
        make_folder(victims / name.replace(" ", "_"))
        unique = name.replace(" ", "_")
        pieces[name] = {"code": code, "names": {"folder": str(victims / name.replace(" ", "_")), "name": unique}}
    before = {name: listing(victims / name.replace(" ", "_")) for name in IN_A_FOLDER}
    sockets = Path("/tmp", f"memadvise-{os.getpid()}-{int(tie)}")  # a unix socket's path must be short
    sockets.mkdir()
    with outside(sockets) as here:
        pieces |= _reaching_out(here, f"memadvise-{os.getpid()}", key := 0x6D650000 + os.getpid() % 0xFFFF)
        first = _sleeper_before(here)
        answer = run_child(room, pieces, tie, START)
        changed = {name for name in IN_A_FOLDER if listing(victims / name.replace(" ", "_")) != before[name]}
        time.sleep(0.3)
        changed |= {name for name in HEARD if name.replace(" ", "-").encode() in _words(here.heard)}
        changed |= _elsewhere(here, first, room, answer, key)
    for path in sockets.iterdir():
        path.unlink()
    sockets.rmdir()
    return Ran(answer, frozenset(changed))


def _words(heard: bytearray) -> set[bytes]:
    return {word.strip(b"/") for word in bytes(heard).split()}


def _reaching_out(here: Outside, shared: str, key: int) -> dict[str, Any]:
    names = {"port": here.port, "path": here.path, "sleeper": here.sleeper.pid, "address": here.address}
    code = HEARD | ELSEWHERE
    code["bound"] += "\nvalue = bound"
    order = [name for name in code if name != "kill"]  # the sleeper is asked before the last piece ends it
    ask = "import pathlib, time"
    return {name: {"code": f"{ask}\n{code[name]}", "names": {**names, "name": shared, "key": key}} for name in order}


def _sleeper_before(here: Outside) -> dict[str, object]:
    import resource

    pid = here.sleeper.pid
    return {
        "priority": os.getpriority(os.PRIO_PROCESS, pid),
        "limit": resource.prlimit(pid, resource.RLIMIT_NOFILE),
        "affinity": os.sched_getaffinity(pid),
        "memory": "-",
        "memory by a call": "-",
        "kill by a program": "0",
    }


def _elsewhere(here: Outside, first: dict[str, object], room: Path, answer: dict[str, Any], key: int) -> set[str]:
    seen = here.seen_at_the_sleeper()
    changed = {name for name in first if seen[name] != first[name]}
    changed |= {"bound"} if answer["values"].get("bound") else set()
    shared = Path("/dev/shm", f"memadvise-{os.getpid()}")
    if shared.exists():
        shared.unlink()
        changed.add("named shared memory")
    library = ctypes.CDLL(None)
    segment = library.shmget(key, 1, 0)
    if segment != -1:
        library.shmctl(segment, 0, None)
        changed.add("system v memory")
    if (room / "scratch" / "tmp" / "left").exists():
        changed.add("session")
    kill = {"code": f"import os, signal\nsleeper = {here.sleeper.pid}\n{ELSEWHERE['kill']}", "names": {}}
    (room / "killing").mkdir()
    last = run_child(room / "killing", {"kill": kill}, bool("tied" in answer))
    answer["raised"]["kill"] = last["raised"]["kill"]
    time.sleep(0.1)
    return changed | (set() if here.sleeper.poll() is None else {"kill"})


@pytest.fixture(scope="module")
def tied(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Return the run of every kind with tied hands."""
    return run_all(tmp_path_factory.mktemp("tied"), tie=True)


@pytest.fixture(scope="module")
def untied(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Return the run of every kind without."""
    return run_all(tmp_path_factory.mktemp("untied"), tie=False)


KINDS = [*IN_A_FOLDER, *HEARD, *ELSEWHERE]


@pytest.mark.parametrize("name", KINDS)
def test_the_positive_control_has_its_effect(untied: Ran, name: str) -> None:
    """Without ties every kind does what it says, so the tied run's silence means something."""
    if name in MAY_LACK and name not in untied.changed:
        assert "Errno 95" in untied.raised(name) or "Errno 25" in untied.raised(name), untied.raised(name)
        pytest.skip("this file system has none of that")
    assert name in untied.changed, untied.raised(name)


@pytest.mark.parametrize("name", KINDS)
def test_no_kind_gets_out_of_tied_hands(tied: Ran, name: str) -> None:
    """With ties every byte, time, mode, owner, attribute and entry is as it was, and nobody heard a thing."""
    assert name not in tied.changed


# a program, process or foreign call that was refused says so itself, by its exit status; the others must raise
SILENT = {
    "os.system", "shell redirect", "chmod program", "python in python", "ctypes", "thread", "forked",
    "multiprocessing", "pathlib touch", "udp of a program", "memory by a call", "system v memory", "session",
    "kill by a program",
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in KINDS if name not in SILENT])
def test_a_refused_effect_is_loud(tied: Ran, name: str) -> None:
    """What is refused raises where it is written, so a hindered trial is never taken for a free one."""
    assert tied.raised(name)


def test_what_holds_is_said(tied: Ran) -> None:
    """The child knows what holds it."""
    said = tied.answer["tied"]
    assert said["landlock_abi"] == landlock_abi()
    assert said["threads_before"] == 0
    if said["filtered"]:
        assert said["complete"]
        assert said["network"]


def test_what_does_not_hold_is_said() -> None:
    """Nothing is complete without Landlock, the filter and a single thread, and the words say which is missing."""
    assert "no Landlock" in Tied(0).said()
    assert "truncating" in Tied(2).said()
    assert "signals" in Tied(5, network=True).said()
    assert "3 threads" in Tied(7, True, True, 3).said()
    assert not any(one.complete for one in (Tied(0), Tied(7, True), Tied(7, True, True, 1), Tied(0, True, True)))


STILL_WORKS = {
    "read": "value = open(__import__('sys').executable, 'rb').read(4).hex()",
    "imports": "import pandas, scipy.stats, matplotlib.pyplot, duckdb, polars; value = 1",
    "duckdb in memory": "import duckdb; value = duckdb.sql('select count(*) from range(1000000)').fetchall()[0][0]",
    "polars threads": "import polars; value = int(polars.DataFrame({'a': range(1000)}).lazy().sum().collect().item())",
    "figure": """
import io, matplotlib.pyplot as plt
plt.plot([1, 2]); out = io.BytesIO(); plt.savefig(out); value = out.getvalue()[1:4].decode()""",
    "write in scratch": """
import pandas, tempfile, os
with tempfile.TemporaryDirectory() as folder:
    pandas.DataFrame({'a': [1]}).to_parquet(folder + '/a.parquet')
    os.mkdir(folder + '/b'); os.rename(folder + '/a.parquet', folder + '/b/a.parquet')
    value = pandas.read_parquet(folder + '/b/a.parquet')['a'].tolist()""",
    "sqlite and duckdb in scratch": """
import sqlite3, duckdb
with sqlite3.connect('base.sqlite') as base: base.execute('create table t (a int)')
duckdb.connect('base.duckdb').execute('create table t as select 1 as a'); value = 1""",
    "null device": "open('/dev/null', 'w').write('x'); value = 1",
    "random": "import os, secrets; value = len(secrets.token_bytes(3)) + len(open('/dev/urandom', 'rb').read(2))",
    "threads": """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(2) as pool: value = list(pool.map(abs, [-1, 2]))""",
    "joblib threads": """
import joblib
value = joblib.Parallel(2, backend='threading')(joblib.delayed(abs)(-i) for i in range(3))""",
    "programs": "import subprocess; value = subprocess.check_output(['echo', 'hello'], text=True).strip()",
    "own child is ended": """
import subprocess
one = subprocess.Popen(['sleep', '60']); one.terminate(); value = one.wait()""",
    "asyncio": "import asyncio\nasync def one(): await asyncio.sleep(0); return 7\nvalue = asyncio.run(one())",
    "ipython": """
from IPython.core.interactiveshell import InteractiveShell
value = InteractiveShell.instance().run_cell('1 + 1').result""",
    "keyboard": "import sys; value = sys.stdin.read()",
    "niceness": "import os; value = os.nice(0)",
    "no core": "import resource; value = resource.getrlimit(resource.RLIMIT_CORE)[0] <= 1",
    "victim": "value = open('/proc/self/oom_score_adj').read().strip()",
}


@pytest.fixture(scope="module")
def working(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what harmless pieces gave in tied hands."""
    room = tmp_path_factory.mktemp("working")
    pieces = {name: {"code": code, "names": {}} for name, code in STILL_WORKS.items()}
    return run_child(room, pieces, tie=True)


EXPECTED = {
    "read": "7f454c46", "imports": 1, "duckdb in memory": 1000000, "polars threads": 499500, "figure": "PNG",
    "write in scratch": [1], "sqlite and duckdb in scratch": 1, "null device": 1, "random": 5, "threads": [1, 2],
    "joblib threads": [0, 1, 2], "programs": "hello", "own child is ended": -15, "asyncio": 7, "ipython": 2,
    "keyboard": "", "no core": True, "victim": "1000",
}  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_what_harms_nobody_works(working: dict[str, Any], name: str) -> None:
    """Reading, computing, threads, programs and writing below the scratch folder go on as ever."""
    assert not working["raised"][name]
    assert working["values"][name] == EXPECTED[name]


def test_it_gives_way(working: dict[str, Any]) -> None:
    """The child is nicer than its parent."""
    assert working["values"]["niceness"] > os.nice(0) or os.nice(0) >= 10


REFUSED_ALOUD = {
    "pool of processes": "import multiprocessing; multiprocessing.get_context('fork').Pool(2)",
    "copy in scratch": "import shutil; open('a', 'w').close(); shutil.copy('a', 'b')",
    "socket": "import socket; socket.socket()",
}


def test_what_can_not_be_allowed_says_so(tmp_path: Path) -> None:
    """Pools of processes, sockets and modes below scratch are refused with the system's own error."""
    pieces = {name: {"code": code, "names": {}} for name, code in REFUSED_ALOUD.items()}
    raised = run_child(tmp_path, pieces, tie=True)["raised"]
    assert {name: "PermissionError" in text for name, text in raised.items()} == dict.fromkeys(REFUSED_ALOUD, True)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Return a pipe's two descriptors."""
    ends = os.pipe()
    yield ends
    for end in ends:
        with suppress(OSError):
            os.close(end)


def test_inherited_descriptors_are_closed_unless_named(tmp_path: Path, pipe: tuple[int, int]) -> None:
    """A descriptor that came through exec is closed, one that was named is kept."""
    code = f"import os; there = os.listdir('/proc/self/fd'); value = [str(one) in there for one in {pipe}]"
    piece = {"code": code, "names": {}}
    answer = run_child(tmp_path, {"open": piece}, tie=True, passed=list(pipe), keep=[pipe[1]])
    assert answer["values"]["open"] == [False, True]


def test_a_child_whose_parent_is_gone_ends(tmp_path: Path) -> None:
    """Another parent than the one named means that the kernel has died meanwhile."""
    code = "from pathlib import Path; from memadvise.trial.tied import tie_hands"
    code += f"; tie_hands(Path({str(tmp_path)!r}), 1); print(5)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (1, "")


def test_the_child_dies_with_its_parent(tmp_path: Path) -> None:
    """A parent that is killed takes the child along."""
    child = "import os, time; from pathlib import Path; from memadvise.trial.tied import tie_hands"
    child += f"; tie_hands(Path({str(tmp_path)!r}), os.getppid()); print(os.getpid(), flush=True); time.sleep(60)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], start_new_session=True)"
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.kill()
    end = time.monotonic() + 5
    while _alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_threads_that_exist_already_are_told(tmp_path: Path) -> None:
    """Landlock does not tie them, so the child is not said to be held."""
    code = "import threading, time, os; threading.Thread(target=time.sleep, args=(1,), daemon=True).start()"
    code += "; from pathlib import Path; from memadvise.trial.tied import tie_hands"
    code += f"; one = tie_hands(Path({str(tmp_path)!r}), os.getppid()); print(one.threads_before, one.complete)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "1 False\n"


OLDER = """
import os, socket, signal, subprocess, sys
from pathlib import Path
import memadvise.trial.tied as tied
tied.landlock_abi = lambda: {abi}
print(tied.tie_hands(Path({scratch!r}), os.getppid()).said())
for attempt in (lambda: os.truncate({file!r}, 0), lambda: os.kill(os.getppid(), 0), lambda: open({file!r}, 'w'),
                lambda: os.chmod({file!r}, 0o600), lambda: socket.socket(), lambda: os.link({file!r}, 'x')):
    try: attempt(); print('got out')
    except (PermissionError, OSError) as error: print('refused')
os.kill(os.getpid(), 0)
open(os.path.join({scratch!r}, 'own'), 'w').close()
"""


@pytest.mark.parametrize("abi", range(1, 7))
def test_older_kernels_hold_as_much(tmp_path: Path, abi: int) -> None:
    """What an older ABI lacks, the filter holds; bits that it does not know are not asked for."""
    if abi > landlock_abi():
        pytest.skip("newer than this kernel's")
    scratch, file = tmp_path / "scratch", tmp_path / "file"
    scratch.mkdir()
    file.write_text("text")
    code = OLDER.format(abi=abi, scratch=str(scratch), file=str(file))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.splitlines()[1:] == ["refused"] * 6
    assert f"ABI {abi}" in done.stdout
    assert file.read_text() == "text"


def test_without_landlock_nothing_is_tied(tmp_path: Path) -> None:
    """Other systems and containers that refuse get an answer, not an error."""
    code = "import os; from pathlib import Path; import memadvise.trial.tied as t; t.landlock_abi = lambda: 0\n"
    code += f"print(t.tie_hands(Path('/nowhere'), os.getppid()))\nopen({str(tmp_path / 'a')!r}, 'w').close()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.startswith("Tied(landlock_abi=0")
    assert (tmp_path / "a").exists()


def test_the_environment_leads_below_scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Caches and temporary files go below scratch, the person's Matplotlib settings stay in force, HOME stays."""
    home, scratch = tmp_path / "home", tmp_path / "scratch"
    (home / ".config" / "matplotlib").mkdir(parents=True)
    (home / ".config" / "matplotlib" / "matplotlibrc").write_text("lines.linewidth: 3\n")
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR"):
        monkeypatch.delenv(name, raising=False)
    environment = child_environment(scratch)
    assert environment["HOME"] == str(home)
    assert environment["MPLBACKEND"] == "agg"
    assert Path(environment["TMPDIR"]).is_relative_to(scratch)
    assert Path(environment["TMPDIR"]).is_dir()
    assert (Path(environment["MPLCONFIGDIR"]) / "matplotlibrc").read_text() == "lines.linewidth: 3\n"
