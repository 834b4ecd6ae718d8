import json
import socket
import time

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from seg2vid_cli.studio import guard, server


def said(answer: tuple[int, bytes, dict[str, str]]) -> tuple[int, str]:
    return answer[0], json.loads(answer[1])["error"]["code"]


def head_for(client) -> str:
    host = f"Host: 127.0.0.1:{client.port}"
    return f"POST /api/maps HTTP/1.1\r\n{host}\r\nAuthorization: Bearer a-token-for-tests\r\n"


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_the_studios_own_names_are_taken(client, name):
    host = f"{name}:{client.port}"
    assert client.ask("GET", "/api/scenes", Host=host)[0] == 200
    assert client.ask("GET", "/api/scenes", Host=host, Origin=f"http://{host}")[0] == 200


@pytest.mark.parametrize(
    "name", ["example.com", "127.0.0.1.example.com", "localhost.", "192.168.0.1", "", "127.0.0.1:1"]
)
def test_other_names_are_not(client, name):
    for path in ("/", "/health", "/api/scenes"):
        assert said(client.ask("GET", path, Host=f"{name}:{client.port}")) == (403, "foreign")
    assert said(client.ask("GET", "/", Host=name)) == (403, "foreign")


def test_a_studio_for_all_interfaces_is_known_by_any_address_but_by_no_name():
    everywhere = guard.Guard(lambda *_: None, host="0.0.0.0", port=80, token="t", report=lambda _: None)  # type: ignore[arg-type, return-value]
    names = {
        "10.0.0.7": True,
        "[fe80::1]:80": True,
        "localhost": True,
        "rebound.example.com": False,
        "10.0.0.7:81": False,
    }
    assert {name: everywhere._is_own(name) for name in names} == names


@pytest.mark.parametrize("origin", ["http://example.com", "https://127.0.0.1:{port}", "http://127.0.0.1", "null", ""])
def test_other_sites_are_refused(client, origin):
    asked = client.ask("GET", "/health", Origin=origin.format(port=client.port))
    assert said(asked) == (403, "foreign")


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic a-token-for-tests", "a-token-for-tests", "Bearer é"]
)
def test_without_the_token_nothing_is_told(client, given):
    for path in ("/api/models", "/api/clips", "/nothing", "/pages"):
        status, body, headers = client.ask("GET", path, Authorization=given)
        assert (status, json.loads(body)["error"]["code"]) == (401, "token")
        assert headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("protocols", "headers"),
    [
        (None, {}),
        (["seg2vid.wrong"], {}),
        (["a-token-for-tests"], {}),
        (["seg2vid.a-token-for-tests"], {"Origin": "http://example.com"}),
    ],
)
def test_a_socket_needs_the_token_and_the_studios_origin(client, protocols, headers):
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://127.0.0.1:{client.port}/live", subprotocols=protocols, additional_headers=headers, proxy=None)
    assert refused.value.response.status_code == 403


def test_a_body_that_is_too_large_is_refused_before_it_comes(client):
    with socket.create_connection(("127.0.0.1", client.port), timeout=5) as connection:
        head = (
            f"POST /api/maps HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\nAuthorization: Bearer a-token-for-tests\r\n"
        )
        connection.sendall(f"{head}Content-Length: {guard.MOST_BODY + 1}\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_body_without_a_length_is_refused_as_soon_as_it_is_too_large(client, monkeypatch):
    monkeypatch.setattr(guard, "MOST_BODY", 1000)
    answer = client.ask("POST", "/api/maps", iter([b"x" * 600] * 2))  # type: ignore[arg-type]
    assert said(answer) == (413, "too_large")


def test_a_slow_body_is_not_waited_for(client, monkeypatch):
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.2)
    with socket.create_connection(("127.0.0.1", client.port), timeout=5) as connection:
        head = (
            f"POST /api/maps HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\nAuthorization: Bearer a-token-for-tests\r\n"
        )
        connection.sendall(f"{head}Content-Length: 100\r\n\r\nx".encode())
        began = time.monotonic()
        assert connection.recv(100).startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - began < 2


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_a_head_that_does_not_come_is_not_waited_for(start, model, monkeypatch, sent):
    monkeypatch.setattr(server, "HEADER_SECONDS", 0.1)
    with start(model) as client, socket.create_connection(("127.0.0.1", client.port), timeout=5) as connection:
        connection.sendall(sent)
        assert connection.recv(100) == b""


def test_a_defect_is_told_and_reported(start, model, monkeypatch):
    with start(model) as client:
        monkeypatch.setattr(type(client.studio.catalogue), "described", lambda _: 1 // 0)
        assert said(client.ask("GET", "/api/models")) == (500, "internal")
        deadline = time.monotonic() + 5
        while not client.defects and time.monotonic() < deadline:
            time.sleep(0.01)
        (defect,) = client.defects
        client.defects.clear()
    assert isinstance(defect.__cause__, ZeroDivisionError)
