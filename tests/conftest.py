"""What every test may ask for."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "thorough",
    # A law's examples may be slow to draw on a busy machine; that is no fault.
    deadline=None,
    print_blob=True,
    # A change is judged by the same examples every time; new ones are tried while developing.
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
# The plain run: `tests.laws.examples` takes this many of a hundred.
settings.register_profile("plain", settings.get_profile("thorough"), max_examples=20)
settings.load_profile("plain")

# A shell that runs the tests in its background has SIGINT ignored, in all they start as well.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Commands buffer what they print, as they do for a user.
os.environ.pop("PYTHONUNBUFFERED", None)

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The repository's folder."""
    return ROOT


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """The folder of the sample tables and requirement files; read only."""
    return ROOT / "sample_data"
