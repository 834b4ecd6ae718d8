"""Label spaces of one's own, read from a small TOML file.

    name = "harbour"
    other = "other"             # optional: the class of unlabelled pixels (255 in files)
    layouts = ["ids", "colors"] # only for reading: where pixels keep their class; default: these two
    title = "Harbour of Hull"   # only for reading: what messages call it; default: the name
    source = "..."              # only for reading: where the numbers are from

    [[classes]]                 # in order: class index 0, 1, ...
    name = "water"
    ids = [0]                   # values in label pictures, 0..65535
    color = [32, 64, 255]       # or "#2040ff"; only for reading, it may be left out where only ids are used

    [[classes]]
    name = "ship"
    color = "#c04020"
    ids = [1, 7]
    foreground = true           # moves by itself; default false
    maps_to = "car"             # only for reading: the class of the model's label space; default: that of equal name
    merge = true                # only for reading: its colour is that of a class above on purpose, which means that one

    [[classes]]
    name = "other"              # no ids: only 255 and its colour stand for it
    color = "#000000"

If no class at all gives ids, each has its position: 0, 1, ...  As soon as one does, the file has its own numbering,
and a class without ids has none: positions could contradict that numbering.

Without what is only for reading, a file is the label space of a model to be trained (`read_label_space`); with or
without it, it says how to read label maps for a model of another label space (`read_mapped_label_space`).
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from seg2vid_interface.documents import parse_toml, read_document
from seg2vid_interface.errors import SettingsError
from seg2vid_interface.label_spaces import LAYOUTS, LabelClass, LabelSpace, MappedClass, MappedLabelSpace
from seg2vid_interface.validation import problems_of

_MEND = "Correct the label space file."
_MAX_CLASSES = 255  # class indices are stored as uint8, and 255 means "unlabelled"


def _color_from_text(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        red_green_blue = bytes.fromhex(value.removeprefix("#"))
    except ValueError:
        red_green_blue = b""
    if not value.startswith("#") or len(red_green_blue) != 3:
        raise ValueError(f"{value!r} is not #rrggbb")
    return tuple(red_green_blue)


_Text = Annotated[str, Field(min_length=1, strict=True)]
_ColorValue = Annotated[int, Field(ge=0, le=255, strict=True)]
_Color = Annotated[tuple[_ColorValue, _ColorValue, _ColorValue], BeforeValidator(_color_from_text)]
_Id = Annotated[int, Field(ge=0, le=65535, strict=True)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _FileTable(_Table):
    name: _Text
    title: _Text | None = None
    source: _Text | None = None
    layouts: list[Literal[LAYOUTS]] = Field(default=["ids", "colors"], min_length=1)  # type: ignore[valid-type]
    other: _Text | None = None
    classes: list[dict[str, Any]] = Field(min_length=1, max_length=_MAX_CLASSES)


class _ClassTable(_Table):
    name: _Text
    color: _Color | None = None
    ids: list[_Id] | None = Field(default=None, min_length=1)
    foreground: Annotated[bool, Field(strict=True)] = False
    maps_to: _Text | None = None
    merge: Annotated[bool, Field(strict=True)] = False


class _Document(NamedTuple):
    """A file whose tables were checked."""

    header: _FileTable
    classes: Sequence[_ClassTable]


def read_label_space(path: Path) -> LabelSpace:
    """Read the label space of a model to be trained.

    Raises:
        SettingsError: the file is missing or malformed, or holds `maps_to`; names all problems of the file at once.
    """
    document = _read(path)
    mapped = [table.name for table in document.classes if table.maps_to]
    if mapped:
        raise SettingsError(
            f"{path}: a model's own label space has no maps_to, but these classes do: {', '.join(mapped)}",
            "maps_to is for files given to --label-format.",
        )
    colors = [table.color for table in document.classes if table.color is not None and not table.merge]
    if len(colors) < len(document.classes):
        without = [table.name for table in document.classes if table.color is None or table.merge]
        raise SettingsError(
            f"{path}: a model paints every class in a colour of its own, but these have none: {', '.join(without)}",
            "Leaving color out and merge are for files given to --label-format.",
        )
    ids = _ids(document.classes)
    classes = tuple(
        LabelClass(table.name, color, label_ids, table.foreground)
        for table, color, label_ids in zip(document.classes, colors, ids, strict=True)
    )
    names = [label_class.name for label_class in classes]
    other = document.header.other
    return LabelSpace(document.header.name, classes, None if other is None else names.index(other))


def read_mapped_label_space(path: Path) -> MappedLabelSpace:
    """Read how pictures of another label space are to be read for a model.

    Raises:
        SettingsError: the file is missing or malformed; names all problems of the file at once.
    """
    document = _read(path)
    header = document.header
    classes = tuple(
        MappedClass(table.name, ids, table.color, table.maps_to)
        for table, ids in zip(document.classes, _ids(document.classes), strict=True)
    )
    return MappedLabelSpace(
        header.name, header.title or header.name, classes, header.other, tuple(header.layouts), header.source or ""
    )


def _ids(tables: Sequence[_ClassTable]) -> list[tuple[int, ...]]:
    """Return each class's ids: their positions if no class gives ids, else those that are given."""
    if all(table.ids is None for table in tables):
        return [(position,) for position in range(len(tables))]
    return [tuple(table.ids or ()) for table in tables]


def _read(path: Path) -> _Document:
    """Return the checked tables of the file; raises SettingsError with all of its problems."""
    try:
        document = parse_toml(read_document(path))
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such file") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise SettingsError(f"{path}: not a TOML file: {error}", _MEND) from None
    problems: list[str] = []
    header = _validated(_FileTable, document, "", problems)
    raw_classes = header.classes if header else []
    checked = [
        _validated(_ClassTable, table, f"class {number} ({table.get('name', 'no name')}): ", problems)
        for number, table in enumerate(raw_classes, start=1)
    ]
    classes = [table for table in checked if table]
    problems += _duplicates(checked)
    names = [table.get("name") for table in raw_classes]
    if header and header.other is not None and header.other not in names:
        problems.append(f"other: {header.other!r} is not the name of a class")
    if problems or header is None:
        raise SettingsError(f"{path}: {'; '.join(problems)}", _MEND)
    return _Document(header, classes)


_AnyTable = TypeVar("_AnyTable", bound=_Table)


def _validated(table: type[_AnyTable], values: object, where: str, problems: list[str]) -> _AnyTable | None:
    try:
        return table.model_validate(values)
    except ValidationError as error:
        problems += [f"{where}{problem}" for problem in problems_of(error)]
        return None


def _duplicates(tables: Sequence[_ClassTable | None]) -> list[str]:
    named = [table for table in tables if table]
    return [
        *_repeated("the name", (repr(table.name) for table in named)),
        *_repeated("the colour", (table.color for table in named if table.color is not None and not table.merge)),
        *_repeated("the id", (value for ids in _ids(named) for value in ids)),
    ]


def _repeated(what: str, values: Iterable[Hashable]) -> list[str]:
    return [f"{what} {value} is given more than once" for value, count in Counter(values).items() if count > 1]
