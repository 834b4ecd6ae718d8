"""What must hold before results may be written: names, folders and encoders that can take them."""

import os
from collections.abc import Iterable, Sequence
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
    outputs: Sequence[PlannedOutput],
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
        outputs: all results of a run.
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
    if outputs:
        check_room(outputs[0], clips=len(outputs), frames=frames, height=height, width=width)
    _check_collisions(outputs, inputs)
    for output in outputs:
        _check_saved(output, frames, has_labels=has_labels, has_camera=has_camera)
        _check_folders(output)
    existing = [path for output in outputs for path in existing_results(output)]
    if existing and not outputs[0].overwrite:
        raise existing_results_error(existing, _flag(existing[0], outputs[0]))
    for output in outputs:
        _check_numbered_files(output, frames)
    kinds = {
        kind for output in outputs for kind in ({output.kind, output.saved_kind} if output.series else {output.kind})
    }
    for kind in sorted(kinds):
        check_video(kind, height=height, width=width, frames_per_second=frames_per_second)
    for output in outputs:
        check_memory(output.kind, frames=frames * (1 + len(output.series)), height=height, width=width)


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


def _check_numbered_files(output: PlannedOutput, frames: int) -> None:
    """Raise OutputError if a clip of this length would leave older files behind among its numbered ones."""
    for folder, count in output.numbered(frames).items():
        files = numbered_files(folder, output.folders[folder])
        left_over = [path.name for path in files if not _is_written(path, count)]
        if left_over:
            raise OutputError(
                f"{folder}: holds {left_over[0]}, beyond the {count} files that would be written there",
                "Remove such files, or choose another -o.",
            )


def _is_written(path: Path, count: int) -> bool:
    """Say whether a numbered file is among the first `count`."""
    number = int(path.stem)
    return number < count and path.name == numbered_name(number, path.suffix)


def _check_collisions(outputs: Sequence[PlannedOutput], inputs: Iterable[Path]) -> None:
    flags: dict[Path, str] = {}
    results = [(path, _flag(path, output)) for output in outputs for path in output.results]
    for path, flag in results:
        if not flags.keys().isdisjoint(_with_parents(path)):
            hint = "Rename an input, or run twice." if flag == "-o" else f"Choose another {flag}."
            raise UsageError(f"{path}: two results would be written there", hint)
        flags[_real(path)] = flag
    for path in inputs:
        for result in flags.keys() & _with_parents(path):
            raise UsageError(f"{path}: is read, and a result would replace it", f"Choose another {flags[result]}.")


def _flag(path: Path, output: PlannedOutput) -> str:
    """Return the flag that gives a result its name."""
    return "--sheet" if path == output.sheet else "-o"


def _with_parents(path: Path) -> list[Path]:
    """Return a path and its folders, as a result may be a folder that other files lie in."""
    resolved = _real(path)
    return [resolved, *resolved.parents]


def _real(path: Path) -> Path:
    """Return the path without links, as far as they lead anywhere: `Path.resolve` fails where they lead in a circle."""
    return Path(os.path.realpath(path))


def _check_folders(output: PlannedOutput) -> None:
    for path in [*output.files, *output.folders]:
        is_made = output.makes_folder and path.parent == output.video.parent
        _check_writable(_existing_part(path.parent) if is_made else path.parent, _flag(path, output))
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
