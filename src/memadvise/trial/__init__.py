"""Fingerprints of a run's values, and the verdict on whether another run gave the same.

``snapshot`` needs the value, ``compare`` only two sets of snapshots: they may come from two processes.
"""

from memadvise.trial.compare import compare
from memadvise.trial.model import Allowance, Column, Label, Snapshot
from memadvise.trial.snapshot import snapshot
from memadvise.trial.text import compare_text

__all__ = ["Allowance", "Column", "Label", "Snapshot", "compare", "compare_text", "snapshot"]
