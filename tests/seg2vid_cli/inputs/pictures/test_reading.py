import os
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg2vid_cli.inputs.pictures.reading import MAX_PIXELS, open_picture, without_alpha
from seg2vid_interface.errors import ImageError, LabelMapError, Seg2VidError


def png_header(path: Path, height: int, width: int) -> Path:
    """Write a PNG of the size whose pixels are missing: what is refused by its header never gets to them."""

    def block(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + block(b"IHDR", header) + block(b"IDAT", b"") + block(b"IEND", b""))
    return path


def refusal(path: Path, error: type[Seg2VidError] = ImageError) -> str:
    with pytest.raises(error) as caught:
        open_picture(path, error)
    assert type(caught.value) is error
    assert "\n" not in caught.value.message
    return caught.value.message.removeprefix(f"{path}: ")


def noise(height: int = 32, width: int = 32) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8))


def test_missing_file(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no.png", LabelMapError) == "no such file"


def test_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "a folder, not a picture"


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.png"
    path.touch()

    assert refusal(path) == "an empty file"


@pytest.mark.skipif(sys.platform == "win32", reason="to Windows such a file is just missing")
def test_a_name_below_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("text")

    assert refusal(path / "map.png") == "cannot be read: Not a directory"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_no_permission(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    path = tmp_path / "map.png"
    noise().save(path)
    path.chmod(0)

    assert refusal(path) == "cannot be read: Permission denied"


def test_not_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "text.png"
    path.write_text("This is a text.")

    assert refusal(path) == "not a picture, or damaged"


@pytest.mark.parametrize("name", ["map.png", "map.jpg", "map.webp", "map.gif", "map.bmp", "map.ppm"])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.9])
def test_truncated_file(tmp_path: Path, name: str, kept: float) -> None:
    path = tmp_path / name
    noise().save(path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])

    assert refusal(path).startswith(("damaged or truncated: ", "not a picture, or damaged"))


@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 100), (100, 7)])
def test_tiny_picture(tmp_path: Path, height: int, width: int) -> None:
    path = tmp_path / "map.png"
    noise(height, width).save(path)

    assert refusal(path) == f"{height}x{width} pixels are too few, 8x8 are the least"


@pytest.mark.parametrize(("height", "width"), [(8193, 8192), (9_800, 9_800), (20_000, 20_000), (1_000_000, 1_000_000)])
def test_gigantic_picture_is_refused_by_its_header(tmp_path: Path, height: int, width: int) -> None:
    """The sizes lie below and above the limits from which Pillow itself warns and refuses."""
    path = png_header(tmp_path / "map.png", height, width)

    assert refusal(path) == "too large, more than 67 megapixels"


def test_the_largest_picture_is_not_refused_by_its_header(tmp_path: Path) -> None:
    path = png_header(tmp_path / "map.png", MAX_PIXELS // 8192, 8192)

    assert refusal(path).startswith("damaged or truncated: ")


@pytest.mark.parametrize("name", ["map.gif", "map.png", "map.webp"])
def test_animation(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    noise().save(path, save_all=True, append_images=[noise().rotate(90), noise().rotate(180)])

    assert refusal(path) == "an animation of 3 frames, not one picture"


def test_a_cameras_preview_is_no_second_frame(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    noise().save(path, "MPO", save_all=True, append_images=[noise(8, 8)])

    assert open_picture(path, ImageError).size == (32, 32)


@pytest.mark.parametrize(
    ("mode", "opaque_mode"), [("LA", "L"), ("RGBA", "RGB"), ("P", "P"), ("RGB", "RGB"), ("L", "L")]
)
def test_opaque_pictures_lose_their_alpha(tmp_path: Path, mode: str, opaque_mode: str) -> None:
    path = tmp_path / "map.png"
    noise().convert(mode).save(path)

    picture = without_alpha(open_picture(path, ImageError), path, ImageError)
    assert picture.mode == opaque_mode
    np.testing.assert_array_equal(picture.convert("RGB"), noise().convert(mode).convert("RGB"))


@pytest.mark.parametrize(
    ("mode", "transparency"),
    [("P", 0), ("P", bytes([255, 128])), ("RGB", (9, 9, 9)), ("L", 9), ("RGBA", None), ("LA", None)],
)
def test_transparent_pictures_are_refused(
    tmp_path: Path, mode: str, transparency: int | bytes | tuple[int, int, int] | None
) -> None:
    path = tmp_path / "map.png"
    image = Image.new("RGBA", (16, 16), (9, 9, 9, 100)).convert(mode)
    if mode == "P":
        image = Image.frombytes("P", (16, 16), bytes([0, 1] * 128))
        image.putpalette(bytes(range(6)))
    image.save(path, **({} if transparency is None else {"transparency": transparency}))

    with pytest.raises(ImageError) as caught:
        without_alpha(open_picture(path, ImageError), path, ImageError)
    assert caught.value.message == f"{path}: has transparent pixels"
