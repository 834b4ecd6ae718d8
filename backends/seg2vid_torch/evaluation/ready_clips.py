"""Ready clips of any system: videos and folders of frames, named after the frames that they begin with.

    FOLDER/[CLIP/]FRAME.mp4          or another ending of a video
    FOLDER/[CLIP/]FRAME/000000.png   frames in the order of their names

FRAME is the name of the true frame, without its ending, that the clip goes on from, and is its frame 0.  The second and
third sample are FRAME_2, FRAME_3, as `seg2vid generate --samples` names them.  A clip named as a whole true clip begins
with its first frame.

Shape symbols: n = frames, H, W = height and width.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seg2vid_interface.errors import DatasetError, ImageError
from seg2vid_torch.data.datasets.frames import VIDEO_ENDINGS, Clip, PictureClip, folders_of, pictures_of
from seg2vid_torch.data.picture_files import read_picture
from seg2vid_torch.data.video_files import read_video
from seg2vid_torch.evaluation.model_clips import best_of
from seg2vid_torch.evaluation.predictors import Prediction
from seg2vid_torch.evaluation.truth import Window

FIELDS = {".labels", ".flow", ".occlusion", ".instances", ".depth"}
"""What `--save` writes beside a clip has such names."""
NAMES = "Name each clip as the true frame that it begins with, e.g. {example}.mp4; docs/evaluation.md says more."

Start = tuple[str, int]
"""Name of a true clip, and the number of its frame."""


class ReadyClips:
    """A row: what one system made."""

    def __init__(self, name: str, folder: Path, samples: Mapping[Start, Sequence[Path]]) -> None:
        """Take the clips that begin at each start."""
        self.name, self.folder, self.samples = name, folder, samples
        self.repeated = 0
        """Samples that were equal to another one of their start."""
        self.size: tuple[int, int] | None = None
        """Height and width of the files' frames, once one was read."""

    @property
    def description(self) -> str:
        """What it holds."""
        most = max(len(paths) for paths in self.samples.values())
        size = "" if self.size is None else f", {self.size[0]}x{self.size[1]}"
        return f"{self.folder}: {len(self.samples)} starts, {f'best of {most}' if most > 1 else 'one sample'}{size}"

    def predict(self, windows: Sequence[Window]) -> Iterator[Prediction]:
        """See `Predictor`; raises DatasetError for a clip that is unreadable, too short, or of another size."""
        for window in windows:
            paths = self.samples[window.clip.name, window.start]
            best, repeated = best_of([Prediction(self._read(path, window)) for path in paths], window)
            self.repeated += repeated
            yield best

    def _read(self, path: Path, window: Window) -> NDArray[np.uint8]:
        """Return the frames (n, 3, H, W) after the first, as many as the window has."""
        height, width = window.first.shape[1:]
        frames = []
        try:
            for picture, size in islice(_pictures(path, height, width), window.steps + 1):
                frames.append(picture)
                self.size = self.size or size
                if size != self.size:
                    raise DatasetError(
                        f"{path}: frames of {size[0]}x{size[1]}, after those of {self.size[0]}x{self.size[1]} in "
                        f"{self.folder}",
                        "All clips of a folder are of one size.",
                    )
        except ImageError as error:
            raise DatasetError(error.message, error.hint) from None
        if len(frames) <= window.steps:
            raise DatasetError(
                f"{path}: {len(frames)} frames, and with the first one {window.steps + 1} are compared",
                f"Make longer clips, or compare fewer steps: --steps {max(1, len(frames) - 1)}.",
            )
        return np.stack(frames[1:])


def find_ready_clips(folders: Sequence[Path], clips: Sequence[Clip]) -> list[ReadyClips]:
    """Return what lies in the folders, each of which must have clips of the same starts, and as many of each.

    Raises:
        DatasetError: no such folder, an empty one, one whose clips begin nowhere, or folders that differ.
    """
    places = _places(clips)
    counts = Counter(folder.name for folder in folders)
    found = [
        ReadyClips(folder.name if counts[folder.name] == 1 else str(folder), folder, _samples(folder, places))
        for folder in folders
    ]
    for ready in found:
        _require_same(found[0], ready)
    return found


def _places(clips: Sequence[Clip]) -> dict[str, Start | None]:
    """Return what a clip may be named -> where it begins; None for a name that several frames have."""
    places: dict[str, Start | None] = {}

    def add(name: str, start: Start) -> None:
        places[name] = start if places.get(name, start) == start else None

    for clip in clips:
        whole = clip.name if isinstance(clip, PictureClip) else str(Path(clip.name).with_suffix(""))
        add(whole, (clip.name, 0))
        for number, file in enumerate(clip.files if isinstance(clip, PictureClip) else ()):
            add(file.stem, (clip.name, number))
            add(f"{clip.name}/{file.stem}", (clip.name, number))
    return places


def _samples(folder: Path, places: Mapping[str, Start | None]) -> dict[Start, list[Path]]:
    if not folder.is_dir():
        raise DatasetError(f"--videos {folder}: no such folder", "Name a folder of videos, or of folders of frames.")
    paths = _clips_in(folder)
    if not paths:
        raise DatasetError(
            f"--videos {folder}: holds no videos and no folders of frames", NAMES.format(example="000000")
        )
    samples: dict[Start, dict[int, Path]] = {}
    for name, path in paths.items():
        stem, number = name, 1
        numbered = re.fullmatch(r"(.+)_([1-9][0-9]{0,4})", name)
        if name not in places and numbered:
            stem, number = numbered[1], int(numbered[2])
        start = places.get(stem)
        if start is None:
            problem = "several frames have that name" if stem in places else "no true frame has that name"
            example = next(iter(places), "000000")
            raise DatasetError(f"{path}: begins at no frame of the data: {problem}", NAMES.format(example=example))
        samples.setdefault(start, {})[number] = path
    return {start: [some[number] for number in sorted(some)] for start, some in sorted(samples.items())}


def _clips_in(folder: Path) -> dict[str, Path]:
    """Return name -> video or folder of frames, of those in a folder and in its folders."""
    found: dict[str, Path] = {}
    for inside, prefix in ((folder, ""), *((child, f"{child.name}/") for child in folders_of(folder))):
        if prefix and pictures_of(inside):
            continue  # frames themselves
        for path in sorted(inside.iterdir()):
            is_video = path.is_file() and path.suffix.lower() in VIDEO_ENDINGS
            if is_video or (path.is_dir() and pictures_of(path)):
                name = path.stem if is_video else path.name
                if path.name[0] != "." and Path(name).suffix not in FIELDS:
                    found[prefix + name] = path
    return found


def _require_same(first: ReadyClips, other: ReadyClips) -> None:
    counts = Counter(len(paths) for ready in (first, other) for paths in ready.samples.values())
    for ready, another in ((first, other), (other, first)):
        for start, paths in ready.samples.items():
            if start not in another.samples:
                raise DatasetError(
                    f"--videos {another.folder}: holds {len(another.samples)} starts and {ready.folder} "
                    f"{len(ready.samples)}; it lacks {paths[0].stem}",
                    "Compare what was made from the same frames.",
                )
            if len(counts) > 1 and len(paths) < max(counts):
                raise DatasetError(
                    f"{paths[0]}: {len(paths)} samples begin there, and {max(counts)} elsewhere",
                    "The best of more samples is better: make as many of each.",
                )


def _pictures(path: Path, height: int, width: int) -> Iterator[tuple[NDArray[np.uint8], tuple[int, int]]]:
    if path.is_dir():
        for file in pictures_of(path):
            yield read_picture(file, height, width)
        return
    for frame in read_video(path):
        picture = Image.fromarray(frame).resize((width, height), Image.Resampling.LANCZOS)
        yield np.asarray(picture).transpose(2, 0, 1), (frame.shape[0], frame.shape[1])
