"""A picture of Cityscapes classes in perspective, painted from far to near.

Lengths are metres: x to the right of the camera, y above the ground, z ahead of the camera.
"""

import math
from collections.abc import Callable, Sequence

from PIL import Image, ImageDraw

from seg2vid_interface.label_spaces import CITYSCAPES

HEIGHT, WIDTH = 256, 512
_HORIZON = 0.44 * HEIGHT
_FOCAL_LENGTH = 1.1 * WIDTH  # pixels, as the Cityscapes camera
_CAMERA_HEIGHT = 1.3
_NEAR, _FAR = 1.5, 220.0

Place = tuple[float, float]
"""Where a thing stands: x, z."""
Outline = Sequence[tuple[float, float]]
"""A flat shape that faces the camera: x, y; x counts from its place."""
Profile = Sequence[tuple[float, float]]
"""A solid's outline seen from the side: z, y; z counts from its near end."""


class Scene:
    """A picture of class indices, and the things that still have to be painted."""

    def __init__(self, vanishing_x: float) -> None:
        self._vanishing_x = vanishing_x * WIDTH
        self._image = Image.new("L", (WIDTH, HEIGHT), CITYSCAPES.index("sky"))
        self._draw = ImageDraw.Draw(self._image)
        self._things: list[tuple[float, Callable[[], None]]] = []

    def add(self, z: float, paint: Callable[[], None]) -> None:
        """Have `paint` called when everything farther than `z` is painted."""
        self._things.append((z, paint))

    def finish(self) -> Image.Image:
        """Paint what was added, and the bonnet of the camera's car; return the picture of class indices, mode L."""
        for _, paint in sorted(self._things, key=lambda thing: -thing[0]):
            paint()
        bonnet = (-0.25 * WIDTH, 0.91 * HEIGHT, 1.3 * WIDTH, 1.4 * HEIGHT)
        self._draw.ellipse(bonnet, fill=CITYSCAPES.index("other"))
        return self._image

    def polygon(self, name: str, points: Sequence[tuple[float, float, float]]) -> None:
        """Paint the polygon of x, y, z points with the class called `name`."""
        self._draw.polygon([self._project(*point) for point in points], fill=CITYSCAPES.index(name))

    def ground(self, name: str, left: float, right: float, *, near: float = _NEAR, far: float = _FAR) -> None:
        """Paint a strip of the ground."""
        self.polygon(name, [(left, 0, near), (right, 0, near), (right, 0, far), (left, 0, far)])

    def upright(self, name: str, at: Place, outline: Outline) -> None:
        """Paint a flat thing that faces the camera."""
        x, z = at
        self.polygon(name, [(x + dx, y, z) for dx, y in outline])

    def disc(self, name: str, at: Place, y: float, radius: float, *, aspect: float = 1) -> None:
        """Paint a round thing that faces the camera; `aspect` is its width over its height."""
        turns = [math.tau * step / 16 for step in range(16)]
        self.upright(name, at, [(aspect * radius * math.cos(t), y + radius * math.sin(t)) for t in turns])

    def post(self, name: str, at: Place, height: float, width: float) -> None:
        """Paint a post, at least a pixel wide."""
        half = max(width, 1.2 * at[1] / _FOCAL_LENGTH) / 2
        self.upright(name, at, [(-half, 0), (half, 0), (half, height), (-half, height)])

    def solid(self, name: str, left: float, right: float, z: float, profile: Profile) -> None:
        """Paint the solid that `profile`, begun at `z`, sweeps out from `left` to `right`: all of its faces."""
        for x in (left, right):
            self.polygon(name, [(x, y, z + dz) for dz, y in profile])
        for (dz, y), (next_dz, next_y) in zip(profile, [*profile[1:], profile[0]], strict=True):
            edge = [(left, y, z + dz), (right, y, z + dz), (right, next_y, z + next_dz), (left, next_y, z + next_dz)]
            self.polygon(name, edge)

    def _project(self, x: float, y: float, z: float) -> tuple[float, float]:
        scale = _FOCAL_LENGTH / max(z, _NEAR)
        return self._vanishing_x + scale * x, _HORIZON + scale * (_CAMERA_HEIGHT - y)
