"""Begins to listen, serves until it is told to stop, and leaves nothing behind."""

import asyncio
import errno
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from seg2vid_interface.errors import Seg2VidError

MOST_HEADER: Final = 32 * 1024
"""Bytes of a request's head."""
HEADER_SECONDS: Final = 15.0
"""After which a connection without a request is closed."""
MOST_CONNECTIONS: Final = 64
_CLOSING_SECONDS: Final = 2.0


class _PatientProtocol(H11Protocol):
    """Closes a connection over which no whole head of a request has come."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(HEADER_SECONDS, self._give_up)

    def _give_up(self) -> None:
        is_upgraded = self.transport.get_protocol() is not self
        if self.scope is None and not is_upgraded and not self.transport.is_closing():
            self.transport.close()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to an address.  Raises Seg2VidError that says why it cannot be."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise Seg2VidError(f"--host {host}: no address of this machine: {error.strerror}") from None
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        raise _cannot_listen(host, port, error) from None
    return listener


def _cannot_listen(host: str, port: int, error: OSError | OverflowError) -> Seg2VidError:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return Seg2VidError(
            f"--port {port}: in use already, perhaps by another studio", "Choose another, or 0 for any that is free."
        )
    if number == errno.EACCES:
        return Seg2VidError(f"--port {port}: may not be used", "Choose one above 1023.")
    return Seg2VidError(f"--host {host} --port {port}: cannot be listened to: {error}")


@contextmanager
def serving(app: ASGIApp, listener: socket.socket) -> Iterator[threading.Thread]:
    """Serve in a thread of its own, which is given, while the block runs."""
    config = uvicorn.Config(
        app,
        http=_PatientProtocol,
        ws="websockets-sansio",
        ws_max_size=32 * 2**20,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=MOST_HEADER,
    )
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # who sends a broken form is told
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="seg2vid-studio-server", daemon=True
    )
    thread.start()
    try:
        yield thread
    finally:
        server.should_exit = server.force_exit = True
        thread.join(_CLOSING_SECONDS)
