"""One stage of a model to be made, wherever it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from seg2vid_interface.backend import Stage
from seg2vid_interface.graphs import GraphName
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_torch.networks.build import ImageNetwork, LabelsNetwork, MotionNetwork
from seg2vid_torch.networks.spade.style_encoder import StyleEncoder
from seg2vid_torch.stages.card_text import CardText


@dataclass(frozen=True)
class TrainedStage:
    """One stage with its weights, and what its card is to say."""

    stage: Stage
    network: MotionNetwork | ImageNetwork | LabelsNetwork
    """In evaluation mode, on the CPU."""
    network_settings: Mapping[str, Any]
    label_space: LabelSpace
    """What it sees; `NO_LABELS` if it does without."""
    height: int
    width: int
    frames_per_second: float | None
    """None but for a motion stage."""
    preset: str
    steps: int
    seed: int
    quality: Mapping[str, float]
    text: CardText = field(default_factory=CardText)
    """What is known of its licence and data; `--card` overrides it."""
    style_encoder: StyleEncoder | None = None
    """Of an image stage that has one; in evaluation mode, on the CPU."""

    def networks(self) -> dict[GraphName, nn.Module]:
        """Return the networks whose weights are written, by the names of the files."""
        networks: dict[GraphName, nn.Module] = {self.stage: self.network}
        if self.style_encoder:
            networks["style"] = self.style_encoder
        return networks
