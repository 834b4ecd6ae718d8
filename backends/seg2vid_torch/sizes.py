"""Which picture sizes the networks can take."""

SMALLEST_MOTION_SIDE = 128  # pixels: the refinement's bottleneck is a 4x4 convolution at 1/32 of the size
MOTION_MULTIPLE = 32  # pixels: five halvings
ROW_PIXELS = 4096  # pixels behind one row of the latent, which is never cut


def image_size_problem(height: int, width: int, levels: int) -> str | None:
    """Say why a network of so many resolutions cannot take a height and width in pixels; None if it can."""
    multiple = 2 ** (levels - 1)
    if height % multiple or width % multiple:
        return f"the image stage needs multiples of {multiple}"
    return None


def motion_size_problem(height: int, width: int) -> str | None:
    """Say why the motion stage cannot take a height and width in pixels; None if it can."""
    if min(height, width) < SMALLEST_MOTION_SIDE or height % MOTION_MULTIPLE or width % MOTION_MULTIPLE:
        return f"the motion stage needs multiples of {MOTION_MULTIPLE}, at least {SMALLEST_MOTION_SIDE}"
    if height * width % ROW_PIXELS:
        return f"the motion stage needs height x width to be a multiple of {ROW_PIXELS}; multiples of 64 always are"
    return None
