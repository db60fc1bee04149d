"""Cells that look for whoever looks at them: what they find must be what they find without ``%%memadvise``."""

from __future__ import annotations

from kind_of_cell import Kind

ALWAYS = ("import warnings\nwarnings.simplefilter('always')",)
ERRORS = ("import warnings\nwarnings.simplefilter('error')",)
RESET = ("warnings.resetwarnings()",)
SHOW_ALL = ("get_ipython().ast_node_interactivity = 'all'",)
SHOW_LAST = ("get_ipython().ast_node_interactivity = 'last_expr'",)
HOSTILE = [
    *(
        Kind(f"does-not-compile-{word}", f"a = 1\n{text}")
        for word, text in {
            "return": "return 5",
            "break": "for i in range(1):\n    a = i\nbreak",
            "continue": "if True:\n    a = 1\n    continue",
            "nonlocal": "nonlocal a",
            "argument": "def f(a, a): pass",
            "await": "def f():\n    await x",
            "future": "from __future__ import nope",
            "star": "*a = 1",
        }.items()
    ),
    Kind(
        "compiler-warns",
        "assert (1, 'x')\nx = 1\nx is 1\nfor i in range(2):\n    assert (2, 'y')\n    x is 1",
        before=ALWAYS,
        after=RESET,
    ),
    Kind("compiler-warning-is-an-error", "a = 1\nfor i in range(2):\n    assert (2, 'y')", before=ERRORS, after=RESET),
    Kind("timed-docstring", '"""doc"""\nfor i in range(2):\n    y = i\nprint(__doc__)', above="%%time\n"),
    Kind(
        "timed-future",
        "from __future__ import annotations\nx: Later = 1\nfor i in range(2):\n    y = i",
        above="%%time\n",
    ),
    Kind(
        "every-expression-in-a-loop",
        "for i in range(3):\n    i\n    i + 1\nif i:\n    'yes'",
        before=SHOW_ALL,
        after=(*SHOW_LAST, "Out"),
    ),
    Kind(
        "own-display-hook",
        "import sys\nshown = []\nusual, sys.displayhook = sys.displayhook, shown.append\n"
        "for i in range(3):\n    i\nsys.displayhook = usual\nshown",
        before=SHOW_ALL,
        after=SHOW_LAST,
    ),
    Kind(
        "own-tree-transformer",
        "for i in range(3):\n    x = 1 + i\nx",
        before=(
            "import ast\nclass Hundred(ast.NodeTransformer):\n    def visit_Constant(self, node):\n"
            "        return ast.copy_location(ast.Constant(100), node) if node.value == 1 else node\n"
            "hundred = Hundred()\nget_ipython().ast_transformers.append(hundred)",
        ),
        after=("get_ipython().ast_transformers.remove(hundred)",),
    ),
    Kind(
        "recursion-traceback",
        "import traceback\ndef deep(n):\n    x = n\n    y = deep(n + 1)\n    return y\n"
        "try:\n    deep(0)\nexcept RecursionError:\n    text = traceback.format_exc()\n"
        "found = 'memadvise' in text, text.splitlines()[-1]\ndel text\nfound",
    ),
    Kind(
        "is-somebody-tracing",
        "import sys\ndef f():\n    for i in range(2):\n        pass\n"
        "    return sys.gettrace(), sys._getframe().f_trace\n"
        "print(f())\nfor i in range(2):\n    print(sys.gettrace(), sys.getprofile())\nsys.gettrace()",
    ),
    Kind(
        "own-tracer",
        "import sys\nseen = []\ndef tracer(frame, event, argument):\n    seen.append((frame.f_code.co_name, event))\n"
        "    return tracer\ndef f(n):\n    try:\n        1 / n\n    except ZeroDivisionError:\n        pass\n"
        "for n in range(3):\n    sys.settrace(tracer)\n    f(n)\n    sys.settrace(None)\nseen",
    ),
    Kind(
        "own-profiler",
        "import sys\nseen = []\ndef profiler(frame, event, argument):\n    seen.append((frame.f_code.co_name, event))\n"
        "def f(n):\n    return len([n])\n"
        "for n in range(3):\n    sys.setprofile(profiler)\n    f(n)\n    sys.setprofile(None)\nseen",
    ),
    Kind(
        "profiler-in-a-with",
        "import cProfile, pstats\ndef f(n):\n    return len([n])\n"
        "with cProfile.Profile() as profiler:\n    for i in range(5):\n        f(i)\n    x = 1\n"
        "sorted((key[2], value[0]) for key, value in pstats.Stats(profiler).stats.items())",
    ),
    Kind(
        "profiler-on-a-line",
        "def f(n):\n    return [n]\nfound = %prun -r -q f(1)\nsorted(key[2] for key in found.stats)",
    ),
    Kind(
        "own-debugger",
        "import bdb\nseen = []\nclass Steps(bdb.Bdb):\n    def user_line(self, frame):\n"
        "        seen.append((frame.f_code.co_name, frame.f_lineno))\n        self.set_step()\n"
        "def f(x):\n    for i in range(2):\n        x += i\n    return x\nSteps().runcall(f, 1)\nseen",
    ),
    Kind("interrupt-of-a-tight-loop", "print('running')\nwhile True:\n    i = 1", interrupt_at="running"),
    Kind(
        "exception-from-another-thread",
        "import ctypes, threading, time, traceback\nme = threading.get_ident()\nclass Stop(Exception): pass\n"
        "begun = threading.Event()\ndef later():\n    begun.wait()\n    time.sleep(0.05)\n"
        "    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(me), ctypes.py_object(Stop))\n"
        "thread = threading.Thread(target=later)\nthread.start()\n"
        "try:\n    begun.set()\n    while True: x = 1\nexcept Stop:\n    print(traceback.format_exc())\n"
        "thread.join()\ndel thread, begun, me",
    ),
    Kind(
        "takes-the-system-calls-away",
        "import os, resource\nusual = os.pwrite, os.fstat, os.pread, os.getpid, resource.getrusage\n"
        "os.pwrite = os.fstat = os.pread = os.getpid = resource.getrusage = None\n"
        "for i in range(5):\n    x = i\ndef f():\n    y = 1\n    return 2\nf()\n"
        "os.pwrite, os.fstat, os.pread, os.getpid, resource.getrusage = usual\ndel usual\nx",
    ),
    Kind(
        "stops-the-clock",
        "import time\nusual, time.perf_counter = time.perf_counter, lambda: 0.0\n"
        "for i in range(5):\n    x = time.perf_counter()\ntime.perf_counter = usual\nx",
    ),
    Kind(
        "counts-threads",
        "import threading\nbefore = threading.active_count()\nseen = []\n"
        "threading.setprofile(lambda frame, event, argument: seen.append(frame.f_code.co_name))\n"
        "for i in range(300_000):\n    x = i\nthreading.setprofile(None)\n(threading.active_count() - before, seen)",
    ),
    Kind(
        "replaces-the-compiler",
        "shell = get_ipython()\nkept = shell.compile\nclass Mine(type(kept)):\n    pass\n"
        "shell.compile = Mine()\nfor i in range(2):\n    x = i",
        after=(
            "type(shell.compile).__name__",
            "for i in range(2):\n    y = i",
            "shell.compile = kept; del shell, kept",
        ),
    ),
    Kind(
        "classes-that-hide",
        "1",
        before=(
            "class Unequal:\n    def __eq__(self, other): raise ValueError('eq')\n    __hash__ = None\n"
            "class A:\n    __module__ = Unequal()\n"
            "class Meta(type):\n    def __getattribute__(self, name): raise ValueError(name)\n"
            "class B(metaclass=Meta): pass\nclass C: pass\ndel C.__module__",
        ),
        after=("del A, B, C, Meta",),
    ),
    Kind(
        "frames-and-lines",
        "import sys, inspect\ndef f():\n    return sys._getframe(1).f_lineno, inspect.currentframe().f_lineno\n"
        "for i in range(2):\n    print(f(),\n      sys._getframe().f_lineno)\n    print(inspect.stack()[0].function)\n"
        "len(inspect.stack())",
    ),
    Kind(
        "every-way-out",
        "import contextlib\nlog = []\n"
        "for i in range(5):\n    with contextlib.suppress(ValueError):\n        try:\n            if i == 1: continue\n"
        "            if i == 2: raise ValueError\n            if i == 4: break\n            log += [i]\n"
        "        finally:\n            log += [f'f{i}']\n            for j in (0, 1):\n                if j: break\n"
        "            else:\n                log.append('never')\nelse:\n    log.append('else')\n"
        "while len(log) < 20:\n    log.append(0)\n    if len(log) % 2: continue\n    match log:\n"
        "        case [0, *_] if log[-1] == 0:\n            log.append('m')\n        case _: log.append('d')\n"
        "else:\n    log.append('while-else')\nlog",
    ),
    Kind(
        "exception-groups-in-a-loop",
        "for i in range(2):\n    try:\n        try:\n"
        "            raise ExceptionGroup('g', [ValueError(1), TypeError(2)])\n"
        "        except* ValueError as e:\n            print(e.exceptions)\n        except* TypeError as e:\n"
        "            raise RuntimeError('x') from e\n    except ExceptionGroup as g:\n"
        "        print(repr(g), g.__context__)",
    ),
    Kind(
        "tasks-that-take-turns",
        "import asyncio\nlog = []\nasync def work(n):\n    for i in range(3):\n        log.append((n, i))\n"
        "        await asyncio.sleep(0)\n    return n\n(await asyncio.gather(work(1), work(2)), log)",
    ),
    Kind(
        "async-statements",
        "import asyncio, contextlib\n"
        "async def g():\n    for i in range(3):\n        await asyncio.sleep(0)\n        yield i\n"
        "@contextlib.asynccontextmanager\nasync def c():\n    yield 5\n    print('left')\n"
        "async for i in g():\n    async with c() as inside:\n        if i == 1: continue\n        print(i, inside)\n"
        "else:\n    print('else')",
    ),
    Kind("more-constants-than-a-byte", "if True:\n" + "".join(f"    v{i} = {i}.5\n" for i in range(300)) + "v299"),
    Kind("long-line-in-a-loop", "for i in range(2):\n    x = [" + "1, 2, 3, 4, " * 9000 + "]\nlen(x)"),
    Kind("deep-expression-in-a-loop", "for i in range(1):\n    y = " + "+".join(["1"] * 900) + "\ny"),
    Kind(
        "blocks-to-the-limit",
        "n = 0\n" + "".join(" " * i + f"for a{i} in range(1):\n" for i in range(20)) + " " * 20 + "n += 1",
    ),
]
