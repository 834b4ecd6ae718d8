"""Clips that are made together: of the same bytes, in the same order, and whatever fails, the others are made."""

import json
import time
from pathlib import Path

import pytest
from PIL import Image, ImageOps

import fake_backend
from seg2vid_cli.generation import batch_size
from seg2vid_cli.outputs.clip_writer import ClipWriter
from seg2vid_interface.errors import BackendError, OutOfMemoryError

pytestmark = pytest.mark.usefixtures("fake_backends")


class Small(fake_backend.FakeSession):
    """Has memory for so many clips, and may make none of label maps other than the first."""

    most = 100
    batches: list[int]
    is_choosy = False
    first = None

    def generate(self, requests):
        self.batches.append(len(requests))
        self.first = requests[0].label_map if self.first is None else self.first
        for number, chunks in enumerate(super().generate(requests)):
            if number and len(requests) > self.most:
                raise OutOfMemoryError("out of memory on fake")
            others = [request for request in requests if (request.label_map != self.first).any()]
            if number and self.is_choosy and others:
                raise BackendError("one of them is spoiled")
            yield chunks


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(Small, "batches", [], raising=False)
    monkeypatch.setattr(fake_backend, "FakeSession", Small)
    return Small


@pytest.fixture
def maps(street):
    Path("maps").mkdir()
    for name in "abcde":
        Path(f"maps/{name}.png").write_bytes(street.read_bytes())
    return Path("maps")


def below(folder) -> dict[str, bytes]:
    return {path.as_posix(): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def made(result) -> list[str]:
    return [Path(output["output"]).name for output in json.loads(result.stdout)["data"]["outputs"]]


@pytest.mark.parametrize(("size", "batches"), [(1, [1] * 10), (4, [4, 4, 2]), (64, [10]), ("auto", [1] * 10)])
def test_the_same_bytes_in_the_same_order(*, seg2vid, model, maps, small, size, batches):
    names = [f"{name}{sample}.mp4" for name in "abcde" for sample in ("", "_2")]
    flags = ("generate", maps, "--model", model, "--samples", 2, "--save", "all", "-o", "new/", "--json")
    result = seg2vid(*flags, "--batch", size)
    assert result.exit_code == 0, result.stderr
    assert (made(result), small.batches) == (names, batches)
    together = below("new")
    assert seg2vid(*flags, "--batch", 3, "--overwrite").exit_code == 0
    assert below("new") == together


def test_fewer_are_made_at_once_where_memory_is_short(seg2vid, model, maps, small, monkeypatch):
    monkeypatch.setattr(small, "most", 1)
    result = seg2vid("generate", maps, "--model", model, "--samples", 2, "-o", "new/", "--json", "--batch", 4)
    assert result.exit_code == 0, result.stderr
    assert made(result) == [f"{name}{sample}.mp4" for name in "abcde" for sample in ("", "_2")]
    assert small.batches == [4, 2, 1, 1, 2, 1, 1, *[1] * 6]


def test_the_one_that_cannot_be_made_does_not_take_others_along(seg2vid, model, maps, small, monkeypatch):
    monkeypatch.setattr(small, "is_choosy", True)
    with Image.open("maps/c.png") as picture:
        ImageOps.mirror(picture).save("maps/c.png")
    result = seg2vid("generate", maps, "--model", model, "-o", "new/", "--json", "--batch", 5)
    assert (result.exit_code, made(result)) == (1, ["a.mp4", "b.mp4", "d.mp4", "e.mp4"])
    (failure,) = json.loads(result.stdout)["data"]["failures"]
    assert (failure["input"], failure["message"]) == ("maps/c.png", "one of them is spoiled")
    assert set(below("new")) == {f"new/{name}.mp4" for name in "abde"}


def test_a_batch_of_another_size_is_filled_up_on_a_gpu(seg2vid, model, maps, small, monkeypatch):
    monkeypatch.setattr(small, "device", "cuda:0")
    result = seg2vid("generate", maps, "--model", model, "-o", "new/", "--json", "--batch", 3)
    assert (made(result), small.batches) == ([f"{name}.mp4" for name in "abcde"], [3, 3])


@pytest.mark.parametrize("size", [1, 4])
def test_a_clip_that_cannot_be_written_does_not_disturb_the_others(*, seg2vid, model, maps, monkeypatch, size):
    write = ClipWriter.write

    def failing(writer, chunk):
        if writer._output.video.name == "b.mp4" and chunk.start:
            raise OSError(28, "No space left on device")
        write(writer, chunk)

    def told(writer, chunk):
        with writer._output_errors():
            failing(writer, chunk)

    monkeypatch.setattr(ClipWriter, "write", told)
    flags = ("--samples", 2, "-o", "new/", "--json", "--batch", size)
    result = seg2vid("generate", maps, "--model", model, *flags)
    document = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [failure["input"] for failure in document["data"]["failures"]] == ["maps/b.png"]
    others = {f"new/{name}{sample}.mp4" for name in "acde" for sample in ("", "_2")}
    assert set(below("new")) - {"new/b_2.mp4"} == others
    assert not [path for path in Path("new").iterdir() if path.name.startswith(".")]
    assert {f"new/{name}" for name in made(result)} == set(below("new"))


def test_clips_are_made_while_others_are_written(seg2vid, model, maps, small, monkeypatch):
    write, running = ClipWriter.write, list[int]()

    def slow(writer, chunk):
        time.sleep(0.02)
        running.append(len(small.batches))
        write(writer, chunk)

    monkeypatch.setattr(ClipWriter, "write", slow)
    assert seg2vid("generate", maps, "--model", model, "-o", "new/").exit_code == 0
    begun, chunks = small.batches, len(running) // 5
    ahead = [begun_then - 1 - number // chunks for number, begun_then in enumerate(running)]
    assert len(begun) == 5
    assert 1 <= max(ahead) <= 2  # and not all of them


def test_the_size_for_a_gpu_depends_on_what_does_not_change(monkeypatch):
    session = fake_backend.FakeSession.__new__(fake_backend.FakeSession)
    session.height, session.width = 128, 256
    assert batch_size.batch_size(None, session) == 1
    assert batch_size.batch_size(7, session) == 7
    session.device = "cuda:1"
    for memory, size in ((None, 32), (80 * 10**9, 32), (8 * 10**9, 10), (10**8, 1)):
        monkeypatch.setattr(batch_size, "gpu_memory", lambda index, memory=memory: memory if index == 1 else 0)
        assert batch_size.batch_size(None, session) == size
    session.height, session.width = 512, 1024
    monkeypatch.setattr(batch_size, "gpu_memory", lambda _: 80 * 10**9)
    assert batch_size.batch_size(None, session) == 2
