import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg2vid_cli.inputs import stdin
from seg2vid_cli.inputs.label_maps.reading import read_label_map
from seg2vid_cli.inputs.stdin import STDIN, check_stdin, label_path, read_stdin
from seg2vid_interface.errors import LabelMapError, UsageError
from seg2vid_interface.label_spaces import CITYSCAPES


@pytest.fixture
def give(monkeypatch):
    """Put bytes on standard input."""

    def put(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return put


def test_a_picture_is_read_like_a_file(give):
    ids, file = np.full((32, 64), 13, np.uint8), io.BytesIO()
    Image.fromarray(ids).save(file, "PNG")
    give(file.getvalue())
    found = read_label_map(read_stdin(), "train-ids", CITYSCAPES)
    np.testing.assert_array_equal(found.indices, ids)
    assert found.encoding == "Cityscapes train ids"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "stdin: empty, not a picture"),
        (b"<html>", "stdin: not a picture, or damaged"),
        (b"\x89PNG\r\n\x1a\n", "stdin: not a picture, or damaged"),
    ],
)
def test_what_is_no_picture(give, data, message):
    give(data)
    with pytest.raises(LabelMapError, match=f"^{message}$"):
        read_label_map(read_stdin(), "auto", CITYSCAPES)


def test_no_more_is_read_than_a_picture_has(give, monkeypatch):
    monkeypatch.setattr(stdin, "_MOST_BYTES", 1000)
    monkeypatch.setattr(stdin, "_PIECE", 100)
    give(bytes(10_000))
    with pytest.raises(LabelMapError, match=r"^stdin: too large, more than 67 megapixels$"):
        read_stdin()
    assert sys.stdin.buffer.tell() == 1100


def test_standard_input_may_be_closed(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    check_stdin()
    with pytest.raises(LabelMapError, match=r"^stdin: closed"):
        read_stdin()


def test_nobody_types_a_picture(give, monkeypatch):
    give(b"")
    check_stdin()
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    with pytest.raises(UsageError, match=r"^LABEL -: standard input is a terminal"):
        check_stdin()


def test_a_file_may_have_the_name():
    assert label_path("-") == STDIN
    assert label_path("./-") == Path("-").absolute()
    assert label_path("./a.png") == Path("a.png")
