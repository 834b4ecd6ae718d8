"""The graphs of a motion stage, whatever its kind."""

from torch import nn

from seg2vid_interface.graphs import GraphName
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_torch.graphs.key_frames import BetweenGraph, DepthGraph, FieldsGraph, KnownGraph
from seg2vid_torch.graphs.key_frames import MotionGraph as KeyFrameMotionGraph
from seg2vid_torch.graphs.motion import MotionGraph
from seg2vid_torch.networks.build import MotionNetwork
from seg2vid_torch.networks.key_frames.key_frame_motion import KeyFrameMotion


def motion_graphs(network: MotionNetwork, label_space: LabelSpace | None) -> dict[GraphName, nn.Module]:
    """Return the graphs by their names; the label space is that of the model, None = it knows no labels."""
    if not isinstance(network, KeyFrameMotion):
        return {"motion": MotionGraph(network, label_space.other if label_space else None)}
    assert label_space is not None  # or the network could not have been built
    return {
        "motion": KeyFrameMotionGraph(label_space, network.camera),
        "depth": DepthGraph(network),
        "known": KnownGraph(label_space),
        "between": BetweenGraph(),
        "fields": FieldsGraph(label_space, network.camera),
    }
