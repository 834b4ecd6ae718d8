"""Notes every look-up and connection that Python is asked for, in this process and those that it starts.

Python imports it by its name, from the folder that tests put on PYTHONPATH.
"""

import os
import sys
from pathlib import Path

NETWORK = (
    "socket.getaddrinfo",
    "socket.gethostby",
    "socket.getnameinfo",
    "socket.connect",
    "socket.sendto",
    "socket.sendmsg",
)


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event.startswith(NETWORK):
        with Path(os.environ["SEG2VID_TEST_RECORD"]).open("a", encoding="utf-8") as file:
            file.write(f"{event} {arguments[1:]!r}\n")


sys.addaudithook(_note)
