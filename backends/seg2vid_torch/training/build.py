"""Building a stage from its settings and its data."""

from functools import partial
from pathlib import Path

import torch

from seg2vid_interface.backend import TrainingRequest
from seg2vid_interface.errors import SettingsError, UsageError
from seg2vid_interface.label_spaces import LABEL_SPACES, NO_LABELS, LabelSpace
from seg2vid_torch.data.frame_store import load_frames
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


def build_stage(
    request: TrainingRequest,
    settings: StageSettings,
    label_space: LabelSpace,
    device: torch.device,
    precision: torch.dtype,
    *,
    frozen: FrozenFiles | None = None,
) -> StageTraining:
    """Load the data and build the networks, their weights drawn from the request's seed."""
    if request.dataset != "clips":
        raise UsageError(f"--dataset {request.dataset}: unknown", "Known datasets: clips.")
    load = partial(
        load_frames,
        height=settings.height,
        width=settings.width,
        label_space=label_space,
        channels=settings.network.image_channels if isinstance(settings, MotionSettings) else 3,
    )
    with_validation = [root for root in request.data if (root / "val").is_dir()]
    context = TrainingContext(
        label_space=label_space,
        seed=request.seed,
        device=device,
        precision=precision,
        train=load(request.data, "train"),
        validation=load(with_validation, "val") if with_validation else None,
        **(frozen.paths if frozen else {}),
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(request.seed)
        if isinstance(settings, SpadeSettings):
            return SpadeStage(settings, context)
        if isinstance(settings, Pix2PixHDSettings):
            return Pix2PixHDStage(settings, context)
        if isinstance(settings, LabelsSettings):
            return LabelsStage(settings, context)
        roots = still_roots(settings)
        stills = load(roots, "train") if roots else None
        if isinstance(settings, MotionSettings):
            return MotionStage(settings, context, stills)
        with_unseen = [root for root in roots if (root / "val").is_dir()]
        unseen = load(with_unseen, "val") if with_unseen else None
        return KeyFrameStage(settings, context, stills or context.train, unseen or context.validation)


def still_roots(settings: StageSettings) -> list[Path]:
    """Return the roots of the stills that the motion stage's teacher drives through."""
    if isinstance(settings, MotionSettings):
        return [Path(root) for root in settings.teacher.stills]
    return [Path(root) for root in settings.stills] if isinstance(settings, KeyFrameSettings) else []
