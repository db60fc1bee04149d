"""How the values of libraries hold memory. Nothing is imported here: a library that the person has not imported has no
values, and the first import of pandas would cost the cell 77 MB.
"""

from __future__ import annotations

from memadvise.measure.sizing import of_arrow, of_numpy, of_pandas, of_polars, of_torch, plain

KNOWN = (plain, of_numpy, of_pandas, of_arrow, of_polars, of_torch)  # each registers what it knows when it is loaded
