"""Reading datasets of the clips layout."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from seg2vid_interface.errors import DatasetError
from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_torch.data.datasets.opening import open_data_sets
from seg2vid_torch.data.frame_store import load_frames
from street_data import label_map, picture, write_clips

# A header chunk that is whole by its checksum, but of four bytes in place of thirteen.
_HEADER = b"IHDR" + bytes(4)
TRUNCATED_HEADER = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 4) + _HEADER + struct.pack(">I", zlib.crc32(_HEADER))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_clips(tmp_path / "data", train=6, validation=2)


def load(*roots: Path, split: str = "train", size: tuple[int, int] = (128, 128)):
    data_sets = open_data_sets(roots, CITYSCAPES, splits=(split,))
    return load_frames(data_sets, split, height=size[0], width=size[1])


def test_frames_come_in_order_with_unlabelled_as_other(root):
    store = load(root)
    expected = label_map(shift=3)
    assert store.images.shape == (6, 3, 128, 128)
    assert torch.equal(store.images[3], torch.from_numpy(picture(expected).transpose(2, 0, 1)))
    assert torch.equal(store.labels[3], torch.from_numpy(np.where(expected == 255, 19, expected)))


def test_roots_follow_each_other_and_windows_stay_inside_clips(root):
    store = load(root, root)
    assert store.clips == (range(6), range(6, 12))
    assert store.windows(5) == [0, 1, 6, 7]
    assert store.windows(7) == []


def test_pictures_are_resized(root):
    store = load(root, split="val", size=(64, 32))
    assert store.images.shape == (2, 3, 64, 32)
    assert set(store.labels.unique().tolist()) <= {0, 1, 2, 8, 10, 13, 19}


def test_a_root_that_is_not_there_is_named_whatever_names_it(tmp_path):
    with pytest.raises(DatasetError) as caught:
        load(tmp_path / "none")
    assert caught.value.message == f"{tmp_path / 'none'}: no such folder"
    assert caught.value.hint == "Name a dataset's root, with --data or in teacher.stills."


def test_a_split_that_is_not_there(root):
    with pytest.raises(DatasetError, match="no folder 'test'") as caught:
        load(root, split="test")
    assert "ROOT/SPLIT/CLIP/images" in caught.value.hint


def test_a_split_without_pictures(tmp_path):
    (tmp_path / "train" / "clip" / "images").mkdir(parents=True)
    with pytest.raises(DatasetError, match="holds no clip"):
        load(tmp_path)


def test_a_missing_label_map_is_named(root):
    (root / "train" / "drive" / "labels" / "000002.png").unlink()
    with pytest.raises(DatasetError, match=r"labels.000002\.png: missing$"):
        load(root)


def test_an_unknown_class_is_named(root):
    path = root / "train" / "drive" / "labels" / "000001.png"
    Image.fromarray(np.full((128, 128), 20, np.uint8)).save(path)
    with pytest.raises(
        DatasetError, match=r"000001\.png: class index 20 is outside the label space cityscapes, 0 to 19"
    ):
        load(root)


@pytest.mark.parametrize("name", ["images", "labels"])
@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n broken", TRUNCATED_HEADER], ids=["no header", "short header"])
def test_a_damaged_file_is_named(root, name, content):
    (root / "train" / "drive" / name / "000004.png").write_bytes(content)
    with pytest.raises(DatasetError, match=r"000004\.png: not a readable"):
        load(root)


def test_a_colour_picture_is_no_label_map(root):
    path = root / "train" / "drive" / "labels" / "000001.png"
    Image.fromarray(picture(label_map())).save(path)
    with pytest.raises(DatasetError, match="8-bit pictures of class indices, this one is RGB"):
        load(root)


@pytest.mark.parametrize("name", ["images", "labels"])
def test_a_file_of_another_kind_is_never_opened_by_what_it_is(root, name):
    path = root / "train" / "drive" / name / "000004.png"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 128 128\n%%EndComments\nshowpage\n")
    with pytest.raises(DatasetError, match=r"000004\.png: not a readable .*: cannot identify image file"):
        load(root)


def test_a_reader_that_is_handed_over_says_what_the_maps_hold(root):
    class Reader:
        label_format, description = "mine", "mine"

        def read(self, path: Path, height: int, width: int) -> np.ndarray:
            return np.full((height, width), int(path.stem), np.uint8)

    asked = []
    data_sets = open_data_sets([root, root], CITYSCAPES, read_labels=lambda *given: asked.append(given) or Reader())
    store = load_frames(data_sets, "train", height=64, width=32)
    assert store.labels.unique(dim=1).unique(dim=2)[:, 0, 0].tolist() == [0, 1, 2, 3, 4, 5] * 2
    folder = root / "train" / "drive" / "labels"
    assert asked == [([folder / f"{t:06d}.png" for t in range(6)], CITYSCAPES)] * 2, "once a data set"
