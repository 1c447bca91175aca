"""What all tests share: Hypothesis draws the same examples each time and knows no deadline; what is kept is out of the way."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from time import monotonic

import pytest
from hypothesis import Phase, settings

# a suite that fails by chance or by a busy machine teaches people to run it again
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
# against broken code, hundreds of times: few examples, and none made smaller
settings.register_profile(
    "core", settings.get_profile("ci"), max_examples=10, phases=(Phase.explicit, Phase.generate), report_multiple_bugs=False
)
settings.load_profile(os.environ.get("EXAMGEN_HYPOTHESIS", "ci"))

LONG = 0.3  # seconds after which a test may have left much behind


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    """What a test leaves in caches is not walked through by the collector again: that took three quarters of some tests."""
    began = monotonic()
    result = yield
    if monotonic() - began > LONG:
        gc.collect()
        gc.freeze()
    return result
