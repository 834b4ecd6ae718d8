"""What a maker of clips tells while it works; a process may hand all of it to another."""

from dataclasses import dataclass

from seg2vid_cli.generation.outcome import Clip
from seg2vid_cli.inputs.scenes import Input
from seg2vid_interface.errors import Seg2VidError


@dataclass(frozen=True)
class Opened:
    """A session was opened: what runs the model."""

    backend: str
    device: str
    precision: str


@dataclass(frozen=True)
class Message:
    """What the user should know."""

    text: str


@dataclass(frozen=True)
class MadeClip:
    """A clip lies under its name, whole."""

    clip: Clip


@dataclass(frozen=True)
class ClosedShard:
    """A shard lies under its name, whole."""

    path: str


@dataclass(frozen=True)
class FailedInput:
    """An input of which no more clips come; those that were made of it before are there."""

    paths: Input
    error: Seg2VidError
    frames: int
    """That will not come, of those that `advance` was not told of."""


Made = Opened | Message | MadeClip | ClosedShard | FailedInput
