"""What training says on its way, where a terminal shows it and where none does."""

from types import SimpleNamespace

import pytest

from seg2vid_cli.terminal import training_monitor
from seg2vid_cli.terminal.console import Console
from seg2vid_cli.terminal.training_monitor import ConsoleMonitor


@pytest.fixture
def seconds(monkeypatch):
    """The clock that the monitor reads; a test moves it on."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(training_monitor.time, "monotonic", lambda: clock.now)
    return clock


def train(console: Console, clock: SimpleNamespace) -> None:
    """Go on from step 1,000 to 1,004 of 11,000, at 2 s a step, with metrics in every other step."""
    with ConsoleMonitor(console) as monitor:
        monitor.begin(step=1000, steps=11_000, summary={"device": "cpu"})
        for step in range(1001, 1005):
            clock.now += 2
            monitor.advance(step=step, metrics={"loss": 1 / 3, "kl": 2.0} if step % 2 == 0 else {})


BEGIN = "from step 1,000, to step 11,000, device cpu\n"


def test_a_line_an_interval_with_the_time_left_where_there_is_no_terminal(capsys, seconds):
    train(Console("train"), seconds)
    assert capsys.readouterr() == (
        "",
        BEGIN
        + "step 1,002 of 11,000, loss 0.3333, kl 2, 5:33:16 left\n"
        + "step 1,004 of 11,000, loss 0.3333, kl 2, 5:33:12 left\n",
    )


def test_no_line_if_quiet_and_none_beside_the_bar(capsys, seconds, monkeypatch):
    train(Console("train", quiet=True), seconds)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr("seg2vid_cli.terminal.console.BAR_DELAY", 1000)
    train(Console("train"), seconds)
    assert capsys.readouterr() == ("", BEGIN)
