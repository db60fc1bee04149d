"""The kinds of cell that must be the same with and without ``%%memadvise`` as their first line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind: cells before, the cell itself, cells after (those are run bare in both kernels).

    ``above``: what stands above the magic's line. ``interrupt_at``: interrupt once the cell has printed this.
    """

    name: str
    cell: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    above: str = ""
    interrupt_at: str = ""


KINDS = [
    Kind("last-expression", "a = 20\na + 1", after=("_", "Out[max(Out)]")),
    Kind("underscore", "(_, __)", before=("'older'", "'newer'"), after=("_",)),
    Kind("trailing-semicolon", "6 * 7;", after=("_",)),
    Kind("top-level-await", "import asyncio\nslept = await asyncio.sleep(0.01, 'slept')\nslept"),
    Kind("top-level-async-for", "async def f():\n    yield 1\n    yield 2\nfound = [i async for i in f()]\nfound"),
    Kind(
        "async-with",
        "import asyncio\nasync with asyncio.timeout(5):\n    done = await asyncio.gather(asyncio.sleep(0, 1))\ndone",
    ),
    Kind("await-that-raises", "import asyncio\nawait asyncio.sleep(0)\nraise LookupError('after an await')"),
    Kind("time-line", "%time t = sum(range(1000))\nt"),
    Kind("time-cell", "%%time\ntimed = 3\ntimed"),
    Kind("time-above", "timed = 4\ntimed", above="%%time\n"),
    Kind("timeit-line", "best = %timeit -n1 -r1 -o -q sum(range(10))\ntype(best).__name__"),
    Kind("capture-below", "%%capture caught\nprint('out of sight')\n'shown'", after=("print(caught.stdout)",)),
    Kind("capture-above", "print('out of sight')\n'shown'", above="%%capture caught\n", after=("print(caught.stdout)",)),
    Kind("writefile-below", "%%writefile written.txt\n%%memadvise\n%time", before=("!rm -f written.txt",), after=("print(open('written.txt').read())",)),
    Kind("shell", "!echo from the shell"),
    Kind("shell-assigned", "lines = !echo one && echo two\nlines"),
    Kind("shell-with-variable", "who = 'world'\n!echo hello {who} $who"),
    Kind("bash-cell", "%%bash\necho in bash"),
    Kind("cd", "%cd .\nimport os\nos.getcwd()"),
    Kind("who", "first = 1\nsecond = 'two'\n%who"),
    Kind("whos", "%whos"),
    Kind("matplotlib-inline", "%matplotlib inline"),
    Kind(
        "figure",
        "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots(figsize=(1, 1))\n_ = axes.plot([1, 2])",
        before=("%matplotlib inline",),
        after=("plt.get_fignums()",),
    ),
    Kind("figure-as-value", "import matplotlib.pyplot as plt\nplt.plot([1, 2])", before=("%matplotlib inline",)),
    Kind("pandas-frame-shown", "import pandas as pd\ntable = pd.read_csv('orders.csv')\ntable.head(3)"),
    Kind("triple-quoted", 'text = """\n%time not a magic\n!nor this\n    indented\n%%memadvise\n"""\ntext'),
    Kind("triple-quoted-first", '"""\n%%memadvise\n"""'),
    Kind("grow-itself", "x = x + 1\nx", before=("x = 1",)),
    Kind("delete", "del gone\n'gone' in dir()", before=("gone = [1]",)),
    Kind(
        "class-that-pickles",
        "import pickle\nclass Point:\n    def __init__(self):\n        self.x = 1\n"
        "(pickle.loads(pickle.dumps(Point())).x, Point.__module__, Point.__qualname__)",
    ),
    Kind("source-of-function", "import inspect\ndef f():\n    # said\n    return 1\nprint(inspect.getsource(f))"),
    Kind("syntax-error", "first = 1\nif first\n    pass", after=("first",), before=("first = 0",)),
    Kind("indentation-error", "x = 1\n   y = 2"),
    Kind("unclosed", "print((1, 2)"),
    Kind("raises", "before = 1\n\n\ndef f(n):\n    return 1 // n\n\n\nf(0)\nafter = 1"),
    Kind("chained", "try:\n    {}['key']\nexcept KeyError as error:\n    raise ValueError('chained') from error"),
    Kind("context", "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise TypeError('in the handler')"),
    Kind("exception-group", "raise ExceptionGroup('two', [ValueError(1), TypeError(2)])"),
    Kind("raises-in-earlier-cell", "helper(0)", before=("def helper(n):\n    return 1 / n",)),
    Kind("assert", "assert [1] == [2], 'not equal'"),
    Kind("name-error", "undefined_name"),
    Kind("traceback-magic", "%tb", before=("1 / 0",)),
    Kind("xmode", "%xmode Plain\n1 / 0", after=("%xmode Context",)),
    Kind("bad-magic", "%no_such_magic 1"),
    Kind("bad-cell-magic", "%%no_such_magic\n1"),
    Kind("unprintable-exception", "class E(Exception):\n    def __str__(self):\n        raise ValueError\nraise E()"),
    Kind(
        "interrupt",
        "import time\nprint('sleeping')\nkept = 1\ntime.sleep(50)\nnever = 1",
        after=("kept", "'never' in dir()"),
        interrupt_at="sleeping",
    ),
    Kind(
        "interrupt-caught",
        "import time\nprint('sleeping')\ntry:\n    time.sleep(50)\nexcept KeyboardInterrupt:\n    print('tidied up')\n'end'",
        interrupt_at="sleeping",
    ),
    Kind(
        "interrupt-await",
        "import asyncio\nprint('sleeping')\nawait asyncio.sleep(50)",
        after=("'alive'",),
        interrupt_at="sleeping",
    ),
    Kind("generator", "def count():\n    n = yield 1\n    yield n\ng = count()\n(next(g), g.send(5), list(g))"),
    Kind("generator-kept", "next(kept)", before=("kept = iter([1, 2, 3])",), after=("list(kept)",)),
    Kind(
        "threads",
        "import threading\nfound = []\nthreads = [threading.Thread(target=found.append, args=(i,)) for i in range(4)]\n"
        "for thread in threads:\n    thread.start()\nfor thread in threads:\n    thread.join()\nsorted(found)",
    ),
    Kind(
        "thread-left-running",
        "import threading\nend = threading.Event()\nthread = threading.Thread(target=end.wait, name='test-left', daemon=True)\n"
        "thread.start()",
        after=("thread.is_alive()", "end.set(); thread.join()"),
    ),
    Kind(
        "subprocess",
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'print(6 * 7)'], capture_output=True).stdout",
    ),
    Kind("children-of-the-cell", "import os\npid = os.fork()\nif pid == 0:\n    os._exit(7)\npid, ended = os.waitpid(pid, 0)\ndel pid\nended >> 8"),
    Kind("environment", "import os\nsorted(k for k in os.environ if 'memadvise' in k.lower())"),
    Kind("stdin-refused", "input('who? ')"),
    Kind("comments-only", "# only\n# comments"),
    Kind("docstring-only", "'''text'''"),
    Kind("blank-lines-above", "blank = 1\nblank", above="\n\n   \n"),
    Kind("indented", "    indented = 1\n    indented"),
    Kind("prompts", ">>> pasted = 1\n>>> pasted"),
    Kind("windows-line-ends", "first = 1\r\nfor i in range(2):\r\n    print(i)\r\nfirst"),
    Kind("form-feed", "a = 1\n\x0c\nb = 2\n(a, b)"),
    Kind("line-separator-in-text", "s = 'a\u2028b'\nlen(s)"),
    Kind("closure", "def outer():\n    n = 0\n    def inner():\n        nonlocal n\n        n += 1\n        return n\n    return inner\nstep = outer()\n(step(), step())"),
    Kind("lambda-and-late-global", "add = lambda n: n + late\nlate = 5\nadd(1)"),
    Kind("comprehension-sees-globals", "n = 3\n[[n * i for i in range(n)] for _ in range(n)]"),
    Kind("global", "def f():\n    global made\n    made = 'by f'\nf()\nmade"),
    Kind("decorator", "import functools\n@functools.cache\ndef f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\nf(30)"),
    Kind("dataclass", "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass P:\n    x: int = 1\nP(2)"),
    Kind("annotations", "from __future__ import annotations\nx: Later = 1\n__annotations__", after=("y: Later = 2",)),
    Kind("walrus", "[half := 10 // 2, half ** 2]"),
    Kind("f-string", "name = 'x'\nf'{name!r:>5} {name=} {{}}'"),
    Kind("unicode-names", "größe = 1\nπ = 3\nprint('é 漢字 🎈')\ngröße + π"),
    Kind("match", "match [1, 2]:\n    case [a, *rest]:\n        pass\n(a, rest)"),
    Kind("star-import", "from math import *\nsqrt(16)"),
    Kind("nested-run-cell", "r = get_ipython().run_cell('inner = 5\\ninner')\nr.result"),
    Kind("nested-empty-cell", "r = get_ipython().run_cell('')\nbig = 1"),
    Kind("nested-that-raises", "r = get_ipython().run_cell('1 / 0')\n(r.success, 'still here')"),
    Kind("nested-magic", "get_ipython().run_cell_magic('time', '', 'inside = 1')\ninside"),
    Kind("run-file", "%run -i script.py\nfrom_script", before=("!rm -f script.py", "%%writefile script.py\nfrom_script = 9\nprint(__name__)",)),
    Kind("display", "from IPython.display import HTML, display\ndisplay(1, HTML('<b>x</b>'))\n2"),
    Kind("display-updated", "h = display('old', display_id='one')\nh.update('new')"),
    Kind("clear-output", "from IPython.display import clear_output\nprint('a')\nclear_output()\nprint('b')"),
    Kind("stderr", "import sys\nprint('to stderr', file=sys.stderr)\nprint('to stdout')"),
    Kind("warning", "import warnings\nwarnings.warn('watch out')\nwarnings.warn('watch out')"),
    Kind("invalid-escape", "s = '\\d'\ns"),
    Kind("deprecation", "def f():\n    import warnings\n    warnings.warn('old', DeprecationWarning, stacklevel=2)\nf()"),
    Kind("sys-exit", "import sys\nkept = 1\nsys.exit('bye')", before=("import warnings; warnings.simplefilter('always')",), after=("kept",)),
    Kind("system-exit", "raise SystemExit(3)", after=("warnings.resetwarnings()",), before=("import warnings",)),
    Kind("exit-keeping-the-kernel", "last = 1\nexit(keep_kernel=True)", after=("'alive'",)),
    Kind("redefines-print", "def print(*words):\n    return 'mine'\nprint('x')", after=("del print",)),
    Kind("redefines-display", "display = None\ndisplay", after=("del display",)),
    Kind("shadows-libraries", "pd = time = json = sys = 'mine'\n(pd, time)", after=("list",)),
    Kind("shadows-builtins", "list = dict = type = repr = len = sorted = 'mine'\nlist", after=("del list, dict, type, repr, len, sorted",)),
    Kind("shadows-shell", "get_ipython = In = None", after=("1",)),
    Kind("replaces-stdout", "import io, sys\nusual, sys.stdout = sys.stdout, io.StringIO()\nprint('kept')", after=("text = sys.stdout.getvalue(); sys.stdout = usual; text",)),
    Kind(
        "every-expression-shown",
        "1\nx = 2\nx",
        before=("get_ipython().ast_node_interactivity = 'all'",),
        after=("get_ipython().ast_node_interactivity = 'last_expr'",),
    ),
    Kind("last-expression-or-assignment", "assigned = 5", before=("get_ipython().ast_node_interactivity = 'last_expr_or_assign'",), after=("get_ipython().ast_node_interactivity = 'last_expr'",)),
    Kind("own-transformer", "LOUD", before=("drop = lambda lines: [line.replace('LOUD', '123') for line in lines]\nget_ipython().input_transformers_post.append(drop)",), after=("get_ipython().input_transformers_post.remove(drop)",)),
    Kind("own-hooks", "hooked = 1", before=("seen = []\nhook = lambda *a: seen.append(len(a))\nget_ipython().events.register('post_run_cell', hook)",), after=("seen[-1:]", "get_ipython().events.unregister('post_run_cell', hook)")),
    Kind("help", "import math\nmath.pi?"),
    Kind("autocall", "%autocall 0"),
    Kind("history-magic", "%history -l 2", before=("'one'", "'two'")),
    Kind("many-lines", "\n".join(f"v{number} = {number}" for number in range(300))),
    Kind("set-next-input", "get_ipython().set_next_input('next = 1')"),
    Kind("seeds", "import random\nrandom.random()", before=("import random\nrandom.seed(5)",)),
    Kind("recursion", "def deep(n):\n    return deep(n + 1)\ntry:\n    deep(0)\nexcept RecursionError as error:\n    print('too deep')"),
    Kind("weak-reference-dies", "import weakref\nclass Big: pass\nbig = Big()\nseen = weakref.ref(big)\ndel big\nseen() is None"),
    Kind("reference-counts", "import sys\nthing = object()\nsys.getrefcount(thing)", after=("sys.getrefcount(thing)",)),
    Kind("frame-local-trace", "import sys\n(sys.gettrace(), sys.getprofile())"),
    Kind("signal-handlers", "import signal\nsignal.getsignal(signal.SIGINT).__name__", after=("signal.getsignal(signal.SIGINT).__name__",)),
    Kind("hostile-objects", "class Hostile:\n    def __repr__(self): raise ValueError('repr')\n    def __len__(self): raise ValueError('len')\n    def __eq__(self, other): raise ValueError('eq')\n    def __bool__(self): raise ValueError('bool')\n    def __sizeof__(self): raise ValueError('sizeof')\n    def __getattr__(self, name): raise ValueError('getattr')\n    __hash__ = None\nhostile = Hostile()", after=("del hostile",)),
    Kind("hostile-value-shown", "Shown()", before=("class Shown:\n    def __repr__(self):\n        raise ValueError('repr')",)),
]
