"""Building a stage from its settings and its data."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from seg2vid_interface.backend import TrainingRequest
from seg2vid_interface.errors import DatasetError, SettingsError
from seg2vid_interface.label_spaces import LABEL_SPACES, NO_LABELS, LabelSpace
from seg2vid_torch.data.datasets.frames import Split
from seg2vid_torch.data.datasets.opening import DataSet, open_data_sets
from seg2vid_torch.data.frame_store import FrameStore, load_frames
from seg2vid_torch.data.streaming import ROUND_BYTES, Stream
from seg2vid_torch.settings.image import Pix2PixHDSettings, SpadeSettings
from seg2vid_torch.settings.key_frames import KeyFrameSettings
from seg2vid_torch.settings.labels import LabelsSettings
from seg2vid_torch.settings.loading import StageSettings
from seg2vid_torch.settings.motion import MotionSettings
from seg2vid_torch.training.frozen_files import FrozenFiles
from seg2vid_torch.training.key_frame_stage import KeyFrameStage
from seg2vid_torch.training.labels_stage import LabelsStage
from seg2vid_torch.training.motion_stage import MotionStage
from seg2vid_torch.training.pix2pixhd_stage import Pix2PixHDStage
from seg2vid_torch.training.processes.batch_norm import share_batch_norms
from seg2vid_torch.training.processes.processes import Processes
from seg2vid_torch.training.spade_stage import SpadeStage
from seg2vid_torch.training.stage import StageTraining, TrainingContext


def find_label_space(settings: StageSettings) -> LabelSpace:
    """Return the stage's label space: a bundled one, or one read from a TOML file; a motion stage may have none.

    Raises:
        SettingsError: neither, or a faulty file.
    """
    name, known = settings.label_space, dict(LABEL_SPACES)
    if isinstance(settings, MotionSettings):
        known[NO_LABELS.name] = NO_LABELS
    if name in known:
        return known[name]
    if not name.endswith(".toml"):
        raise SettingsError(f"label_space {name!r}: unknown", f"Use {', '.join(known)} or the path of a .toml file.")
    from seg2vid_interface.label_space_files import read_label_space

    return read_label_space(Path(name))


@dataclass
class TrainingData:
    """The data sets of a run."""

    given: list[DataSet]
    """Those of --data."""
    stills: list[DataSet]
    """Those that a motion stage's settings name, of labelled stills."""
    frames_read: int = 0
    seconds: float = 0.0
    """That reading them has taken."""
    streamed: Stream | None = None
    """Those of --data, if they are too many for memory."""

    @property
    def all(self) -> list[DataSet]:
        """All of them."""
        return [*self.given, *self.stills]

    def read_as(self) -> dict[str, str]:
        """Return root -> what its label maps are read as."""
        return {str(data.root): data.labels.description for data in self.all if data.labels}

    @property
    def read_per_second(self) -> float:
        """How quickly frames are read, to be set against the samples that steps take."""
        if self.streamed:
            return self.streamed.read_per_second
        return self.frames_read / self.seconds if self.seconds else 0.0

    def stream(self, settings: StageSettings, seed: int, device: torch.device, processes: Processes) -> Stream | None:
        """Return where the training frames come from if they are packed, and too many for memory.

        Raises:
            DatasetError: they are of another size, there are others beside them, or the stage needs all at once.
        """
        packed = [data.packed for data in self.given if data.packed]
        if sum(data.bytes_of(data.frames("train")) for data in packed) <= ROUND_BYTES:
            return None
        for data in packed:
            data.require_size(settings.height, settings.width)
        if len(packed) < len(self.given):
            raise DatasetError(
                f"--data {packed[0].folder}: so large a packed data set does not go with others that are not packed",
                "Pack them, too.",
            )
        if isinstance(settings, KeyFrameSettings):
            raise DatasetError(
                f"--data {packed[0].folder}: too large for the motion stage of key frames, which fits a path to every "
                "window",
                "Give it a part of the clips.",
            )
        channels = image_channels(settings)
        form: dict[str, Any] = {"batch": settings.batch, "channels": channels}
        self.streamed = Stream(packed, **form, seed=seed, device=device, divided=processes.divider())
        return self.streamed

    def load(self, data_sets: list[DataSet], split: Split, **form: Any) -> FrameStore | None:
        """Return what `load_frames` reads, and take note of how long it takes; None if no data set has the split."""
        if not any(data.has(split) for data in data_sets):
            return None
        began = time.perf_counter()
        store = load_frames(data_sets, split, **form)
        self.seconds += time.perf_counter() - began
        self.frames_read += len(store)
        return store


def image_channels(settings: StageSettings) -> int:
    """Return the channels of a stage's pictures: 3 for RGB, 1 for grey."""
    return settings.network.image_channels if isinstance(settings, MotionSettings) else 3


def open_data(request: TrainingRequest, settings: StageSettings, label_space: LabelSpace) -> TrainingData:
    """Find the data sets that a stage is trained on.  Raises what `open_data_sets` raises."""
    still_roots: tuple[str, ...] = ()
    if isinstance(settings, MotionSettings):
        still_roots = settings.teacher.stills
    elif isinstance(settings, KeyFrameSettings):
        still_roots = settings.stills
    find = partial(open_data_sets, label_space=label_space, read_labels=request.read_labels)
    return TrainingData(find(request.data, layout=request.dataset), find([Path(root) for root in still_roots]))


def build_stage(
    request: TrainingRequest,
    settings: StageSettings,
    label_space: LabelSpace,
    device: torch.device,
    precision: torch.dtype,
    *,
    data: TrainingData | None = None,
    frozen: FrozenFiles | None = None,
    processes: Processes | None = None,
) -> StageTraining:
    """Load the data and build the networks, their weights drawn from the request's seed."""
    data, processes = data or open_data(request, settings, label_space), processes or Processes()
    divided = processes.divider()
    load = partial(
        data.load,
        height=settings.height,
        width=settings.width,
        channels=image_channels(settings),
        frames_per_second=getattr(settings, "frames_per_second", None),
        divided=divided,
    )
    stream = data.stream(settings, request.seed, device, processes)
    train = stream.at(0) if stream else load(data.given, "train")
    assert train is not None, "a data set without training frames is not opened"
    context = TrainingContext(
        label_space=label_space,
        seed=request.seed,
        device=device,
        precision=precision,
        train=train,
        stream=stream,
        validation=load(data.given, "val"),
        processes=processes,
        divided=divided,
        accumulate=settings.accumulate,
        **(frozen.paths if frozen else {}),
    )
    stage = _built(settings, context, lambda split: load(data.stills, split))
    share_batch_norms(stage.networks, processes)
    return stage


def _built(
    settings: StageSettings, context: TrainingContext, stills_of: Callable[[Split], FrameStore | None]
) -> StageTraining:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(context.seed)
        if isinstance(settings, SpadeSettings):
            return SpadeStage(settings, context)
        if isinstance(settings, Pix2PixHDSettings):
            return Pix2PixHDStage(settings, context)
        if isinstance(settings, LabelsSettings):
            return LabelsStage(settings, context)
        stills = stills_of("train")
        if isinstance(settings, MotionSettings):
            return MotionStage(settings, context, stills)
        unseen = stills_of("val")
        return KeyFrameStage(settings, context, stills or context.train, unseen or context.validation)
