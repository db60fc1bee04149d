"""Two kernels for the whole session: one plain, one in which memadvise is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from live_kernel import Kernel


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working directory of both kernels, with a small file in it."""
    made = tmp_path_factory.mktemp("notebook")
    rows = "".join(f"{number},{'ABC'[number % 3]},{number / 7:.3f},note {number}\n" for number in range(3000))
    (made / "orders.csv").write_text("id,country,amount,text\n" + rows)
    return made


@pytest.fixture(scope="session")
def plain(folder: Path) -> Iterator[Kernel]:
    """A kernel without memadvise."""
    kernel = Kernel(folder)
    kernel.run("pass")
    yield kernel
    kernel.shutdown()


@pytest.fixture(scope="session")
def loaded(folder: Path) -> Iterator[Kernel]:
    """A kernel with memadvise loaded, and the same number of cells run as in ``plain``."""
    kernel = Kernel(folder)
    assert not kernel.run("%load_ext memadvise").outputs
    yield kernel
    kernel.shutdown()
