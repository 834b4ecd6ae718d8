"""What `seg2vid models list` says of every model, as far as a glance tells: no file is hashed."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seg2vid_cli.model_store.store import bundled_models, pulled_models
from seg2vid_cli.terminal.console import harmless
from seg2vid_interface.errors import ModelError
from seg2vid_interface.model_card import ModelFolder, open_model_folder


@dataclass(frozen=True)
class ListedModel:
    """A model, or what is left of one."""

    name: str
    origin: str
    """"bundled" or "pulled"."""
    path: Path
    model: ModelFolder | None
    """None without a readable card."""
    formats: tuple[str, ...] | None
    """If some of the card's files are missing, the formats of which none is, as in "onnx"; else None."""
    problem: str | None
    """Why it cannot be used; None if it can."""

    def data(self) -> dict[str, Any]:
        """Return what JSON says of it."""
        card = self.model.card if self.model else None
        return {
            "name": self.name,
            "origin": self.origin,
            "path": str(self.path),
            "bytes": size_of(self.model) if self.model else None,
            "licence": card.licence if card else None,
            "description": card.description if card else None,
            "problem": self.problem,
        }

    def cells(self) -> list[str]:
        """Return what the table says of it."""
        data = self.data()
        size = f"{'-':>9}" if data["bytes"] is None else f"{data['bytes'] / 1e6:6.1f} MB"
        text = f"damaged: {self.problem}" if self.problem else data["description"]
        if self.formats:
            text = f"{', '.join(self.formats)} only: {text}"
        return [self.name, self.origin, size, data["licence"] or "-", text]


def list_models() -> list[ListedModel]:
    """Return the bundled models, then the pulled ones.  Raises OSError."""
    origins = {"bundled": bundled_models(), "pulled": pulled_models()}
    return [_listed(name, origin, path) for origin, found in origins.items() for name, path in found.items()]


def table(models: Iterable[ListedModel], width: int) -> list[str]:
    """Return a line per model, in columns, none of them longer than `width`."""
    rows = [[harmless(cell) for cell in model.cells()] for model in models]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(side) for cell, side in zip(row, widths, strict=True)).rstrip() for row in rows)
    return [line if len(line) <= width else f"{line[: width - 3]}..." for line in lines]


def size_of(model: ModelFolder) -> int:
    """Return the bytes of the files that the card names, as far as they are there."""
    return sum((model.path / name).stat().st_size for name in model.card.all_files() if model.has(name))


def _listed(name: str, origin: str, path: Path) -> ListedModel:
    try:
        model = open_model_folder(path)
        return _of_files(name, origin, model)
    except ModelError as error:
        return ListedModel(name, origin, path, None, None, error.message)
    except OSError as error:  # of a folder that may not be searched
        return ListedModel(name, origin, path, None, None, f"{path}: cannot be read: {error.strerror}")


def _of_files(name: str, origin: str, model: ModelFolder) -> ListedModel:
    """Say of which of the card's files the model is whole.  Raises OSError."""
    path = model.path
    missing = [file for stage in model.card.stages.values() for file in stage.files if not model.has(file)]
    if not missing:
        return ListedModel(name, origin, path, model, None, None)
    formats = _whole_formats(model)
    problem = None if formats else f"{path}: the model's file {missing[0]} is missing"
    return ListedModel(name, origin, path, model, formats, problem)


def _whole_formats(model: ModelFolder) -> tuple[str, ...]:
    """Return the formats that every stage has, by the ends of their files' names: "onnx" of image.onnx."""
    stages = model.card.stages
    formats = dict.fromkeys(file.partition(".")[2] for stage in stages.values() for file in stage.files)
    return tuple(kind for kind in formats if all(model.has(f"{stage}.{kind}") for stage in stages))
