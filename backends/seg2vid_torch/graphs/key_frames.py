"""The motion stage of key frames as graphs: what `seg2vid_interface.graphs` names goes in and comes out.

Of a chunk, `MotionGraph` tells how its frames hang together with the key frame before, at the size at which motion is
told; `KnownGraph` what is known of the next key frame, which the image stage's graph then paints; `BetweenGraph` makes
the frames out of both.  `FieldsGraph` tells what is wanted beside the frames, and `DepthGraph`, once a clip, how deep
the first frame is.

Shape symbols: N = batch, T = frames of a chunk, K = classes, H, W = height and width, h, w = those of the motion.
"""

import torch
from torch import Tensor, nn

from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_interface.model_card import Camera
from seg2vid_torch.geometry.camera_motion import pixel_grid
from seg2vid_torch.geometry.chunk_motion import chunk_motion, filled
from seg2vid_torch.geometry.driving import moves_of
from seg2vid_torch.geometry.enlarging import enlarged_positions, resized_nearest
from seg2vid_torch.geometry.key_frames import between, known_frame, on_the_ground, painted_trust
from seg2vid_torch.geometry.label_depth import StreetClasses
from seg2vid_torch.geometry.sampling import nearest
from seg2vid_torch.geometry.street_scene import horizon_row, scene_of
from seg2vid_torch.networks.key_frames.key_frame_motion import KeyFrameMotion
from seg2vid_torch.networks.spade.condition import painted_share


class DepthGraph(nn.Module):
    """Label map of a first frame -> its inverse depth."""

    def __init__(self, network: KeyFrameMotion) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, *, label_map: Tensor, object_map: Tensor, camera: Tensor, object_motion: Tensor
    ) -> dict[str, Tensor]:
        """Return "inverse_depth" (N, h, w)."""
        depth = self.network.depth(label_map.long(), object_map.long(), object_motion, camera[:, 0, 2])
        return {"inverse_depth": depth}


class MotionGraph(nn.Module):
    """Label map, depth and the camera's steps -> how a chunk's frames hang together with its key frame."""

    def __init__(self, label_space: LabelSpace, camera: Camera) -> None:
        super().__init__()
        self.classes, self.camera = StreetClasses.of(label_space), camera

    def forward(
        self, *, label_map: Tensor, object_map: Tensor, inverse_depth: Tensor, camera: Tensor, object_motion: Tensor
    ) -> dict[str, Tensor]:
        """Return positions, what is seen, and depths of T frames (N, T, ..., h, w), see `ChunkMotion`."""
        maps = torch.stack([label_map, object_map], 1).long()[:, None]
        labels, objects = resized_nearest(maps, (inverse_depth.shape[1], inverse_depth.shape[2]))[:, 0].unbind(1)
        scene = scene_of(labels, objects, inverse_depth, object_motion, classes=self.classes, camera=self.camera)
        motion, last = chunk_motion(scene, moves_of(camera, self.camera), self.camera)
        next_labels = nearest(labels[:, None, None], last.sources)[:, 0, 0]
        size = label_map.shape[1], label_map.shape[2]
        next_maps = nearest(maps, enlarged_positions(last.sources, size, "nearest"))[:, 0].to(torch.uint8)
        shown = resized_nearest(last.seen.to(torch.uint8), size)[:, 0, 0]
        return {
            "origins": motion.origins,
            "seen": motion.seen.float(),
            "next_places": motion.next_places,
            "next_seen": motion.next_seen.float(),
            "places": motion.places,
            "inverse_depths": motion.inverse_depth,
            "parts": scene.parts.to(torch.uint8),
            "ground": motion.ground,
            "last_origin": last.origins[:, 0],
            "next_label_map": next_maps[:, 0],
            "next_object_map": next_maps[:, 1] * shown,
            "next_inverse_depth": on_the_ground(
                last.inverse_depth[:, 0], next_labels, camera[:, -1, 2], classes=self.classes, camera=self.camera
            ),
        }


class KnownGraph(nn.Module):
    """Key frame and motion -> what is known of the next key frame."""

    def __init__(self, label_space: LabelSpace) -> None:
        super().__init__()
        self.classes = label_space.size

    def forward(
        self,
        *,
        frame: Tensor,
        texture: Tensor,
        trust: Tensor,
        noise: Tensor,
        last_origin: Tensor,
        seen: Tensor,
        next_label_map: Tensor,
    ) -> dict[str, Tensor]:
        """Return what the image stage takes."""
        size = frame.shape[2], frame.shape[3]
        seen = resized_nearest(seen[:, -1:], size)[:, 0]
        origin = enlarged_positions(last_origin[:, None], size)[:, 0]
        known = known_frame(frame, texture, trust, origin=origin, seen=seen, noise=noise)
        classes = torch.arange(self.classes, device=frame.device).view(-1, 1, 1)
        return {
            "labels": (next_label_map[:, None].long() == classes).float(),
            "next_texture": known.texture,
            "hint": known.hint,
            "hint_trust": known.trust,
        }


class BetweenGraph(nn.Module):
    """Two key frames and the motion -> the frames between."""

    def forward(
        self,
        *,
        frame: Tensor,
        next_frame: Tensor,
        hint_trust: Tensor,
        origins: Tensor,
        seen: Tensor,
        next_places: Tensor,
        next_seen: Tensor,
    ) -> dict[str, Tensor]:
        """Return the chunk's "frames" (N, T, H, W, 3), and how sharp the last is, "next_trust" (N, 1, H, W)."""
        size = frame.shape[2], frame.shape[3]
        frames = between(
            frame,
            next_frame,
            origins=enlarged_positions(origins, size),
            seen=resized_nearest(seen, size),
            next_places=enlarged_positions(next_places, size),
            next_seen=resized_nearest(next_seen, size),
        )
        return {
            "frames": (frames * 255).round().to(torch.uint8).movedim(2, -1).contiguous(),
            "next_trust": painted_trust(hint_trust, painted_share(hint_trust)),
        }


class FieldsGraph(nn.Module):
    """Motion and maps -> what is wanted beside the frames."""

    def __init__(self, label_space: LabelSpace, camera: Camera) -> None:
        super().__init__()
        self.classes, self.camera = StreetClasses.of(label_space), camera

    def forward(
        self,
        *,
        label_map: Tensor,
        object_map: Tensor,
        camera: Tensor,
        origins: Tensor,
        seen: Tensor,
        places: Tensor,
        inverse_depths: Tensor,
        parts: Tensor,
        ground: Tensor,
    ) -> dict[str, Tensor]:
        """Return the fields of `seg2vid_interface.clips.Chunk`."""
        size = label_map.shape[1], label_map.shape[2]
        grid = pixel_grid(size[0], size[1], origins.device)
        shown = filled(origins, inverse_depths, seen[:, :, 0] > 0, ground, parts.float())
        maps = torch.stack([label_map, object_map], 1).long()[:, None].expand(-1, origins.shape[1], -1, -1, -1)
        labels, objects = nearest(maps, enlarged_positions(shown.sources, size, "nearest")).unbind(2)
        visible = resized_nearest(shown.seen.float(), size)[:, :, 0]
        # The ground that a thing's shadow lies on moves with it, but is no part of it.
        things = self.classes.masks_of(labels.flatten(0, 1)).foreground.view_as(labels) & (visible > 0)
        return {
            "forward_flow": (grid - enlarged_positions(shown.origins, size)).movedim(2, -1).contiguous(),
            "backward_flow": (grid - enlarged_positions(places, size)).movedim(2, -1).contiguous(),
            "occlusion": visible,
            "label_maps": labels.to(torch.uint8),
            "object_maps": (objects * things).to(torch.uint8),
            "depth": self._metres(shown.inverse_depth, labels, camera[:, 1:, 2]),
        }

    def _metres(self, inverse_depths: Tensor, labels: Tensor, tilt: Tensor) -> Tensor:
        """Return depth (N, T, H, W) of frames with these label maps (N, T, H, W), of which the ground's is exact."""
        (height, width), size = inverse_depths.shape[2:], (labels.shape[2], labels.shape[3])
        told = resized_nearest(inverse_depths[:, :, None], size)[:, :, 0]
        focal = self.camera.focal_length * width
        rows = (torch.arange(size[0], device=labels.device) + 0.5) * (height / size[0]) - 0.5  # of the motion's
        below = rows[:, None] - horizon_row(height, width, tilt, self.camera)[..., None, None]
        ground = self.classes.masks_of(labels.flatten(0, 1)).ground.view_as(labels) & (below > 0)
        return focal * self.camera.height / torch.where(ground, below, told)
