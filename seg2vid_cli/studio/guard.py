"""What stands before the studio's routes: who may ask, how much may come, and how long it may take.

A page of another site can send requests to this machine, even under a name of its own that leads here (DNS rebinding);
so Host and Origin must be the studio's, and all but the page's own files and /health need the token.
"""

import asyncio
import hmac
import ipaddress
import re
import time
from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seg2vid_cli.studio.failures import (
    CancelledError,
    ForeignError,
    InternalError,
    RequestError,
    SlowError,
    TokenError,
    TooLargeError,
    described,
    status_of,
)
from seg2vid_interface.errors import Seg2VidError

MOST_BODY: Final = 32 * 2**20
"""Bytes."""
BODY_SECONDS: Final = 30.0
SUBPROTOCOL: Final = "seg2vid."
"""Goes before the token in the name of the web socket's subprotocol."""
LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
_OPEN_PATHS = re.compile(r"/|/health|/favicon\.ico|/page/.*")
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """An ASGI application around another."""

    def __init__(
        self, app: ASGIApp, *, host: str, port: int, token: str, report: Callable[[Seg2VidError], None]
    ) -> None:
        """Guard an application.

        Args:
            app: what is guarded.
            host: address or name that it listens on; an address of all interfaces stands for any address.
            port: that it listens on.
            token: without which nobody gets in.
            report: is given what is a defect.
        """
        self._app, self._token, self._report = app, token, report
        self._port = port
        self._names = {*LOOPBACK_NAMES, f"[{host}]" if ":" in host else host.lower()}
        self._is_everywhere = host in ("0.0.0.0", "::")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        try:
            self._check(scope)
        except Seg2VidError as error:
            await _refuse(error, scope, receive, send)
            return
        answer = _Answer(scope, send)
        try:
            await self._app(scope, _limited(receive) if scope["type"] == "http" else receive, answer.send)
        except Seg2VidError as error:
            await answer.fail(error, receive)
        except Exception as error:  # noqa: BLE001  # whatever it is, the studio goes on
            defect = InternalError(error)
            self._report(defect)
            await answer.fail(defect, receive)

    def _check(self, scope: Scope) -> None:
        """Raise Seg2VidError unless the request may pass."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_own(hosts[0]):
            raise ForeignError("Host: not the studio's name", "Open the address that `seg2vid studio` prints.")
        if any(origin != f"http://{hosts[0]}" for origin in headers.getlist("origin")):
            raise ForeignError("Origin: the request comes from another site")
        if not _OPEN_PATHS.fullmatch(scope["path"]) and not self._has_token(scope, headers):
            raise TokenError("the token is missing or wrong", "Open the address that `seg2vid studio` prints.")
        lengths = headers.getlist("content-length")
        if any(not length.isascii() or not length.isdigit() or len(length) > 15 for length in lengths):
            raise RequestError("Content-Length: not a number")
        if any(int(length) > MOST_BODY for length in lengths):
            raise TooLargeError(f"a body of {lengths[0]} bytes; {MOST_BODY} are the most")

    def _is_own(self, host: str) -> bool:
        name, port = host.lower(), "80"
        if found := re.fullmatch(r"(.*):(\d{1,5})", name):
            name, port = found[1], found[2]
        if port != str(self._port):
            return False
        return name in self._names or (self._is_everywhere and _is_address(name))

    def _has_token(self, scope: Scope, headers: Headers) -> bool:
        if scope["type"] == "websocket":
            given = [name.removeprefix(SUBPROTOCOL) for name in scope["subprotocols"] if name.startswith(SUBPROTOCOL)]
        else:
            given = [value[7:] for value in headers.getlist("authorization") if value[:7].lower() == "bearer "]
        return any(hmac.compare_digest(token.encode(), self._token.encode()) for token in given)


class _Answer:
    """Adds headers to an answer, and knows whether it has begun."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._has_begun = self._is_whole = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        self._has_begun = True
        self._is_whole = message["type"] == "http.response.body" and not message.get("more_body", False)
        await self._send(message)

    async def fail(self, error: Seg2VidError, receive: Receive) -> None:
        """Answer with an error; an answer that has begun can only be broken off."""
        if not self._has_begun:
            await _refuse(error, self._scope, receive, self._send)
        elif self._scope["type"] == "websocket":
            await self._send({"type": "websocket.close", "code": 1011})
        elif not self._is_whole:
            raise ConnectionError(error.message)


async def _refuse(error: Seg2VidError, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    await error_response(error)(scope, receive, send)


def error_response(error: Seg2VidError) -> JSONResponse:
    """Return the answer that says an error; the connection ends, as a body may still be on its way."""
    status = status_of(error)
    headers = {**_HEADERS, "Connection": "close"}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        headers["Retry-After"] = "5"
    return JSONResponse({"error": described(error)}, status, headers)


def _limited(receive: Receive) -> Receive:
    """Return what receives a body within the limits of size and time."""
    began, size, is_whole = time.monotonic(), 0, False

    async def receive_within() -> Message:
        nonlocal size, is_whole
        if is_whole:
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), max(0.0, began + BODY_SECONDS - time.monotonic()))
        except TimeoutError:
            raise SlowError(f"the body did not come within {BODY_SECONDS:g} s") from None
        if message["type"] == "http.disconnect":
            raise CancelledError
        size += len(message.get("body", b""))
        if size > MOST_BODY:
            raise TooLargeError(f"a body of more than {MOST_BODY} bytes")
        is_whole = not message.get("more_body", False)
        return message

    return receive_within


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
