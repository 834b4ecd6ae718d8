"""The motion stage of key frames: geometry tells the motion, a network how deep the first frame is.

Shape symbols: N = batch, T = frames of a chunk, H, W = height and width.
"""

from torch import Tensor, nn

from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_interface.model_card import Camera
from seg2vid_torch.geometry.label_depth import StreetClasses
from seg2vid_torch.geometry.street_scene import first_depth
from seg2vid_torch.networks.key_frames.depth_correction import DepthCorrection
from seg2vid_torch.networks.key_frames.path_encoder import PathEncoder
from seg2vid_torch.settings.sizes import KEY_FRAME_SIZES


class KeyFrameMotion(nn.Module):
    """Assembles the parts that learn."""

    def __init__(
        self, label_space: LabelSpace, camera: Camera, *, frames: int, channels: int, encoder_channels: int
    ) -> None:
        """Build it.

        Args:
            label_space: of the label maps; needs classes named road and sky.
            camera: that sees the street.
            frames: T.
            channels: of the depth correction's features.
            encoder_channels: of the path encoder's.
        """
        super().__init__()
        self.frames, self.sizes = frames, KEY_FRAME_SIZES
        self.classes, self.camera = StreetClasses.of(label_space), camera
        self.correction = DepthCorrection(label_space.size, channels)
        self.encoder = PathEncoder(camera, frames, encoder_channels)

    def depth(self, label_map: Tensor, object_map: Tensor, object_motion: Tensor, tilt: Tensor) -> Tensor:
        """Return the inverse depth (N, H, W) of a first frame, see `geometry.street_scene`.

        Args:
            label_map: (N, H, W) long, class indices.
            object_map: (N, H, W) long, numbers of things.
            object_motion: (N, 256, 4), see `seg2vid_interface.clips.ClipRequest`.
            tilt: (N,) of the camera upwards, in radians.
        """
        told = first_depth(label_map, object_map, object_motion, tilt, classes=self.classes, camera=self.camera)
        return told * self.factor(label_map, told)

    def factor(self, label_map: Tensor, told: Tensor) -> Tensor:
        """Return the factor (N, H, W) on the inverse depth that labels tell; that of the ground is 1."""
        ground = self.classes.masks_of(label_map).ground
        return self.correction(label_map, told).masked_fill(ground, 1.0)
