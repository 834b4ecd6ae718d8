"""Whether the disk has room for all results of a run, told before anything is computed."""

import shutil
from collections.abc import Iterator

from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.outputs.save_names import BETWEEN_FRAMES
from seg2vid_cli.outputs.video.kinds import Kind
from seg2vid_interface.errors import OutputError

# Bytes for each pixel of a frame: half of what streets were measured to take, as other scenes may be plainer; arrays
# take what they take.
_PICTURE = 0.7
_VIDEO = {Kind.MP4: 0.04, Kind.WEBM: 0.02, Kind.GIF: 0.2, Kind.WEBP: 0.04, Kind.PNG: _PICTURE}
_FIELD_VIDEO = 0.004
_EXACT = {"labels": 0.008, "flow": 8.0, "occlusion": 4.0, "depth": 4.0, "instances": 0.008, "frames": _PICTURE}


def check_room(output: PlannedOutput, *, clips: int, frames: int, height: int, width: int) -> None:
    """Refuse what surely does not fit.

    Args:
        output: one of the run's results; all are of one kind, and go to one disk.
        clips: how many there are.
        frames: length of each.
        height: of the frames, in pixels.
        width: of the frames, in pixels.

    Raises:
        OutputError: it takes more than is free; says how much, and how many frames would fit.
    """
    folder = next(part for part in (output.video.parent, *output.video.absolute().parents) if part.exists())
    free = shutil.disk_usage(folder).free
    clip = sum(rate * (frames - 1 if is_between else frames) for rate, is_between in _rates(output)) * height * width
    needed = clip * clips
    if needed > free:
        all_clips = f"{clips:,} clips take" if clips > 1 else "the clip takes"
        raise OutputError(
            f"--frames {frames}: {all_clips} {_text(needed)} or more, but {output.video.parent} has {_text(free)} free",
            f"About {int(free / clip * frames):,} frames in all would fit: lower --frames or --samples, or save less.",
        )


def _rates(output: PlannedOutput) -> Iterator[tuple[float, bool]]:
    """Yield bytes a pixel of everything that grows with the number of frames, and whether it lies between them."""
    yield _VIDEO.get(output.kind, 0.0), False
    if not output.in_shard:
        yield _FIELD_VIDEO * len(output.series), False
    for name, rate in _EXACT.items():
        if name in output.save:
            is_picture = name == "flow" and output.flow_format == "kitti"
            yield _PICTURE if is_picture else rate, name in BETWEEN_FRAMES


def _text(size: float) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"
