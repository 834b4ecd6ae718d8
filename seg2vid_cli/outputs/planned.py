"""The files that one clip leaves on disk, by name."""

from dataclasses import dataclass
from pathlib import Path

from seg2vid_cli.outputs.save_names import SAVE_NAMES
from seg2vid_cli.outputs.video.kinds import Kind
from seg2vid_interface.clips import Field

_FIELDS: dict[str, Field] = {"labels": "labels", "flow": "flow", "occlusion": "occlusion"}
_FOLDER_ENDINGS = {"labels": ".png", "flow": ".npy", "occlusion": ".npy", "frames": ".png"}


@dataclass(frozen=True)
class PlannedOutput:
    """All files that one clip will make.

    Beside `street.mp4` lie, as asked for by `save`:

    labels       street.labels.mp4, and street.labels/000000.png: frame 0's class indices, "other" as 255
    flow         street.flow.mp4, and street.flow/000000.npy: float32 (H, W, 2), from frame 1 to frame 0
    occlusion    street.occlusion.mp4, and street.occlusion/000000.npy: float32 (H, W), the network's own numbers
                 (a picture would round them), frame 1's visibility in its chunk's reference frame
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

    @property
    def fields(self) -> frozenset[Field]:
        """What a session has to compute beside the frames."""
        return frozenset(field for name, field in _FIELDS.items() if name in self.save)

    @property
    def saved_kind(self) -> Kind:
        """The kind of the coloured videos."""
        return Kind.MP4 if self.kind is Kind.PNG else self.kind

    @property
    def first_frame(self) -> Path:
        """The picture that `first-frame` saves."""
        return self._beside("first-frame.png")

    @property
    def camera(self) -> Path:
        """The file that `camera` saves."""
        return self._beside("camera.json")

    def saved_video(self, name: str) -> Path:
        """Return the coloured video of a field."""
        return self._beside(f"{name}.{self.saved_kind}")

    def saved_folder(self, name: str) -> Path:
        """Return the folder of numbered files that holds a field, or the frames, exactly."""
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
                paths += [self.saved_video(name)] if name in _FIELDS else []
                single = {"first-frame": self.first_frame, "camera": self.camera}
                paths += [single.get(name) or self.saved_folder(name)]
        return paths + ([self.sheet] if self.sheet else [])

    @property
    def folders(self) -> dict[Path, str]:
        """The folders of numbered files, each with the ending of its files."""
        folders = {self.video: ".png"} if self.kind is Kind.PNG else {}
        return folders | {self.saved_folder(n): ending for n, ending in _FOLDER_ENDINGS.items() if n in self.save}

    @property
    def files(self) -> list[Path]:
        """The single files."""
        return [path for path in [self.video, *self.saved] if path not in self.folders]
