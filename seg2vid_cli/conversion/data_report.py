"""What `seg2vid data check` shows of a data set: lines, JSON and a sheet."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.files.numbered_files import write_png
from seg2vid_cli.outputs.visualize import contact_sheet, labels_to_color
from seg2vid_interface.data_tools import DataReport
from seg2vid_interface.errors import DatasetError, OutputError
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_interface.staging.leftovers import put_right
from seg2vid_interface.staging.staging import Staging

_LISTED = 10
"""Faults of a split that lines name; JSON names all."""
_TOLERATED = 0.01
_SHORT = 40


def described(report: DataReport) -> Iterator[str]:
    """Yield a report as lines."""
    for split, found in report.splits.items():
        sizes = ", ".join(f"{size}: {count:,}" for size, count in found.sizes.items())
        yield f"{split}: {found.clips:,} clips, {found.frames:,} frames, {found.longest:,} in the longest; {sizes}"
        if found.shares:
            yield f"    {report.labels}: {', '.join(f'{name} {share:.1%}' for name, share in found.shares.items())}"
        yield from (f"    {note}" for note in found.notes)
        yield from _listed("missing", found.missing)
        yield from _listed("unreadable", found.unreadable)
    yield f"{report.read_per_second:,.0f} frames/s are read{' and labelled' if report.told else ''}"


def _listed(what: str, faults: tuple[str, ...]) -> Iterator[str]:
    yield from (f"    {what}: {fault}" for fault in faults[:_LISTED])
    if len(faults) > _LISTED:
        yield f"    and {len(faults) - _LISTED:,} more that are {what}"


def document(report: DataReport, sheet: Path | None) -> dict[str, Any]:
    """Return a report as JSON's `data` has it."""
    splits = {
        split: {name: value for name, value in asdict(replace(found, samples=())).items() if name != "samples"}
        for split, found in report.splits.items()
    }
    return {
        "labels": report.labels,
        "splits": splits,
        "read_per_second": round(report.read_per_second, 1),
        "sheet": None if sheet is None else str(sheet),
    }


def what_stops_training(root: Path, report: DataReport) -> DatasetError | None:
    """Return the error that training on this data set would end with; None if it can be trained on."""
    missing = [path for found in report.splits.values() for path in found.missing]
    unreadable = [fault for found in report.splits.values() for fault in found.unreadable]
    frames = sum(found.frames for found in report.splits.values())
    if missing:
        return DatasetError(
            f"{root}: {len(missing):,} files are missing, {missing[0]}", "Add them, or their pictures go."
        )
    if frames == 0 or len(unreadable) > _TOLERATED * (frames + len(unreadable)):
        first = f", {unreadable[0]}" if unreadable else ""
        return DatasetError(f"{root}: {len(unreadable):,} of {frames + len(unreadable):,} frames are unreadable{first}")
    return None


def write_sheet(path: Path, report: DataReport, space: LabelSpace, *, overwrite: bool) -> None:
    """Write samples of every split, with their labels beside them.  Raises OutputError."""
    pictures: list[tuple[str, NDArray[np.uint8]]] = []
    for split, found in report.splits.items():
        for sample in found.samples:
            pictures.append((f"{split}/{sample.name}"[-_SHORT:], sample.picture))
            if sample.labels is not None:
                pictures.append((report.labels or "", labels_to_color(sample.labels, space)))
    if not pictures:
        return
    put_right([path.parent])
    staging = Staging(overwrite=overwrite, new_folder=path.parent)
    try:
        write_png(staging.add_file(path), contact_sheet(pictures), "seg2vid data check")
        staging.commit()
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from None
    finally:
        staging.discard()
