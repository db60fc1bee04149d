"""What is handed to a child is there what it was here; what could not be is refused, by name and with the reason."""

from __future__ import annotations

import csv
import functools
import io
import itertools
import pickle
import sqlite3
import subprocess
import sys
import textwrap
import threading
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from handed_kinds import every

from memadvise.trial import snapshot
from memadvise.trial.handover import Handed, closure_of, hand_over

MIB = 2**20


def _child(folder: Path, code: str) -> str:
    """Take the folder over in a fresh process as ``ns``, run code there, return what it printed."""
    start = "import sys\nfrom pathlib import Path\nfrom memadvise.trial.handover import take_over\n"
    start += f"ns = take_over(Path({str(folder)!r}))\n"
    ran = subprocess.run([sys.executable, "-c", start + textwrap.dedent(code)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def _notebook(code: str) -> dict[str, Any]:
    """Return the namespace of a notebook that ran the code."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(textwrap.dedent(code), namespace)
    return {name: value for name, value in namespace.items() if not name.startswith("__")}


def _why(tmp_path: Path, **values: object) -> dict[str, str]:
    return dict(hand_over(values, tmp_path).refused)


def test_every_kind_reads_back_exactly(tmp_path: Path) -> None:
    """Frames, arrays, tables and plain values have the same exact fingerprint in the child."""
    values = every()
    before = {name: pickle.dumps(snapshot(value)) for name, value in values.items()}
    handed = hand_over(values, tmp_path)
    code = """
    import pickle
    from memadvise.trial import snapshot
    flags = {k: (bool(v.flags.writeable), v.flags.f_contiguous) for k, v in ns.items() if type(v).__name__ == "ndarray"}
    found = {name: snapshot(value) for name, value in ns.items()}
    attrs = ns["flagged"].attrs, ns["flagged"].flags.allows_duplicate_labels
    sys.stdout.write(pickle.dumps((found, flags, attrs)).hex())
    """
    found, flags, attrs = pickle.loads(bytes.fromhex(_child(tmp_path, code)))

    assert handed.refused == ()
    assert set(found) == set(values) == set(handed.names)
    assert [name for name in values if found[name].exact != snapshot(values[name]).exact] == []
    assert attrs == ({"unit": "kg"}, False)
    assert not [name for name, (writable, _) in flags.items() if writable != values[name].flags.writeable]
    assert flags["fortran"][1]
    assert {name: pickle.dumps(snapshot(value)) for name, value in values.items()} == before


def test_functions_see_the_childs_namespace(tmp_path: Path) -> None:
    """Functions, methods, closures, partials and lambdas read a name that the child rebinds, and may rebind one."""
    values = _notebook(
        """
        import functools
        from dataclasses import dataclass
        limit, other, count = 3, [1], 0
        def twice(function):
            @functools.wraps(function)
            def inner(*args):
                return 2 * function(*args)
            return inner
        def f(x=1): return limit + x
        def helper(): return limit
        def calls(): return helper() + len(other)
        def bump():
            global count
            count += 1
        @twice
        def decorated(): return limit
        def outer(n):
            def inner(): return n * limit
            return inner
        closure = outer(10)
        bound = functools.partial(f, 5)
        held = {"all": [lambda: limit]}
        def factorial(n): return 1 if n < 2 else n * factorial(n - 1)
        @dataclass
        class Point:
            x: int
            def scaled(self): return self.x * limit
            @property
            def p(self): return limit
            @classmethod
            def made(cls): return cls(limit)
        class Far(Point):
            def scaled(self): return super().scaled() + 1
        point, far, method = Point(2), Far(3), Point(4).scaled
        """
    )
    names = [
        "f",
        "calls",
        "bump",
        "decorated",
        "closure",
        "bound",
        "held",
        "factorial",
        "Point",
        "point",
        "far",
        "method",
        "limit",
        "count",
    ]
    handed = hand_over({name: values[name] for name in names}, tmp_path)
    code = """
    exec('''
    limit = 100
    bump(); bump()
    print(f(), calls(), decorated(), closure(), bound(), held["all"][0](), factorial(5), point.scaled(), point.p,
          Point.made().x, far.scaled(), method(), count, isinstance(far, Point), point == Point(2))
    '''.strip().replace("\\n    ", "\\n"), ns)
    """

    assert handed.refused == ()
    expected = "101 101 200 1000 105 100 120 200 100 100 301 400 2 True True"
    assert _child(tmp_path, code).split() == expected.split()


def test_classes_that_the_library_completes(tmp_path: Path) -> None:
    """Named tuples, enums and dataclasses with slots have pickling code that is not the person's."""
    values = _notebook(
        """
        import collections, enum, dataclasses
        Pair = collections.namedtuple("Pair", "a b")
        class Color(enum.Enum):
            RED = 1
        @dataclasses.dataclass(frozen=True, slots=True)
        class Point:
            x: int
        pair, red, point = Pair(1, 2), Color.RED, Point(3)
        """
    )
    handed = hand_over(values, tmp_path)

    assert handed.refused == ()
    assert _child(tmp_path, 'print(*ns["pair"], ns["red"] is ns["Color"].RED, ns["point"].x)') == "1 2 True 3\n"


def test_shared_objects_stay_shared(tmp_path: Path) -> None:
    """Two names of one list, a list in a list, and one frame under two names are one object in the child."""
    rows: list[int] = [1]
    frame = pd.DataFrame({"a": [1, 2]})
    hand_over({"rows": rows, "held": {"rows": rows}, "one": frame, "two": frame}, tmp_path)

    assert _child(tmp_path, 'print(ns["rows"] is ns["held"]["rows"], ns["one"] is ns["two"])') == "True True\n"


def test_views_of_one_memory_are_refused_together(tmp_path: Path) -> None:
    """Arrays that share memory would come apart; columns of one array and frames of pandas 3 do not share."""
    a = np.arange(100)
    grid = np.zeros((50, 2))
    frame = pd.DataFrame({"x": np.arange(100.0)})
    shared = _why(tmp_path, a=a, b=a[10:])
    with_frame = _why(tmp_path, frame=frame, raw=frame["x"].array._ndarray)

    assert set(shared) == {"a", "b"}
    assert "shares its memory" in shared["a"]
    assert set(with_frame) == {"frame", "raw"}
    assert _why(tmp_path, a=a[:10], b=a[10:]) == {}
    assert _why(tmp_path, x=grid[:, 0], y=grid[:, 1]) == {}
    assert _why(tmp_path, frame=frame, part=frame[["x"]], head=frame.head(), x=frame["x"]) == {}
    assert set(_why(tmp_path, held=[a, a[1:]])) == {"held"}
    assert set(_why(tmp_path, a=a, t=pa.table({"x": a}))) == {"a", "t"}
    assert set(_why(tmp_path, v=np.frombuffer(bytearray(80)))) == {"v"}
    assert set(_why(tmp_path, s=pd.Series(a, copy=False), t=pd.Series(a[1:], copy=False))) == {"s", "t"}


class _OwnReduce:
    def __reduce__(self) -> Any:
        raise AssertionError("the person's code was run")


class _Fails:
    def __reduce__(self) -> Any:
        raise TypeError("no")


REFUSED: dict[str, tuple[Any, str]] = {
    "generator": (lambda: (i for i in ()), "is a generator"),
    "lock": (threading.Lock, "is a lock"),
    "rlock": (threading.RLock, "is a lock"),
    "thread": (threading.Thread, "holds a running thread"),
    "local": (threading.local, "belongs to one thread"),
    "connection": (lambda: sqlite3.connect(":memory:"), "is an open connection"),
    "duck": (lambda: pytest.importorskip("duckdb").connect(), "is an open connection"),
    "file": (Path(__file__).open, "is an open file"),
    "binary": (lambda: Path(__file__).open("rb"), "is an open file"),  # noqa: SIM115 (kept open on purpose)
    "chunks": (lambda: pd.read_csv(io.StringIO("a\n1"), chunksize=1), "is a chunk reader"),
    "csv": (lambda: csv.reader(["a"]), "is an iterator"),
    "zip": (lambda: zip([1], strict=True), "is an iterator"),
    "map": (lambda: map(str, [1]), "is an iterator"),
    "enumerate": (lambda: enumerate([1]), "is an iterator"),
    "count": (itertools.count, "is an iterator"),
    "iterator": (lambda: iter([1]), "is an iterator"),
    "weak": (lambda: weakref.ref(threading.Thread()), "is a weak reference"),
    "memory": (lambda: memoryview(b"x"), "is a view of another object's memory"),
    "stdout": (lambda: sys.stdout, "is an open file"),
    "failing": (_Fails, "has code of its own for pickling that failed: TypeError: no"),
    "cached": (lambda: functools.lru_cache(lambda: 1), "is a function that remembers"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_can_not_be_handed_over(tmp_path: Path, kind: str) -> None:
    """Alone and deep inside, refused with the reason; the other names go across."""
    make, reason = REFUSED[kind]
    handed = hand_over({"x": make(), "config": {"conn": [make()]}, "fine": [1]}, tmp_path)
    found = dict(handed.refused)

    assert found["x"].startswith(reason)
    assert found['config["conn"][0]'].startswith(reason)
    assert handed.names == ("fine",)


def test_open_parquet_shell_and_writable_map(tmp_path: Path) -> None:
    """An open Parquet file, the shell, and an array on a file that it writes to."""
    import pyarrow.parquet as pq
    from IPython.core.interactiveshell import InteractiveShell

    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")
    np.save(tmp_path / "a.npy", np.arange(9))
    shell = InteractiveShell.__new__(InteractiveShell)
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r+")
    found = _why(tmp_path, file=pq.ParquetFile(tmp_path / "a.parquet"), shell=shell, mapped=mapped, view=mapped[1:])

    assert found["file"] == "reads from an open Parquet file"
    assert found["shell"] == "is the shell itself"
    assert "mapped from a file" in found["mapped"]
    assert "mapped from a file" in found["view"]


@pytest.mark.parametrize("name", ["__reduce__", "__reduce_ex__", "__getstate__", "__del__", "__getattribute__"])
def test_code_of_the_notebooks_classes_is_not_run(tmp_path: Path, name: str) -> None:
    """A class of the notebook that has pickling code of its own is refused before that is run."""
    values = _notebook(f"ran = []\nclass Own:\n    def {name}(self, *a): ran.append(1)\n")
    kept = object.__new__(values["Own"])
    found = _why(tmp_path, own=kept)

    assert name in found["own"]
    assert values["ran"] == []


def test_a_function_that_needs_a_refused_name_is_refused(tmp_path: Path) -> None:
    """Its global would be missing in the child."""
    values = _notebook("import threading\nlock = threading.Lock()\ndef f():\n    return lock\n")

    assert "is a lock" in _why(tmp_path, f=values["f"])["f"]


def test_too_large_and_too_slow(tmp_path: Path) -> None:
    """The name that is too large is named, the others go; after the time nothing goes."""
    large = hand_over({"big": np.ones(MIB), "small": [1]}, tmp_path, most_bytes=MIB)
    slow = hand_over({"a": [pd.Timestamp(0)] * 10}, tmp_path, most_seconds=-1)

    assert large.refused == (("big", "is larger than may be handed over"),)
    assert large.names == ("small",)
    assert slow.names == ()
    assert slow.refused == (("a", "takes too long to hand over"),)


def test_random_states_and_modules(tmp_path: Path) -> None:
    """Generators and both modules' own states go on where they were; a module is imported with its loaded parts."""
    import random
    import xml.dom.minidom

    generator, own = np.random.default_rng(1), random.Random(2)
    generator.random()
    handed = hand_over({"g": generator, "own": own, "xml": xml}, tmp_path)
    expected = f"{generator.random()} {own.random()} {random.random()} {np.random.random()} True\n"
    code = """
    import random, numpy
    print(ns["g"].random(), ns["own"].random(), random.random(), numpy.random.random(), hasattr(ns["xml"], "dom"))
    """

    assert handed.refused == ()
    assert _child(tmp_path, code) == expected


def test_a_model_predicts_the_same(tmp_path: Path) -> None:
    """A fitted model of scikit-learn, by its predictions."""
    linear = pytest.importorskip("sklearn.linear_model")
    x = np.random.default_rng(0).random((50, 3))
    model = linear.LinearRegression().fit(x, x.sum(axis=1))
    hand_over({"model": model, "x": x}, tmp_path)

    assert (
        _child(tmp_path, 'print(ns["model"].predict(ns["x"]).tobytes().hex())').strip()
        == model.predict(x).tobytes().hex()
    )


_MARK = """
import re, sys
from pathlib import Path
import numpy as np, pandas as pd
from memadvise.trial.handover import hand_over
def kib(name): return int(re.search(name + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
number = np.random.default_rng(0).integers(0, 10**6, 1_000_000)
values = {
    "numbers": pd.DataFrame(np.random.default_rng(0).random((1_000_000, 6))),
    "text": pd.DataFrame({"t": pd.Series(number).map("a text of some length {:09d}".format).astype("str")}),
    "times": pd.DataFrame({"d": pd.to_datetime(number)}),
}
hand_over({name: value.head(9) for name, value in values.items()}, Path(sys.argv[1]))
Path("/proc/self/clear_refs").write_text("5")
before = kib("VmRSS")
handed = hand_over(values, Path(sys.argv[1]))
print(kib("VmHWM") - before, handed.nbytes, *handed.names)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="resets the high-water mark")
def test_the_kernels_mark_is_not_raised(tmp_path: Path) -> None:
    """100 MB of numbers, text and times are handed over within 5 MB, and are of the child's size before it runs."""
    ran = subprocess.run([sys.executable, "-c", _MARK, str(tmp_path)], capture_output=True, text=True, check=True)
    raised, nbytes, *names = ran.stdout.split()
    code = """
    import re
    def kib(): return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
    before = kib()
    total = sum(float(c.sum()) if c.dtype != "str" else len(c) for n in ("numbers", "text") for c in [ns[n].iloc[:, 0]])
    print(kib(), kib() - before)
    """
    resident, grown = map(int, _child(tmp_path, code).split())

    assert names == ["numbers", "text", "times"]
    assert int(nbytes) > 85e6
    assert int(raised) < 5 * 1024
    assert resident * 1024 > int(nbytes)
    assert grown < 20 * 1024


def test_closure_of_follows_functions_and_classes() -> None:
    """Names that functions, methods, inner functions and held functions mention, and theirs."""
    values = _notebook(
        """
        a = b = c = d = unused = 1
        def f():
            def inner(): return a
            return inner
        class K:
            def m(self): return b
        def g(): return f
        held = [lambda: c]
        k = K()
        """
    )

    assert closure_of(frozenset({"g", "k", "held", "gone"}), values) == {"g", "f", "a", "k", "b", "held", "c"}


def test_nothing_at_all(tmp_path: Path) -> None:
    """No values make an empty folder that can be taken over."""
    assert hand_over({}, tmp_path) == Handed((), pytest.approx(0, abs=10_000), pytest.approx(0, abs=5))
    assert _child(tmp_path, "print(ns)") == "{}\n"
