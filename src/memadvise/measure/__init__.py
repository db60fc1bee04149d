"""Operating-system counters -> Measurement.

The package is also what `memadvise.measure(...)` calls: a package and a function can't share a name, so it is both.
"""

import sys
from types import ModuleType
from typing import Any

from memadvise.measure.api import measure
from memadvise.measure.meter import CellMeter

__all__ = ["CellMeter", "measure"]


class _Callable(ModuleType):
    def __call__(self, *args: Any, **named: Any) -> Any:
        return measure(*args, **named)


_Callable.__call__.__doc__ = measure.__doc__
sys.modules[__name__].__class__ = _Callable
