"""JSON and TOML within limits."""

import os
import re
import threading
from pathlib import Path

import pytest

from seg2vid_interface import documents
from seg2vid_interface.documents import DEEPEST, parse_json, parse_toml, read_document

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_read_if_somebody_writes_and_not_waited_for_if_nobody_does(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="a pipe to which nobody writes"):
        read_document(pipe)
    writer = os.open(pipe, os.O_RDWR)
    os.write(writer, b"a = 1")
    threading.Timer(0.2, os.close, [writer]).start()
    assert read_document(pipe) == "a = 1"


def test_what_is_within_the_limits_is_read():
    nested: list = []
    for _ in range(DEEPEST - 1):
        nested = [nested]
    text = "[" * DEEPEST + "]" * DEEPEST
    assert parse_json(text) == nested
    assert parse_toml(f"a = {text[1:-1]}") == {"a": nested[0]}
    assert parse_json('{"a": [1, -9223372036854775808, 1.5e300, null, "é"]}') == {
        "a": [1, -(2**63), 1.5e300, None, "é"]
    }
    assert parse_toml("a = 9223372036854775807\nb.c = inf") == {"a": 2**63 - 1, "b": {"c": float("inf")}}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[" * 65 + "]" * 65, "nested more than 64 levels deep"),
        ("[" * 100_000, "nested more than 64 levels deep"),
        ('{"a":' * 500 + "1" + "}" * 500, "nested more than 64 levels deep"),
        ("9" * 5000, "an integer of more than 20 digits"),
        ("[9223372036854775808]", "an integer of more than 64 bits"),
        ('{"a": NaN}', "NaN is no number of JSON"),
        ("-Infinity", "-Infinity is no number of JSON"),
        ("1e999", "1e999 is too large a number"),
        ("{", "Expecting property name"),
        ("", "Expecting value"),
    ],
)
def test_json_beyond_them_is_refused(text, problem):
    with pytest.raises(ValueError, match=f"^{problem}"):
        parse_json(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = " + "[" * 100 + "]" * 100, "nested more than 64 levels deep"),
        ("a = " + "[" * 100_000, "nested more than 64 levels deep"),
        (".".join("a" * 100) + " = 1", "nested more than 64 levels deep"),
        ("a = " + "9" * 5000, "an integer of more than 20 digits"),
        ("a = 9223372036854775808", "an integer of more than 64 bits"),
        ("a = 0x" + "f" * 20, "an integer of more than 64 bits"),
        ("a", "Expected '=' after a key"),
    ],
)
def test_toml_beyond_them_is_refused(text, problem):
    with pytest.raises(ValueError, match=f"^{problem}"):
        parse_toml(text)


def test_a_file_without_end_is_not_read_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(documents, "MOST_BYTES", 1_000_000)
    path = tmp_path / "a.json"
    path.write_bytes(b" " * 1_000_000)
    assert len(read_document(path)) == 1_000_000
    path.write_bytes(b" " * 1_000_001)
    for long in (path, Path("/dev/zero")):
        if long.exists():
            with pytest.raises(ValueError, match=r"^longer than 1 MB$"):
                read_document(long)


def test_they_are_parsed_here_alone():
    parsing = re.compile(r"\b(?:json|tomllib)\.loads?\b")
    sources = [path for folder in ("backends", "seg2vid", "seg2vid_cli") for path in (ROOT / folder).rglob("*.py")]
    assert len(sources) > 100
    found = [path.name for path in sources if parsing.search(path.read_text(encoding="utf-8"))]
    assert found == ["documents.py"]
