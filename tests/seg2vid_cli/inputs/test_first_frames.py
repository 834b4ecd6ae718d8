from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg2vid_cli.inputs.first_frames import match_first_frames, read_first_frame
from seg2vid_interface.errors import ImageError

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 40, 3), np.uint8)


def save(folder: Path, *names: str) -> list[Path]:
    for name in names:
        Image.fromarray(PIXELS).save(folder / name)
    return [folder / name for name in names]


def test_a_picture_of_the_right_size_stays_as_it_is(tmp_path: Path) -> None:
    (path,) = save(tmp_path, "frame.png")

    frame, _ = read_first_frame(path, 20, 40)
    assert frame.dtype == np.uint8
    assert frame.flags.c_contiguous
    assert frame.flags.writeable
    np.testing.assert_array_equal(frame, PIXELS)


def test_resized_with_lanczos(tmp_path: Path) -> None:
    (path,) = save(tmp_path, "frame.png")
    expected = np.asarray(Image.fromarray(PIXELS).resize((16, 10), Image.Resampling.LANCZOS))

    np.testing.assert_array_equal(read_first_frame(path, 10, 16)[0], expected)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA"])
def test_grey_palette_and_opaque_alpha_become_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "frame.png"
    image = Image.fromarray(PIXELS).convert(mode)
    image.save(path)

    np.testing.assert_array_equal(read_first_frame(path, 20, 40)[0], np.asarray(image.convert("RGB")))


def test_a_turned_photograph_is_set_upright(tmp_path: Path) -> None:
    path = tmp_path / "frame.png"
    exif = Image.Exif()
    exif[0x0112] = 3  # orientation: upside down
    Image.fromarray(PIXELS).save(path, exif=exif)

    np.testing.assert_array_equal(read_first_frame(path, 20, 40)[0], PIXELS[::-1, ::-1])


def test_a_changed_aspect_is_said(tmp_path: Path) -> None:
    (path,) = save(tmp_path, "frame.png")

    assert read_first_frame(path, 20, 43)[1] is None
    assert read_first_frame(path, 30, 30)[1] == (
        "the first frame is 20x40 (height x width, aspect 2.00) and the model 30x30 (aspect 1.00): "
        "the scene is squeezed sideways by 2.00"
    )


def test_refusals(tmp_path: Path) -> None:
    transparent = tmp_path / "transparent.png"
    Image.new("RGBA", (16, 16), (1, 2, 3, 4)).save(transparent)
    deep = tmp_path / "deep.png"
    Image.fromarray(np.zeros((16, 16), np.uint16)).save(deep)
    problems = {
        tmp_path / "none.png": "no such file",
        tmp_path: "a folder, not a picture",
        transparent: "has transparent pixels",
        deep: "I;16 pixels, not RGB or 8-bit grey",
    }

    for path, problem in problems.items():
        with pytest.raises(ImageError) as caught:
            read_first_frame(path, 16, 16)
        assert caught.value.message == f"{path}: {problem}"


def test_first_frames_are_matched_by_stem(tmp_path: Path) -> None:
    b, a, _, city, capital = save(tmp_path, "b.png", "a.jpg", "c.png", "aachen_000001_000019_leftImg8bit.png", "d.JPEG")
    (tmp_path / "a.txt").write_text("no picture")
    label_maps = [
        Path("a.png"),
        Path("maps/b.png"),
        Path("aachen_000001_000019_gtFine_labelIds.png"),
        Path("aachen_000001_000019_gtCoarse_color.png"),
        Path("d.png"),
    ]

    assert match_first_frames(tmp_path, label_maps) == [a, b, city, city, capital]


def test_missing_first_frames_are_named(tmp_path: Path) -> None:
    save(tmp_path, "a.png")

    with pytest.raises(ImageError) as caught:
        match_first_frames(tmp_path, [Path(f"{stem}.png") for stem in "abcdefg"])
    assert caught.value.message == f"{tmp_path}: no first frame for b, c, d and 3 more"
    assert caught.value.hint == "Name each picture like its label map, ending in .png, .jpg, .jpeg, .webp."


def test_ambiguous_first_frames_are_named(tmp_path: Path) -> None:
    save(tmp_path, "a.png", "a.jpg", "x_leftImg8bit.png", "x_gtFine_color.png")

    with pytest.raises(ImageError) as caught:
        match_first_frames(tmp_path, [Path("a.png"), Path("x_gtFine_color.png")])
    assert caught.value.message == (
        f"{tmp_path}: several first frames for one label map: a.jpg and a.png, x_gtFine_color.png and x_leftImg8bit.png"
    )


def test_the_folder_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ImageError) as caught:
        match_first_frames(tmp_path / "none", [Path("a.png")])
    assert caught.value.message.startswith(f"{tmp_path / 'none'}: not a folder that can be read: ")
