"""What all tests share: Hypothesis draws the same examples each time and knows no deadline."""

from __future__ import annotations

from hypothesis import settings

# a suite that fails by chance or by a busy machine teaches people to run it again
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("ci")
