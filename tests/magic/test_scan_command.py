"""`%memadvise scan` reads the files to the end and advises anew."""

from __future__ import annotations

from live_kernel import Kernel


def test_scan_says_how_many_rows_it_looked_at(loaded: Kernel) -> None:
    """One line; no name and no output is left behind; what the cell measured stays."""
    loaded.run("import pandas as pd\norders = pd.read_csv('orders.csv')")
    loaded.run("%%memadvise\nitaly = orders[orders['country'] == 'A']['amount'].sum()")
    before = loaded.state()
    text = loaded.run("%memadvise scan").text
    after = loaded.state()

    assert text.splitlines()[0].startswith("memadvise: looked at 3,000 rows of orders.csv in ")
    assert after["names"] == before["names"]
    assert after["Out"] == before["Out"]


def test_scan_of_a_cell_without_files(loaded: Kernel) -> None:
    """It says that there is nothing to look at."""
    loaded.run("%%memadvise\nnumbers = [1, 2, 3]")

    assert "no pd.read_csv" in loaded.run("%memadvise scan").text


def test_scan_says_why_a_file_is_not_looked_at(loaded: Kernel) -> None:
    """An open file can't be read again."""
    loaded.run("%%memadvise\nimport io\nopened = pd.read_csv(io.StringIO('a,b\\n1,2'))\nopened")

    assert "none of the rows of opened (the file is given as an open file" in loaded.run("%memadvise scan").text
