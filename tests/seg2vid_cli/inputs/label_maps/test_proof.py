"""Label maps as people have them: in every shipped format, in files of other programs, and at random.

Never is one thing read and another shown: a map is read right, or read with doubt said, or refused with a remedy that
works when it is followed to the letter.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from drawn_formats import FORMATS, Drawing, drawings, read_format
from seg2vid_cli.inputs.label_maps.reading import LabelMap, read_label_map
from seg2vid_interface.errors import LabelMapError, Seg2VidError
from seg2vid_interface.label_spaces import CITYSCAPES

CASES = Path(__file__).parents[5] / "shared" / "cases" / "label_maps"
"""Drawings of one scene in the formats of many programs, where they are at hand; expected.png holds train ids."""
NAMED = {
    "bdd_panoptic_bitmask": "bdd100k-panoptic",
    "camvid12_grey": "camvid-12",
    "carla13_palette_rgba": "carla-0.9.13",
    "carla13_raw_rgba": "carla-0.9.13",
    "carla15_bgr_tags": "carla",
    "carla15_instance_rgba": "carla",
    "carla15_raw_rgba": "carla",
    "carla15_tags_grey": "carla",
    "cs_gtFine_labelIds": "label-ids",
    "cvat_mask": str(CASES / "cvat_labelmap.txt"),
    "expected": "train-ids",
    "gta5_palette": "gta5",
    "idd_level3ids": "idd",
    "kitti_instance_256": "kitti",
    "kitti_instance_256_no_ego": "kitti",
    "label_ids_16bit_alpha": "kitti",
    "mapillary_v12_labels": "mapillary-1.2",
    "off_by_one_train_ids": "carla",
    "opencv_rgb_equal_label_ids": "label-ids",
    "opencv_rgb_equal_train_ids": "train-ids",
    "synthia_gt_labels": "synthia",
    "vkitti2_classgt": "virtual-kitti-2",
}
"""File -> the format that it is in."""
LACKING = {
    "camvid12_grey": {"terrain", "traffic light"},
    "carla15_bgr_tags": {"sidewalk"},
    "carla15_instance_rgba": {"sidewalk"},
    "carla15_raw_rgba": {"sidewalk"},
    "carla15_tags_grey": {"sidewalk"},
    "cvat_mask": {"sidewalk"},
    "vkitti2_classgt": {"sidewalk", "fence", "person"},
}
"""Classes of the scene that the format lacks, or of which the file shows a part as a class that Cityscapes lacks."""
MASKS = ("binary_0_1", "binary_0_255")


def of_train_ids(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.where(picture == 255, 19, picture).astype(np.uint8)


@pytest.mark.skipif(not CASES.is_dir(), reason="the drawings are not at hand")
def test_files_of_other_programs(capsys: pytest.CaptureFixture[str]) -> None:
    expected = of_train_ids(np.asarray(Image.open(CASES / "expected.png")))
    lines = []
    for name, label_format in NAMED.items():
        has = ~np.isin(expected, [CITYSCAPES.index(lacking) for lacking in LACKING.get(name, ())])
        path = CASES / f"{name}.png"
        named = read_label_map(path, label_format, CITYSCAPES)
        share = (named.indices == expected)[has].mean()
        lines.append(f"{name:28} {share:.4f}  {label_format.rpartition('/')[2]:18} auto: {auto_says(path)}")
        assert share == 1, name
        for way, found in followed(path):
            if way in ("auto", f"{label_format}") or name == "cvat_mask":
                assert (found.indices == expected)[has].all(), (name, way)
    for name in MASKS:
        lines.append(f"{name:28} refused {'':17} auto: {auto_says(CASES / f'{name}.png')}")
        with pytest.raises(LabelMapError, match="a mask of one class"):
            read_label_map(CASES / f"{name}.png", "auto", CITYSCAPES)
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")


def auto_says(path: Path) -> str:
    try:
        found = read_label_map(path, "auto", CITYSCAPES)
    except LabelMapError as error:
        return f"REFUSED: {error.message.split(': ', 1)[1]}"
    return f"{found.encoding}{'' if found.doubt is None else ', most likely'}"


def followed(path: Path) -> Iterator[tuple[str, LabelMap]]:
    """Yield what `auto` reads, or else what each of the remedies that it names reads, followed to the letter."""
    try:
        yield "auto", read_label_map(path, "auto", CITYSCAPES)
    except LabelMapError as error:
        remedies = re.findall(r"--label-format ([^,\s]+)", error.hint or "")
        for remedy in remedies:
            given = str(CASES / "cvat_labelmap.txt") if remedy == "FILE" else remedy
            yield remedy, read_label_map(path, given, CITYSCAPES)


@pytest.mark.parametrize("every_class", [False, True])
@pytest.mark.parametrize("name", FORMATS)
def test_every_shipped_format_in_every_layout(name: str, every_class: bool, tmp_path: Path) -> None:
    for drawing in drawings(read_format(FORMATS[name]), tmp_path, every_class=every_class):
        expected = of_train_ids(drawing.train_ids)
        where = drawing.path.name

        np.testing.assert_array_equal(read_label_map(drawing.path, name, CITYSCAPES).indices, expected, where)
        assert any((found.indices == expected).all() for _, found in followed(drawing.path)), where
        if not every_class and name != "mapillary-1.2":  # whose street is a street in mapillary-2.0 too
            np.testing.assert_array_equal(read_label_map(drawing.path, "auto", CITYSCAPES).indices, expected, where)


@dataclass(frozen=True)
class Tally:
    """What became of many maps."""

    counts: Counter[str]

    def add(self, path: Path, expected: NDArray[np.uint8] | None) -> None:
        """Read a map; `expected` is what it shows, None if it shows nothing that anyone could know."""
        try:
            found = read_label_map(path, "auto", CITYSCAPES)
        except Seg2VidError as error:
            assert error.message
            assert "\n" not in f"{error.message}{error.hint}"
            self.counts["refused"] += 1
            return
        is_right = expected is not None and np.array_equal(found.indices, expected)
        sure = "sure" if found.doubt is None else "doubt said"
        self.counts[f"{'right' if is_right else 'wrong'}, {sure}"] += 1


def test_500_random_maps(tmp_path: Path) -> None:
    read_random_maps(500, tmp_path)


@pytest.mark.slow
def test_10000_random_maps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts = read_random_maps(10_000, tmp_path)
    with capsys.disabled():
        sys.stdout.write(f"\n{dict(counts)}\n")


def read_random_maps(count: int, folder: Path) -> Counter[str]:
    """Read maps of random formats, scenes, sizes, modes and files; none may be read wrongly without doubt said."""
    random = np.random.default_rng(14)
    tally = Tally(Counter())
    drawn = [drawing for path in FORMATS.values() for drawing in drawings(read_format(path), folder)]
    flat = [drawing for drawing in drawn if drawing.layout != "first-channel-16"]  # which Pillow cannot write
    for number in range(count):
        path, expected = random_file(random, folder), None
        if number % 3:
            path, expected = random_map(
                random, flat[int(random.integers(len(flat)))], folder, as_street=number % 3 == 1
            )
        before = tally.counts["wrong, sure"]
        tally.add(path, expected)
        assert tally.counts["wrong, sure"] == before, f"map {number}: {path}"
    assert tally.counts["right, sure"] + tally.counts["right, doubt said"] > count / 10
    return tally.counts


def random_map(
    random: np.random.Generator, drawing: Drawing, folder: Path, *, as_street: bool
) -> tuple[Path, NDArray[np.uint8]]:
    """Cut a piece out of a drawn street, or (not `as_street`) turn the street over, or mix its rows and columns."""
    top, left = random.integers(0, 24), random.integers(0, 40)
    rows = np.arange(top, random.integers(top + 16, 65))
    columns = np.arange(left, random.integers(left + 16, 97))
    if not as_street:
        rows, columns = (
            (rows[::-1], columns) if random.random() < 0.5 else (random.permutation(64), random.permutation(96))
        )
    path = folder / "random.png"
    with Image.open(drawing.path) as image:
        cut = Image.fromarray(np.asarray(image)[rows][:, columns])
        if image.mode == "P":
            cut.putpalette(image.getpalette() or [])
        cut.save(path)
    return path, of_train_ids(drawing.train_ids)[rows][:, columns]


def random_file(random: np.random.Generator, folder: Path) -> Path:
    """Write what nobody can know the meaning of: any mode, depth, set of ids and kind of file."""
    height, width = random.integers(8, 40, 2)
    largest = int(random.choice([1, 2, 12, 19, 20, 34, 66, 150, 256, 65536]))
    values = random.integers(0, largest, int(random.integers(1, 12)))
    grid = values[random.integers(0, values.size, (-(-height // 4), -(-width // 4)))]
    pixels = grid.repeat(4, axis=0).repeat(4, axis=1)[:height, :width]
    writers: list[Callable[[], tuple[Image.Image, str]]] = [
        lambda: (
            Image.fromarray(pixels.astype(np.uint8)),
            str(random.choice([".png", ".bmp", ".pgm", ".tif", ".gif"])),
        ),
        lambda: (Image.fromarray(pixels.astype(np.uint16)), str(random.choice([".png", ".tif", ".pgm"]))),
        lambda: (Image.fromarray(pixels.astype(np.int32)), ".tif"),
        lambda: (Image.fromarray(pixels.astype(np.float32)), ".tif"),
        lambda: (Image.fromarray(pixels % 2 > 0), str(random.choice([".png", ".tif", ".pbm"]))),
        lambda: (Image.fromarray(pixels.astype(np.uint8)).convert(str(random.choice(["RGB", "RGBA", "LA"]))), ".png"),
        lambda: (_colourful(random, pixels), str(random.choice([".png", ".webp", ".jpg", ".ppm", ".tif", ".bmp"]))),
        lambda: (_palette(random, pixels.astype(np.uint8)), str(random.choice([".png", ".gif", ".tif", ".bmp"]))),
    ]
    image, ending = writers[int(random.integers(len(writers)))]()
    path = folder / f"map{ending}"
    image.save(path)
    return path


def _colourful(random: np.random.Generator, pixels: NDArray[np.int64]) -> Image.Image:
    table = random.integers(0, random.choice([2, 29, 256]), (65536, 3))
    if random.random() < 0.3:
        table[:, random.permutation(3)[:2]] = 0
    return Image.fromarray(table[pixels].astype(np.uint8))


def _palette(random: np.random.Generator, pixels: NDArray[np.uint8]) -> Image.Image:
    image = Image.fromarray(pixels)
    image.putpalette(random.integers(0, 256, 768).astype(np.uint8).tobytes())
    return image
