import importlib
import signal
import sys
import time

import pytest

from seg2vid_cli.terminal.signals import Stopped, graceful_stop, stop_on_signals

ENDS = [
    (name, exit_code, said)
    for name, exit_code, said in (
        ("SIGINT", 130, "interrupted"),
        ("SIGTERM", 143, "terminated"),
        ("SIGHUP", 129, "hung up"),  # Windows has none
    )
    if hasattr(signal, name)
]
LIKE_A_COMPILED_MODULE = """\
import signal
try:
    signal.raise_signal({number})
    result = sum(range(10))
except BaseException as error:
    raise ImportError("initialization failed") from error
"""


@pytest.fixture(params=[name for name, *_ in ENDS])
def number(request, monkeypatch) -> int:
    """Return a signal, which is not ignored in this process."""
    number = getattr(signal, request.param)
    previous = signal.signal(number, signal.default_int_handler)
    yield number
    signal.signal(number, previous)


@pytest.mark.parametrize(("name", "exit_code", "said"), ENDS)
def test_how_a_signal_is_told(name, exit_code, said):
    stopped = Stopped(getattr(signal, name))
    assert (stopped.exit_code, stopped.message, stopped.code) == (exit_code, said, said.replace(" ", "_"))


def test_a_signal_is_raised_and_the_handler_put_back(number):
    before = signal.getsignal(number)
    with pytest.raises(Stopped) as caught, stop_on_signals():
        signal.raise_signal(number)
    assert caught.value.exit_code == 128 + number
    assert signal.getsignal(number) is before


def test_the_first_signal_is_a_request_and_the_second_an_end(number):
    before = signal.getsignal(number)
    with graceful_stop() as request:
        assert request.signal_number is None
        signal.raise_signal(number)
        assert request.signal_number == number
        with pytest.raises(Stopped) as caught:
            signal.raise_signal(signal.SIGINT)
    assert caught.value.exit_code == 130
    assert signal.getsignal(number) is before


def test_what_the_program_was_started_to_ignore_stays_ignored(number):
    signal.signal(number, signal.SIG_IGN)
    with stop_on_signals() as stop:
        signal.raise_signal(number)
    assert stop.signal_number is None
    assert signal.getsignal(number) is signal.SIG_IGN


def test_a_signal_does_not_break_an_import_and_ends_what_follows(number, tmp_path, monkeypatch):
    """A compiled module makes an ImportError of it, which reads as a package that is broken."""
    (tmp_path / "disturbed.py").write_text(LIKE_A_COMPILED_MODULE.format(number=int(number)))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "disturbed", raising=False)
    with pytest.raises(Stopped) as caught, stop_on_signals():
        module = importlib.import_module("disturbed")
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            time.sleep(0.001)
    assert caught.value.exit_code == 128 + number
    assert module.result == 45
    assert time.monotonic() < deadline
    del sys.modules["disturbed"]


@pytest.mark.parametrize("fault", [ImportError, SystemExit, None])
def test_a_signal_that_was_taken_for_a_fault_still_ends_the_program(number, fault):
    with pytest.raises(Stopped) as caught, stop_on_signals():
        try:
            signal.raise_signal(number)
        except BaseException as error:
            if fault:
                raise fault from error
    assert caught.value.exit_code == 128 + number


def test_details_follow_the_name():
    assert Stopped(signal.SIGINT, "step 3 is saved").message == "interrupted: step 3 is saved"
