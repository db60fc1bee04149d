"""Whether two results are the same to a person: equal values, floats at rounding, whatever holds them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

RELATIVE = 1e-9


def differences(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[str]:
    """Return the names whose values differ or are missing on the right, with what was found."""
    found = []
    for name, value in left.items():
        if name not in right:
            found.append(f"{name}: missing")
        elif why := _differs(value, right[name]):
            found.append(f"{name}: {why}")
    return found


def _differs(left: Any, right: Any) -> str:
    """Return why two values are not the same, empty when they are."""
    if isinstance(left, pd.DataFrame) and isinstance(right, pd.DataFrame):
        return _frames_differ(_plain(left), _plain(right))
    if isinstance(left, pd.Series) and isinstance(right, pd.Series):
        frames = [found.rename("values").to_frame() for found in (left, right)]
        return _differs(*frames) or ("" if left.name == right.name else f"{left.name} is called {right.name}")
    if isinstance(left, np.ndarray | pd.api.extensions.ExtensionArray):
        return _differs(list(left), list(right))
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        if len(left) != len(right):
            return f"{len(left)} and {len(right)} values"
        return next((why for pair in zip(left, right, strict=True) if (why := _differs(*pair))), "")
    if isinstance(left, dict) and isinstance(right, dict):
        return _differs(sorted(left.items()), sorted(right.items()))
    if isinstance(left, float | np.floating):
        same = math.isclose(left, right, rel_tol=RELATIVE) or (math.isnan(left) and math.isnan(right))
        return "" if same else f"{left!r} and {right!r}"
    return "" if left == right else f"{left!r} and {right!r}"


def _frames_differ(left: pd.DataFrame, right: pd.DataFrame) -> str:
    try:
        pd.testing.assert_frame_equal(left, right, check_dtype=False, rtol=RELATIVE)
    except AssertionError as error:
        return " ".join(str(error).split())[:300]
    return ""


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with its labels as columns, and categories as what they stand for."""
    found = frame.reset_index()
    found.columns = pd.Index([str(label) for label in found.columns])
    categories = found.select_dtypes("category").columns
    return found.astype({name: found[name].cat.categories.dtype for name in categories})
