"""What training says on its way, where a terminal shows it and where none does."""

from types import SimpleNamespace

import pytest

from seg2vid_cli.terminal import training_monitor
from seg2vid_cli.terminal.console import Console, ProgressBar
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
        monitor.begin(step=1000, steps=11_000, share=1000 / 11_000, summary={"device": "cpu"})
        for step in range(1001, 1005):
            clock.now += 2
            metrics = {"loss": 1 / 3, "kl": 2.0} if step % 2 == 0 else {}
            monitor.advance(step=step, share=step / 11_000, metrics=metrics)


def train_by_the_clock(console: Console, clock: SimpleNamespace) -> None:
    """Go on at 20% of 5 minutes, at 3 s a step."""
    with ConsoleMonitor(console) as monitor:
        monitor.begin(step=700, steps=None, share=0.2, summary={"device": "cpu", "minutes": 5.0})
        for step, share in ((701, 0.21), (702, 0.22), (703, 1.0)):
            clock.now += 3
            monitor.advance(step=step, share=share, metrics={"loss": 1 / 3} if step > 701 else {})


BEGIN = "from step 1,000, to step 11,000, device cpu\n"


def test_a_line_an_interval_with_the_time_left_where_there_is_no_terminal(capsys, seconds):
    train(Console("train"), seconds)
    assert capsys.readouterr() == (
        "",
        BEGIN
        + "step 1,002 of 11,000, loss 0.3333, kl 2, 5:33:16 left\n"
        + "step 1,004 of 11,000, loss 0.3333, kl 2, 5:33:12 left\n",
    )


def test_by_the_clock_lines_say_how_much_is_done(capsys, seconds):
    train_by_the_clock(Console("train"), seconds)
    assert capsys.readouterr() == (
        "",
        "from step 700, device cpu, minutes 5\n"
        "step 702, 22% done, loss 0.3333, 0:03:54 left\n"
        "step 703, 100% done, loss 0.3333\n",
    )


def test_by_the_clock_the_bar_goes_to_a_hundred(capsys, seconds, monkeypatch):
    seen = []
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr(ProgressBar, "advance", lambda bar, *arguments: seen.append((bar._total, *arguments)))
    train_by_the_clock(Console("train"), seconds)
    assert seen == [(100, 21, "step 701"), (100, 22, "step 702, loss 0.3333"), (100, 100, "step 703, loss 0.3333")]


def test_no_line_if_quiet_and_none_beside_the_bar(capsys, seconds, monkeypatch):
    train(Console("train", quiet=True), seconds)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr("seg2vid_cli.terminal.console.BAR_DELAY", 1000)
    train(Console("train"), seconds)
    assert capsys.readouterr() == ("", BEGIN)
