"""The process `seg2vid`: catches the signals that come while the program itself is still being imported."""

import signal
import sys
from typing import NoReturn

from seg2vid_cli.terminal.signals import Stopped, stop_on_signals
from seg2vid_cli.terminal.streams import prepare_streams


def main() -> NoReturn:
    """Run `seg2vid`; never returns."""
    try:
        with stop_on_signals() as stop:
            from seg2vid_cli.app import main as run_program

            stop.check()
            run_program()
    except KeyboardInterrupt:  # before the handlers were there
        stopped = Stopped(signal.SIGINT)
    except Stopped as error:
        stopped = error
    prepare_streams()  # the program may not have come to it
    sys.stderr.write(f"{stopped.message}\n")
    sys.exit(stopped.exit_code)


if __name__ == "__main__":
    main()
