"""What the tables of the report mean, in words."""

from __future__ import annotations

from measuring.cost import ATTEMPTS, QUIET
from measuring.outside import CHILDREN_EVERY_S, LOOKS

OUTSIDE = (
    "*outside*: in the same run, the parent process resets the high-water mark of the cell's process through its "
    "`/proc` files, and reads that mark and the resident size again and again until the cell has ended. Each reset of "
    "the mark by the meter, at a line of the cell, is held back by the kernel (seccomp) until the parent has read the "
    "mark. *known*: what the cell's own sizes add up to, where they do; it must agree within 1 % or one huge page."
)
NO_GATE = (
    "**Here the kernel did not hold each reset back: what was seen from outside may miss peaks just before a reset.**"
)
CHILDREN = (
    "*measured*: `children_peak_bytes`. *outside*: the parent's own sum of their proportional sizes (PSS), the "
    f"highest that held for {LOOKS} looks ({LOOKS * CHILDREN_EVERY_S * 1e3:.0f} ms). The proportional size of a forked "
    "child includes its part of what it shares with the cell's process."
)
CULPRITS = (
    "*its MB*: known from the sizes in the cell, else what the cell took, seen from outside in the same run. A line "
    "that calls the function around the culprit rightly shows the same bytes, and is left out. Neither memray nor "
    "memory_profiler tells peaks of the lines of a cell."
)
PEERS = (
    "*truth*: the bare cell in fresh processes, seen from outside (median), with the children's proportional sizes "
    "where there are children. Sizes under 1 MB count as 1 MB. %%memit runs in a shell of IPython, with `-c` where "
    "there are children; memray's Tracker as it is by default, and following forks where there are children. memray "
    "and tracemalloc count what is allocated, used or not: another question than what is resident. Off by more than a "
    "tenth: in bold."
)
TIME = (
    "*measured*: compiling, begin, the cell, end. *CPU*: the same ratio in processor time of the cell's process. "
    f"*bare / bare*: what the same procedure says of two bare runs; where it was off by more than {QUIET:.1%}, all was "
    f"run again, up to {ATTEMPTS} times, and the attempt counts in which it was least off."
)
