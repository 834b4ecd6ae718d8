"""Answers of a server that lies, breaks off or never ends."""

import gzip
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler

from loopback_server import Answer, content, endless, redirect, stalling, status


def raw(answer: bytes) -> Answer:
    """Answer with these bytes, head and all, and hang up."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(answer)
        handler.close_connection = True

    return send


def trickling(head: bytes) -> Answer:
    """Answer with one byte after the other, without end."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(head)
        while not handler.server.is_closing.is_set():
            handler.wfile.write(b"x")
            time.sleep(0.02)

    return send


def lies(whole: bytes) -> Mapping[str, Answer]:
    """Return lies about a file, by what they are."""
    other = whole[:-1] + bytes([whole[-1] ^ 1])
    page = b"<!DOCTYPE html><html><body>Sign in</body></html>"
    bomb = gzip.compress(bytes(50_000_000))
    ok = b"HTTP/1.1 200 OK\r\n"
    chunked = ok + b"Transfer-Encoding: chunked\r\n\r\n"
    codes = (204, 206, 301, 304, 400, 401, 403, 404, 416, 418, 429, 500, 503)
    targets = (
        *("file:///etc/passwd", "ftp://127.0.0.1/a.zip", "http://192.0.2.1/a.zip", "http://169.254.169.254/latest"),
        *(
            "http://0.0.0.0:1/",
            "http://[::ffff:127.0.0.1]:1/",
            "gopher://x/",
            "data:text/plain,a",
            "//host/",
            "https://",
        ),
        *("http://127.0.0.1@host/", "http:\\\\host\\", "\x00", "http://127.0.0.1:99999/", "javascript:0"),
        *("", "?" * 9000),
    )
    return {
        **{f"status {code}": status(code) for code in codes},
        **{f"a redirect to {target[:30]!r}": redirect(target) for target in targets},
        "other bytes": content(other),
        "fewer bytes": content(whole[:-1]),
        "more bytes": content(whole + b"x"),
        "no bytes": content(b""),
        "a web page": content(page),
        "a length that is too long": content(whole, len(whole) + 10),
        "a length that is too short": content(whole, len(whole) - 10),
        "a length beyond all": content(whole, 10**18),
        "a length that is no number": raw(ok + b"Content-Length: many\r\n\r\n" + other),
        "a negative length": raw(ok + b"Content-Length: -5\r\n\r\n" + other),
        "two lengths": raw(ok + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\n" + other),
        "a compressed bomb": raw(ok + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb),
        "compressed nonsense": raw(ok + b"Content-Encoding: gzip\r\n\r\n" + other),
        "chunks": raw(chunked + b"%x\r\n" % len(other) + other + b"\r\n0\r\n\r\n"),
        "a chunk without a number": raw(chunked + b"zz\r\nabc\r\n"),
        "a chunk that is too long": raw(chunked + b"ffffffffffffffff\r\nabc"),
        "a chunk that breaks off": raw(chunked + b"10\r\nabc"),
        "no HTTP": raw(b"SSH-2.0-OpenSSH_9.9\r\n"),
        "nothing": raw(b""),
        "half a head": raw(ok + b"Content-Le"),
        "a head without end": raw(ok + b"X: " + b"x" * 200_000),
        "many heads": raw(ok + b"X: x\r\n" * 5000 + b"\r\n" + other),
        "control characters": raw(b"HTTP/1.1 404 \x1b[2J\x07gone\r\nContent-Length: 0\r\n\r\n"),
        "bytes without end": endless(200, {}),
        "bytes without end after a redirect": endless(302, {"Location": "/none"}),
        "silence": stalling(whole),
        "byte by byte": trickling(ok + b"\r\n"),
        "a head byte by byte": trickling(ok + b"X: "),
    }
