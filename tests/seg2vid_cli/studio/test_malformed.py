"""Requests that nobody means well by: random bytes, lies, wrong names, broken frames.  None ends it, none writes."""

import json
import random
import socket
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

TOKEN = "a-token-for-tests"
HEAD = f"POST /api/clips HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nAuthorization: Bearer {TOKEN}\r\n"
UPGRADE = (
    "GET /live HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    f"Sec-WebSocket-Protocol: seg2vid.{TOKEN}\r\n\r\n"
)

PATIENCE = 0.1  # seconds for an answer, where the request may not be whole
ANSWERS = {"101", "400", "401", "403", "404", "408", "413", "closed", "waits"}

Make = Callable[[random.Random], bytes]


def random_bytes(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(1, 3000))


def random_lines(chance: random.Random) -> bytes:
    words = [b"GET", b"POST", b"/", b"HTTP/1.1", b"Host:", b"\r\n", b"\n", b"\0", b" ", b"\xff", b"Content-Length: -1"]
    return b"".join(chance.choice(words) for _ in range(chance.randrange(1, 60))) + b"\r\n\r\n"


def lying_length(chance: random.Random) -> bytes:
    length = chance.choice(["-1", "1e3", "99999999999999999999", "0x10", "5, 6", "", "٣", "3", str(2**25 + 1)])
    return f"{HEAD}Content-Length: {length}\r\n\r\n".encode() + chance.randbytes(chance.randrange(50))


def broken_chunks(chance: random.Random) -> bytes:
    size = chance.choice(["zz", "-5", "ffffffffffffffff", "5", ""])
    return f"{HEAD}Transfer-Encoding: chunked\r\n\r\n{size}\r\n".encode() + chance.randbytes(20)


def smuggled(chance: random.Random) -> bytes:
    return f"{HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n".encode()


def huge_head(chance: random.Random) -> bytes:
    if chance.random() < 0.5:
        return f"{HEAD}X: {'x' * chance.randrange(33_000, 200_000)}\r\n\r\n".encode()
    return (HEAD + "".join(f"X-{n}: {n}\r\n" for n in range(chance.randrange(5000, 9000))) + "\r\n").encode()


def wrong_names(chance: random.Random) -> bytes:
    host = chance.choice(
        ["example.com", "127.0.0.1", "127.0.0.1:PORT\r\nHost: example.com", "[::1", "@127.0.0.1:PORT", ""]
    )
    origin = chance.choice(["http://example.com", "null", "http://127.0.0.1:PORT.example.com", "file://"])
    return f"GET /api/models HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\n\r\n".encode()


def strange_targets(chance: random.Random) -> bytes:
    target = chance.choice(
        [
            "/page/../../etc/passwd",
            "/page/%2e%2e%2f%2e%2e%2fetc/passwd",
            "/page/%00",
            "//etc/passwd",
            "*",
            "http://x/",
            "/%ff",
        ]
    )
    return (
        HEAD.replace("POST /api/clips", f"{chance.choice(['GET', 'PUT', 'TRACE', 'CONNECT'])} {target}").encode()
        + b"\r\n"
    )


def broken_json(chance: random.Random) -> bytes:
    whole = json.dumps({"indices": "AA" * 50, "settings": {"seed": 10 ** chance.randrange(40)}, "as": "mp4"}).encode()
    body = bytearray(whole[: chance.randrange(len(whole) + 1)])
    if body and chance.random() < 0.7:
        body[chance.randrange(len(body))] = chance.randrange(256)
    return f"{HEAD}Content-Length: {len(body)}\r\n\r\n".encode() + bytes(body)


def broken_form(chance: random.Random) -> bytes:
    part = b'--e\r\nContent-Disposition: form-data; name="map"; filename="../../x"\r\n\r\n'
    body = bytearray(part + chance.randbytes(200) + b"\r\n--e--\r\n")
    for _ in range(chance.randrange(4)):
        body[chance.randrange(len(body))] = chance.randrange(256)
    return (
        f"{HEAD}Content-Type: multipart/form-data; boundary=e\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + bytes(body)
    )


def broken_frames(chance: random.Random) -> bytes:
    head = bytes([chance.randrange(256), chance.randrange(256)])
    return UPGRADE.encode() + head + chance.randbytes(chance.randrange(300))


def wrong_messages(chance: random.Random) -> bytes:
    header = json.dumps(
        {"type": chance.choice(["look", "play", "layer", 7]), "id": chance.randrange(9), "clip": []}
    ).encode()
    message = bytearray(struct.pack("<I", len(header)) + header + chance.randbytes(chance.randrange(100)))
    message[chance.randrange(len(message))] = chance.randrange(256)
    size = bytes([0x80 | len(message)]) if len(message) < 126 else b"\xfe" + struct.pack(">H", len(message))
    return UPGRADE.encode() + b"\x82" + size + bytes(4) + bytes(message)


MALICE: list[Make] = [
    random_bytes,
    random_lines,
    lying_length,
    broken_chunks,
    smuggled,
    huge_head,
    wrong_names,
    strange_targets,
    broken_json,
    broken_form,
    broken_frames,
    wrong_messages,
]


def answer_to(request: bytes, port: int) -> str:
    """Return the status of the answer, or what the connection does instead: wait for more, or close."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        try:
            connection.sendall(request.replace(b"PORT", str(port).encode()))
            connection.settimeout(PATIENCE)
            begin = connection.recv(12)
        except TimeoutError:
            return "waits"
        except OSError:
            return "closed"
    return begin[9:12].decode() if begin.startswith(b"HTTP/1.1 ") else "closed"


def files_in(*folders: Path) -> Iterator[tuple[str, int]]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            yield str(path), path.stat().st_mtime_ns


def ask_ill(client, count: int, tmp_path: Path, seed: int) -> Counter[str]:
    """Send so many requests; return how often each answer came."""
    chance = random.Random(seed)
    folders = client.studio.files.folder, tmp_path, Path(__file__).parents[3] / "seg2vid_cli" / "studio"
    before = list(files_in(*folders))
    answers: Counter[str] = Counter()
    for number in range(count):
        answers[answer_to(MALICE[number % len(MALICE)](chance), client.port)] += 1
        if number % 20 == 0:
            assert client.ask("GET", "/health")[0] == 200
    assert client.ask("GET", "/health")[0] == 200
    assert list(files_in(*folders)) == before
    assert client.defects == []
    return answers


def test_none_of_60_ill_requests_does_harm(client, tmp_path):
    answers = ask_ill(client, 60, tmp_path, seed=1)
    assert set(answers) <= ANSWERS
    assert answers["400"] > 10


@pytest.mark.slow
def test_none_of_600_ill_requests_does_harm(client, tmp_path):
    answers = ask_ill(client, 600, tmp_path, seed=4)
    assert set(answers) <= ANSWERS
    print(dict(answers))  # noqa: T201
