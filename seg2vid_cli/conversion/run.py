"""`seg2vid labels` behind its flags: says what label maps are read as, and writes them anew."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.conversion.sheet import MOST_MAPS, beside
from seg2vid_cli.files.numbered_files import write_png
from seg2vid_cli.inputs.found_files import search_label_maps
from seg2vid_cli.inputs.label_maps.formats import UNLABELLED, Spaces, formats_named
from seg2vid_cli.inputs.label_maps.pixels import read_pixels
from seg2vid_cli.inputs.label_maps.reading import LabelMap, interpret
from seg2vid_cli.inputs.stdin import NAME as STDIN_NAME
from seg2vid_cli.inputs.stdin import STDIN, check_stdin, read_stdin
from seg2vid_cli.model_store.store import open_model
from seg2vid_cli.outputs.visualize import contact_sheet, labels_to_color
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.errors import OutputError, Seg2VidError, UsageError
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_interface.staging.leftovers import put_right
from seg2vid_interface.staging.staging import Staging, existing_results_error


@dataclass(frozen=True)
class ConversionRequest:
    """One run of `seg2vid labels`."""

    maps: tuple[Path, ...]
    """Files, folders and patterns; "-" is standard input."""
    out: Path | None
    """The folder for the maps that are written; None: none are."""
    write: Literal["ids", "colors"]
    """Train ids (255 = other), or the colours of the model's label space."""
    sheet: Path | None
    model: str
    label_format: str
    overwrite: bool


@dataclass(frozen=True)
class ReadMap:
    """One map, as JSON's `maps` lists it."""

    input: str
    """"-" for standard input."""
    read_as: str
    label_format: str
    """What `--label-format` takes for exactly this."""
    sure: bool
    doubt: str | None
    without_class: tuple[str, ...]
    """Classes of the format that the model lacks."""
    height: int
    width: int
    shares: Mapping[str, float]
    """Class -> share of the pixels, the largest first; none without any."""
    output: str | None


@dataclass
class Outcome:
    """What a run read, and which of its maps failed."""

    model: str
    inputs: int
    maps: list[ReadMap] = field(default_factory=list)
    failures: dict[Path, Seg2VidError] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """Return JSON's `data`; it has `failures` only if some map failed."""
        data: dict[str, Any] = {"model": self.model, "maps": [asdict(found) for found in self.maps]}
        if self.failures:
            data["failures"] = [
                {"input": str(path), "code": error.code, "message": error.message, "hint": error.hint}
                for path, error in self.failures.items()
            ]
        return data


def convert_label_maps(request: ConversionRequest, console: Console) -> Outcome:
    """Read every map that can be read; one that fails is reported and does not stop the others.

    Raises:
        Seg2VidError: what concerns all of them: flags, names of results, the model, the format.
    """
    card = open_model(request.model).card
    if card.label_space is None:
        raise UsageError(f"--model {card.name}: knows no labels", "Name a model with a label space.")
    space = card.label_space
    if request.label_format != "auto":
        formats_named(request.label_format, Spaces(space))
    if STDIN in request.maps:
        check_stdin()
    found = search_label_maps(request.maps, request.out)
    targets = _targets(request, found.paths, found.places)
    for message in found.messages:
        console.say(message)
    outcome, pictures = Outcome(card.name, len(found.paths)), list[tuple[str, NDArray[np.uint8]]]()
    with console.progress("reading", len(found.paths), "maps") as bar:
        for number, path in enumerate(found.paths, start=1):
            try:
                row, pair = _convert(path, targets.get(path), request, space)
            except Seg2VidError as error:
                outcome.failures[path] = error
                if len(found.paths) > 1:
                    console.report(error)
            else:
                outcome.maps.append(row)
                pictures += pair
                console.write_lines([_line(row)])
            bar.advance(number)
    if request.sheet is not None and pictures:
        _save(request.sheet, contact_sheet(pictures), "seg2vid labels", overwrite=request.overwrite)
    return outcome


def _convert(
    path: Path, target: Path | None, request: ConversionRequest, space: LabelSpace
) -> tuple[ReadMap, list[tuple[str, NDArray[np.uint8]]]]:
    """Return what a map is read as, and its part of the sheet; writes it, if it has a target."""
    source = read_stdin() if path == STDIN else path
    pixels = read_pixels(source)
    label_map = interpret(source, pixels, request.label_format, Spaces(space))
    if target is not None:
        _write(label_map, target, request, space)
    pair = [] if request.sheet is None else beside(str(source), pixels, label_map, space)
    return _row(path, label_map, space, target), pair


def _targets(request: ConversionRequest, paths: tuple[Path, ...], places: Mapping[Path, Path]) -> dict[Path, Path]:
    """Return the file that each map is written to; raises UsageError or OutputError if one, or the sheet, cannot be."""
    _check_sheet(request.sheet, len(paths))
    targets: dict[Path, Path] = {}
    if request.out is not None:
        for path in paths:
            stem = STDIN_NAME if path == STDIN else path.stem
            targets[path] = request.out / places.get(path, Path()) / f"{stem}.png"
    results = [*targets.values(), *([] if request.sheet is None else [request.sheet])]
    names = Counter(result.absolute() for result in results)
    if repeated := [result for result in results if names[result.absolute()] > 1]:
        raise UsageError(f"{repeated[0]}: two results would be written there", "Rename an input, or run twice.")
    read = {os.path.realpath(path) for path in paths if path != STDIN}  # `Path.resolve` fails at links in a circle
    if replaced := [result for result in results if os.path.realpath(result) in read]:
        raise UsageError(f"{replaced[0]}: is read, and a result would replace it", "Choose another -o or --sheet.")
    put_right(result.parent for result in results)
    there = [result for result in results if os.path.lexists(result)]
    if there and not request.overwrite:
        raise existing_results_error(there)
    return targets


def _check_sheet(sheet: Path | None, maps: int) -> None:
    if sheet is not None and sheet.suffix.lower() != ".png":
        raise UsageError(f"--sheet {sheet}: a sheet is a .png picture", f"Write --sheet {sheet.with_suffix('.png')}")
    if sheet is not None and maps > MOST_MAPS:
        raise UsageError(f"--sheet {sheet}: one sheet cannot show {maps} maps", f"Name at most {MOST_MAPS}.")


def _write(label_map: LabelMap, target: Path, request: ConversionRequest, space: LabelSpace) -> None:
    picture = labels_to_color(label_map.indices, space)
    if request.write == "ids":
        picture = np.where(label_map.indices == space.other, UNLABELLED, label_map.indices).astype(np.uint8)
    _save(target, picture, f"seg2vid labels: {label_map.encoding}", overwrite=request.overwrite)


def _save(target: Path, picture: NDArray[np.uint8], comment: str, *, overwrite: bool) -> None:
    staging = Staging(overwrite=overwrite, new_folder=target.parent)
    try:
        write_png(staging.add_file(target), picture, comment)
        staging.commit()
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror or error}") from None
    finally:
        staging.discard()


def _row(path: Path, label_map: LabelMap, space: LabelSpace, target: Path | None) -> ReadMap:
    counts = np.bincount(label_map.indices.ravel(), minlength=space.size)
    height, width = label_map.indices.shape
    shares = {
        space.classes[index].name: round(counts[index] / counts.sum(), 4)
        for index in np.argsort(-counts, kind="stable")
        if counts[index]
    }
    return ReadMap(
        input=str(path),
        read_as=label_map.encoding,
        label_format=label_map.label_format,
        sure=label_map.doubt is None,
        doubt=label_map.doubt,
        without_class=label_map.without_class,
        height=height,
        width=width,
        shares=shares,
        output=None if target is None else str(target),
    )


def _line(row: ReadMap) -> str:
    sure = "sure" if row.sure else f"most likely: {row.doubt}"
    lacking = f"; no class of the model's for {', '.join(row.without_class)}" if row.without_class else ""
    shares = ", ".join(f"{name} {share:.1%}" for name, share in row.shares.items())
    written = f" -> {row.output}" if row.output else ""
    name = STDIN_NAME if row.input == str(STDIN) else row.input
    return f"{name}: {row.read_as}, {sure}{lacking}; {row.height}x{row.width}: {shares}{written}"
