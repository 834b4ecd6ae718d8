"""One run of `seg2vid studio`."""

import atexit
import os
import re
import secrets
import socket
import sys
import threading
import webbrowser
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Never

from seg2vid_cli.inputs.label_maps.reading import read_label_map
from seg2vid_cli.studio.api import create_app
from seg2vid_cli.studio.catalogue import Catalogue
from seg2vid_cli.studio.clips import Defaults, Sessions
from seg2vid_cli.studio.failures import CancelledError
from seg2vid_cli.studio.files import KeptFiles
from seg2vid_cli.studio.guard import Guard
from seg2vid_cli.studio.making import make_ready
from seg2vid_cli.studio.server import listen, serving
from seg2vid_cli.studio.settings import Settings
from seg2vid_cli.studio.sharing import GivenMap, Studio
from seg2vid_cli.studio.worker import Job, Worker
from seg2vid_cli.terminal.console import Console, flush_results
from seg2vid_interface.errors import LabelMapError, Seg2VidError, UsageError

CLOSING_SECONDS: Final = 0.5
"""How long the end waits for a network."""
AUTO: Final = "auto"
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_TOKEN = re.compile(r"[A-Za-z0-9_.~-]{8,200}")


@dataclass(frozen=True)
class StudioRequest:
    """What the command line says."""

    label_map: Path | None
    label_format: str
    model: str
    host: str
    port: int
    token: str | None
    """Or AUTO; None = one of the studio's own, on this machine alone."""
    browser: bool
    defaults: Defaults


def run_studio(request: StudioRequest, console: Console) -> None:
    """Serve until a signal comes.

    Raises:
        UsageError: the token is missing or none, or the model cannot be drawn for.
        Seg2VidError: the map cannot be read, the model cannot be found, or the port is in use.
    """
    token = _token(request)
    catalogue = Catalogue(request.model)
    given = _given(request, catalogue)
    with closing(listen(request.host, request.port)) as listener, closing(KeptFiles()) as files:
        sessions = Sessions(console.say)
        worker = Worker(console.report, sessions.close)
        studio = Studio(catalogue, request.defaults, sessions, worker, files, given)
        try:
            _serve(studio, request, console, listener, token)
        except BaseException as error:
            if not worker.close(CLOSING_SECONDS):
                atexit.register(_leave, getattr(error, "exit_code", 1))
            raise


def _serve(studio: Studio, request: StudioRequest, console: Console, listener: socket.socket, token: str) -> Never:
    """Serve until a signal comes, which is raised as Stopped."""
    host, port = request.host, listener.getsockname()[1]
    app = Guard(create_app(studio), host=host, port=port, token=token, report=console.report)
    with serving(app, listener) as thread:
        studio.worker.submit(_opening(studio, console))
        _announce(request, console, f"http://{_shown_host(host)}:{port}/#token={token}")
        while thread.is_alive():
            thread.join(0.5)
    raise Seg2VidError("the studio's server has ended", "Run it again with --debug.")


def _leave(exit_code: int) -> None:
    """End the process at its very end, where a network still runs: C++ does not bear that Python kills its thread."""
    flush_results()
    os._exit(exit_code)


def _token(request: StudioRequest) -> str:
    if request.token not in {None, AUTO}:
        assert request.token is not None
        if _TOKEN.fullmatch(request.token):
            return request.token
        raise UsageError("--token: not 8 to 200 letters, digits, or any of - _ . ~", "--token auto makes one.")
    if request.token is None and request.host not in _LOOPBACK:
        raise UsageError(
            f"--host {request.host}: others than this machine could reach it, so it needs --token",
            "--token auto makes one and prints it.",
        )
    return secrets.token_urlsafe(24)


def _given(request: StudioRequest, catalogue: Catalogue) -> GivenMap | None:
    """Read the map of the command line, so that what is wrong with it is said here."""
    _, model = catalogue.find(None)
    path, card = request.label_map, model.card
    if path is None or card.label_space is None:
        return None
    found = read_label_map(path, request.label_format, card.label_space, card.image_label_space)
    try:
        return GivenMap(path.name, path.read_bytes(), found.label_format)
    except OSError as error:
        raise LabelMapError(f"{path}: cannot be read: {error.strerror}") from None


def _opening(studio: Studio, console: Console) -> Job:
    """Return the job that opens the model before anybody asks for it, so that the first stroke is soon seen."""

    def ended(error: Seg2VidError | None) -> None:
        if error is not None and not isinstance(error, CancelledError):
            console.report(error)

    return Job(lambda _: make_ready(studio.wanted(Settings()), studio.sessions), ended)


def _announce(request: StudioRequest, console: Console, address: str) -> None:
    console.succeed([address], {"address": address})
    console.say("the studio is open at this address; Ctrl-C closes it")
    if request.browser and _has_screen():
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def _has_screen() -> bool:
    """Tell whether a browser can show itself; on a console alone a text browser would take the terminal."""
    return sys.platform in {"win32", "darwin"} or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")))


def _shown_host(host: str) -> str:
    """Return the host as an address has it; of one that means all interfaces, this machine's."""
    if host in {"0.0.0.0", "::"}:
        return "127.0.0.1" if host == "0.0.0.0" else "[::1]"
    return f"[{host}]" if ":" in host else host
