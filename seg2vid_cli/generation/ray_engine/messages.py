"""What the processes of a run send each other; all of it can be pickled."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from seg2vid_cli.generation.made import Made
from seg2vid_cli.generation.plan import Task
from seg2vid_cli.generation.ray_engine.request import RayRequest
from seg2vid_cli.generation.request import GenerationRequest
from seg2vid_cli.generation.settings import ClipSettings
from seg2vid_interface.errors import Seg2VidError
from seg2vid_interface.model_card import ModelCard

MOST_ATTEMPTS: Final = 2
"""At a block of clips; a worker that dies is replaced, and the block that it was at is made again once."""
HOME_VARIABLES: Final = ("HOME", "USERPROFILE")
"""Of the environment: they name the user's home folder, the second on Windows."""


@dataclass(frozen=True)
class Job:
    """What all workers have to know."""

    request: GenerationRequest
    ray: RayRequest
    card: ModelCard
    settings: ClipSettings
    threads: int
    """That each worker computes with, and for which Ray keeps as many CPUs."""
    clips: int
    """How many there are to make; more workers than that would be idle."""
    folder: str
    """The folder that relative paths are seen from."""
    host: str
    """The machine that the run was started on."""
    version: str
    """Of seg2vid."""
    temporary: str
    """A folder for what Ray writes while it runs on this machine."""
    home: Mapping[str, str]
    """Variable -> the user's home folder, as far as they are set."""


@dataclass(frozen=True)
class Block:
    """Clips that one worker makes, one block after another."""

    number: int
    """1, 2, ..."""
    tasks: tuple[Task, ...]
    """Each of one clip."""


@dataclass(frozen=True)
class Answered:
    """Something answers at the cluster's address."""


@dataclass(frozen=True)
class Ready:
    """Ray runs, and has room for the workers."""

    workers: int
    gpus_per_worker: float


@dataclass(frozen=True)
class BlockMade:
    """What became of a block."""

    number: int
    worker: str
    """Its name; one that was replaced keeps it."""
    host: str
    process: int
    """Changes when a worker is replaced."""
    seconds: float
    """That the worker took, its session's opening left out."""
    made: tuple[Made, ...]
    fatal: Seg2VidError | None = None
    """What ends the run: it concerns all inputs."""


@dataclass(frozen=True)
class WindowMade:
    """All blocks that were sent are made."""


@dataclass(frozen=True)
class Failed:
    """The run ends."""

    error: Seg2VidError


Event = Answered | Ready | BlockMade | WindowMade | Failed
