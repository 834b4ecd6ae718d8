"""Packed data sets: what is written is what is read, and training streams it."""

import errno
import json
import tarfile
from pathlib import Path

import pytest
import torch

import published_data
from published_data import frame, save
from recording_monitor import RecordingMonitor
from seg2vid_interface.backend import TrainingRequest
from seg2vid_interface.data_tools import DataRequest
from seg2vid_interface.errors import DatasetError, OutputError
from seg2vid_interface.label_spaces import CITYSCAPES, CITYSCAPES_LABEL_IDS, NO_LABELS
from seg2vid_interface.staging.moves import Move
from seg2vid_torch.backend import TorchBackend
from seg2vid_torch.data import packing, streaming
from seg2vid_torch.data.datasets.opening import open_data_sets
from seg2vid_torch.data.frame_store import load_frames
from seg2vid_torch.data.packed import INDEX_NAME, open_packed
from seg2vid_torch.data.streaming import Stream
from street_data import TINY_IMAGE, TINY_KEY_FRAMES, TINY_UNLABELLED, write_clips

SIZE = {"height": 64, "width": 64}
IMAGE = TINY_IMAGE | {"height": "64", "width": "64", "rolled": "0", "driven": "0", "steps": "6"}
MOTION = TINY_UNLABELLED | {"steps": "4", "rollout_probability": "0"}


def pack(root: Path, out: Path, dataset: str = "clips", side: int = 64, **more):
    request = DataRequest(root, dataset, CITYSCAPES, height=side, width=side)
    return TorchBackend().pack_data(request, out, lambda done, total: None, **more)


@pytest.fixture
def small_shards(monkeypatch):
    """Shards of four frames, rounds of two shards."""
    frame_bytes = SIZE["height"] * SIZE["width"] * 4
    monkeypatch.setattr(packing, "SHARD_BYTES", 4 * frame_bytes)
    monkeypatch.setattr(streaming, "SHARD_BYTES", 4 * frame_bytes)
    monkeypatch.setattr(streaming, "ROUND_BYTES", 8 * frame_bytes)
    monkeypatch.setattr("seg2vid_torch.training.build.ROUND_BYTES", 8 * frame_bytes)


def same(a, b) -> bool:
    return torch.equal(a.images, b.images) and torch.equal(a.labels, b.labels) and a.clips == b.clips


def test_a_packed_data_set_is_read_as_the_one_it_was_made_from(tmp_path):
    root = write_clips(tmp_path / "clips", train=12, validation=3)
    result = pack(root, tmp_path / "packed")
    assert (result.frames, result.files, result.unreadable) == ({"train": 12, "val": 3}, 2, ())
    for split in ("train", "val"):
        given, again = (
            load_frames(open_data_sets([folder], CITYSCAPES), split, **SIZE) for folder in (root, result.folder)
        )
        assert same(given, again)
    twice = load_frames(open_data_sets([result.folder, root], CITYSCAPES), "train", **SIZE)
    assert twice.clips == (range(12), range(12, 24))
    with tarfile.open(result.folder / "train-000000.tar") as shard:
        assert shard.getnames()[:2] == ["000000/000000.labels.png", "000000/000000.png"]
    pack(root, tmp_path / "again")
    for path in result.folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), "no time or path is in it"


@pytest.mark.slow
def test_videos_are_packed_without_labels(tmp_path):
    root = published_data.kth(tmp_path / "kth")
    result = pack(root, tmp_path / "packed", "kth")
    given = load_frames(open_data_sets([root], NO_LABELS, layout="kth"), "train", **SIZE)
    assert same(given, load_frames(open_data_sets([result.folder], NO_LABELS), "train", **SIZE))
    with pytest.raises(DatasetError, match="packed without labels, and the stage learns from cityscapes"):
        open_data_sets([result.folder], CITYSCAPES)


@pytest.mark.usefixtures("small_shards")
def test_a_clip_that_is_longer_than_a_shard_goes_on_in_the_next_one(tmp_path):
    root = write_clips(tmp_path / "clips", train=10, validation=2)
    result = pack(root, tmp_path / "packed")
    store = load_frames(open_data_sets([result.folder], CITYSCAPES), "train", **SIZE)
    assert (result.files, store.clips) == (4, (range(4), range(4, 8), range(8, 10)))
    given = load_frames(open_data_sets([root], CITYSCAPES), "train", **SIZE)
    assert torch.equal(given.images, store.images)


@pytest.mark.usefixtures("small_shards")
def test_a_stream_goes_through_all_frames_and_is_a_function_of_seed_and_step(tmp_path):
    root = write_clips(tmp_path / "clips", train=24, validation=2)
    data = open_packed(pack(root, tmp_path / "packed").folder)
    form = {"batch": 2, "device": torch.device("cpu")}
    stream = Stream([data], seed=3, **form)
    assert (stream.frames, stream.clips) == (24, 6)
    stores = [stream.at(step) for step in range(24)]
    assert all(stores[step] is stores[step - step % 4] for step in range(24)), "four steps of two draw from eight"
    for epoch in (stores[:12:4], stores[12::4]):
        seen = {image.numpy().tobytes() for store in epoch for image in store.images}
        assert len(seen) == 24, "all frames in an epoch"
    assert any(not torch.equal(a.images, b.images) for a, b in zip(stores[:12:4], stores[12::4], strict=True))
    again, other = Stream([data], seed=3, **form), Stream([data], seed=4, **form)
    assert same(again.at(17), stores[17])
    assert not all(torch.equal(other.at(step).images, stores[step].images) for step in range(0, 24, 4))


def train(root: Path, out: Path, stage: str = "image", stop_after: int | None = None) -> dict[str, torch.Tensor]:
    settings, preset = (IMAGE, "street") if stage == "image" else (MOTION, "paper-no-labels")
    request = TrainingRequest(stage, (root,), out, preset=preset, settings=settings, device="cpu")
    TorchBackend().train(request, RecordingMonitor(stop_after))
    return torch.load(out / "checkpoint.pt", weights_only=True)["networks"]


def test_what_fits_into_memory_trains_the_weights_that_it_trains_unpacked(tmp_path):
    root = write_clips(tmp_path / "clips", train=8, validation=2)
    pack(root, tmp_path / "packed")
    unpacked, again = (train(tmp_path / name, tmp_path / f"run-{name}") for name in ("clips", "packed"))
    torch.testing.assert_close(unpacked, again, rtol=0, atol=0)


@pytest.mark.usefixtures("small_shards")
@pytest.mark.parametrize("stage", ["image", pytest.param("motion", marks=pytest.mark.slow)])
def test_a_streamed_run_that_was_stopped_ends_as_one_that_was_not(tmp_path, stage, monkeypatch):
    if stage == "motion":
        frame_bytes = 128 * 128 * 3
        monkeypatch.setattr(packing, "SHARD_BYTES", 6 * frame_bytes)
        monkeypatch.setattr(streaming, "SHARD_BYTES", 6 * frame_bytes)
        monkeypatch.setattr(streaming, "ROUND_BYTES", 12 * frame_bytes)
    root = write_clips(tmp_path / "clips", train=24, validation=2, labelled=stage == "image")
    pack(root, tmp_path / "packed", side=128 if stage == "motion" else 64)
    whole = train(tmp_path / "packed", tmp_path / "whole", stage)
    train(tmp_path / "packed", tmp_path / "stopped", stage, stop_after=3)
    torch.testing.assert_close(whole, train(tmp_path / "packed", tmp_path / "stopped", stage), rtol=0, atol=0)


@pytest.mark.usefixtures("small_shards")
def test_what_does_not_go_with_a_stream_is_refused(tmp_path):
    root = write_clips(tmp_path / "clips", train=24, validation=2)
    folder = pack(root, tmp_path / "packed").folder
    request = TrainingRequest("image", (folder, root), tmp_path / "run", settings=IMAGE, device="cpu")
    with pytest.raises(DatasetError, match="does not go with others that are not packed"):
        TorchBackend().train(request, RecordingMonitor())
    request = TrainingRequest("motion", (folder,), tmp_path / "run", settings=TINY_KEY_FRAMES, device="cpu")
    with pytest.raises(DatasetError, match="too large for the motion stage of key frames"):
        TorchBackend().train(request, RecordingMonitor())
    request = TrainingRequest(
        "image", (folder,), tmp_path / "run", settings=IMAGE | {"height": "128", "width": "128"}, device="cpu"
    )
    with pytest.raises(DatasetError, match="packed at 64x64, and the stage takes 128x128"):
        TorchBackend().train(request, RecordingMonitor())
    with pytest.raises(DatasetError, match="packed with labels of cityscapes, and the stage learns from cityscapes-l"):
        open_data_sets([folder], CITYSCAPES_LABEL_IDS)


def test_damage_is_named(tmp_path):
    root = write_clips(tmp_path / "clips", train=6, validation=2)
    folder = pack(root, tmp_path / "packed").folder
    shard, index = folder / "train-000000.tar", folder / INDEX_NAME
    whole = shard.read_bytes()
    shard.write_bytes(whole[:5000] + bytes(2000) + whole[7000:])
    with pytest.raises(DatasetError, match=r"train-000000\.tar: damaged"):
        load_frames(open_data_sets([folder], CITYSCAPES), "train", **SIZE)
    shard.write_bytes(whole[:-512])
    with pytest.raises(DatasetError, match=r"train-000000\.tar: missing, or not as large as it was"):
        open_data_sets([folder], CITYSCAPES)
    shard.write_bytes(whole)
    text = index.read_text()
    for broken in ("{", text.replace("seg2vid-data-1", "other"), text.replace("train-000000", "../train-000000")):
        index.write_text(broken)
        with pytest.raises(DatasetError, match=rf"{INDEX_NAME}: not readable"):
            open_data_sets([folder], CITYSCAPES)


def test_nothing_is_replaced_unasked_and_nothing_half_is_left(tmp_path):
    root = write_clips(tmp_path / "clips", train=6, validation=2)
    out = tmp_path / "packed"
    pack(root, out)
    with pytest.raises(OutputError, match="holds a packed data set already"):
        pack(root, out)
    (out / "notes.txt").write_text("mine")
    (out / "val-000009.tar").write_bytes(b"of an earlier, larger one")
    pack(root, out, overwrite=True)
    assert sorted(path.name for path in out.iterdir()) == [
        "notes.txt",
        INDEX_NAME,
        "train-000000.tar",
        "val-000000.tar",
    ]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="holds other files"):
        pack(root, tmp_path / "other", overwrite=True)
    (root / "train" / "drive" / "images" / "000003.png").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"000003\.png: not a readable picture"):
        pack(root, tmp_path / "new")
    assert not any("new" in path.name for path in tmp_path.iterdir())


def test_a_fault_while_one_takes_the_place_of_another_leaves_the_old_one(tmp_path, monkeypatch):
    root, out, do = write_clips(tmp_path / "clips", train=6, validation=2), tmp_path / "packed", Move.do
    pack(root, out)
    (out / "val-000009.tar").write_bytes(b"of an earlier, larger one")
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def fail(move: Move) -> None:
        if move.name.endswith(INDEX_NAME):
            raise OSError(errno.EIO, "Input/output error")
        do(move)

    monkeypatch.setattr(Move, "do", fail)
    with pytest.raises(OutputError, match="packed: cannot be written: Input/output error"):
        pack(write_clips(tmp_path / "more", train=8, validation=2), out, overwrite=True)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clips", "more", "packed"]


def test_a_few_frames_that_cannot_be_read_are_left_out(tmp_path):
    for number in range(120):
        save(frame(0)[::8, ::8], tmp_path / "clips" / "train" / "drive" / "images" / f"{number:06d}.png")
    (tmp_path / "clips" / "train" / "drive" / "images" / "000050.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    result = pack(tmp_path / "clips", tmp_path / "packed")
    assert result.frames == {"train": 119}
    (fault,) = result.unreadable
    assert "000050.png: not a readable picture" in fault
    (shard,) = json.loads((result.folder / INDEX_NAME).read_text())["splits"]["train"]
    assert shard["clips"] == [50, 69]
