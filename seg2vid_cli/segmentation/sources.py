"""What label maps are to be made of, and the files that they become."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seg2vid_cli.files.numbered_files import numbered_files
from seg2vid_cli.inputs.pictures.matching import SUFFIXES
from seg2vid_cli.inputs.videos import VIDEO_ENDINGS, is_video
from seg2vid_interface.errors import ImageError, OutputError, UsageError
from seg2vid_interface.staging.leftovers import put_right
from seg2vid_interface.staging.staging import existing_results_error

ENDING = ".png"


@dataclass(frozen=True)
class Source:
    """A picture or a video."""

    path: Path
    target: Path
    """The label map, or of a video the folder of its frames' label maps, 000000.png, 000001.png, ..."""

    @property
    def is_video(self) -> bool:
        """Whether it is a video."""
        return is_video(self.path)

    def existing(self) -> list[Path]:
        """Return the results that are there already."""
        if self.is_video and self.target.is_dir():
            return numbered_files(self.target, ENDING)
        return [self.target] if os.path.lexists(self.target) else []


def plan_sources(named: Sequence[Path], out: Path, *, overwrite: bool) -> list[Source]:
    """Return what is to be read and written, in the order in which it was named; nothing is changed on disk.

    Args:
        named: pictures, videos, and folders of them, which are searched without their own folders.
        out: the folder of the results.
        overwrite: whether results that are there may be replaced.

    Raises:
        UsageError: two results would have one name, or a result would replace what is read.
        ImageError: nothing is in a folder, or it cannot be read.
        OutputError: results are there, or cannot be written.
    """
    paths = [path for name in named for path in (_in_folder(name) if name.is_dir() else [name])]
    sources = [Source(path, out / (path.stem if is_video(path) else f"{path.stem}{ENDING}")) for path in paths]
    _check_names(sources)
    _check_folder(out)
    for source in sources:
        if os.path.lexists(source.target) and source.target.is_dir() != source.is_video:
            kind = "a folder of label maps" if source.is_video else "a label map"
            raise OutputError(f"{source.target}: {kind} goes there", "Choose another -o, or move it away.")
    put_right({source.target.parent for source in sources})
    existing = [path for source in sources for path in source.existing()]
    if existing and not overwrite:
        raise existing_results_error(existing)
    return sources


def _in_folder(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise ImageError(f"{folder}: cannot be read: {error.strerror}") from None
    endings = (*SUFFIXES, *VIDEO_ENDINGS)
    found = [path for path in entries if path.suffix.lower() in endings and not path.name.startswith(".")]
    if not found:
        raise ImageError(f"{folder}: no pictures or videos in it", f"They end in {', '.join(endings)}.")
    return found


def _check_names(sources: Sequence[Source]) -> None:
    owners: dict[Path, Path] = {}
    for source in sources:
        owner = owners.setdefault(source.target, source.path)
        if owner is not source.path:
            raise UsageError(
                f"{source.path}: its label map would have the name of that of {owner}", "Rename one, or run twice."
            )
    read = {source.path.resolve() for source in sources}
    for source in sources:
        if source.target.resolve() in read:
            raise UsageError(f"{source.target}: is read, and a result would replace it", "Choose another -o.")


def _check_folder(out: Path) -> None:
    nearest = next(part for part in (out.absolute(), *out.absolute().parents) if os.path.lexists(part))
    if not nearest.is_dir():
        raise OutputError(f"-o {out}: {nearest} is a file, not a folder", "Choose another -o.")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise OutputError(f"-o {out}: {nearest} is not writable", "Choose another -o.")
