"""Data sets in the forms that they are published in, drawn by the tests: a tiny street."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from seg2vid_interface.label_spaces import CITYSCAPES
from street_data import picture

LABEL_IDS = np.zeros(256, np.uint8)
for _index, _class in enumerate(CITYSCAPES.classes):
    LABEL_IDS[_index] = _class.label_ids[0]
LABEL_IDS[255] = 0


def street(shift: int) -> np.ndarray:
    """Return train ids (128, 128) of a usual street; a car stands `shift` pixels to the right."""
    labels = np.full((128, 128), 10, np.uint8)
    labels[24:80, :48] = 2
    labels[16:80, 80:] = 8
    labels[72:] = 0
    labels[72:88, :26] = 1
    labels[80:100, 30 + shift : 56 + shift] = 13
    labels[124:] = 255
    return labels


def frame(shift: int) -> np.ndarray:
    """Return its picture (128, 128, 3)."""
    return picture(street(shift))


def save(array: np.ndarray, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)
    return path


def write_video(
    path: Path,
    frames: Sequence[np.ndarray],
    *,
    codec: str = "mpeg4",
    times: Sequence[int] | None = None,
    turned: int = 0,
) -> Path:
    """Write a video of 25 frames/s, or with frames at times in ms; `turned`: degrees that a player is to turn it by."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(path, "w") as file:
        stream = file.add_stream(codec, rate=25)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 8_000_000
        if times:
            stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        if turned:
            stream.set_display_rotation(turned)
        for number, array in enumerate(frames):
            shown = av.VideoFrame.from_ndarray(np.ascontiguousarray(array), format="rgb24")
            if times:
                shown.pts, shown.time_base = times[number], Fraction(1, 1000)
            file.mux(stream.encode(shown))
        file.mux(stream.encode())
    return path


def cityscapes(root: Path, *, sequences: bool = False, labels: str = "gtFine") -> Path:
    """Write Cityscapes: two cities to train on and one to validate, 12 frames a sequence or the last of each alone.

    `labels`: "gtFine" (label ids of the last frame of each sequence), or "ssmask" (train ids of all).
    """
    tree = "leftImg8bit_sequence" if sequences else "leftImg8bit"
    for split, city in (("train", "aachen"), ("train", "bochum"), ("val", "lindau")):
        for sequence in range(2):
            for number in range(0 if sequences else 11, 12):
                name = f"{city}/{city}_{sequence:06d}_{number + 8:06d}"
                save(frame(sequence + number), root / tree / split / f"{name}_leftImg8bit.png")
                ids = street(sequence + number)
                if labels == "ssmask":
                    save(ids, root / "predicted" / split / f"{name}_leftImg8bit_ssmask.png")
                elif number == 11:
                    save(LABEL_IDS[ids], root / "gtFine" / split / f"{name}_gtFine_labelIds.png")
                    save(LABEL_IDS[ids].astype(np.uint16), root / "gtFine" / split / f"{name}_gtFine_instanceIds.png")
    return root


def kitti(root: Path, drives: int = 3) -> Path:
    """Write raw drives of two days."""
    for drive in range(drives):
        day = f"2011_09_{26 + drive % 2}"
        for number in range(10):
            path = root / day / f"{day}_drive_{drive:04d}_sync" / "image_02" / "data" / f"{number:010d}.png"
            save(frame(drive + number), path)
        (root / day / f"{day}_drive_{drive:04d}_sync" / "image_00" / "data").mkdir(parents=True)
    return root


def kth(root: Path, *, extracted: bool = False, listed: bool = True) -> Path:
    """Write KTH: two persons to train on, one to validate, one for tests; two sequences of 12 frames in each."""
    lines = []
    for person in (11, 12, 19, 2):
        key = f"person{person:02d}_boxing_d1"
        frames = [frame(person % 10 + t) for t in range(30)]
        if extracted:
            for number, array in enumerate(frames, start=1):
                save(array, root / "boxing" / f"{key}_uncomp" / f"image-{number:03d}.png")
        else:
            write_video(root / "boxing" / f"{key}_uncomp.avi", frames)
        lines.append(f"{key}\t\tframes\t1-12, 16-27\n")
    if listed:
        (root / "00sequences.txt").write_text(
            "Training:   person 11, 12, 13, 14, 15, 16, 17, 18\n\n"
            + "".join(lines)
            + "person13_handclapping_d3\t*missing*\n"
        )
    return root


def ucf101(root: Path, *, extracted: bool = False, listed: bool = True) -> Path:
    """Write UCF-101: two actions; groups 1 and 8 of each."""
    names = {1: [], 8: []}
    for action in ("Archery", "Typing"):
        for group in (1, 8):
            name = f"{action}/v_{action}_g{group:02d}_c01"
            names[group].append(name)
            frames = [frame(group + t) for t in range(10)]
            if extracted:
                for number, array in enumerate(frames, start=1):
                    save(array, root / "UCF-101" / name / f"{number:05d}.jpg")
            else:
                write_video(root / "UCF-101" / f"{name}.avi", frames)
    if listed:
        (root / "ucfTrainTestlist").mkdir()
        (root / "ucfTrainTestlist" / "trainlist01.txt").write_text(
            "".join(f"{name}.avi {number}\r\n" for number, name in enumerate(names[8], start=1))
        )
        (root / "ucfTrainTestlist" / "testlist01.txt").write_text("".join(f"{name}.avi\r\n" for name in names[1]))
    return root


def pix2pixhd(root: Path) -> Path:
    """Write what pix2pixHD takes: stills of Cityscapes with label ids and ids of instances."""
    for phase, count in (("train", 4), ("test", 2)):
        for number in range(count):
            name, ids = f"aachen_{number:06d}_000019", LABEL_IDS[street(number)]
            save(frame(number), root / f"{phase}_img" / f"{name}_leftImg8bit.png")
            save(ids, root / f"{phase}_label" / f"{name}_gtFine_labelIds.png")
            save(ids.astype(np.uint16), root / f"{phase}_inst" / f"{name}_gtFine_instanceIds.png")
    return root


def videos(root: Path) -> Path:
    """Write a folder of videos: one steady, one turned on its side, one at an unsteady rate, one to validate."""
    frames = [frame(t) for t in range(16)]
    write_video(root / "steady.avi", frames)
    write_video(root / "more" / "turned.mp4", [np.rot90(array, -1) for array in frames], codec="libx264", turned=90)
    times = [0, 30, 60, 150, 190, 240, 300, 310, 400, 430, 480, 520, 600, 640, 700, 720]
    write_video(root / "more" / "unsteady.mp4", frames, codec="libx264", times=times)
    write_video(root / "val" / "held_out.mkv", frames, codec="libx264")
    return root
