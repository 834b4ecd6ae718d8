"""A real studio on a free port, with the fake backend, and a client that speaks to it."""

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from websockets.sync.client import ClientConnection, connect

from seg2vid_cli.studio.api import create_app
from seg2vid_cli.studio.catalogue import Catalogue
from seg2vid_cli.studio.clips import Defaults, Sessions
from seg2vid_cli.studio.files import KeptFiles
from seg2vid_cli.studio.guard import Guard
from seg2vid_cli.studio.packing import pack, unpack
from seg2vid_cli.studio.server import listen, serving
from seg2vid_cli.studio.sharing import GivenMap, Studio
from seg2vid_cli.studio.worker import Worker
from seg2vid_interface.errors import Seg2VidError

TOKEN = "a-token-for-tests"


@dataclass
class Page:
    """What a page has of the web socket."""

    socket: ClientConnection

    def send(self, header: dict[str, Any], payload: bytes = b"") -> None:
        self.socket.send(pack(header, payload))

    def receive(self) -> tuple[dict[str, Any], bytes]:
        message = self.socket.recv(timeout=20)
        assert isinstance(message, bytes)
        return unpack(message)

    def until(self, *kinds: str) -> list[tuple[dict[str, Any], bytes]]:
        """Return the messages up to the first of these types."""
        messages = [self.receive()]
        while messages[-1][0]["type"] not in kinds:
            messages.append(self.receive())
        return messages


@dataclass
class Client:
    """Speaks to a running studio."""

    studio: Studio
    port: int
    defects: list[Seg2VidError] = field(default_factory=list)

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, bytes, dict[str, str]]:
        """Return status, body and headers of an answer; `Accept_Language=` names a header with a hyphen."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, {"Authorization": f"Bearer {TOKEN}"} | named)
            answer = connection.getresponse()
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        status, body, _ = self.ask("GET", path)
        assert status == 200, body
        return json.loads(body)

    def post(self, path: str, document: dict[str, Any]) -> tuple[int, bytes]:
        status, body, _ = self.ask("POST", path, json.dumps(document).encode(), Content_Type="application/json")
        return status, body

    @contextmanager
    def page(self) -> Iterator[Page]:
        address = f"ws://127.0.0.1:{self.port}/live"
        with connect(address, subprotocols=[f"seg2vid.{TOKEN}"], proxy=None, max_size=None) as socket:  # type: ignore[list-item]
            assert socket.subprotocol == f"seg2vid.{TOKEN}"
            yield Page(socket)


Start = Callable[..., AbstractContextManager[Client]]


@contextmanager
def running(model: Path | str, given: GivenMap | None = None) -> Iterator[Client]:
    """Run a studio while the block runs; nothing of it may be a defect."""
    defects: list[Seg2VidError] = []
    files, sessions = KeptFiles(), Sessions(lambda _: None)
    worker = Worker(defects.append, sessions.close)
    studio = Studio(Catalogue(str(model)), Defaults(), sessions, worker, files, given)
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    app = Guard(create_app(studio), host="127.0.0.1", port=port, token=TOKEN, report=defects.append)
    try:
        with serving(app, listener):
            yield Client(studio, port, defects)
    finally:
        worker.close(10)
        files.close()
    assert [defect.__cause__ for defect in defects] == []


@pytest.fixture(scope="module")
def _kept() -> Iterator[list[Any]]:
    """Keep one studio for a module's tests, as it takes a while to end."""
    kept: list[Any] = []
    yield kept
    for studio, _ in kept:
        studio.__exit__(None, None, None)


@pytest.fixture
def client(_kept: list[Any], fake_backends: None, make_model: Callable[..., Path]) -> Client:
    """Return a client of a studio whose model has a camera and tells labels."""
    if not _kept:
        studio = running(make_model(camera={}, segments=True))
        _kept.append((studio, studio.__enter__()))
    client = _kept[0][1]
    assert isinstance(client, Client)
    return client


@pytest.fixture
def start(fake_backends: None) -> Start:
    """Return what runs a studio of its own."""
    return running


@pytest.fixture
def drawing() -> np.ndarray:
    """Return class indices (32, 64): a road, a car on it, the sky above."""
    indices = np.full((32, 64), 10, np.uint8)
    indices[16:] = 0
    indices[12:22, 20:34] = 13
    return indices
