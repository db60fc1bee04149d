"""The words for what is done with a column, as the rules' allow-lists spell them.

Made from the code, so that every method has a word. In general the name of the method as it is written:

- `read`: chosen or carried along, nothing else; `filter`: used as a row condition.
- `==` (also !=) and `<` (also <=, >, >=, between) with plain constants (`Use.values` holds them); `isin` with plain
  members; `compare`: a comparison, membership test or `between` with anything else.
- `+ - * / // % ** @ & | ^ ~ << >>`: operators; `neg`: the unary minus.
- `sum`, `fillna`, `str.upper`, `dt.year`, …: methods of a column and of its accessors. `attribute.NAME`: an attribute.
- `group key`: groupby(column) with no options; `group key with options` else; `group.sum`, …: what groups do with it.
- `labels.NAME`: what is done with row labels that are values of the column (after a groupby, value_counts).
- `frame.NAME`: a method of a whole frame that holds the column (`frame.describe`, `frame.corr`).
- `sort key`, `drop`, `merge key`, `merge` and `concat` (carried through them), `pivot index`,
  `pivot columns`, `pivot values`, `melt`, `astype`, `query`. The values of `astype` are
  the names of the dtypes, and `astype float64` is in `Use.after` then.
- `map`: also `apply` of a function of Python on a column, which is the same.
- `stored`: the whole column is replaced; `stored in part`: values are put into it; `added`: put into a new column.
- `condition` is no operation: it is in `Use.after` of everything that has become booleans on its way.
- `some rows` is none either: it is in `Use.after` where rows may have been left out or put in another order.
- `pd.concat beside`: put beside other columns (axis=1); `pd.concat of reads`: put together with frames as files hold
  them; `pd.concat`: with anything else, so that a dtype may win over the column's own.
- `pd.NAME`, `np.NAME`, `plot`: given to such a function. `int`, `float`, `len`, `str`, …: to such a builtin;
  `builtin.sum`, `builtin.filter`, …: to one that has the name of a method or of another word.
- `loop`: gone through element by element; `item`: subscripted; `formatted`: one value put into a text by `str`.
- `collected`: elements put together by a comprehension; `collected results`: what methods gave.
- `kept`: bound to a name; `shown`: a cell's value; `printed`: by print or display; `peek`: a peek at the frame.
- `unknown`: anything else, in particular whatever is given to a function that is not known.
"""

from __future__ import annotations

import ast

OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
}
UNARY: dict[type[ast.unaryop], str] = {ast.Invert: "~", ast.USub: "neg", ast.UAdd: "pos", ast.Not: "not"}
BOOLEANS = frozenset(
    [
        "==",
        "<",
        "compare",
        "isin",
        "isna",
        "isnull",
        "notna",
        "notnull",
        "duplicated",
        "str.contains",
        "str.startswith",
        "str.endswith",
        "str.match",
        "str.fullmatch",
        "str.isdigit",
        "str.isnumeric",
        "str.isalpha",
        "between",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "query",
    ]
)  # operations that give conditions

SOME_ROWS = "some rows"
NAMED_TYPES = {"int": "int64", "float": "float64", "str": "str", "bool": "bool", "object": "object"}  # of `astype(int)`
NOTHING_OF_IT = frozenset({"len", "id", "type", "isinstance", "hasattr", "callable"})  # builtins that look at no values
OF_VALUES = frozenset(
    [
        "int",
        "float",
        "str",
        "bool",
        "round",
        "abs",
        "list",
        "set",
        "tuple",
        "sorted",
        "sum",
        "min",
        "max",
        "range",
        "enumerate",
        "zip",
        "any",
        "all",
        "dict",
        "frozenset",
        "repr",
        "format",
        "complex",
        "divmod",
        "pow",
        "map",
        "filter",
        "reversed",
        "iter",
        "next",
    ]
)
# builtins whose names are methods or words too: `sum` of a column adds its elements in another way than `column.sum()`
ALSO_METHODS = frozenset({"sum", "min", "max", "abs", "round", "any", "all", "map", "filter", "pow", "divmod"})
CLOSES_OF_VALUES = frozenset({"int", "float", "str", "bool", "len", "repr", "format", "any", "all", "range"})
