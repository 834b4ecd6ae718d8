"""Building a stage from its settings and its data."""

from pathlib import Path

import torch

from seg2vid_interface.backend import TrainingRequest
from seg2vid_interface.errors import SettingsError, UsageError
from seg2vid_interface.label_spaces import LABEL_SPACES, LabelSpace
from seg2vid_torch.data.frame_store import FrameStore, load_frames
from seg2vid_torch.image_settings import SpadeSettings
from seg2vid_torch.settings import StageSettings
from seg2vid_torch.training.image_stage import ImageStage
from seg2vid_torch.training.motion_stage import MotionStage
from seg2vid_torch.training.stage import StageTraining, TrainingContext


def find_label_space(name: str) -> LabelSpace:
    """Return the bundled label space `name`, or read the TOML file of that path.

    Raises:
        SettingsError: neither, or a faulty file.
    """
    if name in LABEL_SPACES:
        return LABEL_SPACES[name]
    if not name.endswith(".toml"):
        raise SettingsError(
            f"label_space {name!r}: unknown", f"Use {', '.join(LABEL_SPACES)} or the path of a .toml file."
        )
    from seg2vid_interface.label_space_files import read_label_space

    return read_label_space(Path(name))


def build_stage(
    request: TrainingRequest,
    settings: StageSettings,
    label_space: LabelSpace,
    device: torch.device,
    precision: torch.dtype,
) -> StageTraining:
    """Load the data and build the networks, their weights drawn from the request's seed."""
    if request.dataset != "clips":
        raise UsageError(f"--dataset {request.dataset}: unknown", "Known datasets: clips.")
    size = (settings.height, settings.width)
    context = TrainingContext(
        label_space=label_space,
        seed=request.seed,
        device=device,
        precision=precision,
        train=load_frames(request.data, "train", *size, label_space),
        validation=_load_validation_frames(request.data, size, label_space),
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(request.seed)
        if isinstance(settings, SpadeSettings):
            return ImageStage(settings, context)
        roots = [Path(root) for root in settings.teacher.stills]
        stills = load_frames(roots, "train", *size, label_space) if roots else None
        return MotionStage(settings, context, stills)


def _load_validation_frames(roots: tuple[Path, ...], size: tuple[int, int], space: LabelSpace) -> FrameStore | None:
    """Return the frames of the roots' `val` split; None if no root has one."""
    with_validation = [root for root in roots if (root / "val").is_dir()]
    return load_frames(with_validation, "val", *size, space) if with_validation else None
