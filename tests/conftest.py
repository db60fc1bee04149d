"""Settings for all tests."""

from __future__ import annotations

import os

from hypothesis import settings

# The same cases in every run: a red test is never a matter of luck. The fuzz session draws new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("random", deadline=None)
settings.load_profile(os.environ.get("MEMADVISE_HYPOTHESIS", "same"))
