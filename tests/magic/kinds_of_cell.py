"""The kinds of cell that must be the same with and without ``%%memadvise`` as their first line."""

from __future__ import annotations

from hostile_kinds import HOSTILE
from kind_of_cell import Kind

KINDS = [
    Kind(
        "last-expression",
        "a = 20\na + 1",
        after=(
            "_",
            "Out[max(Out)]",
        ),
    ),
    Kind(
        "underscore",
        "(_, __)",
        before=(
            "'older'",
            "'newer'",
        ),
        after=("_",),
    ),
    Kind("trailing-semicolon", "6 * 7;", after=("_",)),
    Kind("top-level-await", "import asyncio\nslept = await asyncio.sleep(0.01, 'slept')\nslept"),
    Kind("top-level-async-for", ("async def f():\n    yield 1\n    yield 2\nfound = [i async for i in f()]\nfound")),
    Kind(
        "async-with",
        ("import asyncio\nasync with asyncio.timeout(5):\n    done = await asyncio.gather(asyncio.sleep(0, 1))\ndone"),
    ),
    Kind("await-that-raises", "import asyncio\nawait asyncio.sleep(0)\nraise LookupError('after an await')"),
    Kind("time-line", "%time t = sum(range(1000))\nt"),
    Kind("time-cell", "%%time\ntimed = 3\ntimed"),
    Kind("time-above", "timed = 4\ntimed", above="%%time\n"),
    Kind("timeit-line", "best = %timeit -n1 -r1 -o -q sum(range(10))\ntype(best).__name__"),
    Kind("capture-below", "%%capture caught\nprint('out of sight')\n'shown'", after=("print(caught.stdout)",)),
    Kind(
        "capture-above", "print('out of sight')\n'shown'", after=("print(caught.stdout)",), above="%%capture caught\n"
    ),
    Kind(
        "writefile-below",
        "%%writefile written.txt\n%%memadvise\n%time",
        before=("!rm -f written.txt",),
        after=("print(open('written.txt').read())",),
    ),
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
        ("import matplotlib.pyplot as plt\nfigure, axes = plt.subplots(figsize=(1, 1))\n_ = axes.plot([1, 2])"),
        before=("%matplotlib inline",),
        after=("plt.get_fignums()",),
    ),
    Kind("figure-as-value", "import matplotlib.pyplot as plt\nplt.plot([1, 2])", before=("%matplotlib inline",)),
    Kind("pandas-frame-shown", "import pandas as pd\ntable = pd.read_csv('orders.csv')\ntable.head(3)"),
    Kind("triple-quoted", ('text = """\n%time not a magic\n!nor this\n    indented\n%%memadvise\n"""\ntext')),
    Kind("triple-quoted-first", '"""\n%%memadvise\n"""'),
    Kind("grow-itself", "x = x + 1\nx", before=("x = 1",)),
    Kind("delete", "del gone\n'gone' in dir()", before=("gone = [1]",)),
    Kind(
        "class-that-pickles",
        (
            "import pickle\n"
            "class Point:\n"
            "    def __init__(self):\n"
            "        self.x = 1\n"
            "(pickle.loads(pickle.dumps(Point())).x, Point.__module__, Point.__qualname__)"
        ),
    ),
    Kind("source-of-function", ("import inspect\ndef f():\n    # said\n    return 1\nprint(inspect.getsource(f))")),
    Kind("syntax-error", "first = 1\nif first\n    pass", before=("first = 0",), after=("first",)),
    Kind("indentation-error", "x = 1\n   y = 2"),
    Kind("unclosed", "print((1, 2)"),
    Kind("raises", ("before = 1\n\n\ndef f(n):\n    return 1 // n\n\n\nf(0)\nafter = 1")),
    Kind("chained", ("try:\n    {}['key']\nexcept KeyError as error:\n    raise ValueError('chained') from error")),
    Kind("context", ("try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise TypeError('in the handler')")),
    Kind("exception-group", "raise ExceptionGroup('two', [ValueError(1), TypeError(2)])"),
    Kind("raises-in-earlier-cell", "helper(0)", before=("def helper(n):\n    return 1 / n",)),
    Kind("assert", "assert [1] == [2], 'not equal'"),
    Kind("name-error", "undefined_name"),
    Kind("traceback-magic", "%tb", before=("1 / 0",)),
    Kind("xmode", "%xmode Plain\n1 / 0", after=("%xmode Context",)),
    Kind("bad-magic", "%no_such_magic 1"),
    Kind("bad-cell-magic", "%%no_such_magic\n1"),
    Kind("unprintable-exception", ("class E(Exception):\n    def __str__(self):\n        raise ValueError\nraise E()")),
    Kind(
        "interrupt",
        ("import time\nprint('sleeping')\nkept = 1\ntime.sleep(50)\nnever = 1"),
        after=(
            "kept",
            "'never' in dir()",
        ),
        interrupt_at="sleeping",
    ),
    Kind(
        "interrupt-caught",
        (
            "import time\n"
            "print('sleeping')\n"
            "try:\n"
            "    time.sleep(50)\n"
            "except KeyboardInterrupt:\n"
            "    print('tidied up')\n"
            "'end'"
        ),
        interrupt_at="sleeping",
    ),
    Kind(
        "interrupt-await",
        "import asyncio\nprint('sleeping')\nawait asyncio.sleep(50)",
        after=("'alive'",),
        interrupt_at="sleeping",
    ),
    Kind("generator", ("def count():\n    n = yield 1\n    yield n\ng = count()\n(next(g), g.send(5), list(g))")),
    Kind("generator-kept", "next(kept)", before=("kept = iter([1, 2, 3])",), after=("list(kept)",)),
    Kind(
        "threads",
        (
            "import threading\n"
            "found = []\n"
            "threads = [threading.Thread(target=found.append, args=(i,)) for i in range(4)]\n"
            "for thread in threads:\n"
            "    thread.start()\n"
            "for thread in threads:\n"
            "    thread.join()\n"
            "sorted(found)"
        ),
    ),
    Kind(
        "thread-left-running",
        (
            "import threading\n"
            "end = threading.Event()\n"
            "thread = threading.Thread(target=end.wait, name='test-left', daemon=True)\n"
            "thread.start()"
        ),
        after=(
            "thread.is_alive()",
            "end.set(); thread.join()",
        ),
    ),
    Kind(
        "subprocess",
        ("import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'print(6 * 7)'], capture_output=True).stdout"),
    ),
    Kind(
        "children-of-the-cell",
        (
            "import os\n"
            "pid = os.fork()\n"
            "if pid == 0:\n"
            "    os._exit(7)\n"
            "pid, ended = os.waitpid(pid, 0)\n"
            "del pid\n"
            "ended >> 8"
        ),
    ),
    Kind("environment", "import os\nsorted(k for k in os.environ if 'memadvise' in k.lower())"),
    Kind("stdin-refused", "input('who? ')"),
    Kind("comments-only", "# only\n# comments"),
    Kind("docstring-only", "'''text'''"),
    Kind("blank-lines-above", "blank = 1\nblank", above=("\n\n   \n")),
    Kind("indented", "    indented = 1\n    indented"),
    Kind("prompts", ">>> pasted = 1\n>>> pasted"),
    Kind("windows-line-ends", ("first = 1\r\nfor i in range(2):\r\n    print(i)\r\nfirst")),
    Kind("form-feed", ("a = 1\n\x0c\nb = 2\n(a, b)")),
    Kind("line-separator-in-text", "s = 'a\u2028b'\nlen(s)"),
    Kind(
        "closure",
        (
            "def outer():\n"
            "    n = 0\n"
            "    def inner():\n"
            "        nonlocal n\n"
            "        n += 1\n"
            "        return n\n"
            "    return inner\n"
            "step = outer()\n"
            "(step(), step())"
        ),
    ),
    Kind("lambda-and-late-global", "add = lambda n: n + late\nlate = 5\nadd(1)"),
    Kind("comprehension-sees-globals", "n = 3\n[[n * i for i in range(n)] for _ in range(n)]"),
    Kind("global", ("def f():\n    global made\n    made = 'by f'\nf()\nmade")),
    Kind(
        "decorator",
        ("import functools\n@functools.cache\ndef f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\nf(30)"),
    ),
    Kind("dataclass", ("from dataclasses import dataclass\n@dataclass(frozen=True)\nclass P:\n    x: int = 1\nP(2)")),
    Kind("annotations", "from __future__ import annotations\nx: Later = 1\n__annotations__", after=("y: Later = 2",)),
    Kind("walrus", "[half := 10 // 2, half ** 2]"),
    Kind("f-string", "name = 'x'\nf'{name!r:>5} {name=} {{}}'"),
    Kind("unicode-names", ("größe = 1\nπ = 3\nprint('é 漢字 🎈')\ngröße + π")),
    Kind("match", ("match [1, 2]:\n    case [a, *rest]:\n        pass\n(a, rest)")),
    Kind("star-import", "from math import *\nsqrt(16)"),
    Kind("nested-run-cell", "r = get_ipython().run_cell('inner = 5\\ninner')\nr.result"),
    Kind("nested-empty-cell", "r = get_ipython().run_cell('')\nbig = 1"),
    Kind("nested-that-raises", "r = get_ipython().run_cell('1 / 0')\n(r.success, 'still here')"),
    Kind("nested-magic", "get_ipython().run_cell_magic('time', '', 'inside = 1')\ninside"),
    Kind(
        "run-file",
        "%run -i script.py\nfrom_script",
        before=(
            "!rm -f script.py",
            "%%writefile script.py\nfrom_script = 9\nprint(__name__)",
        ),
    ),
    Kind("display", "from IPython.display import HTML, display\ndisplay(1, HTML('<b>x</b>'))\n2"),
    Kind("display-updated", "h = display('old', display_id='one')\nh.update('new')"),
    Kind("clear-output", ("from IPython.display import clear_output\nprint('a')\nclear_output()\nprint('b')")),
    Kind("stderr", "import sys\nprint('to stderr', file=sys.stderr)\nprint('to stdout')"),
    Kind("warning", "import warnings\nwarnings.warn('watch out')\nwarnings.warn('watch out')"),
    Kind("invalid-escape", "s = '\\d'\ns"),
    Kind(
        "deprecation",
        ("def f():\n    import warnings\n    warnings.warn('old', DeprecationWarning, stacklevel=2)\nf()"),
    ),
    Kind(
        "sys-exit",
        "import sys\nkept = 1\nsys.exit('bye')",
        before=("import warnings; warnings.simplefilter('always')",),
        after=("kept",),
    ),
    Kind("system-exit", "raise SystemExit(3)", before=("import warnings",), after=("warnings.resetwarnings()",)),
    Kind("exit-keeping-the-kernel", "last = 1\nexit(keep_kernel=True)", after=("'alive'",)),
    Kind("redefines-print", "def print(*words):\n    return 'mine'\nprint('x')", after=("del print",)),
    Kind("redefines-display", "display = None\ndisplay", after=("del display",)),
    Kind("shadows-libraries", "pd = time = json = sys = 'mine'\n(pd, time)", after=("list",)),
    Kind(
        "shadows-builtins",
        "list = dict = type = repr = len = sorted = 'mine'\nlist",
        after=("del list, dict, type, repr, len, sorted",),
    ),
    Kind("shadows-shell", "get_ipython = In = None", after=("1",)),
    Kind(
        "replaces-stdout",
        "import io, sys\nusual, sys.stdout = sys.stdout, io.StringIO()\nprint('kept')",
        after=("text = sys.stdout.getvalue(); sys.stdout = usual; text",),
    ),
    Kind(
        "every-expression-shown",
        "1\nx = 2\nx",
        before=("get_ipython().ast_node_interactivity = 'all'",),
        after=("get_ipython().ast_node_interactivity = 'last_expr'",),
    ),
    Kind(
        "last-expression-or-assignment",
        "assigned = 5",
        before=("get_ipython().ast_node_interactivity = 'last_expr_or_assign'",),
        after=("get_ipython().ast_node_interactivity = 'last_expr'",),
    ),
    Kind(
        "own-transformer",
        "LOUD",
        before=(
            (
                "drop = lambda lines: [line.replace('LOUD', '123') for line in lines]\n"
                "get_ipython().input_transformers_post.append(drop)"
            ),
        ),
        after=("get_ipython().input_transformers_post.remove(drop)",),
    ),
    Kind(
        "own-hooks",
        "hooked = 1",
        before=(
            ("seen = []\nhook = lambda *a: seen.append(len(a))\nget_ipython().events.register('post_run_cell', hook)"),
        ),
        after=(
            "seen[-1:]",
            "get_ipython().events.unregister('post_run_cell', hook)",
        ),
    ),
    Kind("help", "import math\nmath.pi?"),
    Kind("autocall", "%autocall 0"),
    Kind(
        "history-magic",
        "%history -l 2",
        before=(
            "'one'",
            "'two'",
        ),
    ),
    Kind(
        "many-lines",
        (
            "v0 = 0\n"
            "v1 = 1\n"
            "v2 = 2\n"
            "v3 = 3\n"
            "v4 = 4\n"
            "v5 = 5\n"
            "v6 = 6\n"
            "v7 = 7\n"
            "v8 = 8\n"
            "v9 = 9\n"
            "v10 = 10\n"
            "v11 = 11\n"
            "v12 = 12\n"
            "v13 = 13\n"
            "v14 = 14\n"
            "v15 = 15\n"
            "v16 = 16\n"
            "v17 = 17\n"
            "v18 = 18\n"
            "v19 = 19\n"
            "v20 = 20\n"
            "v21 = 21\n"
            "v22 = 22\n"
            "v23 = 23\n"
            "v24 = 24\n"
            "v25 = 25\n"
            "v26 = 26\n"
            "v27 = 27\n"
            "v28 = 28\n"
            "v29 = 29\n"
            "v30 = 30\n"
            "v31 = 31\n"
            "v32 = 32\n"
            "v33 = 33\n"
            "v34 = 34\n"
            "v35 = 35\n"
            "v36 = 36\n"
            "v37 = 37\n"
            "v38 = 38\n"
            "v39 = 39\n"
            "v40 = 40\n"
            "v41 = 41\n"
            "v42 = 42\n"
            "v43 = 43\n"
            "v44 = 44\n"
            "v45 = 45\n"
            "v46 = 46\n"
            "v47 = 47\n"
            "v48 = 48\n"
            "v49 = 49\n"
            "v50 = 50\n"
            "v51 = 51\n"
            "v52 = 52\n"
            "v53 = 53\n"
            "v54 = 54\n"
            "v55 = 55\n"
            "v56 = 56\n"
            "v57 = 57\n"
            "v58 = 58\n"
            "v59 = 59\n"
            "v60 = 60\n"
            "v61 = 61\n"
            "v62 = 62\n"
            "v63 = 63\n"
            "v64 = 64\n"
            "v65 = 65\n"
            "v66 = 66\n"
            "v67 = 67\n"
            "v68 = 68\n"
            "v69 = 69\n"
            "v70 = 70\n"
            "v71 = 71\n"
            "v72 = 72\n"
            "v73 = 73\n"
            "v74 = 74\n"
            "v75 = 75\n"
            "v76 = 76\n"
            "v77 = 77\n"
            "v78 = 78\n"
            "v79 = 79\n"
            "v80 = 80\n"
            "v81 = 81\n"
            "v82 = 82\n"
            "v83 = 83\n"
            "v84 = 84\n"
            "v85 = 85\n"
            "v86 = 86\n"
            "v87 = 87\n"
            "v88 = 88\n"
            "v89 = 89\n"
            "v90 = 90\n"
            "v91 = 91\n"
            "v92 = 92\n"
            "v93 = 93\n"
            "v94 = 94\n"
            "v95 = 95\n"
            "v96 = 96\n"
            "v97 = 97\n"
            "v98 = 98\n"
            "v99 = 99\n"
            "v100 = 100\n"
            "v101 = 101\n"
            "v102 = 102\n"
            "v103 = 103\n"
            "v104 = 104\n"
            "v105 = 105\n"
            "v106 = 106\n"
            "v107 = 107\n"
            "v108 = 108\n"
            "v109 = 109\n"
            "v110 = 110\n"
            "v111 = 111\n"
            "v112 = 112\n"
            "v113 = 113\n"
            "v114 = 114\n"
            "v115 = 115\n"
            "v116 = 116\n"
            "v117 = 117\n"
            "v118 = 118\n"
            "v119 = 119\n"
            "v120 = 120\n"
            "v121 = 121\n"
            "v122 = 122\n"
            "v123 = 123\n"
            "v124 = 124\n"
            "v125 = 125\n"
            "v126 = 126\n"
            "v127 = 127\n"
            "v128 = 128\n"
            "v129 = 129\n"
            "v130 = 130\n"
            "v131 = 131\n"
            "v132 = 132\n"
            "v133 = 133\n"
            "v134 = 134\n"
            "v135 = 135\n"
            "v136 = 136\n"
            "v137 = 137\n"
            "v138 = 138\n"
            "v139 = 139\n"
            "v140 = 140\n"
            "v141 = 141\n"
            "v142 = 142\n"
            "v143 = 143\n"
            "v144 = 144\n"
            "v145 = 145\n"
            "v146 = 146\n"
            "v147 = 147\n"
            "v148 = 148\n"
            "v149 = 149\n"
            "v150 = 150\n"
            "v151 = 151\n"
            "v152 = 152\n"
            "v153 = 153\n"
            "v154 = 154\n"
            "v155 = 155\n"
            "v156 = 156\n"
            "v157 = 157\n"
            "v158 = 158\n"
            "v159 = 159\n"
            "v160 = 160\n"
            "v161 = 161\n"
            "v162 = 162\n"
            "v163 = 163\n"
            "v164 = 164\n"
            "v165 = 165\n"
            "v166 = 166\n"
            "v167 = 167\n"
            "v168 = 168\n"
            "v169 = 169\n"
            "v170 = 170\n"
            "v171 = 171\n"
            "v172 = 172\n"
            "v173 = 173\n"
            "v174 = 174\n"
            "v175 = 175\n"
            "v176 = 176\n"
            "v177 = 177\n"
            "v178 = 178\n"
            "v179 = 179\n"
            "v180 = 180\n"
            "v181 = 181\n"
            "v182 = 182\n"
            "v183 = 183\n"
            "v184 = 184\n"
            "v185 = 185\n"
            "v186 = 186\n"
            "v187 = 187\n"
            "v188 = 188\n"
            "v189 = 189\n"
            "v190 = 190\n"
            "v191 = 191\n"
            "v192 = 192\n"
            "v193 = 193\n"
            "v194 = 194\n"
            "v195 = 195\n"
            "v196 = 196\n"
            "v197 = 197\n"
            "v198 = 198\n"
            "v199 = 199\n"
            "v200 = 200\n"
            "v201 = 201\n"
            "v202 = 202\n"
            "v203 = 203\n"
            "v204 = 204\n"
            "v205 = 205\n"
            "v206 = 206\n"
            "v207 = 207\n"
            "v208 = 208\n"
            "v209 = 209\n"
            "v210 = 210\n"
            "v211 = 211\n"
            "v212 = 212\n"
            "v213 = 213\n"
            "v214 = 214\n"
            "v215 = 215\n"
            "v216 = 216\n"
            "v217 = 217\n"
            "v218 = 218\n"
            "v219 = 219\n"
            "v220 = 220\n"
            "v221 = 221\n"
            "v222 = 222\n"
            "v223 = 223\n"
            "v224 = 224\n"
            "v225 = 225\n"
            "v226 = 226\n"
            "v227 = 227\n"
            "v228 = 228\n"
            "v229 = 229\n"
            "v230 = 230\n"
            "v231 = 231\n"
            "v232 = 232\n"
            "v233 = 233\n"
            "v234 = 234\n"
            "v235 = 235\n"
            "v236 = 236\n"
            "v237 = 237\n"
            "v238 = 238\n"
            "v239 = 239\n"
            "v240 = 240\n"
            "v241 = 241\n"
            "v242 = 242\n"
            "v243 = 243\n"
            "v244 = 244\n"
            "v245 = 245\n"
            "v246 = 246\n"
            "v247 = 247\n"
            "v248 = 248\n"
            "v249 = 249\n"
            "v250 = 250\n"
            "v251 = 251\n"
            "v252 = 252\n"
            "v253 = 253\n"
            "v254 = 254\n"
            "v255 = 255\n"
            "v256 = 256\n"
            "v257 = 257\n"
            "v258 = 258\n"
            "v259 = 259\n"
            "v260 = 260\n"
            "v261 = 261\n"
            "v262 = 262\n"
            "v263 = 263\n"
            "v264 = 264\n"
            "v265 = 265\n"
            "v266 = 266\n"
            "v267 = 267\n"
            "v268 = 268\n"
            "v269 = 269\n"
            "v270 = 270\n"
            "v271 = 271\n"
            "v272 = 272\n"
            "v273 = 273\n"
            "v274 = 274\n"
            "v275 = 275\n"
            "v276 = 276\n"
            "v277 = 277\n"
            "v278 = 278\n"
            "v279 = 279\n"
            "v280 = 280\n"
            "v281 = 281\n"
            "v282 = 282\n"
            "v283 = 283\n"
            "v284 = 284\n"
            "v285 = 285\n"
            "v286 = 286\n"
            "v287 = 287\n"
            "v288 = 288\n"
            "v289 = 289\n"
            "v290 = 290\n"
            "v291 = 291\n"
            "v292 = 292\n"
            "v293 = 293\n"
            "v294 = 294\n"
            "v295 = 295\n"
            "v296 = 296\n"
            "v297 = 297\n"
            "v298 = 298\n"
            "v299 = 299"
        ),
    ),
    Kind("set-next-input", "get_ipython().set_next_input('next = 1')"),
    Kind("seeds", "import random\nrandom.random()", before=("import random\nrandom.seed(5)",)),
    Kind(
        "recursion",
        (
            "def deep(n):\n"
            "    return deep(n + 1)\n"
            "try:\n"
            "    deep(0)\n"
            "except RecursionError as error:\n"
            "    print('too deep')"
        ),
    ),
    Kind(
        "weak-reference-dies",
        ("import weakref\nclass Big: pass\nbig = Big()\nseen = weakref.ref(big)\ndel big\nseen() is None"),
    ),
    Kind("reference-counts", "import sys\nthing = object()\nsys.getrefcount(thing)", after=("sys.getrefcount(thing)",)),
    Kind("frame-local-trace", "import sys\n(sys.gettrace(), sys.getprofile())"),
    Kind(
        "signal-handlers",
        "import signal\nsignal.getsignal(signal.SIGINT).__name__",
        after=("signal.getsignal(signal.SIGINT).__name__",),
    ),
    Kind(
        "hostile-objects",
        (
            "class Hostile:\n"
            "    def __repr__(self): raise ValueError('repr')\n"
            "    def __len__(self): raise ValueError('len')\n"
            "    def __eq__(self, other): raise ValueError('eq')\n"
            "    def __bool__(self): raise ValueError('bool')\n"
            "    def __sizeof__(self): raise ValueError('sizeof')\n"
            "    def __getattr__(self, name): raise ValueError('getattr')\n"
            "    __hash__ = None\n"
            "hostile = Hostile()"
        ),
        after=("del hostile",),
    ),
    Kind(
        "hostile-value-shown",
        "Shown()",
        before=("class Shown:\n    def __repr__(self):\n        raise ValueError('repr')",),
    ),
    *HOSTILE,
]
