"""What was observed: live frames, the files behind them, the machine, machines for rent."""

from __future__ import annotations

from dataclasses import dataclass, field

from memadvise.model.measurement import Measurement


@dataclass(frozen=True)
class TextFacts:
    """What holds of every text of a column (missing values aside), over all rows; only for columns of text.

    ``values`` are the distinct texts in order of first appearance, where there are at most 1,000 of them and they are
    not long (256 KiB together), else empty.
    ``date_format`` is the one `strptime` format that all of them have (empty: none has, or several read them
    differently, as in 01/02/2024 where no day is above 12); ``numbers`` says that each is a plain decimal number,
    ``whole`` that each is a plain whole number; ``width`` is the length in characters that all share, else None.
    """

    values: tuple[str, ...] = ()
    date_format: str = ""
    numbers: bool = False
    whole: bool = False
    width: int | None = None


@dataclass(frozen=True)
class ColumnEvidence:
    """One column of a live frame, or of a file that was scanned.

    ``dtype`` is "mixed" where the type of a scanned column depends on how pandas cuts the file into chunks; then
    nothing else is known of it.
    ``cardinality`` is the number of distinct values, exact only where ``exact`` says so (else from a sample, and then
    it may suggest but never promise). ``minimum``/``maximum`` are over all rows (numbers only), else None.
    ``negative_zero``: a float column that holds at least one -0.0; None where that was not looked at.
    ``whole``: every finite value of a float column is a whole number, and there is no infinity; None where not known.
    ``zeros`` counts the elements equal to zero (numbers and booleans), None where not known.
    ``monotone`` is "increasing" or "decreasing" (not strictly) where all rows are in order, else "".
    ``element`` names the one type of all elements of an `object` column that are not missing ("str"), else "".
    ``text`` holds what is known of a column of text, None where that was not looked at over all rows.
    """

    name: str
    dtype: str
    nbytes: int
    nulls: int | None = None
    cardinality: int | None = None
    exact: bool = False
    minimum: float | int | None = None
    maximum: float | int | None = None
    negative_zero: bool | None = None
    whole: bool | None = None
    zeros: int | None = None
    monotone: str = ""
    element: str = ""
    text: TextFacts | None = None

    @property
    def constant(self) -> bool:
        """Whether all rows surely hold one value, none of them missing."""
        return (self.nulls == 0 and (self.minimum is not None and self.minimum == self.maximum)) or (
            self.exact and self.nulls == 0 and self.cardinality == 1
        )


@dataclass(frozen=True)
class FrameEvidence:
    """A live pandas frame bound to ``name``. ``plain_names``: all labels are distinct strings.

    ``range_index``: the index is pandas' own 0..n-1. ``nbytes`` is deep, shared buffers counted once.
    """

    name: str
    rows: int
    nbytes: int
    columns: tuple[ColumnEvidence, ...]
    plain_names: bool = True
    range_index: bool = True

    def column(self, name: str) -> ColumnEvidence | None:
        """Return the column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True)
class ArrayEvidence:
    """A live numpy array bound to ``name``. ``zeros`` counts elements equal to zero, None where not known.

    ``minimum``/``maximum`` are over all elements (numbers; NaN left out), ``nulls`` counts NaN, ``whole`` says that
    every element is a whole number, ``one_hot`` that each row of a 2-d array holds exactly one 1 and else 0; each None
    where not known. ``owner``: the array owns its memory and nothing else was seen to refer to it.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    nbytes: int
    zeros: int | None = None
    minimum: float | int | None = None
    maximum: float | int | None = None
    nulls: int | None = None
    whole: bool | None = None
    one_hot: bool | None = None
    negative_zero: bool | None = None
    owner: bool = False


@dataclass(frozen=True)
class RowsEvidence:
    """A live list of dicts, tuples or lists bound to ``name``: rows of a table.

    ``kind`` is "dict", "tuple" or "list"; ``keys`` are the keys that every row has, in the same order (places as text
    for tuples and lists), empty when rows differ; ``types`` the one type's name per key ("" where they differ).
    ``nbytes`` is deep, from a sample; ``columns_bytes`` what the same values take as a list per column.
    """

    name: str
    kind: str
    rows: int
    nbytes: int
    keys: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    columns_bytes: int = 0


@dataclass(frozen=True)
class Held:
    """A large value of the namespace: its deep size, and what else holds the very same object.

    ``name`` is ``Out[3]`` for a displayed value that no name is bound to; ``type`` is ``pandas.DataFrame``, ``list``.
    ``others`` are other names bound to it; ``outputs`` the numbers of the cells (`Out[3]`) that hold it.
    ``shares`` are names whose values use (part of) its memory, as far as that was looked at. ``alone_bytes`` is what
    would be free without it: nothing else that was looked at holds that part of its memory.
    ``elsewhere``: something that is neither a name nor an output refers to it (a container, a view, a closure).
    ``layout`` says how a frame's or array's memory lies: ``split`` (each column for itself, in one piece), ``packed``
    (several columns together in one piece; of an array: its own, writeable, in C order), else "".
    ``dtypes`` are the dtypes in a frame, sorted; ``code`` is the cell's code as IPython ran it, of an ``Out[3]`` only.
    """

    name: str
    type: str
    nbytes: int
    others: tuple[str, ...] = ()
    outputs: tuple[int, ...] = ()
    shares: tuple[str, ...] = ()
    alone_bytes: int = 0
    elsewhere: bool = False
    layout: str = ""
    dtypes: tuple[str, ...] = ()
    code: str = ""


@dataclass(frozen=True)
class ReadEvidence:
    """One ``name = pd.read_csv(...)`` of the notebook and the file behind it.

    ``header`` are the columns that pandas itself reads with the call's arguments, in file order. ``problem`` is empty,
    or says in words why nothing can be said of the file. ``columns`` are facts over all rows of the file as pandas
    reads it with the call's arguments (dtypes, bytes in memory), empty when it was not scanned; ``rows`` likewise.
    """

    cell_id: str
    name: str
    path: str
    size_bytes: int = 0
    header: tuple[str, ...] = ()
    problem: str = ""
    rows: int | None = None
    columns: tuple[ColumnEvidence, ...] = ()

    def column(self, name: str) -> ColumnEvidence | None:
        """Return what the scan of all rows found of a column, or None."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True)
class MachineEvidence:
    """Memory of this machine, and the limit that this kernel may really use and where that limit stands."""

    total_bytes: int
    limit_bytes: int
    limit_source: str
    available_bytes: int


@dataclass(frozen=True)
class MachineOffer:
    """One machine for rent; the price is on demand, in USD per hour, as of ``priced_on`` (ISO date)."""

    cloud: str
    instance_type: str
    region: str
    vcpus: int
    memory_bytes: int
    usd_per_hour: float
    priced_on: str


@dataclass(frozen=True)
class Evidence:
    """Everything a rule may know beside the notebook's code.

    ``scalars`` maps names of the live namespace to the type's name, for values that are single numbers, strings, dates.
    ``cpu_count`` is this machine's; ``measured_cell`` is the id of the cell that ``measurement`` is of.
    """

    machine: MachineEvidence
    measurement: Measurement
    frames: tuple[FrameEvidence, ...] = ()
    arrays: tuple[ArrayEvidence, ...] = ()
    rows: tuple[RowsEvidence, ...] = ()
    held: tuple[Held, ...] = ()
    reads: tuple[ReadEvidence, ...] = ()
    offers: tuple[MachineOffer, ...] = ()
    scalars: dict[str, str] = field(default_factory=dict)
    pandas_version: str = ""
    numpy_version: str = ""
    cpu_count: int = 1
    status: str = "ok"
    measured_cell: str = ""

    def frame(self, name: str) -> FrameEvidence | None:
        """Return the live frame of that name, or None."""
        return next((frame for frame in self.frames if frame.name == name), None)

    def array(self, name: str) -> ArrayEvidence | None:
        """Return the live array of that name, or None."""
        return next((array for array in self.arrays if array.name == name), None)

    def rows_of(self, name: str) -> RowsEvidence | None:
        """Return the live list of rows of that name, or None."""
        return next((rows for rows in self.rows if rows.name == name), None)

    def holding(self, name: str) -> Held | None:
        """Return what holds the large value of that name, or None."""
        return next((held for held in self.held if held.name == name), None)

    def read(self, cell_id: str, name: str) -> ReadEvidence | None:
        """Return what is known of the file that ``name`` was read from in that cell, or None."""
        found = (read for read in self.reads if read.cell_id == cell_id and read.name == name)
        return next(found, None)
