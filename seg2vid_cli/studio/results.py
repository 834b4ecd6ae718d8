"""The files that people take away: made by the same steps as `seg2vid generate`, and the line that makes them there."""

import shlex
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.generation.scene_clip import SceneClip
from seg2vid_cli.generation.things import fit_to_things
from seg2vid_cli.inputs.pictures.reading import PictureSource
from seg2vid_cli.outputs.checks import check_outputs
from seg2vid_cli.outputs.fields import labels_in_files
from seg2vid_cli.outputs.plan import plan_outputs
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.outputs.save_names import ALL, names_to_save
from seg2vid_cli.studio.clips import Sessions, Wanted
from seg2vid_cli.studio.failures import RequestError
from seg2vid_cli.studio.files import KeptFiles
from seg2vid_cli.studio.layers import encode_png
from seg2vid_interface.errors import OutputError, Seg2VidError
from seg2vid_interface.model_card import ModelCard

MAP_NAME: Final = "map.png"
"""What the line calls the label map."""
_STEM = Path(MAP_NAME).stem
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the first that there is: the same clip makes the same bytes


@dataclass(frozen=True)
class Form:
    """What a clip is taken away as."""

    media_type: str
    name: str
    """Of the file."""
    kind: str
    """`--format`."""
    saves_all: bool = False
    """Whether all that is known of every frame goes with it."""

    @property
    def is_zip(self) -> bool:
        """Whether it is of several files."""
        return self.name.endswith(".zip")


FORMS: Final = {
    "mp4": Form("video/mp4", "clip.mp4", "mp4"),
    "webm": Form("video/webm", "clip.webm", "webm"),
    "gif": Form("image/gif", "clip.gif", "gif"),
    "webp": Form("image/webp", "clip.webp", "webp"),
    "zip": Form("application/zip", "frames.zip", "png"),
    "annotated": Form("application/zip", "annotated.zip", "mp4", saves_all=True),
}


def form_named(name: object) -> Form:
    """Return a form.  Raises RequestError."""
    if isinstance(name, str) and name in FORMS:
        return FORMS[name]
    raise RequestError(f"as: {str(name)[:40]!r} is none of map, {', '.join(FORMS)}")


@dataclass(frozen=True)
class Asked:
    """A clip that somebody wants to take away."""

    wanted: Wanted
    label_map: PictureSource
    label_format: str
    form: Form

    @property
    def out(self) -> str:
        """What `-o` says: a file, or a folder for numbered frames and where there are samples before this one."""
        in_folder = self.form.kind == "png" or self.wanted.settings.sample > 1
        return "clip/" if in_folder else f"clip.{self.form.kind}"

    def described(self) -> dict[str, str]:
        """Return the line for a shell, the name of the map that it reads, and the result that is this file."""
        sample = self.wanted.settings.sample
        words = ["seg2vid", "generate", MAP_NAME, "-o", self.out, *self.wanted.flags(self.label_format)]
        words += ["--samples", str(sample)] if sample > 1 else []
        words += ["--format", self.form.kind] if self.out.endswith("/") and self.form.kind != "mp4" else []
        words += ["--save", ALL] if self.form.saves_all else []
        return {"command": shlex.join(words), "map_name": MAP_NAME, "result": str(self.planned(Path()).video)}

    def planned(self, folder: Path) -> PlannedOutput:
        """Return the files that are made in a folder.  Raises UsageError."""
        card = self.wanted.card
        has_camera = card.camera is not None
        asked = frozenset({ALL} if self.form.saves_all else ())
        outputs = plan_outputs(
            [Path(MAP_NAME)],
            f"{folder}/{self.out}",
            kind=self.form.kind if self.out.endswith("/") else None,
            samples=self.wanted.settings.sample,
            save=names_to_save(asked, frames=self.wanted.frames, has_labels=True, has_camera=has_camera),
            sheet=None,
            overwrite=False,
        )
        return outputs[-1]


def make_file(asked: Asked, sessions: Sessions, files: KeptFiles, advance: Callable[[int, int], None]) -> Path:
    """Make a file in a folder of its own; nothing is left behind if that fails.

    Args:
        asked: what is wanted.
        sessions: the models that are open.
        files: where folders come from.
        advance: is told how many frames are done, of how many; may raise CancelledError.

    Raises:
        Seg2VidError: as `seg2vid generate`; messages do not name the folder.
    """
    folder = files.new_folder()
    try:
        clip = sessions.clip(asked.wanted, asked.label_map, asked.label_format)
        return _make(asked, clip, folder, advance)
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, Seg2VidError):
            error.message = error.message.replace(f"{folder}/", "").replace(str(folder), "the studio's folder")
        raise


def _make(asked: Asked, clip: SceneClip, folder: Path, advance: Callable[[int, int], None]) -> Path:
    output = fit_to_things(asked.planned(folder), clip.scene, clip.card)
    session = clip.session
    check_outputs(
        [output],
        [],
        frames=clip.frames,
        height=session.height,
        width=session.width,
        frames_per_second=clip.frames_per_second,
        has_labels=True,
        has_camera=clip.card.camera is not None,
    )
    advance(0, clip.frames)
    clip.write(output, lambda frames: advance(frames, clip.frames))
    if not asked.form.is_zip:
        return output.video
    if asked.form.saves_all:
        _write_map(asked, clip, folder)
    return _zipped(folder, asked.form.name)


def _write_map(asked: Asked, clip: SceneClip, folder: Path) -> None:
    assert clip.scene.label_map is not None  # or its model would not be in the catalogue
    path = folder / MAP_NAME
    path.write_bytes(map_file(clip.scene.label_map, asked.wanted.card))


def map_file(indices: NDArray[np.uint8], card: ModelCard) -> bytes:
    """Return class indices (H, W) as the PNG that `seg2vid generate` reads, "other" as 255."""
    assert card.label_space is not None  # or the model would not be in the catalogue
    return encode_png(labels_in_files(indices, card.label_space))


def _zipped(folder: Path, name: str) -> Path:
    """Put all files of a folder into one; the same files make the same bytes."""
    path = folder / name
    members = sorted(member for member in folder.rglob("*") if member.is_file())
    try:
        with zipfile.ZipFile(path, "w") as archive:
            for member in members:
                info = zipfile.ZipInfo(member.relative_to(folder).as_posix(), _ZIP_TIME)
                info.compress_type = zipfile.ZIP_STORED if member.suffix in {".png", ".mp4"} else zipfile.ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                with archive.open(info, "w") as target, member.open("rb") as source:
                    shutil.copyfileobj(source, target, 1 << 20)
                member.unlink()
    except OSError as error:
        raise OutputError(f"{name}: cannot be written: {error.strerror or error}") from error
    return path
