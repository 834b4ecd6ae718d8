"""Data sets in the forms that they are published in: what is found in them, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
import torch

import published_data
from published_data import frame, save, street, write_video
from seg2vid_interface.errors import DatasetError
from seg2vid_interface.label_spaces import CITYSCAPES, NO_LABELS, LabelSpace
from seg2vid_torch.data.datasets.opening import open_data_sets
from seg2vid_torch.data.frame_store import FrameStore, load_frames
from seg2vid_torch.data.reading import PROCESSES_FROM


def load(root: Path, layout: str, space: LabelSpace = NO_LABELS, split: str = "train", **more: float) -> FrameStore:
    data = open_data_sets([root], space, layout=layout)
    return load_frames(data, split, height=128, width=128, **more)


STREETS = np.stack([frame(shift) for shift in range(36)]).astype(int)


def lengths(store: FrameStore) -> list[int]:
    return [len(clip) for clip in store.clips]


def is_street(image: torch.Tensor, shift: int, *, within: int = 0) -> bool:
    differences = np.abs(image.permute(1, 2, 0).int().numpy() - STREETS).mean((1, 2, 3))
    return bool(differences.argmin() == shift and differences[shift] <= within)


def test_cityscapes_stills_with_their_fine_labels(tmp_path):
    root = published_data.cityscapes(tmp_path)
    for split, count in (("train", 4), ("val", 2)):
        data = open_data_sets([root], CITYSCAPES, layout="cityscapes")
        clips = data[0].clips[split]
        assert [len(clip.files) for clip in clips] == [1] * count
        labels = [clip.frames[0].labels.name for clip in clips]
        assert all(name.endswith("_gtFine_labelIds.png") for name in labels)
    assert clips[1].name == "lindau_000001_000019"


def test_cityscapes_sequences_with_predicted_labels(tmp_path):
    root = published_data.cityscapes(tmp_path, sequences=True, labels="ssmask")
    store = load(root, "cityscapes", CITYSCAPES)
    assert lengths(store) == [12] * 4
    assert is_street(store.images[13], 2)
    expected = np.where(street(2) == 255, 19, street(2))
    np.testing.assert_array_equal(store.labels[13], expected)
    assert lengths(load(root, "cityscapes", NO_LABELS, "val")) == [12, 12]


def test_cityscapes_sequences_of_which_the_last_frame_is_annotated(tmp_path):
    root = published_data.cityscapes(tmp_path, sequences=True)
    (data,) = open_data_sets([root], CITYSCAPES, layout="cityscapes")
    assert [clip.name for clip in data.clips["val"]] == ["lindau_000000_000019", "lindau_000001_000019"]
    tree = root / "leftImg8bit_sequence"
    assert data.found["train"].notes == (f"{tree / 'train'}: 44 of 48 frames have no label map",)


def test_a_gap_in_a_sequence_cuts_it_and_a_list_chooses(tmp_path):
    root = published_data.cityscapes(tmp_path, sequences=True, labels="ssmask")
    folder = root / "leftImg8bit_sequence" / "train"
    (folder / "aachen" / "aachen_000000_000012_leftImg8bit.png").unlink()
    assert lengths(load(root, "cityscapes")) == [4, 7, 12, 12, 12]
    (root / "train.txt").write_text("aachen/aachen_000000_000014_leftImg8bit.png\nbochum_000001_000008_leftImg8bit\n")
    assert lengths(load(root, "cityscapes")) == [7, 12]
    (root / "train.txt").write_text("\n \n")
    with pytest.raises(DatasetError) as caught:
        load(root, "cityscapes")
    assert caught.value.message == f"{root / 'train.txt'}: an empty list"
    (root / "train.txt").write_text("zurich_000000_000000\n")
    with pytest.raises(DatasetError, match="names no frame that is there"):
        load(root, "cityscapes")


def test_a_cityscapes_picture_without_its_label_map_is_named(tmp_path):
    root = published_data.cityscapes(tmp_path)
    (root / "gtFine" / "train" / "bochum" / "bochum_000001_000019_gtFine_labelIds.png").unlink()
    with pytest.raises(DatasetError) as caught:
        load(root, "cityscapes", CITYSCAPES)
    picture = root / "leftImg8bit" / "train" / "bochum" / "bochum_000001_000019_leftImg8bit.png"
    assert caught.value.message == f"{picture}: has no label map"


def test_kitti_s_drives_and_who_is_held_out(tmp_path):
    root = published_data.kitti(tmp_path / "kitti")
    assert lengths(load(root, "kitti")) == [10, 10]
    held_out = load(root, "kitti", split="val")
    assert lengths(held_out) == [10]
    assert is_street(held_out.images[4], 5), "the last by name: that of the second day"
    (root / "val.txt").write_text("2011_09_26/2011_09_26_drive_0000_sync\n")
    assert is_street(load(root, "kitti", split="val").images[0], 0)
    assert is_street(load(root, "kitti").images[0], 2)
    day = published_data.kitti(tmp_path / "many", drives=22) / "2011_09_26"
    assert (lengths(load(day, "kitti")), lengths(load(day, "kitti", split="val"))) == ([10] * 10, [10])


@pytest.mark.parametrize("extracted", [False, True])
def test_kth_s_sequences(tmp_path, extracted):
    root = published_data.kth(tmp_path, extracted=extracted)
    store = load(root, "kth")
    assert lengths(store) == [12, 12, 12, 12]
    within = 0 if extracted else 6
    assert is_street(store.images[12], 1 + 15, within=within), "frame 16 of person 11"
    assert is_street(store.images[24], 2, within=within)
    assert not is_street(store.images[24], 5, within=within)
    assert lengths(load(root, "kth", split="val")) == [12, 12], "that of person 19 alone"


def test_kth_without_its_list_takes_whole_videos(tmp_path):
    root = published_data.kth(tmp_path, listed=False)
    assert lengths(load(root, "kth")) == [30, 30]
    (root / "00sequences.txt").write_text("")
    with pytest.raises(DatasetError, match=r"00sequences\.txt: an empty list"):
        load(root, "kth")


@pytest.mark.slow
@pytest.mark.parametrize("extracted", [False, True])
@pytest.mark.parametrize("listed", [False, True])
def test_ucf101_by_its_lists_or_its_groups(tmp_path, extracted, listed):
    root = published_data.ucf101(tmp_path, extracted=extracted, listed=listed)
    train, held_out = load(root, "ucf101"), load(root, "ucf101", split="val")
    assert (lengths(train), lengths(held_out)) == ([10, 10], [10, 10])
    assert is_street(train.images[10], 8, within=6)
    assert is_street(held_out.images[0], 1, within=6)
    assert lengths(load(root / "UCF-101", "ucf101")) == [10, 10], "the folder of the videos itself serves, too"


def test_a_video_that_a_list_names_and_is_not_there(tmp_path):
    root = published_data.ucf101(tmp_path)
    (root / "UCF-101" / "Typing" / "v_Typing_g08_c01.avi").unlink()
    with pytest.raises(DatasetError) as caught:
        load(root, "ucf101")
    path = root / "UCF-101" / "Typing" / "v_Typing_g08_c01.avi"
    assert caught.value.message == f"{path}: missing"


def test_pix2pixhd_s_stills_by_their_names_or_their_order(tmp_path):
    root = published_data.pix2pixhd(tmp_path)
    (data,) = open_data_sets([root], CITYSCAPES, layout="pix2pixhd")
    pairs = [(clip.frames[0].picture.name[:13], clip.frames[0].labels.name[:13]) for clip in data.clips["train"]]
    assert pairs == [(f"aachen_{number:06d}",) * 2 for number in range(4)]
    assert len(data.clips["val"]) == 2
    for folder in ("train_img", "train_label"):
        for number, path in enumerate(sorted((root / folder).iterdir())):
            path.rename(path.with_name(f"{folder}{number}.png"))
    (data,) = open_data_sets([root], CITYSCAPES, layout="pix2pixhd")
    pairs = [(clip.frames[0].picture.name[-5], clip.frames[0].labels.name[-5]) for clip in data.clips["train"]]
    assert pairs == [(str(number),) * 2 for number in range(4)]


def test_videos_of_any_kind_are_upright_and_on_time(tmp_path):
    root = published_data.videos(tmp_path)
    store = load(root, "video", frames_per_second=12.5)
    turned, unsteady, steady = store.clips
    assert [len(clip) for clip in store.clips] == [8, 10, 8]
    for position, index in enumerate(steady):
        assert is_street(store.images[index], 2 * position, within=6)
    for position, index in enumerate(turned):
        assert is_street(store.images[index], 2 * position, within=6), "a player shows it upright"
    times = [0, 30, 60, 150, 190, 240, 300, 310, 400, 430, 480, 520, 600, 640, 700, 720]
    for position, index in enumerate(unsteady):
        shown = max(number for number, time in enumerate(times) if time <= 80 * position)
        assert is_street(store.images[index], shown, within=6), position
    assert lengths(load(root, "video", split="val", frames_per_second=25)) == [16]
    assert lengths(load(root, "video")) == [16, 16, 16], "as they are stored"


@pytest.mark.parametrize("layout", ["kitti", "kth", "ucf101", "video"])
def test_data_sets_without_labels_say_so(tmp_path, layout):
    make = {"video": published_data.videos}.get(layout) or getattr(published_data, layout)
    with pytest.raises(DatasetError) as caught:
        load(make(tmp_path), layout, CITYSCAPES)
    assert caught.value.message == f"--dataset {layout}: has no label maps, which this stage learns from"


MAKERS = {
    "clips": (lambda root: save(frame(0), root / "train" / "a" / "images" / "0.png"), "train/a"),
    "cityscapes": (published_data.cityscapes, "leftImg8bit/train"),
    "kitti": (published_data.kitti, "2011_09_26/2011_09_26_drive_0000_sync/image_02"),
    "kth": (published_data.kth, None),
    "ucf101": (published_data.ucf101, "UCF-101/Typing"),
    "pix2pixhd": (published_data.pix2pixhd, "train_img"),
}


@pytest.mark.parametrize("layout", MAKERS)
def test_a_root_that_is_too_high_or_too_low_is_told_which(tmp_path, layout):
    make, inner = MAKERS[layout]
    root = tmp_path / "above" / layout
    make(root)
    with pytest.raises(DatasetError) as caught:
        load(root.parent, layout)
    assert caught.value.message == f"{root.parent}: one level too high for --dataset {layout}"
    assert caught.value.hint == f"Name {root}."
    if inner:
        with pytest.raises(DatasetError) as caught:
            load(root / inner, layout)
        assert " too low for --dataset " in caught.value.message
        assert caught.value.hint.startswith(f"Name {root}")
    with pytest.raises(DatasetError) as caught:
        load(root, "kitti" if layout == "clips" else "clips")
    assert caught.value.message.endswith(f"no data set of the layout {'kitti' if layout == 'clips' else 'clips'}")
    assert caught.value.hint == f"It may be --dataset {layout}."


def test_frames_of_mixed_sizes_are_one_clip_no_longer(tmp_path):
    for number in range(6):
        array = frame(number) if number < 4 else frame(number)[:64]
        save(array, tmp_path / "train" / "drive" / "images" / f"{number}.png")
    assert lengths(load(tmp_path, "clips")) == [4, 2]


def broken(tmp_path: Path, count: int) -> Path:
    """Write a data set of `count` frames; the fifth is damaged."""
    for number in range(count):
        save(frame(0)[::8, ::8], tmp_path / "train" / "drive" / "images" / f"{number:06d}.png")
    (tmp_path / "train" / "drive" / "images" / "000004.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    return tmp_path


@pytest.mark.parametrize("count", [100, PROCESSES_FROM + 10], ids=["threads", "processes"])
def test_a_frame_that_cannot_be_read_is_named_and_left_out(tmp_path, caplog, count, monkeypatch):
    monkeypatch.setattr("seg2vid_torch.data.reading.available_cores", lambda: 2)
    data = open_data_sets([broken(tmp_path, count)], NO_LABELS)
    store = load_frames(data, "train", height=16, width=16)
    assert lengths(store) == [4, count - 5]
    path = tmp_path / "train" / "drive" / "images" / "000004.png"
    assert [record.getMessage() for record in caplog.records] == [
        f"left out: {path}: not a readable picture: cannot identify image file '{path}'"
    ]


def test_more_than_one_in_a_hundred_stops(tmp_path):
    with pytest.raises(DatasetError) as caught:
        load(broken(tmp_path, 99), "clips")
    assert "000004.png: not a readable picture" in caught.value.message
    assert caught.value.message.endswith("; 1 of 99 frames are more than 1%")


@pytest.mark.parametrize("content", [b"", b"RIFF and then nothing that makes sense" * 30], ids=["empty", "corrupt"])
def test_a_video_that_cannot_be_read_is_named(tmp_path, content):
    root = published_data.kth(tmp_path)
    path = root / "boxing" / "person12_boxing_d1_uncomp.avi"
    path.write_bytes(content)
    with pytest.raises(DatasetError) as caught:
        load(root, "kth")
    what = "not a readable video" if content else "an empty file"
    assert caught.value.message == f"{path}: {what}; 1 of 2 videos are more than 1%"


def test_no_address_is_fetched_that_a_video_s_file_names(tmp_path):
    path = tmp_path / "a.avi"
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(DatasetError, match=r"a\.avi: not a readable video"):
        load(tmp_path, "video")


def test_a_large_video_is_handed_on_as_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("seg2vid_torch.data.reading.LARGE_VIDEO", 1)
    monkeypatch.setattr("seg2vid_torch.data.reading.AT_ONCE", 5)
    write_video(tmp_path / "a.avi", [frame(t) for t in range(13)])
    store = load(tmp_path, "video")
    assert lengths(store) == [13]
    assert all(is_street(store.images[t], t, within=6) for t in range(13))
