"""What flags of `generate` say, where one flag alone, or two together, can be wrong."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from seg2vid_cli.commands import options
from seg2vid_interface.errors import UsageError

if TYPE_CHECKING:
    from seg2vid_cli.generation.tries import Judging

DEFAULT_TRIES = 4
MOST_TRIES = 1_000_000
MOST_AT_ONCE = 4096


def parse_style(text: str) -> int | Path:
    """Return the seed that it names, or else the path of a picture; a picture named like a number is ./NUMBER."""
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,30}", text) else Path(text)


def parse_batch(text: str) -> int | None:
    """Return how many clips are to be made at once; None = "auto".  Raises UsageError."""
    if text == "auto":
        return None
    if re.fullmatch(r"[+-]?[0-9]{1,30}", text) is None:
        raise UsageError(f"--batch {text}: neither a number nor auto", "For example --batch 16.")
    options.check_range("--batch", int(text), 1, MOST_AT_ONCE)
    return int(text)


def parse_judging(judge: float | None, tries: int | None) -> "Judging | None":
    """Return what `--judge` and `--tries` ask for; None = nothing.  Raises UsageError."""
    if judge is None:
        if tries is not None:
            raise UsageError(f"--tries {tries}: nothing judges the clips", "Say how good they must be: --judge 0.6")
        return None
    options.check_range("--judge", judge, 0, 1)
    options.check_range("--tries", tries, 1, MOST_TRIES)
    from seg2vid_cli.generation.tries import Judging

    return Judging(judge, DEFAULT_TRIES if tries is None else tries)


def check_clips_per_shard(clips: int | None, kind: str | None) -> None:
    """Raise UsageError if clips that lie by themselves are counted, or none would lie in a shard."""
    options.check_range("--clips-per-shard", clips, 1)
    if clips is not None and kind != "webdataset":
        raise UsageError(f"--clips-per-shard {clips}: there are no shards", "Add --format webdataset.")


def check_destination(out: str | None, *, json: bool, overwrite: bool, skip_existing: bool) -> None:
    """Raise UsageError for flags of which each says something else of where results go."""
    if overwrite and skip_existing:
        raise UsageError("--overwrite: contradicts --skip-existing", "Leave one out.")
    if out == "-" and json:
        raise UsageError("--json: contradicts -o -, as both go to standard output", "Name a file: -o clip.mp4")
    if out == "-" and skip_existing:
        raise UsageError("--skip-existing: nothing can exist on standard output", "Leave it out.")
