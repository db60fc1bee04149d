"""What was observed: live frames, the files behind them, the machine, machines for rent."""

from __future__ import annotations

from dataclasses import dataclass, field

from memadvise.model.measurement import Measurement


@dataclass(frozen=True)
class ColumnEvidence:
    """One column of a live frame.

    ``cardinality`` is the number of distinct values, exact only where ``exact`` says so (else from a sample, and then
    it may suggest but never promise). ``minimum``/``maximum`` are over all rows (numbers only), else None.
    ``negative_zero``: a float column that holds at least one -0.0; None where that was not looked at.
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
class ReadEvidence:
    """One ``name = pd.read_csv(...)`` of the notebook and the file behind it.

    ``header`` are the columns that pandas itself reads with the call's arguments, in file order. ``problem`` is empty,
    or says in words why nothing can be said of the file.
    """

    cell_id: str
    name: str
    path: str
    size_bytes: int = 0
    header: tuple[str, ...] = ()
    problem: str = ""


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
    reads: tuple[ReadEvidence, ...] = ()
    offers: tuple[MachineOffer, ...] = ()
    scalars: dict[str, str] = field(default_factory=dict)
    pandas_version: str = ""
    cpu_count: int = 1
    status: str = "ok"
    measured_cell: str = ""

    def frame(self, name: str) -> FrameEvidence | None:
        """Return the live frame of that name, or None."""
        return next((frame for frame in self.frames if frame.name == name), None)

    def read(self, cell_id: str, name: str) -> ReadEvidence | None:
        """Return what is known of the file that ``name`` was read from in that cell, or None."""
        found = (read for read in self.reads if read.cell_id == cell_id and read.name == name)
        return next(found, None)
