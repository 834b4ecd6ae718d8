"""`seg2vid studio` in a process of its own."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Server:
    """A studio in a process of its own, which can be killed and started again at the same address."""

    arguments: list[str] = field(default_factory=list)
    port: int = 0
    token: str = "token-of-the-tests"
    process: subprocess.Popen[str] | None = None

    def start(self) -> str:
        command = [
            sys.executable,
            "-m",
            "seg2vid_cli",
            "studio",
            *self.arguments,
            "--no-browser",
            "--token",
            self.token,
        ]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "2"},
        )
        assert self.process.stdout is not None
        address = self.process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), address
        self.port = urlsplit(address).port or 0
        return address

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/#token={self.token}"

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: int) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None
