"""Which picture sizes the networks can take."""

from seg2vid_interface.sizes import SizeRule

ROW_PIXELS = 4096  # pixels behind one row of the latent, which is never cut
MOTION_SIZES = SizeRule(
    multiple=32,  # five halvings
    smallest=128,  # the refinement's bottleneck is a 4x4 convolution at 1/32 of the size
    area_multiple=ROW_PIXELS,
)

KEY_FRAME_SIZES = SizeRule(multiple=4, smallest=32)  # the depth correction works at a quarter of the size


def image_sizes(levels: int) -> SizeRule:
    """Return the rule of an image network of so many resolutions, each half as wide as the next.

    At the coarsest one there are two pixels: one at the first border, one at the last (`condition_convolution`).
    """
    return SizeRule(multiple=2 ** (levels - 1), smallest=2**levels)


def pix2pixhd_sizes(halvings: int) -> SizeRule:
    """Return the rule of pix2pixHD's generators: at the coarsest resolution there are two pixels to normalise over."""
    return SizeRule(multiple=2**halvings, smallest=2 ** (halvings + 1))


def label_sizes(halvings: int) -> SizeRule:
    """Return the rule of a labels stage of so many halvings: at its coarsest resolution there is a pixel or more."""
    return SizeRule(multiple=2**halvings, smallest=2**halvings)
