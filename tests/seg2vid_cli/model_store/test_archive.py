import io
import json
import random
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from seg2vid_cli.model_store import archive
from seg2vid_cli.model_store.archive import ModelArchive
from seg2vid_interface.errors import ModelError

Files = dict[str | zipfile.ZipInfo, bytes]

HINT = "Its publisher has to make it anew, for example with `zip -j NAME.zip MODEL-FOLDER/*`."
HEADERS = [
    # signature, length before the name, and field -> its place
    (b"PK\1\2", 46, {"flags": (8, "<H"), "method": (10, "<H"), "crc": (16, "<I"), "size": (24, "<I")}),
    (b"PK\3\4", 30, {"flags": (6, "<H"), "method": (8, "<H"), "crc": (14, "<I"), "size": (22, "<I")}),
]


@pytest.fixture
def files(model) -> Files:
    """Return the files of the model "tiny"."""
    return {name: (model / name).read_bytes() for name in ("model.json", "LICENSE", "image.weights", "motion.weights")}


@pytest.fixture
def unpack(tmp_path) -> Callable[[bytes], dict[str, bytes]]:
    """Unpack a .zip in a folder of its own; return what lies there then."""

    def unpack(data: bytes) -> dict[str, bytes]:
        folder = tmp_path / "outer" / "folder"
        folder.mkdir(parents=True)
        model = ModelArchive(io.BytesIO(data), "a.zip").unpack(folder)
        assert (model.path, model.card.name) == (folder, "tiny")
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    return unpack


def zipped(files: Files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member, data in files.items():
            archive.writestr(member, data, compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def within(folder: str, files: Files) -> Files:
    return {f"{folder}{name}": data for name, data in files.items()}


def patched(data: bytes, name: str, **values: int) -> bytes:
    """Change what both headers of a member say."""
    changed = bytearray(data)
    for signature, length, fields in HEADERS:
        pattern = re.escape(signature) + b".{%d}" % (length - 4) + re.escape(name.encode())
        (header,) = re.finditer(pattern, data, re.DOTALL)
        for field, value in values.items():
            offset, kind = fields[field]
            struct.pack_into(kind, changed, header.start() + offset, value)
    return bytes(changed)


def special(name: str, kind: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (kind | 0o644) << 16
    return info


def named(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("x")
    info.filename = name  # what the constructor would mend
    return info


def problem_of(data: bytes) -> str:
    """Return why the .zip is refused before anything of it is unpacked."""
    with pytest.raises(ModelError) as caught:
        ModelArchive(io.BytesIO(data), "a.zip")
    assert caught.value.hint == HINT
    return caught.value.message.removeprefix("a.zip: not a usable .zip of a model: ")


def test_at_the_root(files, unpack):
    assert unpack(zipped(files)) == files


def test_in_one_folder(files, unpack):
    assert unpack(zipped({"town/": b""} | within("town/", files))) == files


def test_members_that_the_card_does_not_name_are_left_out(files, unpack):
    extras = {"town/README.md": b"Hello", "__MACOSX/town/._model.json": b"icon", "__MACOSX/": b""}
    data = zipped(within("town/", files) | extras)
    assert ModelArchive(io.BytesIO(data), "a.zip").left_out == ["README.md"]
    assert unpack(data) == files


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../model.json", "town/../../x", "town//x", "./x", "..", "/", "__MACOSX/../../x"]
)
def test_a_name_that_leads_out(files, name):
    assert problem_of(zipped(files | {name: b"x"})) == f"its member {name!r} leads out of its folder"


@pytest.mark.parametrize("name", ["C:\\x", "C:x", "..\\x", "x:stream", "x\ny", "x\0y", "\x1b[2J"])
def test_a_name_that_some_system_misunderstands(files, name):
    problem = problem_of(zipped(files | {named(name): b"x"}))
    assert problem == f"its member {name!r} has a backslash, colon or control character in its name"


def test_a_long_name(files):
    assert problem_of(zipped(files | {"x" * 256: b""})) == "it has a member whose name has 256 letters"


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_a_special_file(files, kind):
    data = zipped(files | {special("x", kind): b"/etc/passwd"})
    assert problem_of(data) == "its member 'x' is a link or another special file"


def test_an_encrypted_member(files):
    data = patched(zipped(files), "LICENSE", flags=0x1)
    assert problem_of(data) == "its member 'LICENSE' is encrypted"


def test_an_unusual_compression(files):
    data = patched(zipped(files), "LICENSE", method=zipfile.ZIP_LZMA)
    assert problem_of(data) == "its member 'LICENSE' is neither stored nor deflated"


def test_names_that_are_equal_but_for_their_case(files):
    assert problem_of(zipped(files | {"License": b""})) == "it has two members called 'License'"


def test_equal_names(files):
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zipped(files | {named("LICENSE"): b"another"})
    assert problem_of(data) == "it has two members called 'LICENSE'"


@pytest.mark.parametrize(
    ("extra", "folders"),
    [
        ("town/x", "'.', 'town'"),
        ("town/", "'.', 'town'"),
    ],
)
def test_files_at_the_root_and_in_a_folder(files, extra, folders):
    problem = f"its files must lie at its root or in one folder, but there are {folders}"
    assert problem_of(zipped(files | {extra: b""})) == problem


@pytest.mark.parametrize(
    ("extra", "folders"), [("b/x", "'a', 'b'"), ("a/b/x", "'a', 'a/b'"), ("a/b/", "'a', 'a/b'"), ("x", "'.', 'a'")]
)
def test_files_in_several_folders(files, extra, folders):
    problem = f"its files must lie at its root or in one folder, but there are {folders}"
    assert problem_of(zipped(within("a/", files) | {extra: b""})) == problem


def test_a_folder_in_a_folder(files):
    problem = "its files must lie at its root or in one folder, but there are 'a/b'"
    assert problem_of(zipped(within("a/b/", files))) == problem


def test_too_many_members(files):
    most = files | {f"{number}": b"" for number in range(60)}
    assert len(ModelArchive(io.BytesIO(zipped(most)), "a.zip").left_out) == 60
    assert problem_of(zipped(most | {"60": b""})) == "it has 65 members; the most is 64"


def test_a_list_of_members_that_is_too_long_to_read(files):
    data = zipped(files | {f"{number:05d}": b"" for number in range(21_000)})
    assert problem_of(data) == "the list of its members is too long"


@pytest.mark.parametrize("data", [b"", b"PK\3\4", b"<html>no</html>", b"PK\5\6" + bytes(18)])
def test_no_zip_or_an_empty_one(data):
    empty = "it has no model.json"
    assert problem_of(data) == (empty if data.startswith(b"PK\5\6") else "File is not a zip file")


def test_no_card(files):
    del files["model.json"]
    assert problem_of(zipped(files)) == "it has no model.json"


def test_a_huge_card(files):
    noise = random.Random(0).randbytes(600_000).hex()
    files["model.json"] = json.dumps({"noise": noise}).encode()
    assert problem_of(zipped(files)) == "its model.json is larger than 1 MB"


def test_a_bomb(files):
    bomb = zipped(files | {"zeros": bytes(10_000_000)})
    ratio = (sum(map(len, files.values())) + 10_000_000) // len(bomb)
    assert ratio > 500
    assert problem_of(bomb) == f"it unpacks to {ratio} times its size; the most is 100 times"


def test_a_large_bomb(files, monkeypatch):
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 5_000_000)
    assert problem_of(zipped(files | {"zeros": bytes(10_000_000)})) == "it unpacks to 10 MB; the most is 5 MB"


def test_a_bomb_that_says_it_is_small(files, unpack, tmp_path):
    """What it says is all that is unpacked, be its checksum right for all, or for that."""
    data = zipped(files | {"image.weights": bytes(10_000_000)})
    with pytest.raises(ModelError) as caught:
        unpack(patched(data, "image.weights", size=5))
    assert caught.value.message == "a.zip: not a usable .zip of a model: Bad CRC-32 for file 'image.weights'"
    assert (tmp_path / "outer" / "folder" / "image.weights").stat().st_size <= 5


def test_a_bomb_that_says_it_is_small_with_a_checksum_for_that(files, unpack, tmp_path):
    data = zipped(files | {"image.weights": bytes(10_000_000)})
    with pytest.raises(ModelError) as caught:
        unpack(patched(data, "image.weights", size=5, crc=zlib.crc32(bytes(5))))
    assert caught.value.message == "a.zip/image.weights: altered, its SHA-256 is not the card's"
    assert (tmp_path / "outer" / "folder" / "image.weights").read_bytes() == bytes(5)


def test_a_member_that_says_it_is_longer_than_it_is(files, unpack):
    with pytest.raises(ModelError) as caught:
        unpack(patched(zipped(files), "image.weights", size=1000))
    message = "a.zip: not a usable .zip of a model: its member 'image.weights' is not as long as it says"
    assert (caught.value.message, caught.value.hint) == (message, HINT)


def test_damaged_bytes(files, unpack):
    data = zipped(files)
    at = data.index(b"motion.weights") + len("motion.weights")
    with pytest.raises(ModelError, match=r"^a\.zip: not a usable \.zip of a model: "):
        unpack(data[:at] + b"\xff" + data[at + 1 :])


def test_a_card_that_is_nested_too_deeply(files):
    files["model.json"] = b"[" * 100_000
    assert problem_of(zipped(files)).startswith("maximum recursion depth exceeded")


def test_a_card_that_is_none(files):
    files["model.json"] = b"{}"
    with pytest.raises(ModelError) as caught:
        ModelArchive(io.BytesIO(zipped(files)), "a.zip")
    assert caught.value.message == "a.zip/model.json: format version None, but this seg2vid reads 1"
    assert caught.value.hint == "Install a seg2vid of the model's time, or export the model again."


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image.weights": None}, "a.zip: the model's file image.weights is missing"),
        ({"LICENSE": b"do what you like"}, "a.zip/LICENSE: altered, its SHA-256 is not the card's"),
    ],
)
def test_files_that_are_not_the_card_s(files, unpack, change, message):
    data = zipped({name: data for name, data in (files | change).items() if data is not None})
    with pytest.raises(ModelError) as caught:
        unpack(data)
    assert (caught.value.message, caught.value.hint) == (message, HINT)


def test_a_card_that_names_a_file_elsewhere(files, unpack, tmp_path):
    Path(tmp_path / "outer").mkdir()
    (tmp_path / "outer" / "secret").write_text("image")
    card = json.loads(files["model.json"])
    card["stages"]["image"]["files"] = {"../secret": card["stages"]["image"]["files"]["image.weights"]}
    files["model.json"] = json.dumps(card).encode()
    with pytest.raises(ModelError) as caught:
        unpack(zipped(files))
    assert caught.value.message == "a.zip/model.json: the file name '../secret' leaves the model's folder"
