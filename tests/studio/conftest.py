"""A studio and a browser for it: Debian's Chromium, driven by playwright.  Without them these tests are left out."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from studio_page import StudioPage
from studio_server import Server

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SWITCHES = [
    "--no-sandbox",  # where tests run as root
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-background-networking",
]

ANSWERS_OF_SERVERS = ("Failed to load resource", "WebSocket connection to")
"""What the browser itself says of requests that are refused, or lead to a server that was killed."""


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
    assert [fault for fault in faults if not fault.startswith(ANSWERS_OF_SERVERS)] == []


@pytest.fixture
def studio(open_studio: Callable[..., StudioPage]) -> StudioPage:
    return open_studio()
