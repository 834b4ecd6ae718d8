"""Label formats from the text files of label tools: CVAT's `labelmap.txt`, and lists of names such as labelme's.

    background:0,0,0::          CVAT: name:red,green,blue:parts:actions; ids are the positions
    road:128,64,128::

    __ignore__                  labelme: a name a line; ids are the positions, from -1 (255) for __ignore__; colours are
    _background_                those of PASCAL VOC's palette
    road

Classes are matched to the model's by name.
"""

from pathlib import Path

from seg2vid_cli.inputs.label_maps.formats import LabelFormat, Meaning, Spaces
from seg2vid_interface.errors import SettingsError
from seg2vid_interface.label_spaces import Color

_NO_CLASS = frozenset({"background", "ignore", "void", "unlabeled", "unlabelled", "unknown", "other"})
_FORMS = "Each line names a class: NAME, or NAME:RED,GREEN,BLUE:: in CVAT's way."
_IGNORED = "__ignore__"


def read_class_list(path: Path, spaces: Spaces) -> LabelFormat:
    """Read a file of CVAT or labelme; classes that the model lacks are its "other".

    Raises:
        SettingsError: the file cannot be read, is malformed, or names a class that a model without "other" lacks.
    """
    names, colors = _parse(path)
    own = {_plain(label_class.name): index for index, label_class in enumerate(spaces.model.classes)}
    without = tuple(name for name in names if _plain(name) not in own and _plain(name) not in _NO_CLASS)
    other = spaces.model.other
    if other is None and (lacking := [name for name in names if _plain(name) not in own]):
        raise SettingsError(
            f"{path}: no class of the model's label space {spaces.model.name} for {', '.join(lacking)}",
            "Its classes are: " + ", ".join(label_class.name for label_class in spaces.model.classes) + ".",
        )
    meanings = [spaces.meaning(own.get(_plain(name), other or 0)) for name in names]
    first = -1 if names[0] == _IGNORED else 0
    ids: dict[int, Meaning] = {} if other is None else {255: spaces.meaning(other)}
    ids |= {number % 256: meaning for number, meaning in enumerate(meanings, first)}
    packed = {
        red << 16 | green << 8 | blue: meaning for (red, green, blue), meaning in zip(colors, meanings, strict=True)
    }
    return LabelFormat(str(path), path.name, ("ids", "greys", "colors"), ids, packed, without_class=without)


def _parse(path: Path) -> tuple[list[str], list[Color]]:
    """Return the names and colours of the classes, in order."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such file") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: not a text file", _FORMS) from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not 1 <= len(lines) <= 256:
        raise SettingsError(f"{path}: {len(lines)} classes; a list of classes has 1 to 256", _FORMS)
    names = [line.split(":")[0].strip() for line in lines]
    if repeated := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise SettingsError(
            f"{path}: named more than once: {', '.join(repeated)}", "Give each class a name of its own."
        )
    if all(":" in line for line in lines):
        return names, [_cvat_color(path, line) for line in lines]
    first = -1 if lines[0] == _IGNORED else 0
    return names, [_voc_color(max(number, 0)) for number in range(first, first + len(lines))]


def _cvat_color(path: Path, line: str) -> Color:
    words = line.split(":")[1].split(",")
    try:
        red, green, blue = (int(word) for word in words)
    except ValueError:
        red = green = blue = -1
    if not all(0 <= value <= 255 for value in (red, green, blue)):
        raise SettingsError(f"{path}: {line!r} is not NAME:RED,GREEN,BLUE::", "For example road:128,64,128::")
    return red, green, blue


def _voc_color(number: int) -> Color:
    """Return the colour of a class in PASCAL VOC's palette, which spreads the number's bits over the channels."""
    red = green = blue = 0
    for place in range(7, -1, -1):
        red |= (number & 1) << place
        green |= (number >> 1 & 1) << place
        blue |= (number >> 2 & 1) << place
        number >>= 3
    return red, green, blue


def _plain(name: str) -> str:
    """Return a name in small letters, without what programs put between words."""
    return "".join(character for character in name.lower() if character.isalnum())
