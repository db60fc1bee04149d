"""Nouns that flow between the rooms: frozen dataclasses, standard library only."""

from memadvise.model.evidence import (
    ArrayEvidence,
    ColumnEvidence,
    Evidence,
    FrameEvidence,
    Held,
    MachineEvidence,
    MachineOffer,
    ReadEvidence,
    RowsEvidence,
    TextFacts,
)
from memadvise.model.measurement import AllocatorUse, CallUse, ImportUse, LineUse, Measurement, VariableUse
from memadvise.model.notebook import Cell, Edit, NotebookSource
from memadvise.model.options import CellOptions
from memadvise.model.recommendation import (
    Costs,
    FrameChange,
    HeldBack,
    NewFile,
    PredictedPeak,
    Recommendation,
    ResultClass,
    Technique,
)
from memadvise.model.report import Applied, CellError, CellReport, Report
from memadvise.model.verification import Difference, Verification

__all__ = [
    "AllocatorUse",
    "Applied",
    "ArrayEvidence",
    "CallUse",
    "Cell",
    "CellError",
    "CellOptions",
    "CellReport",
    "ColumnEvidence",
    "Costs",
    "Difference",
    "Edit",
    "Evidence",
    "FrameChange",
    "FrameEvidence",
    "Held",
    "HeldBack",
    "ImportUse",
    "LineUse",
    "MachineEvidence",
    "MachineOffer",
    "Measurement",
    "NewFile",
    "NotebookSource",
    "PredictedPeak",
    "ReadEvidence",
    "Recommendation",
    "Report",
    "ResultClass",
    "RowsEvidence",
    "Technique",
    "TextFacts",
    "VariableUse",
    "Verification",
]
