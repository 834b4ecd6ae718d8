"""A studio and a browser for it: Debian's Chromium, driven by playwright.  Without them these tests are left out."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from studio_page import StudioPage

CHROMIUM = shutil.which("chromium")
TOKEN = "token-of-the-tests"
SWITCHES = [
    "--no-sandbox",  # where tests run as root
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-background-networking",
]
STARTS_WITHIN = 60  # seconds


@dataclass
class Server:
    """A studio in a process of its own, which can be killed and started again at the same address."""

    arguments: list[str] = field(default_factory=list)
    port: int = 0
    process: subprocess.Popen[str] | None = None

    def start(self) -> str:
        command = [sys.executable, "-m", "seg2vid_cli", "studio", *self.arguments, "--no-browser", "--token", TOKEN]
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
        return f"http://127.0.0.1:{self.port}/#token={TOKEN}"

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


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    needs_a_browser()
    server = Server()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    needs_a_browser()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield browser
        browser.close()


def needs_a_browser() -> None:
    for package in ("playwright.sync_api", "starlette", "uvicorn", "websockets"):
        pytest.importorskip(package)
    if CHROMIUM is None:
        pytest.skip("no chromium")


@pytest.fixture
def open_studio(browser: Any, server: Server, tmp_path: Path) -> Iterator[Callable[..., StudioPage]]:
    """Opens the page in a profile of its own; at the end nothing was sent elsewhere, and the page had no fault."""
    asked: list[str] = []
    faults: list[str] = []
    contexts: list[Any] = []

    def watch(page: Any) -> None:
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: message.type == "error" and faults.append(message.text))

    def open_page(address: str | None = None, **options: Any) -> StudioPage:
        settings = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"} | options
        context = browser.new_context(**settings)
        context.on("page", watch)
        contexts.append(context)
        return StudioPage.open(context, address or server.address, tmp_path)

    yield open_page
    for context in contexts:
        context.close()
    hosts = {urlsplit(url).hostname for url in asked if not url.startswith(("blob:", "data:"))}
    assert hosts <= {"127.0.0.1"}, hosts
    assert [fault for fault in faults if "ERR_CONNECTION_REFUSED" not in fault] == []  # the server that was killed


@pytest.fixture
def studio(open_studio: Callable[..., StudioPage]) -> StudioPage:
    return open_studio()
