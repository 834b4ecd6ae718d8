"""Damaged label maps and photographs: read as a strict reader reads them, or refused."""

from pathlib import Path

import numpy as np
import pytest

from robustness.counts import counts
from robustness.drawn_pictures import damage_under_checksum, label_pngs, label_pnms, photographs
from robustness.judging import problem_of
from robustness.mutation import BINARY, TEXT, mutations, swap_number
from robustness.strict_pictures import Stored, read_png, read_pnm
from seg2vid_cli.inputs.first_frames import read_first_frame
from seg2vid_cli.inputs.instances import read_instances
from seg2vid_cli.inputs.label_maps.pixels import Pixels, read_pixels
from seg2vid_cli.inputs.label_maps.reading import read_label_map
from seg2vid_interface.label_spaces import CITYSCAPES

HEIGHT, WIDTH = 16, 24


def difference(pixels: Pixels, stored: Stored | None) -> str | None:
    """Say how the pixels that were read differ from those in the file."""
    if stored is None:
        return None
    values = pixels.distinct[pixels.which].astype(int)
    wanted = stored.values
    if values.shape[2] < wanted.shape[2]:  # an opaque alpha channel
        if (wanted[..., -1] != (1 << stored.bits) - 1).any():
            return "pixels that are not opaque were read as if they were"
        wanted = wanted[..., :-1]
    if pixels.bits < stored.bits == 16:
        values = values * 257
    if values.shape != wanted.shape or (values != wanted).any():
        return "other pixels than the file's"
    if pixels.palette is not None and stored.palette is not None:
        used = pixels.distinct[:, 0].astype(int)
        known = used < len(stored.palette)
        if (pixels.palette[known] != stored.palette[used[known]]).any():
            return "another palette than the file's"
    return None


def label_map_problem(path: Path, whole: Stored | None, strict: object) -> str | None:
    """Say what is wrong with how a label map was read; `whole` is what the file held before it was damaged."""

    def agrees(pixels: Pixels) -> str | None:
        try:
            stored = strict(path.read_bytes())
        except ValueError as error:
            stored = whole  # what is damaged beside the pixels
            if difference(pixels, whole):
                return f"read although: {error}"
        problem = difference(pixels, stored)
        read_label_map(path, "auto", CITYSCAPES)
        return problem

    return problem_of(read_pixels, path, agrees)


@pytest.mark.parametrize("count", counts(60, 2500))
@pytest.mark.parametrize("way", ["damaged", "damaged beneath its checksums"])
def test_label_maps_as_png(tally, tmp_path, count, way):
    mutators = BINARY if way == "damaged" else [damage_under_checksum]
    with tally(f"label maps, PNG {way}") as pngs:
        for whole, damaged in mutations(label_pngs(), mutators, count, way):
            path = tmp_path / "map.png"
            path.write_bytes(damaged)
            pngs.add(label_map_problem(path, read_png(whole), read_png))


@pytest.mark.parametrize("count", counts(60, 1500))
def test_label_maps_as_pnm(tally, tmp_path, count):
    with tally("label maps, PGM and PPM") as pnms:
        for _, damaged in mutations(label_pnms(), TEXT, count, "pnm"):
            path = tmp_path / "map.pgm"
            path.write_bytes(damaged)
            pnms.add(label_map_problem(path, None, read_pnm))


@pytest.mark.parametrize("count", counts(40, 1000))
def test_instances(tally, tmp_path, count):
    path = tmp_path / "instances.png"

    def ids_of(path: Path) -> np.ndarray:
        return read_instances(path, (HEIGHT, WIDTH))

    def agrees(ids: np.ndarray) -> str | None:
        data = path.read_bytes()
        stored = read_pnm(data) if data.startswith(b"P") else read_png(data)
        return None if stored is None or (ids == stored.values[..., 0]).all() else "other ids than the file's"

    with tally("instances") as instances:
        for _, damaged in mutations([*label_pngs(), *label_pnms()], [*BINARY, swap_number], count, "instances"):
            path.write_bytes(damaged)
            instances.add(problem_of(ids_of, path, agrees))


@pytest.mark.parametrize("count", counts(60, 1500))
def test_photographs(tally, tmp_path, count):
    def agrees(frame: np.ndarray) -> str | None:
        return None if frame.shape == (32, 64, 3) and frame.dtype == np.uint8 else f"{frame.dtype} {frame.shape}"

    with tally("photographs") as pictures:
        for _, damaged in mutations(photographs(), BINARY, count, "photographs"):
            path = tmp_path / "first.png"
            path.write_bytes(damaged)
            pictures.add(problem_of(lambda path: read_first_frame(path, 32, 64)[0], path, agrees))
