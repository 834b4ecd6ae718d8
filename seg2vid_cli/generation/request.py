"""What `seg2vid generate` is asked for."""

from dataclasses import dataclass
from pathlib import Path

from seg2vid_cli.generation.ray_engine.request import RayRequest
from seg2vid_cli.generation.shards import Shard
from seg2vid_cli.generation.tries import Judging
from seg2vid_interface.backend import OpenOptions

STDOUT = "-"
"""Stands for standard output in the place of a result's name."""


@dataclass(frozen=True)
class GenerationRequest:
    """One run of `seg2vid generate`."""

    labels: tuple[Path, ...]
    """Files, folders, patterns, or STDIN."""
    out: str | None
    """As typed: a trailing slash means a folder, STDOUT standard output."""
    model: str
    """Name or folder."""
    frames: int | None
    """Length of a clip; None = the model's."""
    frames_per_second: float | None
    """None = the model's."""
    seed: int
    samples: int
    """Clips per input."""
    first_frame: Path | None
    instances: Path | None
    style: int | Path | None
    """Seed of the look, or a picture whose look it is to be; None = the clip's own."""
    camera: str | None
    """The path that is driven: a name, rates or a file; None = as the motion says."""
    label_format: str
    save: frozenset[str]
    """Among `SAVE_NAMES`, or "all"."""
    flow_format: str
    """Among `FLOW_FORMATS`."""
    sheet: Path | None
    kind: str | None
    """Of the results: "mp4", ..., "webdataset"; None = what `out` says."""
    clips_per_shard: int | None
    """The most clips in a shard of `--format webdataset`; None = as many as its size allows."""
    judging: Judging | None
    """How good clips must be, and how often they are drawn for it; None = however they are."""
    shard: Shard | None
    """The part of the inputs that this run is to take; None = all."""
    batch: int | None
    """How many clips are made at once; None = as many as fit and as still speed it up."""
    backend: str
    """A name or "auto"."""
    options: OpenOptions
    overwrite: bool
    skip_existing: bool
    """Whether results that are there are left as they are, and their label maps unread."""
    threads: int | None = None
    """That a session computes with on a CPU; None = as many as there are cores, and 1 for each of Ray's workers."""
    ray: RayRequest | None = None
    """Where Ray's workers make the clips; None = this process makes them."""

    @property
    def to_stdout(self) -> bool:
        """Whether the only clip goes to standard output."""
        return self.out == STDOUT
