"""Giving memory back: outputs in every place that IPython keeps them, steps that fail, the cache on a GPU."""

from __future__ import annotations

import sys
import weakref
from types import SimpleNamespace

import pytest
from IPython.core.interactiveshell import InteractiveShell

from memadvise.apply.release import STEPS, drop_outputs, empty_gpu_cache, free, give_back, release


@pytest.fixture
def shell() -> InteractiveShell:
    """A shell in which a value has been shown and bound."""
    made = InteractiveShell()
    made.run_cell("class Value:\n    pass\nvalue = Value()", store_history=True)
    made.run_cell("value", store_history=True)
    made.run_cell("other = 1", store_history=True)
    return made


def test_release_reaches_outputs_that_the_shell_hides(shell: InteractiveShell) -> None:
    """A value that was bound and shown is gone once its name is released."""
    known = weakref.ref(shell.user_ns["value"])
    released = release(shell, ["value"])

    assert released == ("value",)
    assert known() is None


def test_drop_outputs(shell: InteractiveShell) -> None:
    """All displayed results go, the person's names stay, and the next result is `_` again."""
    known = weakref.ref(shell.user_ns["value"])
    drop_outputs(shell)
    bound = known() is not None
    del shell.user_ns["value"]
    shell.run_cell("6 * 7", store_history=True)

    assert bound
    assert known() is None
    assert shell.user_ns["_"] == 42


def test_a_step_that_fails_does_not_stop_the_others() -> None:
    """Each step is tried, and one that raises brings nothing."""
    done: list[str] = []

    def fails() -> None:
        done.append("fails")
        raise RuntimeError

    found = give_back((("first", fails), ("second", lambda: done.append("second"))))

    assert done == ["fails", "second"]
    assert [step.what for step in found] == ["first", "second"]


def test_the_traceback_is_a_step_only_where_there_is_one(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an exception there is nothing to forget; with one, its frames go and `%tb` finds nothing."""
    for name in ("last_exc", "last_value", "last_traceback", "last_type"):
        monkeypatch.delattr(sys, name, raising=False)
    usual = tuple(name for name, _ in STEPS)
    calm = tuple(step.what for step in free(shell))
    shell.run_cell("def fail():\n    local = Value()\n    kept.append(__import__('weakref').ref(local))\n    1 / 0")
    shell.run_cell("kept = []\nfail()")
    held = shell.user_ns["kept"][0]() is not None
    after = tuple(step.what for step in free(shell))
    capsys.readouterr()

    assert calm == usual
    assert held
    assert after == (*usual, "the last traceback")
    assert shell.user_ns["kept"][0]() is None
    assert not hasattr(sys, "last_value")


@pytest.mark.parametrize(("used", "came_back"), [(True, 300), (False, 0)])
def test_gpu_cache(used: bool, came_back: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch's cache is emptied where the person has used the GPU; a GPU that was not used is not woken."""
    reserved = [500, 200]
    emptied: list[bool] = []
    cuda = SimpleNamespace(
        is_initialized=lambda: used,
        memory_reserved=lambda: reserved.pop(0),
        empty_cache=lambda: emptied.append(True),
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))  # type: ignore[arg-type]
    found = empty_gpu_cache()

    assert found == came_back
    assert emptied == [True] * used
