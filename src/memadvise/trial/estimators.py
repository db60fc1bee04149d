"""scikit-learn's estimators as their parameters and fitted attributes; imported only where scikit-learn is.

All of an instance's attributes count: what a model predicts may hang on a private one (the rows a neighbours' model
keeps). Only clock readings are left out.
"""

from __future__ import annotations

from typing import Any

from memadvise.trial.column import columns_of, object_source
from memadvise.trial.encode import Context, TooMuch
from memadvise.trial.kinds import loaded, type_module
from memadvise.trial.model import Snapshot

ESTIMATOR = "estimator "  # what the kind begins with; the type follows: two types are two kinds
MAX_DEPTH = 12  # estimators within estimators
ELEMENTS_EACH = 20  # what an attribute costs beside a nested number: forests of more than 200 trees are not compared


class _Plain:
    """A class whose instances have nothing but a ``__dict__``."""


def estimator_snapshot(value: Any, kind: type, text: str, context: Context) -> Snapshot | None:
    """Return the snapshot of an instance of a class that scikit-learn itself defines, None for any other."""
    if context.depth > MAX_DEPTH or not _is_defined_there(kind):
        return None
    attributes = _attributes(value, kind)
    if attributes is None:
        return None
    names = sorted(name for name in attributes if type(name) is str and name != "refit_time_")
    context.elements -= ELEMENTS_EACH * len(names)
    if context.elements < 0:
        raise TooMuch
    values = [_untimed(name, attributes[name]) for name in names]
    index = columns_of([object_source(names, "attributes", context)], context)
    columns = columns_of([object_source(values, "values", context)], context)
    return Snapshot(ESTIMATOR + text, text, columns, index)


def _is_defined_there(kind: type) -> bool:
    """Return whether the class is the one that its scikit-learn module holds, not one that only says so."""
    name = type.__dict__["__name__"].__get__(kind)
    module = loaded(type_module(kind))
    return module is not None and getattr(module, "__dict__", {}).get(name) is kind


def _attributes(value: Any, kind: type) -> dict[str, Any] | None:
    """Return all that the instance holds, None where a compiled class may hold more than can be asked."""
    tree: Any = loaded("sklearn.tree._tree")
    if tree is not None and kind is tree.Tree:
        state: Any = kind.__getstate__
        return dict(state(value))
    if type.__dict__["__basicsize__"].__get__(kind) != _Plain.__basicsize__:
        return None
    found = object.__getattribute__(value, "__dict__")
    return dict(found) if type(found) is dict else None


def _untimed(name: str, value: Any) -> Any:
    """Return what a search found without how long it took."""
    if name != "cv_results_" or type(value) is not dict:
        return value
    return {key: entry for key, entry in value.items() if not (type(key) is str and key.endswith("_time"))}
