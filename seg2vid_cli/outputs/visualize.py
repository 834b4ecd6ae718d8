"""Pictures of what cannot be looked at directly: label maps, flow, depth and more, and a sheet of frames."""

import colorsys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from seg2vid_interface.label_spaces import LabelSpace

FULL_SATURATION_PIXELS = 16.0
"""Length of the flow, in pixels, that flow videos show in full colour; the same in all frames, so that they compare."""

NEAREST_METRES, FURTHEST_METRES = 2.0, 200.0
"""What depth videos show brightest and darkest; the same in all frames, so that they compare."""
_FAR_TO_NEAR = ((0, 0, 0), (66, 10, 104), (147, 38, 103), (221, 81, 58), (252, 165, 10), (252, 255, 164))
"""RGB, evenly spaced in the logarithm of the depth: lightness rises evenly, for the colour-blind as well."""
_GOLDEN = 0.6180339887  # of the circle: hues of ids that follow one another are far apart

SHEET_FRAMES = 11
"""At most so many frames are shown on a contact sheet; with the label map they fill three rows."""
_SHEET_COLUMNS = 4
_MARGIN = 4
_CAPTION_HEIGHT = 16


def labels_to_color(labels: NDArray[np.uint8], label_space: LabelSpace) -> NDArray[np.uint8]:
    """Paint class indices (H, W), 0..K-1, in the label space's colours: uint8 (H, W, 3), RGB."""
    palette = np.array([label_class.color for label_class in label_space.classes], np.uint8)
    return palette[labels]


def occlusion_to_gray(occlusion: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Paint an occlusion mask (H, W) in 0..1 as uint8 (H, W, 3), RGB: white = visible in the reference frame."""
    gray = np.rint(np.clip(occlusion, 0, 1) * 255).astype(np.uint8)
    return np.repeat(gray[..., None], 3, axis=-1)


def depth_to_color(depth: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Paint depth (H, W) in metres, the sky inf, as uint8 (H, W, 3), RGB: near is bright, the sky black."""
    near = np.log(FURTHEST_METRES / np.clip(depth, NEAREST_METRES, FURTHEST_METRES))
    place = near / np.log(FURTHEST_METRES / NEAREST_METRES) * (len(_FAR_TO_NEAR) - 1)
    channels = [np.interp(place, range(len(_FAR_TO_NEAR)), channel) for channel in zip(*_FAR_TO_NEAR, strict=True)]
    painted: NDArray[np.uint8] = np.rint(np.stack(channels, -1)).astype(np.uint8)
    return painted


def instances_to_color(ids: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Paint instance ids (H, W) as uint8 (H, W, 3), RGB: each has its colour in all frames, 0 is black."""
    known, places = np.unique(ids, return_inverse=True)
    colors = [colorsys.hsv_to_rgb(number * _GOLDEN % 1, 0.75, 1) if number else (0, 0, 0) for number in known.tolist()]
    palette = np.rint(np.multiply(colors, 255)).astype(np.uint8)
    painted: NDArray[np.uint8] = palette[places.reshape(ids.shape)]
    return painted


def flow_to_color(flow: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Paint flow (H, W, 2), x and y, by the Middlebury colour wheel: uint8 (H, W, 3), RGB.

    Direction is hue; length is saturation, from white at 0 to the wheel's full colour at 1.  Longer flow is darkened.
    Divide flow in pixels by the length that shall have the full colour.
    """
    wheel = _color_wheel()
    radius = np.hypot(flow[..., 0], flow[..., 1])[..., None]
    position = (np.arctan2(-flow[..., 1], -flow[..., 0]) / np.pi + 1) / 2 * (len(wheel) - 1)
    spoke = np.floor(position).astype(np.intp)
    weight = (position - spoke)[..., None]
    hue = (1 - weight) * wheel[spoke] + weight * wheel[(spoke + 1) % len(wheel)]
    color = np.where(radius <= 1, 1 - radius * (1 - hue), 0.75 * hue)
    painted: NDArray[np.uint8] = np.floor(255 * color).astype(np.uint8)
    return painted


def _color_wheel() -> NDArray[np.float64]:
    """Return the 55 hues of Baker et al., "A Database and Evaluation Methodology for Optical Flow": (55, 3), 0..1."""
    red, yellow, green, cyan, blue, magenta = np.array(
        [(255, 0, 0), (255, 255, 0), (0, 255, 0), (0, 255, 255), (0, 0, 255), (255, 0, 255)]
    )
    corners = [(red, yellow, 15), (yellow, green, 6), (green, cyan, 4), (cyan, blue, 11), (blue, magenta, 13)]
    wheel = []
    for start, end, steps in [*corners, (magenta, red, 6)]:
        # The original rounds the amount of change down, whether the channel rises or falls.
        change = np.floor(255 * np.arange(steps) / steps)[:, None]
        wheel.append(start + np.sign(end - start) * change)
    return np.concatenate(wheel) / 255


def sheet_indices(frames: int) -> tuple[int, ...]:
    """Return the frames that a contact sheet shows of a clip, evenly spaced from the first to the last."""
    return tuple(np.linspace(0, frames - 1, min(frames, SHEET_FRAMES)).round().astype(int).tolist())


def contact_sheet(pictures: Sequence[tuple[str, NDArray[np.uint8]]]) -> NDArray[np.uint8]:
    """Lay captioned pictures, all uint8 (H, W, 3) RGB, out in rows of four; return the sheet, (H', W', 3)."""
    height, width, _ = pictures[0][1].shape
    columns = min(_SHEET_COLUMNS, len(pictures))
    rows = -(-len(pictures) // columns)
    cell_height, cell_width = height + _CAPTION_HEIGHT + _MARGIN, width + _MARGIN
    sheet = Image.new("RGB", (columns * cell_width + _MARGIN, rows * cell_height + _MARGIN), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(12)
    for number, (caption, picture) in enumerate(pictures):
        row, column = divmod(number, columns)
        left, top = _MARGIN + column * cell_width, _MARGIN + row * cell_height
        draw.text((left, top), caption, fill="black", font=font)
        sheet.paste(Image.fromarray(picture), (left, top + _CAPTION_HEIGHT))
    return np.asarray(sheet)
