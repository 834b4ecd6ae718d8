"""Opens picture files given by users, and refuses by name what cannot be used."""

import struct
import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from seg2vid_cli.inputs.pictures.limits import MAX_PIXELS, MIN_SIDE, max_megapixels
from seg2vid_cli.inputs.pictures.png_checks import check_png
from seg2vid_interface.errors import Seg2VidError

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "PPM", "TIFF")
_MODES_WITH_ALPHA = ("L", "LA", "P", "PA", "RGB", "RGBA")
_COPY = "Make or copy the file again."
# What Pillow's decoders raise on damaged files; UnidentifiedImageError is an OSError.
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, LookupError, struct.error)


@dataclass(frozen=True, eq=False)
class GivenPicture:
    """A picture that a program hands over where the command line names a file."""

    name: str
    """What messages call it, e.g. "label_map"."""
    image: Image.Image

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, eq=False)
class PictureBytes:
    """A picture file that came another way than by its path."""

    name: str
    """What messages call it, e.g. "stdin"."""
    data: bytes

    def __str__(self) -> str:
        return self.name


PictureSource = Path | GivenPicture | PictureBytes


@dataclass(frozen=True, eq=False)
class DecodedPicture:
    """A picture, with how its file stores the pixels, for Pillow widens some and narrows others."""

    image: Image.Image
    """In Pillow's nearest mode."""
    stored: str = ""
    """Pillow's name of the file's pixels, e.g. "L;4" for 4 bits of grey; "" if Pillow does not tell."""
    largest: int | None = None
    """The value that a PPM or PGM file calls the brightest, by which Pillow may have scaled all values."""


def open_picture(source: PictureSource, error: type[Seg2VidError]) -> Image.Image:
    """Return the decoded picture, still in the mode of its file.

    Raises:
        error: the file is missing, a folder, empty, unreadable, damaged or no picture, has several frames, is smaller
            than 8 x 8 pixels or larger than 8192 x 8192.
    """
    return decode_picture(source, error).image


def decode_picture(source: PictureSource, error: type[Seg2VidError]) -> DecodedPicture:
    """Return the same, and how the file stores its pixels.  Raises as `open_picture` does."""
    if isinstance(source, GivenPicture):
        _require_size(source.image, source, error)
        return DecodedPicture(source.image.copy())
    return _read_picture(source, error)


def _read_picture(path: Path | PictureBytes, error: type[Seg2VidError]) -> DecodedPicture:
    file = _require_file(path, error) if isinstance(path, Path) else _require_bytes(path, error)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's remarks on metadata that play no part here
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(file, formats=_FORMATS) as image:
                _require_size(image, path, error)
                frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)  # MPO: a camera's previews
                stored, largest = _storage(image)
                image.load()
            if image.format == "PNG":
                with path.open("rb") if isinstance(path, Path) else BytesIO(path.data) as again:
                    check_png(again)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise _too_large(path, error) from None
        except PermissionError as problem:
            raise error(f"{path}: cannot be read: {problem.strerror}") from None
        except UnidentifiedImageError:
            raise error(f"{path}: not a picture, or damaged", f"Known kinds: {', '.join(_FORMATS)}.") from None
        except _DAMAGE as problem:
            raise error(f"{path}: damaged or truncated: {problem}", _COPY) from None
    if frames > 1:
        if image.format == "TIFF":
            raise error(f"{path}: a TIFF of {frames} pages, not one picture", "Save one page as a PNG.")
        raise error(f"{path}: an animation of {frames} frames, not one picture", "Save one frame as a PNG.")
    return DecodedPicture(image, stored, largest)


def file_of(source: Path | PictureBytes) -> Path | BytesIO:
    """Return the file as libraries open it."""
    return source if isinstance(source, Path) else BytesIO(source.data)


def _storage(image: Image.Image) -> tuple[str, int | None]:
    """Return `stored` and `largest` of a picture that is not loaded yet; loading it forgets them."""
    tiles = getattr(image, "tile", None)
    if not tiles:  # WebP
        return "", None
    codec, _, _, arguments = tiles[0]
    words = arguments if isinstance(arguments, tuple) else (arguments,)
    stored = next((word for word in words if isinstance(word, str)), "")
    largest = words[-1] if codec in ("ppm", "ppm_plain") and isinstance(words[-1], int) else None
    return stored, largest


def without_alpha(image: Image.Image, path: PictureSource, error: type[Seg2VidError]) -> Image.Image:
    """Return an opaque picture without its alpha channel (palette pictures stay as they are).

    Raises:
        error: some pixels are transparent.
    """
    if image.mode not in _MODES_WITH_ALPHA or not image.has_transparency_data:
        return image
    lowest, _ = image.convert("RGBA").getchannel("A").getextrema()
    if lowest != 255:
        raise error(f"{path}: has transparent pixels", "Flatten the picture on an opaque background.")
    image.info.pop("transparency", None)
    opaque_mode = {"LA": "L", "PA": "RGB", "RGBA": "RGB"}.get(image.mode, image.mode)
    return image if opaque_mode == image.mode else image.convert(opaque_mode)


def _require_bytes(picture: PictureBytes, error: type[Seg2VidError]) -> BytesIO:
    if not picture.data:
        raise error(f"{picture}: empty, not a picture", _COPY)
    return BytesIO(picture.data)


def _require_file(path: Path, error: type[Seg2VidError]) -> Path:
    try:
        if path.is_dir():
            raise error(f"{path}: a folder, not a picture", "Name the picture itself.")
        size = path.stat().st_size
    except FileNotFoundError:
        raise error(f"{path}: no such file") from None
    except (OSError, ValueError) as problem:  # ValueError: a NUL character in the name
        raise error(f"{path}: cannot be read: {getattr(problem, 'strerror', None) or problem}") from None
    if not path.is_file():
        raise error(f"{path}: not a regular file", "Save the picture to a file first.")
    if size == 0:
        raise error(f"{path}: an empty file", _COPY)
    return path


def _require_size(image: Image.Image, path: PictureSource, error: type[Seg2VidError]) -> None:
    if image.width * image.height > MAX_PIXELS:  # found before it is decoded
        raise _too_large(path, error)
    if min(image.width, image.height) < MIN_SIDE:
        raise error(
            f"{path}: {image.height}x{image.width} pixels are too few, {MIN_SIDE}x{MIN_SIDE} are the least",
            "Give the picture at its full size.",
        )


def _too_large(path: PictureSource, error: type[Seg2VidError]) -> Seg2VidError:
    return error(
        f"{path}: too large, more than {max_megapixels()} megapixels",
        "Shrink it first (a label map with nearest-neighbour sampling).",
    )
