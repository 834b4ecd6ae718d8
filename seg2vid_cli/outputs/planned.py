"""The files that one clip leaves on disk, by name."""

from dataclasses import dataclass
from pathlib import Path

from seg2vid_cli.outputs.save_names import BETWEEN_FRAMES, SAVE_NAMES
from seg2vid_cli.outputs.video.kinds import Kind
from seg2vid_interface.clips import Field

_FIELDS: dict[str, Field] = {
    "labels": "labels",
    "flow": "flow",
    "occlusion": "occlusion",
    "depth": "depth",
    "instances": "objects",
    "boxes": "objects",
}
_FLOW_ENDINGS = {"npy": ".npy", "flo": ".flo", "kitti": ".png"}
_FOLDER_ENDINGS = {"labels": ".png", "occlusion": ".npy", "depth": ".npy", "instances": ".png", "frames": ".png"}
_SINGLE_FILES = {"first-frame": "first-frame.png", "boxes": "boxes.json", "camera": "camera.json"}


@dataclass(frozen=True)
class PlannedOutput:
    """All files that one clip will make.

    Beside `street.mp4` lie, as asked for by `save`:

    labels       street.labels.mp4, and street.labels/000000.png: frame 0's class indices, "other" as 255
    flow         street.flow.mp4, and street.flow/000000.npy: float32 (H, W, 2), from frame 1 to frame 0; as .flo or
                 KITTI's .png, from frame 0 to frame 1 (see `flow_files`)
    occlusion    street.occlusion.mp4, and street.occlusion/000000.npy: float32 (H, W), the network's own numbers
                 (a picture would round them), frame 1's visibility in its chunk's reference frame
    depth        street.depth.mp4, and street.depth/000000.npy: float32 (H, W), metres, of frame 0
    instances    street.instances.mp4, and street.instances/000000.png: frame 0's instance ids, 16-bit grey
    boxes        street.boxes.json: of all frames (see `boxes`)
    camera       street.camera.json: the path that the camera drove, as `--camera` reads it, and its intrinsics
    first-frame  street.first-frame.png
    frames       street.frames/000000.png: frame 0, exactly
    """

    source: Path | None
    """The input that it is made from."""
    sample: int
    """1, 2, ..."""
    video: Path
    """The clip itself: a file, or the folder of its frames if `kind` is png."""
    kind: Kind
    save: frozenset[str]
    """Among `SAVE_NAMES`."""
    sheet: Path | None
    """Where a contact sheet goes."""
    overwrite: bool
    """Whether results that exist may be replaced."""
    makes_folder: bool
    """Whether `video.parent` is to be made, with its parents."""
    flow_format: str = "npy"
    """Among `FLOW_FORMATS`."""
    to_stdout: bool = False
    """Whether the clip goes to standard output; `video` is then no file."""

    @property
    def name(self) -> str:
        """What messages call the clip."""
        return "standard output" if self.to_stdout else str(self.video)

    @property
    def fields(self) -> frozenset[Field]:
        """What a session has to compute beside the frames."""
        return frozenset(field for name, field in _FIELDS.items() if name in self.save)

    @property
    def series(self) -> tuple[str, ...]:
        """What is saved frame by frame as coloured videos and as numbered files with the exact numbers."""
        return tuple(name for name in SAVE_NAMES if name in self.save & _FIELDS.keys() - _SINGLE_FILES.keys())

    @property
    def saved_kind(self) -> Kind:
        """The kind of the coloured videos."""
        return Kind.MP4 if self.kind in {Kind.PNG, Kind.RAW} else self.kind

    @property
    def first_frame(self) -> Path:
        """The picture that `first-frame` saves."""
        return self._beside(_SINGLE_FILES["first-frame"])

    @property
    def boxes(self) -> Path:
        """The file that `boxes` saves."""
        return self._beside(_SINGLE_FILES["boxes"])

    @property
    def camera(self) -> Path:
        """The file that `camera` saves."""
        return self._beside(_SINGLE_FILES["camera"])

    def saved_video(self, name: str) -> Path:
        """Return the coloured video of one of `series`."""
        return self._beside(f"{name}.{self.saved_kind}")

    def saved_folder(self, name: str) -> Path:
        """Return the folder of numbered files that holds one of `series`, or the frames, exactly."""
        return self._beside(name)

    def _beside(self, ending: str) -> Path:
        stem = self.video.name if self.kind is Kind.PNG else self.video.stem
        return self.video.parent / f"{stem}.{ending}"

    @property
    def saved(self) -> list[Path]:
        """Everything but the video itself: files and folders."""
        paths: list[Path] = []
        for name in SAVE_NAMES:
            if name in self.save:
                paths += [self.saved_video(name)] if name in self.series else []
                paths.append(self._beside(_SINGLE_FILES.get(name, name)))
        return paths + ([self.sheet] if self.sheet else [])

    @property
    def folders(self) -> dict[Path, str]:
        """The folders of numbered files, each with the ending of its files."""
        folders = {self.video: ".png"} if self.kind is Kind.PNG else {}
        endings = _FOLDER_ENDINGS | {"flow": _FLOW_ENDINGS[self.flow_format]}
        return folders | {self.saved_folder(name): ending for name, ending in endings.items() if name in self.save}

    @property
    def files(self) -> list[Path]:
        """The single files."""
        folders = self.folders
        return [path for path in self.results if path not in folders]

    @property
    def results(self) -> list[Path]:
        """All that lies on disk afterwards: files and folders, the video first."""
        return self.saved if self.to_stdout else [self.video, *self.saved]

    def numbered(self, frames: int) -> dict[Path, int]:
        """Return how many files each of `folders` holds of a clip of so many frames: numbers 0, 1, ..."""
        if not (folders := self.folders):
            return {}
        between_frames = {self.saved_folder(name) for name in BETWEEN_FRAMES}
        return {folder: frames - (folder in between_frames) for folder in folders}
