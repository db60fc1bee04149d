"""Why two runs of the same cells may give different results: chance, time, addresses."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from memadvise.rewrite.parse import parse

_RANDOM = frozenset({"random", "secrets"})  # modules, however they are reached: `random`, `np.random`, `numpy.random`
_SEEDED = frozenset({"default_rng", "RandomState", "SeedSequence", "PCG64", "MT19937", "Philox", "SFC64", "Random"})
_NO_NUMBERS = frozenset({"seed", "set_state", "setstate", "get_state", "getstate", "Generator"})
_TIMES_WORDS = """
    now today utcnow time time_ns perf_counter perf_counter_ns monotonic monotonic_ns process_time
    process_time_ns thread_time ctime localtime gmtime strftime
"""
_TIMES = frozenset(_TIMES_WORDS.split())
_CLOCKS = frozenset({"time", "datetime", "date", "Timestamp", "dt", "pd", "pandas"})
_CHANCE_WORDS = """
    uuid uuid1 uuid4 urandom getrandom token_hex token_bytes token_urlsafe shuffle permutation permuted
"""
_CHANCE = frozenset(_CHANCE_WORDS.split())
_PLACES = frozenset({"id", "hash", "getpid", "gethostname", "memory_usage", "virtual_memory", "Process", "getrusage"})
_DRAWING_WORDS = """
    sample train_test_split KMeans MiniBatchKMeans RandomForestClassifier RandomForestRegressor
    ExtraTreesClassifier ExtraTreesRegressor GradientBoostingClassifier GradientBoostingRegressor
    HistGradientBoostingClassifier HistGradientBoostingRegressor IsolationForest SGDClassifier SGDRegressor
    MLPClassifier MLPRegressor ShuffleSplit StratifiedShuffleSplit GroupShuffleSplit BaggingClassifier
    BaggingRegressor AdaBoostClassifier AdaBoostRegressor RandomizedSearchCV TSNE UMAP TruncatedSVD NMF
    DecisionTreeClassifier DecisionTreeRegressor Perceptron PCA GaussianMixture LatentDirichletAllocation
    SpectralClustering RandomizedPCA make_classification make_regression make_blobs make_moons FactorAnalysis
    FastICA resample permutation_importance LinearSVC SVC Lasso ElasticNet Ridge
"""
_DRAWING = frozenset(_DRAWING_WORDS.split())
_DRAWN_WORDS = """
    normal standard_normal uniform integers random_integers choice choices randint randrange rand randn poisson
    exponential binomial gauss normalvariate betavariate expovariate lognormal multivariate_normal rvs getrandbits
    rand_like randn_like randperm bernoulli multinomial dirichlet gamma beta triangular
"""
_DRAWN = frozenset(_DRAWN_WORDS.split())
_SOURCES = frozenset({"random", "numpy.random", "secrets", "uuid", "time"})
_STATES = frozenset({"random_state", "seed"})


def unrepeatable(sources: Sequence[str]) -> str:
    """Return why two runs of the cells can't be compared, "" when nothing seen speaks against it."""
    trees = [tree for source in sources if (tree := parse(source).tree) is not None]
    if len(trees) < len(sources):
        return "a cell is not Python"
    nodes = [node for tree in trees for node in ast.walk(tree)]
    generators = _seeded_names(nodes)
    spared = set(_spared(nodes, generators))
    for node in nodes:
        if id(node) not in spared:
            reason = _why(node)
            if reason:
                return reason
    return ""


def _seeded_names(nodes: list[ast.AST]) -> frozenset[str]:
    """Return names that are bound once, to a generator with a constant seed."""
    seeded: dict[str, bool] = {}
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            seeded[node.id] = node.id not in seeded
    made = [
        node.targets[0].id
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _is_seeded(node.value)
    ]
    return frozenset(name for name in made if seeded.get(name))


def _is_seeded(node: ast.AST) -> bool:
    """Tell whether a call makes a generator of random numbers from a constant."""
    if not isinstance(node, ast.Call) or _last(node.func) not in _SEEDED:
        return False
    seeds = [*node.args, *(keyword.value for keyword in node.keywords)]
    return len(seeds) == 1 and isinstance(seeds[0], ast.Constant) and seeds[0].value is not None


def _spared(nodes: list[ast.AST], generators: frozenset[str]) -> Iterator[int]:
    """Yield the ids of nodes that stand for numbers which are the same in each run."""
    for node in nodes:
        if _is_seeded(node):
            yield from map(id, ast.walk(node.func))  # type: ignore[attr-defined]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if isinstance(node.func.value, ast.Name) and node.func.value.id in generators:
                yield id(node)
                yield id(node.func)


def _why(node: ast.AST) -> str:
    match node:
        case ast.ImportFrom(module=str(module)) if module in _SOURCES:
            return f"imports from {module}: numbers or times that differ from run to run"
        case ast.Call() if _last(node.func) in _DRAWN:
            return f"uses {_last(node.func)}: random numbers without a seed"
        case ast.Name(id=used) if used in _CHANCE | {"secrets", "uuid"}:
            return f"uses {used}: random numbers without a seed"
        case ast.Name(id="random"):
            return "uses random: random numbers without a seed"
        case ast.Name(id=used) if used in _SEEDED - {"Random"}:
            return f"uses {used}: random numbers without a seed"
        case ast.Attribute(attr=used) if used in _RANDOM or used in _CHANCE | _SEEDED:
            return f"uses .{used}: random numbers without a seed"
        case ast.Attribute(attr=used) if used in _TIMES and (_last(node.value) in _CLOCKS or used in _ALWAYS):
            return f"uses .{used}: depends on the time"
        case ast.Name(id=used) if used in _ALWAYS or used in ("time_ns",):
            return f"uses {used}: depends on the time"
        case ast.Attribute(attr=used) if used in _PLACES - {"id", "hash", "memory_usage"}:
            return f"uses .{used}: depends on the process"
        case ast.Call(func=ast.Name(id="time")):
            return "uses time: depends on the time"
        case ast.Call(func=ast.Name(id=used)) if used in ("id", "hash", "getpid", "gethostname"):
            return f"uses {used}: depends on the process"
        case ast.Constant(value=str(text)) if text in ("now", "today"):
            return f'uses "{text}": depends on the time'
        case ast.Call() if _draws(node):
            return f"uses {_last(node.func)} without a random_state"
    return ""


_ALWAYS = _TIMES - {"time", "strftime", "ctime"}


def _draws(call: ast.Call) -> bool:
    if _last(call.func) not in _DRAWING:
        return False
    states = [keyword.value for keyword in call.keywords if keyword.arg in _STATES]
    return not (states and isinstance(states[0], ast.Constant) and states[0].value is not None)


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
