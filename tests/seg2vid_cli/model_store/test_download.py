import hashlib
import re
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from loopback_server import LoopbackServer, content, endless, loopback_server, redirect, stalling, status
from seg2vid_cli.model_store import download as downloading
from seg2vid_cli.model_store.download import check_url, download
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.errors import ModelError, UsageError

BODY = bytes(range(256)) * 1000


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with loopback_server() as server:
        yield server


@pytest.fixture
def fetch(tmp_path) -> Callable[[str], bytes]:
    """Fetch what has the hash of BODY; whatever happens, nothing else is left in the folder."""

    def fetch(url: str) -> bytes:
        try:
            return download(url, hashlib.sha256(BODY).hexdigest(), tmp_path, Console(None)).read_bytes()
        finally:
            assert {path.name for path in tmp_path.iterdir()} <= {"model.zip"}

    return fetch


@pytest.fixture
def message_of(fetch) -> Callable[[str], str]:
    def message_of(url: str) -> str:
        with pytest.raises(ModelError) as caught:
            fetch(url)
        return caught.value.message.replace(url, "URL")

    return message_of


@pytest.mark.parametrize("stated_length", [None, -1])
def test_the_bytes_are_those_of_the_hash(server, fetch, capfd, stated_length):
    assert fetch(server.answer("/a.zip", content(BODY, stated_length))) == BODY
    assert capfd.readouterr() == ("", "")  # pooch would tell what it does


def test_other_bytes_are_not_kept(server, message_of, tmp_path):
    url = server.answer("/a.zip", content(BODY[:-1]))
    assert message_of(url) == f"--sha256 {hashlib.sha256(BODY).hexdigest()}: not the SHA-256 of URL"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    ["https://host/a.zip", "https://host:8443/a.zip?x=1", "http://localhost/a", "http://[::1]:80/a", "HTTPS://h/"],
)
def test_addresses_that_are_fetched(url):
    check_url(url)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://host/a.zip", "not an https URL"),
        ("http://127.0.0.1.host/a.zip", "not an https URL"),
        ("http://localhost@host/a.zip", "not an https URL"),
        ("http://host#@localhost/a.zip", "not an https URL"),
        ("ftp://host/a.zip", "not an https URL"),
        ("file:///etc/passwd", "not an https URL"),
        ("doi:10.5281/zenodo.1/a.zip", "not an https URL"),
        ("town.zip", "not an https URL"),
        ("", "not an https URL"),
        ("https:///a.zip", "a URL without a host"),
        ("https://[::1/a.zip", "not a URL (Invalid IPv6 URL)"),
        ("https://host:999999/", "not a URL (Port out of range 0-65535)"),
        (r"http://host\@localhost/a.zip", "not a URL (a backslash or control character)"),
        ("https://host/\x1b[2J", "not a URL (a backslash or control character)"),
        ("https://me:secret@host/", "a URL with a password, which messages would show (~/.netrc can hold it)"),
    ],
)
def test_addresses_that_are_not_fetched(url, problem):
    with pytest.raises(UsageError) as caught:
        check_url(url)
    assert caught.value.message == f"{url}: {problem}"


@pytest.mark.parametrize("to", [str, lambda url: "/a.zip"], ids=["whole", "short"])
def test_a_redirect_on_this_machine_is_followed(server, fetch, to):
    url = server.answer("/latest", redirect(to(server.answer("/a.zip", content(BODY)))))
    assert fetch(url) == BODY
    assert server.requested == ["/latest", "/a.zip"]


@pytest.mark.parametrize("target", ["http://192.0.2.1/a.zip", "ftp://127.0.0.1/a.zip", "file:///etc/passwd"])
def test_a_redirect_elsewhere_is_not_followed(server, target, message_of):
    url = server.answer("/a.zip", redirect(target))
    assert message_of(url) == f"URL: the server redirects to {target!r}: not an https URL"


def test_a_redirect_back_and_forth_ends(server, message_of):
    url = server.answer("/a", redirect("/b"))
    server.answer("/b", redirect("/a"))
    assert message_of(url) == "URL: cannot be fetched: Exceeded 30 redirects."


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "9999999999"}])
def test_the_body_of_a_redirect_is_not_read(server, headers, fetch):
    url = server.answer("/a", endless(302, headers | {"Location": "/b"}))
    server.answer("/b", content(BODY))
    assert fetch(url) == BODY


@pytest.mark.parametrize(
    ("code", "answer"),
    [(404, "404 (Not Found)"), (500, "500 (Internal Server Error)"), (204, "204 (No Content)"), (599, "599 (unknown)")],
)
def test_an_answer_that_is_no_file(server, code, answer, message_of):
    assert message_of(server.answer("/a.zip", status(code))) == f"URL: the server answered {answer}"


def test_no_server(message_of):
    with loopback_server() as server:
        url = server.answer("/a.zip", content(BODY))
    assert re.search(r"^URL: cannot be fetched: .*refused", message_of(url))


def test_a_server_that_hangs_up_early(server, message_of):
    url = server.answer("/a.zip", content(BODY, stated_length=len(BODY) + 10))
    assert message_of(url) == "URL: cannot be fetched: IncompleteRead(256000 bytes read, 10 more expected)"


def test_a_server_that_falls_silent(server, monkeypatch, message_of):
    monkeypatch.setattr(downloading, "TIMEOUT_SECONDS", 0.2)
    assert message_of(server.answer("/a.zip", stalling(BODY))) == "URL: cannot be fetched: timed out"


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nContent-Length: 256000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "])
def test_a_server_that_sends_byte_by_byte(server, head, monkeypatch, message_of):
    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(head)
        while not handler.server.is_closing.is_set():
            handler.wfile.write(b"x")
            time.sleep(0.02)

    monkeypatch.setattr(downloading, "TOTAL_SECONDS", 0.3)
    url = server.answer("/a.zip", trickle)
    began = time.monotonic()
    assert message_of(url) == "URL: cannot be fetched: not done after 0.005 minutes"
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "answer",
    [
        b"\x1b]0;x\x07\x1b[2J\x9b31m" * 2000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\x1b[2J" + b"x" * 3000 + b"\r\n",
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://h/\x1b[2J\xe2\x80\xae"
        + b"x" * 3000
        + b"\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: //[::\x1b[2J/" + b"x" * 3000 + b"\r\n\r\n",
    ],
)
def test_a_server_s_words_are_cut_and_steer_nothing(server, answer, message_of):
    def speak(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(answer)

    message = message_of(server.answer("/a.zip", speak))
    assert message.isprintable()
    assert len(message) < 400


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "9999999999"}, {"Content-Length": "many"}])
def test_a_file_that_is_too_long(server, headers, monkeypatch, message_of):
    monkeypatch.setattr(downloading, "MAX_DOWNLOAD_BYTES", 3_000_000)
    url = server.answer("/a.zip", endless(200, headers))
    assert message_of(url) == "URL: longer than 3 MB, the most that is fetched"


def test_a_disk_that_takes_no_more(server, fetch):
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            fetch(server.answer("/a.zip", content(BODY)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_http_passes_no_proxy(server, monkeypatch, fetch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.answer("/a.zip", content(BODY))
    url = server.answer("/latest", redirect("/a.zip"))
    assert fetch(url) == BODY
