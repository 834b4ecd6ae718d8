"""Workers in the test's own process."""

import pytest

from ray_jobs import DriverInProcess
from seg2vid_cli.generation.ray_engine import maker
from seg2vid_interface.cores import limit_cores


@pytest.fixture
def driver(monkeypatch, fake_backends):
    """Let no Ray be needed."""
    monkeypatch.setattr(DriverInProcess, "jobs", [], raising=False)
    monkeypatch.setattr(DriverInProcess, "change", lambda _: 1, raising=False)
    monkeypatch.setattr(maker, "DriverProcess", DriverInProcess)
    monkeypatch.setattr(maker, "check_installed", lambda: None)
    yield DriverInProcess
    limit_cores(None)
