import signal

import pytest

from seg2vid_cli.terminal.signals import Stopped, graceful_stop, stop_on_sigterm


def test_sigterm_is_raised_and_the_handler_put_back():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Stopped) as caught, stop_on_sigterm():
        signal.raise_signal(signal.SIGTERM)
    assert (caught.value.exit_code, caught.value.code, caught.value.message) == (143, "terminated", "terminated")
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
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


def test_details_follow_the_name():
    assert Stopped(signal.SIGINT, "step 3 is saved").message == "interrupted: step 3 is saved"
