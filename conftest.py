from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from fairgate.testing.cast import concert, elsewhere, gail, mallory, olga, riverside, stalls

__all__ = ["concert", "elsewhere", "gail", "mallory", "olga", "riverside", "stalls"]

# No test judges how long something took: on a busy machine that says nothing.
settings.register_profile("fairgate", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fairgate")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI everything that a test can need is there, so whatever was skipped hides a mistake."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter and reporter.stats.get("skipped"):
        reporter.write_line("Skipped in CI, where nothing may be skipped.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
