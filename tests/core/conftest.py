"""Hypothesis: no example is too slow, since how fast the machine is says nothing about the core.

HYPOTHESIS_PROFILE=fuzz is for a night: see `make fuzz`.
"""

import os

from hypothesis import settings

settings.register_profile("core", deadline=None)
settings.register_profile("fuzz", deadline=None, max_examples=10_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "core"))
