import json
import random
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from seg2vid_cli.model_store import archive
from seg2vid_cli.model_store.archive import unpack_model
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
    """Unpack a .zip into tmp_path / "new"; return what lies there then."""

    def unpack(data: bytes) -> dict[str, bytes]:
        (tmp_path / "a.zip").write_bytes(data)
        model = unpack_model(tmp_path / "a.zip", tmp_path / "new", source="URL")
        assert (model.path, model.card.name) == (tmp_path / "new", "tiny")
        return {path.name: path.read_bytes() for path in model.path.iterdir()}

    return unpack


@pytest.fixture
def problem_of(unpack) -> Callable[[bytes], str]:
    """Return why a .zip is refused."""

    def problem_of(data: bytes) -> str:
        with pytest.raises(ModelError) as caught:
            unpack(data)
        assert caught.value.hint == HINT
        return caught.value.message.removeprefix("URL: not a usable .zip of a model: ")

    return problem_of


def zipped(files: Files) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for member, data in files.items():
            file.writestr(member, data, compress_type=zipfile.ZIP_DEFLATED)
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


@pytest.mark.parametrize("folder", ["", "town/"])
def test_only_what_the_card_names_is_unpacked(files, unpack, folder):
    extras = {f"{folder}README.md": b"Hello", "__MACOSX/town/._model.json": b"icon", "__MACOSX/": b"", "other/x": b"x"}
    assert unpack(zipped(within(folder, files) | extras)) == files


@pytest.mark.parametrize("name", ["/etc/passwd", "../model.json", "town/../../x", "..", "/", "..\\x"])
def test_a_name_that_leads_out(files, problem_of, name):
    member = zipfile.ZipInfo("x")
    member.filename = name  # what the constructor would mend
    assert problem_of(zipped(files | {member: b"x"})) == f"its member {name!r} leads out of its folder"


def test_a_card_that_names_a_file_elsewhere(files, problem_of, tmp_path):
    (tmp_path / "secret").write_text("image")
    card = json.loads(files["model.json"])
    card["stages"]["image"]["files"] = {"../secret": card["stages"]["image"]["files"]["image.weights"]}
    problem = "the file name '../secret' leaves the model's folder, or is a hidden file's"
    data = zipped(files | {"model.json": json.dumps(card).encode()})
    assert problem_of(data) == f"URL/model.json: not a valid model card: {problem}"


def test_a_link_is_no_link_any_more(files, problem_of, tmp_path):
    link = zipfile.ZipInfo("LICENSE")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    del files["LICENSE"]
    assert problem_of(zipped(files | {link: b"/etc/passwd"})) == "altered, by the card's SHA-256: LICENSE"
    assert (tmp_path / "new" / "LICENSE").read_bytes() == b"/etc/passwd"
    assert not (tmp_path / "new" / "LICENSE").is_symlink()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"flags": 0x1}, "its member 'LICENSE' is encrypted, or neither stored nor deflated"),
        ({"method": zipfile.ZIP_LZMA}, "its member 'LICENSE' is encrypted, or neither stored nor deflated"),
        ({"crc": 1}, "Bad CRC-32 for file 'LICENSE'"),
    ],
)
def test_a_member_that_is_not_plain(files, problem_of, changes, problem):
    assert problem_of(patched(zipped(files), "LICENSE", **changes)) == problem


@pytest.mark.parametrize(("folders", "cards"), [((), 0), (("a/b/",), 0), (("", "a/"), 2), (("a/", "b/"), 2)])
def test_a_model_that_is_not_at_the_root_or_in_one_folder(files, problem_of, folders, cards):
    data = zipped({name: data for folder in folders for name, data in within(folder, files).items()})
    assert problem_of(data) == f"it must have one model.json, at its root or in one folder, but has {cards}"


@pytest.mark.parametrize("data", [b"", b"PK\3\4", b"<html>no</html>"])
def test_no_zip(problem_of, data):
    assert problem_of(data) == "File is not a zip file"


def test_a_list_of_members_that_is_too_long_to_read(files, problem_of):
    data = zipped(files | {f"{number:05d}": b"" for number in range(21_000)})
    assert problem_of(data) == "the list of its members is too long"


def test_a_huge_card(files, problem_of):
    card = {"noise": random.Random(0).randbytes(600_000).hex()}
    data = zipped(files | {"model.json": json.dumps(card).encode()})
    assert problem_of(data) == "it unpacks to 1.2 MB; the most is 1 MB"


def test_a_bomb(files, problem_of, tmp_path):
    bomb = zipped(files | {"image.weights": bytes(10_000_000)})
    assert problem_of(bomb) == f"it unpacks to 10 MB; the most is {len(bomb) / 1e4:.3g} MB"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["model.json"]


def test_a_bomb_that_shrank_little(files, problem_of, monkeypatch):
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 5_000_000)
    data = random.Random(0).randbytes(6_000_000)
    assert problem_of(zipped(files | {"image.weights": data})) == "it unpacks to 6 MB; the most is 5 MB"


def test_a_bomb_that_says_it_is_small(files, problem_of, tmp_path):
    data = zipped(files | {"image.weights": bytes(10_000_000)})
    assert problem_of(patched(data, "image.weights", size=5)) == "Bad CRC-32 for file 'image.weights'"
    assert (tmp_path / "new" / "image.weights").stat().st_size <= 5


def test_a_bomb_that_says_it_is_small_with_a_checksum_for_that(files, problem_of, tmp_path):
    """What it says is all that is unpacked."""
    data = zipped(files | {"image.weights": bytes(10_000_000)})
    data = patched(data, "image.weights", size=5, crc=zlib.crc32(bytes(5)))
    assert problem_of(data) == "altered, by the card's SHA-256: image.weights"
    assert (tmp_path / "new" / "image.weights").read_bytes() == bytes(5)


@pytest.mark.parametrize(
    ("card", "problem"),
    [
        (b"[" * 100_000, "URL/model.json: not readable as JSON: nested more than 64 levels deep"),
        (b"\xff", "URL/model.json: not readable as JSON: 'utf-8' codec can't decode byte 0xff"),
        (b"[]", "URL/model.json: not a valid model card: "),
    ],
)
def test_a_card_that_is_none(files, problem_of, card, problem):
    assert problem_of(zipped(files | {"model.json": card})).startswith(problem)


def test_a_card_of_another_time(files, unpack):
    with pytest.raises(ModelError) as caught:
        unpack(zipped(files | {"model.json": b"{}"}))
    assert caught.value.message == "URL/model.json: format version None, but this seg2vid reads 2"
    assert caught.value.hint == (
        "Get it anew: `seg2vid models pull URL --overwrite`, or export its runs or published checkpoints again "
        "(an image stage with noise, of version 1, must be trained anew). Or install a seg2vid of its time."
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"image.weights": None}, "1 of 3 files are missing: image.weights"),
        ({"LICENSE": b"do what you like"}, "altered, by the card's SHA-256: LICENSE"),
        (
            {"LICENSE": b"do what you like", "image.weights": None},
            "altered, by the card's SHA-256: LICENSE; missing: image.weights",
        ),
    ],
)
def test_files_that_are_not_the_card_s(files, problem_of, change, problem):
    assert problem_of(zipped({name: data for name, data in (files | change).items() if data is not None})) == problem


def test_whatever_is_damaged_is_told_plainly(files, tmp_path):
    """Bytes changed at random end in a good model or in a ModelError."""
    whole, chance = zipped(files), random.Random(7)
    for number in range(300):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        file = Path(tmp_path / f"{number}.zip")
        file.write_bytes(data[: chance.randint(0, len(data))] if number % 3 == 0 else data)
        try:
            assert unpack_model(file, tmp_path / f"{number}", "URL").card.name
        except ModelError as error:
            assert error.message.startswith("URL")
