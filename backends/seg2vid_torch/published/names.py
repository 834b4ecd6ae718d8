"""Names of the published networks' state-dict entries, told in ours.

The authors' checkpoints of seg2vid (Pan et al., CVPR 2019) and pix2pixHD (Wang et al., CVPR 2018) hold the same numbers
as our networks, under the names of their own code.  Only the module part of a name differs; what follows the last dot
("weight", "running_mean", ...) is the same in both.
"""

from collections.abc import Mapping

Modules = Mapping[str, str]
"""Published module -> ours."""

PARALLEL_PREFIX = "module."
"""Stands before every name of a network that was trained by several devices at once."""

NOT_NEEDED = ("vgg_net.",)
"""Beginnings of entries that only training needs."""


def img2vid_modules() -> dict[str, str]:
    """Return the modules of seg2vid's Img2Vid: with two paths, with one, with and without labels."""
    modules = {"fc": "latent_code.linear", "zconv.main.0": "latent_code.join.0"}
    for theirs, ours in (("net_bg", "background"), ("net_fg", "foreground"), ("net", "motion")):
        modules |= _motion_encoder(f"motion_{theirs}", f"{ours}_encoder")
    for level in range(4):
        modules |= _same(f"encoder.econv{level + 1}.main", f"content_encoder.levels.{level}", (0, 1))
    modules |= _decoder("flow_decoder", "decoder")
    for theirs, ours in (("flownext", "forward"), ("flowprev", "backward"), ("get_mask", "mask")):
        modules |= _same(f"{theirs}.main.0.main", f"{ours}_head.up.convolutions", (0, 1, 3, 4))
        modules[f"{theirs}.main.1"] = f"{ours}_head.out"
    return modules | _refinement("refine_net", "refinement")


def global_generator_modules(downsamplings: int = 4, blocks: int = 9) -> dict[str, str]:
    """Return the modules of pix2pixHD's global generator."""
    last = 5 + 6 * downsamplings + blocks  # after the padding that follows the upsamplings
    return _global_features("features", downsamplings, blocks) | {f"model.{last}": "to_rgb.1"}


def local_enhancer_modules(downsamplings: int = 4, blocks: int = 9, enhancer_blocks: int = 3) -> dict[str, str]:
    """Return the modules of pix2pixHD's local enhancer around a global generator."""
    modules = _global_features("coarse", downsamplings, blocks)
    modules |= {"model1_1.1": "entry.1", "model1_1.4": "down.0"}
    for block in range(enhancer_blocks):
        modules |= _residual_block(f"model1_2.{block}", f"blocks.{block}")
    return modules | {f"model1_2.{enhancer_blocks}": "up.0", f"model1_2.{enhancer_blocks + 4}": "to_rgb.1"}


def _same(theirs: str, ours: str, numbers: tuple[int, ...]) -> dict[str, str]:
    """Return members that have the same numbers in both."""
    return {f"{theirs}.{number}": f"{ours}.{number}" for number in numbers}


def _motion_encoder(theirs: str, ours: str) -> dict[str, str]:
    modules = {f"{theirs}.fc1": f"{ours}.mean", f"{theirs}.fc2": f"{ours}.log_variance"}
    modules |= {f"{theirs}.main.0": f"{ours}.convolutions.0.0", f"{theirs}.main.14": f"{ours}.convolutions.5"}
    for layer in range(1, 5):
        modules[f"{theirs}.main.{3 * layer - 1}"] = f"{ours}.convolutions.{layer}.0"
        modules[f"{theirs}.main.{3 * layer}"] = f"{ours}.convolutions.{layer}.1"
    return modules


def _decoder(theirs: str, ours: str) -> dict[str, str]:
    modules = _same(f"{theirs}.dconv1.main", f"{ours}.entry", (0, 1))
    for number, level in ((2, 3), (3, 2), (4, 1)):
        modules |= _same(f"{theirs}.dconv{number}.main", f"{ours}.up_{level}.convolutions", (0, 1, 3, 4))
    for number, level in ((1, 2), (2, 1)):
        modules[f"{theirs}.gateconv{number}.conv"] = f"{ours}.temporal_{level}.layers.0"
        modules[f"{theirs}.gateconv{number}.bn"] = f"{ours}.temporal_{level}.layers.1"
    return modules


def _refinement(theirs: str, ours: str) -> dict[str, str]:
    modules = _same(f"{theirs}.image_encoder.c6", f"{ours}.bottleneck", (0, 1))
    modules |= _same(f"{theirs}.image_decoder.upc1", f"{ours}.expand", (0, 1))
    for level in range(5):
        for stack in range(3):  # at most; the outermost levels have fewer
            modules |= _same(
                f"{theirs}.image_encoder.c{level + 1}.{stack}.main", f"{ours}.encoder.{level}.{stack}", (0, 1)
            )
            modules |= _same(
                f"{theirs}.image_decoder.upc{level + 2}.{stack}.main", f"{ours}.decoder.{level}.{stack}", (0, 1)
            )
    modules[f"{theirs}.image_decoder.upc6.1"] = f"{ours}.out"
    return modules


def _global_features(ours: str, downsamplings: int, blocks: int) -> dict[str, str]:
    first = 4 + 3 * downsamplings  # of the residual blocks
    modules = {"model.1": f"{ours}.entry.1"}
    for level in range(downsamplings):
        modules[f"model.{4 + 3 * level}"] = f"{ours}.down.{level}.0"
        modules[f"model.{first + blocks + 3 * level}"] = f"{ours}.up.{level}.0"
    for block in range(blocks):
        modules |= _residual_block(f"model.{first + block}", f"{ours}.blocks.{block}")
    return modules


def _residual_block(theirs: str, ours: str) -> dict[str, str]:
    return {f"{theirs}.conv_block.1": f"{ours}.layers.1", f"{theirs}.conv_block.5": f"{ours}.layers.5"}
