"""Models of scikit-learn are compared by their parameters and fitted attributes; nothing of the person's is run."""

from __future__ import annotations

import matplotlib.figure
import numpy as np
import pytest
from two_runs import class_of, found, verify

from memadvise.model import ResultClass

pytest.importorskip("sklearn")

from sklearn.base import BaseEstimator, clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

ROWS = np.random.default_rng(0).normal(size=(200, 4))
RIGHT = (ROWS[:, 0] + ROWS[:, 1] > 0).astype(int)
MOVED = ROWS + np.random.default_rng(1).normal(size=ROWS.shape) / 10
MODELS = [
    LinearRegression(),
    LogisticRegression(),
    PCA(2),
    RandomForestClassifier(10, random_state=0),
    make_pipeline(StandardScaler(), LogisticRegression()),
    GridSearchCV(LogisticRegression(), {"C": [1, 2]}),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_a_fitted_model(model: BaseEstimator) -> None:
    """Fitted twice on the same rows it is identical and all of it compared; on others, or not at all, different."""
    fitted = [clone(model).fit(rows, RIGHT) for rows in (ROWS, ROWS, MOVED)]

    assert class_of(fitted[0], fitted[1]) is ResultClass.IDENTICAL
    assert class_of(fitted[0], fitted[2]) is ResultClass.DIFFERENT
    assert class_of(fitted[0], model) is ResultClass.DIFFERENT


def test_the_attribute_is_named() -> None:
    """A parameter, a coefficient far within a pipeline, and another class are told."""
    assert found(Ridge(1), Ridge(2)) == ".alpha: 1 -> 2"
    assert "Ridge -> " in found(Ridge(), Lasso())
    before, after = (make_pipeline(StandardScaler(), LinearRegression()).fit(ROWS, RIGHT) for _ in range(2))
    after[1].coef_[2] += 1
    assert found({"m": before}, {"m": after}).startswith("['m'].steps[1][1].coef_: element 2: ")


def test_coefficients_that_round_are_rounding() -> None:
    """Floats that differ by less than 1e-9 are `rounding`, with the largest difference told."""
    before, after = (LinearRegression().fit(ROWS, RIGHT) for _ in range(2))
    after.coef_ = after.coef_ * (1 + 1e-13)

    assert class_of(before, after) is ResultClass.ROUNDING
    assert found(before, after).startswith(".coef_: largest relative difference 1e-13")


def test_what_cannot_be_looked_into_is_named() -> None:
    """A function, a compiled tree and a forest too large to read are said not to be compared."""
    assert verify(FunctionTransformer(abs), FunctionTransformer(len)).not_compared == ("x.func",)
    boosted = [HistGradientBoostingClassifier(random_state=0, max_iter=3).fit(rows, RIGHT) for rows in (ROWS, MOVED)]
    assert verify(boosted[0], boosted[0]).not_compared == ("x._feature_subsample_rng", "x._loss.closs")
    assert verify(*boosted).result is ResultClass.DIFFERENT
    neighbours = [KNeighborsClassifier().fit(rows, RIGHT) for rows in (ROWS, ROWS, MOVED)]
    assert verify(*neighbours[:2]).not_compared == ("x._tree",)
    assert verify(neighbours[0], neighbours[2]).result is ResultClass.DIFFERENT
    encoder = ColumnTransformer([("a", OneHotEncoder(), [0])]).fit(ROWS)
    assert "x.output_indices_['a']" in verify(encoder, encoder).not_compared  # a slice


def test_a_large_forest_is_not_called_compared() -> None:
    """What would take many seconds to read is said not to be compared."""
    forest = RandomForestClassifier(400, max_depth=1, random_state=0).fit(ROWS, RIGHT)

    assert verify(forest, forest).not_compared


def test_a_class_of_the_person_is_not_looked_into() -> None:
    """A subclass, and a class that says that it is scikit-learn's, are opaque and none of their code is run."""

    def _raise(*_: object) -> object:
        raise RuntimeError("the person's code was run")

    hostile = {"__getattribute__": _raise, "__reduce__": _raise, "__getstate__": _raise, "get_params": _raise}
    mine = type("Mine", (LinearRegression,), hostile)()
    liar = type("LinearRegression", (), {"__module__": "sklearn.linear_model._base", **hostile})()

    for value in (mine, liar):
        assert verify(value, value).not_compared == ("x",)


def test_a_model_within_itself_ends() -> None:
    """A model that holds itself is not compared there."""
    model = LinearRegression()
    model.me = model

    assert verify(model, model).not_compared


def test_figures_are_said_not_to_be_compared() -> None:
    """A matplotlib figure is listed as not compared."""
    assert verify(matplotlib.figure.Figure(), matplotlib.figure.Figure()).not_compared == ("x",)
