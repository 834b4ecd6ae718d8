"""A real HTTP server on this machine, whose answers tests write themselves."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


class LoopbackServer(ThreadingHTTPServer):
    """Gives each path the answer that was set for it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Answer] = {}
        self.requested: list[str] = []
        self.was_asked = threading.Event()
        self.is_closing = threading.Event()

    def answer(self, path: str, answer: Answer) -> str:
        """Set the answer for a path; return its URL."""
        self.answers[path] = answer
        return f"http://127.0.0.1:{self.server_port}{path}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that hang up are what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: LoopbackServer

    def do_GET(self) -> None:
        self.server.requested.append(self.path)
        self.server.was_asked.set()
        self.server.answers[self.path](self)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def loopback_server() -> Iterator[LoopbackServer]:
    """Serve while the block runs."""
    with LoopbackServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.is_closing.set()
            server.shutdown()
            thread.join()


def content(body: bytes, stated_length: int | None = None) -> Answer:
    """Answer with a file, then hang up; with a `stated_length` of -1, do not state its length."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        length = len(body) if stated_length is None else stated_length
        _send_head(handler, 200, {} if length < 0 else {"Content-Length": str(length)})
        handler.wfile.write(body)

    return answer


def stalling(body: bytes) -> Answer:
    """Answer with the beginning of a file, and keep the rest back until the test is over."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        _send_head(handler, 200, {"Content-Length": str(len(body))})
        handler.wfile.write(body[: len(body) // 2])
        handler.server.is_closing.wait()

    return answer


def endless(status: int, headers: dict[str, str]) -> Answer:
    """Answer with bytes that come as long as the client takes them."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        _send_head(handler, status, headers)
        while not handler.server.is_closing.is_set():
            handler.wfile.write(bytes(1 << 16))

    return answer


def status(code: int) -> Answer:
    """Answer with a status and no body."""
    return lambda handler: _send_head(handler, code, {"Content-Length": "0"})


def redirect(target: str) -> Answer:
    """Answer that the file lies elsewhere."""
    return lambda handler: _send_head(handler, 302, {"Location": target, "Content-Length": "0"})


def _send_head(handler: BaseHTTPRequestHandler, code: int, headers: dict[str, str]) -> None:
    handler.send_response(code)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
