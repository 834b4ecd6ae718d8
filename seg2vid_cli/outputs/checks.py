"""What must hold before results may be written: names, folders and encoders that can take them."""

import os
from collections.abc import Collection, Iterable
from pathlib import Path

from seg2vid_cli.files.numbered_files import numbered_files, numbered_name
from seg2vid_cli.outputs.existing import existing_results
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.outputs.room import check_room
from seg2vid_cli.outputs.save_names import BETWEEN_FRAMES, BY_CAMERA
from seg2vid_cli.outputs.video.kinds import check_memory, check_video
from seg2vid_interface.errors import OutputError, UsageError
from seg2vid_interface.staging.staging import existing_results_error


def check_outputs(
    outputs: Collection[PlannedOutput],
    inputs: Iterable[Path],
    *,
    frames: int,
    height: int,
    width: int,
    frames_per_second: float,
    has_labels: bool,
    has_camera: bool,
) -> None:
    """Refuse, before anything is computed, what cannot be written as planned; change nothing on disk.

    Args:
        outputs: all results of a run, which are of one kind and differ in names alone; gone through more than once.
        inputs: the files that it reads.
        frames: length of each clip.
        height: of the frames, in pixels.
        width: of the frames, in pixels.
        frames_per_second: the clips' speed.
        has_labels: whether the model knows labels.
        has_camera: whether it has a camera, which drives as it is told, and by which it knows depth and things.

    Raises:
        UsageError: two results have one name, a result would replace an input, `--save` asks for what the clips do not
            have, or the speed does not suit the kind of video.
        OutputError: a folder is missing or not writable, results exist and are not to be replaced, numbered files would
            be left over, the encoder is missing, the size or length does not suit the kind of video, or the disk has
            no room for all of it.
    """
    first = next(iter(outputs), None)
    if first is None:
        return
    check_room(first, clips=len(outputs), frames=frames, height=height, width=width)
    _check_saved(first, frames, has_labels=has_labels, has_camera=has_camera)
    existing, left_over = _check_names(outputs, inputs, frames)
    if existing and not first.overwrite:
        raise existing_results_error(existing, _flag(existing[0], first))
    if left_over is not None:
        raise left_over
    for kind in sorted({first.kind, first.saved_kind} if first.series else {first.kind}):
        check_video(kind, height=height, width=width, frames_per_second=frames_per_second)
    check_memory(first.kind, frames=frames * (1 + len(first.series)), height=height, width=width)


def _check_names(
    outputs: Iterable[PlannedOutput], inputs: Iterable[Path], frames: int
) -> tuple[list[Path], OutputError | None]:
    """Return the results that are there, and what is wrong with numbered files, if anything.

    Raises UsageError, OutputError: names that collide, and folders that cannot take them.
    """
    taken, existing, left_over, folders = _TakenNames(), list[Path](), None, set[Path]()
    for output in outputs:
        taken.add(output)
        _check_folders(output, folders)
        existing += existing_results(output)
        left_over = left_over or _left_over(output, frames)
    taken.check_inputs(inputs)
    return existing, left_over


def _check_saved(output: PlannedOutput, frames: int, *, has_labels: bool, has_camera: bool) -> None:
    if "labels" in output.save and not has_labels:
        raise UsageError("--save labels: this model knows no labels", "Leave labels out of --save.")
    if "camera" in output.save and not has_camera:
        raise UsageError(
            "--save camera: this model's camera drives no path that is known", "Leave camera out of --save."
        )
    by_camera = [name for name in BY_CAMERA if name in output.save]
    if by_camera and not has_camera:
        raise UsageError(
            f"--save {by_camera[0]}: this model has no camera, by which it could tell depth and things",
            "Leave it out, or take a model whose `seg2vid models show` names depth and instances of every frame.",
        )
    between_frames = [name for name in BETWEEN_FRAMES if name in output.save]
    if between_frames and frames < 2:
        raise UsageError(f"--save {between_frames[0]}: lies between two frames", "Ask for --frames 2 or more.")


def _left_over(output: PlannedOutput, frames: int) -> OutputError | None:
    """Return what is wrong if a clip of this length would leave older files behind among its numbered ones."""
    for folder, count in output.numbered(frames).items():
        files = numbered_files(folder, output.folders[folder])
        left_over = [path.name for path in files if not _is_written(path, count)]
        if left_over:
            return OutputError(
                f"{folder}: holds {left_over[0]}, beyond the {count} files that would be written there",
                "Remove such files, or choose another -o.",
            )
    return None


def _is_written(path: Path, count: int) -> bool:
    """Say whether a numbered file is among the first `count`."""
    number = int(path.stem)
    return number < count and path.name == numbered_name(number, path.suffix)


class _TakenNames:
    """The names of results, without links, so that no two results and no input have one."""

    def __init__(self) -> None:
        self._flags: dict[str, str] = {}
        self._folders: dict[str, tuple[str, list[str]]] = {}

    def add(self, output: PlannedOutput) -> None:
        """Take an output's names.  Raises UsageError if one is taken, or lies in a folder that is a result."""
        results = [(path, _flag(path, output), *self._real(path)) for path in output.results]
        for path, flag, real, parents in results:
            if real in self._flags or not self._flags.keys().isdisjoint(parents):
                hint = "Rename an input, or run twice." if flag == "-o" else f"Choose another {flag}."
                raise UsageError(f"{path}: two results would be written there", hint)
            self._flags[real] = flag

    def check_inputs(self, inputs: Iterable[Path]) -> None:
        """Raise UsageError if a result would replace one of them."""
        for path in inputs:
            real, parents = self._real(path)
            for name in (real, *parents):
                if name in self._flags:
                    raise UsageError(
                        f"{path}: is read, and a result would replace it", f"Choose another {self._flags[name]}."
                    )

    def _real(self, path: Path) -> tuple[str, list[str]]:
        """Return a path and its folders, as far as links lead anywhere: `Path.resolve` fails in a circle of them."""
        folder, name = os.path.split(path)
        if path.is_symlink() or name in {"", ".", ".."}:
            real = os.path.realpath(path)
            return real, _folders_of(real)
        if folder not in self._folders:
            real_folder = os.path.realpath(folder)
            self._folders[folder] = real_folder, [real_folder, *_folders_of(real_folder)]
        real_folder, parents = self._folders[folder]
        return str(Path(real_folder, name)), parents


def _folders_of(path: str) -> list[str]:
    return [str(folder) for folder in Path(path).parents]


def _flag(path: Path, output: PlannedOutput) -> str:
    """Return the flag that gives a result its name."""
    return "--sheet" if path == output.sheet else "-o"


def _check_folders(output: PlannedOutput, checked: set[Path]) -> None:
    """Raise OutputError if something cannot be written where it is to lie; `checked` grows by the folders."""
    for path in [*output.files, *output.folders]:
        if (folder := path.parent) not in checked:
            is_made = output.makes_folder and folder == output.video.parent
            _check_writable(_existing_part(folder) if is_made else folder, _flag(path, output))
            checked.add(folder)
    for folder in output.folders:
        if folder.is_dir():
            _check_writable(folder, "-o")
        elif os.path.lexists(folder):
            raise OutputError(
                f"{folder}: a folder of pictures or arrays goes there, but it is a file",
                "Choose another -o, or move it away.",
            )
    for file in output.files:
        if file.is_dir():
            raise OutputError(
                f"{file}: a file goes there, but it is a folder",
                f"Choose another {_flag(file, output)}, or move it away.",
            )


def _existing_part(folder: Path) -> Path:
    """Return the innermost part of the path that is there."""
    return next((part for part in (folder, *folder.parents) if os.path.lexists(part)), folder)


def _check_writable(folder: Path, flag: str) -> None:
    if not os.path.lexists(folder):
        raise OutputError(f"{folder}: no such folder to write to", f"Make it first: mkdir -p {folder}")
    if not folder.is_dir():
        raise OutputError(f"{folder}: not a folder, so nothing can be written in it", f"Choose another {flag}.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{folder}: not writable", f"Choose another {flag}, or change the folder's permissions.")
