"""What imports cost, and that watching them changes nothing: in fresh processes, with the watch and without."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import memadvise

PACKAGES = {
    "big.py": "import brought_along\nkept = bytearray(b'1') * 20_000_000",
    "brought_along.py": "kept = bytearray(b'1') * 10_000_000",
    "parent/__init__.py": "kept = bytearray(b'1') * 20_000_000",
    "parent/child.py": "kept = bytearray(b'1') * 10_000_000",
    "fails.py": "import brought_along\ndef inner():\n    return 1 / 0\ninner()",
    "misses.py": "import there_is_no_such_module",
    "old_name.py": "from brought_along import no_such_name",
    "broken.py": "this is no Python",
    "left.py": "import right\nname = right.__name__",
    "right.py": "import left\nname = getattr(left, 'name', 'not yet')",
    "space/inside.py": "import sys\nname = __name__",
    "itself.py": "import sys\nclass Other:\n    value = 5\nsys.modules[__name__] = Other()",
    "gone.py": "import sys\ndel sys.modules[__name__]",
    "hook.py": """
import sys, types
from importlib.machinery import ModuleSpec
class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return ModuleSpec(name, cls) if name == "made_up" else None
    @staticmethod
    def create_module(spec):
        return None
    @staticmethod
    def exec_module(module):
        module.value = 7
sys.meta_path.insert(0, Finder)
""",
    "new_list.py": "import sys\nsys.meta_path = list(sys.meta_path)",
    "exits.py": "raise SystemExit(3)",
}

SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
import importlib, importlib.util, json, pickle, threading, traceback
from memadvise.measure import imports
from memadvise.measure.spans import spans

resident = lambda: spans().counter.read().resident_bytes
resident()
{setup}
finders = list(sys.meta_path)
watch = imports.begin() if {watched} else None
seen, uses = None, ()
try:
    exec(compile({cell!r}, "cell", "exec"), globals())
except BaseException:
    seen = traceback.format_exc()
if watch:
    uses = imports.end(watch)
uses = [[use.name, use.retained_bytes, use.wall_s] for use in uses]
ours = [repr(finder) for finder in sys.meta_path if type(finder).__module__.startswith("memadvise")]
print(json.dumps({{"seen": seen, "uses": uses, "ours": ours, "same_finders": finders == sys.meta_path}}))
"""

Watched = Callable[..., Any]


@pytest.fixture
def watched(fresh: Callable[[str], Any], tmp_path: Path) -> Watched:
    """Give a function that runs a cell beside the packages above; a cell tells what it saw in ``seen``."""
    for path, text in PACKAGES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)

    def run(cell: str, setup: str = "", with_watch: bool = True) -> Any:
        return fresh(SCRIPT.format(folder=str(tmp_path), cell=cell, setup=setup, watched=with_watch))

    return run


def test_pandas(watched: Watched) -> None:
    """All that ``import pandas`` takes is charged to pandas, and it is what the resident size grew by."""
    actual = watched("before = resident()\nimport pandas\nseen = resident() - before")
    [[name, retained, wall_s]] = actual["uses"]

    assert name == "pandas"
    assert retained == pytest.approx(actual["seen"], rel=0.05)
    assert wall_s > 0


def test_what_an_import_brings_along_counts_with_it(watched: Watched) -> None:
    """The package that the cell names is charged, not the one that this package imports."""
    actual = watched("import big").get("uses")

    assert [name for name, *_ in actual] == ["big"]
    assert actual[0][1] == pytest.approx(30_000_000, rel=0.02)


def test_packages_are_told_apart_largest_first(watched: Watched) -> None:
    """A package counts with its submodules, also where the cell imports them later on."""
    actual = watched("import brought_along\nimport parent\nfrom parent import child")["uses"]

    assert [name for name, *_ in actual] == ["parent", "brought_along"]
    assert [retained for _, retained, _ in actual] == pytest.approx([30_000_000, 10_000_000], rel=0.02)


def test_submodule_of_an_older_package(watched: Watched) -> None:
    """Of a package that was there before, only what the cell loaded counts."""
    [[name, retained, _]] = watched("import parent.child", "import parent")["uses"]

    assert name == "parent"
    assert retained == pytest.approx(10_000_000, rel=0.02)


@pytest.mark.parametrize(
    ("cell", "setup"),
    [
        ("pass", ""),
        ("import big\nimport sys", "import big"),
        ("importlib.reload(big)", "import big"),
        ("try:\n    import fails\nexcept ZeroDivisionError:\n    pass", ""),
        ("importlib.util.find_spec('big')", ""),
        ("importlib.util.find_spec('parent')\nimport big", "import big"),
    ],
)
def test_nothing_imported(watched: Watched, cell: str, setup: str) -> None:
    """What was loaded before, is only looked for, or fails is no import of the cell."""
    assert watched(cell, setup)["uses"] == []


def test_imports_after_a_search_and_after_a_failure_count(watched: Watched) -> None:
    """A search and a failing import leave nothing behind that would hide the next import."""
    cell = "importlib.util.find_spec('big')\ntry:\n    import misses\nexcept ImportError:\n    pass\nimport big"

    assert [name for name, *_ in watched(cell)["uses"]] == ["big"]


SAME = {
    "fails": "import fails",
    "fails below": "def f():\n    import fails\nf()",
    "misses": "import misses",
    "not there": "import not_there",
    "not there below": "import parent.not_there",
    "no such name": "import old_name",
    "syntax error": "import broken",
    "exits": "import exits",
    "import_module": "importlib.import_module('fails')",
    "cause kept": "try:\n    import misses\nexcept ImportError as error:\n    raise ValueError('no') from error",
    "cycle": "import left\nseen = [left.name, sys.modules['right'].name]",
    "namespace package": "import space.inside\nseen = [space.inside.name, repr(type(space.__path__))]",
    "replaces itself": "import itself\nseen = itself.value",
    "takes itself away": "import gone\nseen = repr(gone)",
    "finder of its own": "import hook\nimport made_up\nseen = [made_up.value, sys.meta_path[0] is hook.Finder]",
    "reload": "import left\nseen = importlib.reload(left).name",
    "loader untouched": "import big\nseen = [sorted(vars(big.__loader__)), sorted(vars(big.__spec__)), repr(big)]",
    "spec found": "spec = importlib.util.find_spec('big')\nseen = [sorted(vars(spec.loader)), 'big' in sys.modules]",
    "spec pickles": "import big\nseen = pickle.loads(pickle.dumps(big.__spec__)) == big.__spec__",
    "extension": "import _decimal\nseen = [sorted(vars(_decimal.__spec__.loader)), sorted(vars(_decimal))]",
    "lazy": """
spec = importlib.util.find_spec("parent")
spec.loader = importlib.util.LazyLoader(spec.loader)
module = sys.modules["parent"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
seen = [type(module).__name__, len(module.kept), type(module).__name__]
""",
    "at once": """
names = ["big", "parent.child", "colorsys", "space.inside", "decimal", "big", "parent.child", "fractions"]
found = {}
def work(place, name):
    found[place] = importlib.import_module(name).__name__
threads = [threading.Thread(target=work, args=pair) for pair in enumerate(names)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
seen = sorted(found.items())
""",
}


@pytest.mark.parametrize("cell", SAME.values(), ids=SAME.keys())
def test_the_cell_sees_no_difference(watched: Watched, cell: str) -> None:
    """Modules, specs, loaders and the text of tracebacks are those of a run without the watch; nothing is left."""
    actual, expected = watched(cell), watched(cell, with_watch=False)

    assert actual["seen"] == expected["seen"]
    assert actual["seen"] is not None
    assert actual["ours"] == []
    assert actual["same_finders"] == expected["same_finders"]


def test_a_new_list_of_finders(watched: Watched) -> None:
    """A cell that puts another list into ``sys.meta_path`` gets ours taken out of both, whichever it puts back."""
    actual = watched("kept = sys.meta_path\nimport new_list\nimport big")

    assert actual["ours"] == []
    assert [name for name, *_ in actual["uses"]] == ["big", "new_list"]


def test_a_copy_that_is_put_back_later_does_nothing(watched: Watched) -> None:
    """A finder that is ended is silent, wherever the cell has kept it."""
    cell = "copy = list(sys.meta_path)\nimports.end(watch)\nsys.meta_path = copy\nimport big"

    assert watched(cell)["uses"] == []


def test_another_thread_at_an_import(watched: Watched) -> None:
    """A thread that is searching keeps its list of finders as it is; ours goes at the next end."""
    cell = """
ready, go = threading.Event(), threading.Event()
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "big":
            ready.set()
            go.wait(30)
finder = Slow()
sys.meta_path.append(finder)
def search():
    try:
        importlib.import_module("big")
    except ImportError:
        pass
sys.path.pop(0)
thread = threading.Thread(target=search)
thread.start()
ready.wait(30)
imports.end(watch)
during = any(item is watch for item in sys.meta_path)
go.set()
thread.join()
sys.meta_path.remove(finder)
imports.end(imports.begin())
seen = [during, any(item is watch for item in sys.meta_path)]
"""
    actual = watched(cell)

    assert actual["seen"] == [True, False]


def test_two_measurements_at_once(watched: Watched) -> None:
    """A measurement within a measured cell watches for itself."""
    cell = "inner = imports.begin()\nimport big\nseen = [use.name for use in imports.end(inner)]\nimport decimal"
    actual = watched(cell)

    assert actual["seen"] == ["big"]
    assert sorted(name for name, *_ in actual["uses"]) == ["big", "decimal"]


@pytest.mark.parametrize("good", [0, 1])
def test_a_failing_reading_is_nobodys_error(watched: Watched, good: int) -> None:
    """Where the resident size can't be read before or after an import, it is not shown; nothing is printed."""
    cell = f"""
import io
readings = [spans().counter.read() for _ in range({good})]
spans().counter.read = readings.pop
sys.stderr, kept = io.StringIO(), sys.stderr
import big
sys.stderr, printed = kept, sys.stderr.getvalue()
seen = ["imported", printed]
"""
    actual = watched(cell)

    assert (actual["seen"], actual["uses"]) == (["imported", ""], [])


def test_an_interrupt_while_an_import_ends(watched: Watched) -> None:
    """An interrupt that hits the reading at the end of an import still reaches the cell."""
    cell = """
import io, time
def interrupted():
    spans().counter.read = kept
    raise KeyboardInterrupt
first, kept = spans().counter.read(), spans().counter.read
def before():
    spans().counter.read = interrupted
    return first
spans().counter.read = before
sys.stderr, stderr = io.StringIO(), sys.stderr
import brought_along
try:
    time.sleep(30)
except KeyboardInterrupt:
    printed, sys.stderr = sys.stderr.getvalue(), stderr
    seen = ["interrupted", printed]
"""
    assert watched(cell)["seen"] == ["interrupted", ""]


def test_a_python_that_keeps_its_locks_elsewhere(watched: Watched) -> None:
    """Without the table of import locks nothing is shown and nothing fails."""
    cell = "import _frozen_importlib\nlocks = imports._locks\nimports._locks = dict\nimport big\nimports._locks = locks"

    assert watched(cell)["uses"] == []


def test_nothing_is_loaded_for_it() -> None:
    """The watch needs no module beyond the standard library and our own."""
    script = """
import sys
from memadvise.measure import imports
imports.end(imports.begin())
print(sorted({name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)))
"""
    ours = {**os.environ, "PYTHONPATH": str(Path(memadvise.__file__).parents[1])}  # without site nothing else is there
    done = subprocess.run([sys.executable, "-S", "-c", script], capture_output=True, text=True, timeout=60, env=ours)

    assert done.stdout.strip() == "['__main__', 'memadvise']", done.stderr
