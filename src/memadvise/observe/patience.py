"""How much looking is worth: at the prompt somebody waits, on the command line nobody does."""

from __future__ import annotations

from dataclasses import dataclass

from memadvise.observe.files import SCAN_BELOW_BYTES
from memadvise.observe.frames import SECONDS


@dataclass(frozen=True)
class Patience:
    """What looking at values and files may take.

    ``seconds`` for all live values together; files are scanned while they are together not larger than
    ``scan_below_bytes`` (None: always); ``progress``: a bar shows how far the scan is.
    """

    seconds: float
    scan_below_bytes: int | None
    progress: bool = False


AT_PROMPT = Patience(SECONDS, SCAN_BELOW_BYTES)
ASKED = Patience(60.0, None, progress=True)  # `%memadvise scan`
IN_BATCH = Patience(60.0, None)
