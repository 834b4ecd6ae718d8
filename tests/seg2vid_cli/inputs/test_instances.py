from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg2vid_cli.inputs.instances import match_instances, read_instances
from seg2vid_interface.errors import ImageError
from seg2vid_interface.instance_edges import instance_edges

IDS = (np.arange(16 * 24) // 16).reshape(16, 24).astype(np.uint16) + 26000


def test_both_sides_of_an_edge_are_marked() -> None:
    instances = np.zeros((4, 5), np.uint16)
    instances[1:3, 2:] = 26001

    assert instance_edges(instances).astype(int).tolist() == [
        [0, 0, 1, 1, 1],
        [0, 1, 1, 1, 1],
        [0, 1, 1, 1, 1],
        [0, 0, 1, 1, 1],
    ]
    assert not instance_edges(np.zeros((4, 5), np.uint8)).any()


@pytest.mark.parametrize("ending", [".png", ".pgm"])
def test_ids_of_16_bits_stay_as_they_are(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"ids{ending}"
    Image.fromarray(IDS).save(path)

    found = read_instances(path, IDS.shape)
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, IDS)


@pytest.mark.parametrize("mode", ["L", "P"])
def test_ids_of_8_bits(tmp_path: Path, mode: str) -> None:
    image = Image.fromarray((IDS - 26000).astype(np.uint8))
    if mode == "P":
        image.putpalette([0, 0, 0] * 256)
    image.save(tmp_path / "ids.png")

    np.testing.assert_array_equal(read_instances(tmp_path / "ids.png", IDS.shape), IDS - 26000)


def test_refusals(tmp_path: Path) -> None:
    Image.fromarray(IDS).save(tmp_path / "ids.png")
    Image.new("RGB", (24, 16)).save(tmp_path / "colours.png")
    Image.new("L", (24, 16)).save(tmp_path / "grey.jpg")
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "scaled.pgm").write_bytes(b"P5 24 16 100\n" + bytes(16 * 24))
    Image.fromarray(IDS.astype(np.int32) * 3).save(tmp_path / "large.tif")
    problems = {
        ("colours.png", (16, 24)): "RGB pixels, not 8- or 16-bit ids",
        ("grey.jpg", (16, 24)): "a JPEG, which loses exact ids",
        ("scaled.pgm", (16, 24)): "a PNM picture whose largest value is 100, by which its ids are scaled",
        ("large.tif", (16, 24)): "holds 78000 to 78069; ids are 0 to 65535",
        ("text.png", (16, 24)): "not a picture, or damaged",
        ("none.png", (16, 24)): "no such file",
        ("ids.png", (32, 48)): "16x24 (height x width), but its label map is 32x48",
    }

    for (name, size), problem in problems.items():
        with pytest.raises(ImageError) as caught:
            read_instances(tmp_path / name, size)
        assert caught.value.message == f"{tmp_path / name}: {problem}"


def test_instances_are_matched_by_stem(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "x_gtFine_labelIds.png", "x_gtFine_instanceIds.png", "y_gtCoarse_instanceIds.png"):
        (tmp_path / name).touch()
    label_maps = [Path(f"{stem}.png") for stem in ("b", "x_gtFine_labelIds", "y_gtCoarse_color")]

    names = [path.name for path in match_instances(tmp_path, label_maps)]
    assert names == ["b.png", "x_gtFine_instanceIds.png", "y_gtCoarse_instanceIds.png"]
    with pytest.raises(ImageError, match="no picture of instances for c"):
        match_instances(tmp_path, [Path("c.png")])
