"""How far two backends, precisions or batches may be apart on the same request, from the same first frame."""

from typing import Final

PIXEL_TOLERANCE: Final = 2
"""Of 255, by which a pixel's values may differ in fp32: everywhere in a clip's first chunk."""
FLOW_TOLERANCE: Final = 0.05
"""Pixels by which flow may differ, likewise."""
CLIP_FRAMES: Final = 24
"""Frames over which `CLIP_SHARE` of the pixels are within the tolerances."""
CLIP_SHARE: Final = 0.999
LOWEST_PSNR: Final = 40.0
"""Decibels of fp16 or bf16 against fp32, over a chunk."""
