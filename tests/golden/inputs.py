"""The golden numbers' inputs, and networks of ours with the weights that the published ones had.

Shape symbols: N = batch, T = predicted frames, C = image channels, K = classes, H, W = height and width.
"""

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Literal, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from golden import recipe
from golden.folder import GoldenFolder
from seg2vid_torch.networks.img2vid.img2vid import Img2Vid
from seg2vid_torch.networks.vgg import Vgg19
from seg2vid_torch.published.names import NOT_NEEDED, img2vid_modules

BACKGROUND, FOREGROUND = range(11), range(11, 20)
FRAMES = 4
CODE_PIXELS = 16 * 16  # of the picture, for each number in a channel of the latent
VGG = "vgg_net.vgg."

Network = TypeVar("Network", bound=nn.Module)


class Inputs:
    """What the networks were given."""

    def __init__(self, golden: GoldenFolder) -> None:
        settings = golden.settings
        self.salt: str = settings["salt"]
        self.batch, self.height, self.width = settings["batch"], settings["height"], settings["width"]

    def draw(self, key: str, shape: tuple[int, ...], kind: Literal["normal", "uniform"] = "normal") -> Tensor:
        return torch.from_numpy(recipe.draw(self.salt + key, shape, kind))

    def picture(self, key: str, channels: int) -> Tensor:
        """(N, channels, H, W), standard normal."""
        return self.draw(key, (self.batch, channels, self.height, self.width))

    @cached_property
    def frames(self) -> Tensor:
        """(N, T + 1, 3, H, W) in 0..1."""
        return self.draw("frames", (self.batch, FRAMES + 1, 3, self.height, self.width), "uniform")

    @cached_property
    def labels(self) -> Tensor:
        """(N, K, H, W), one-hot."""
        classes = torch.from_numpy(recipe.label_map(self.batch, self.height, self.width, self.salt))
        return functional.one_hot(classes, 20).movedim(-1, 1).float()

    @cached_property
    def latent(self) -> Tensor:
        """(N, rows a clip, 1024)."""
        rows = self.height * self.width // CODE_PIXELS // 16
        return self.draw("z", (self.batch * rows, 1024)).view(self.batch, rows, 1024)


def with_recipe_weights(
    build: Callable[[], Network], golden: GoldenFolder, published: str, modules: Mapping[str, str]
) -> Network:
    """Build a network with the weights of the published one, by the mapping of names; return it for evaluation."""
    salt, shapes = golden.settings["salt"], golden.shapes(published)
    needed = {name: shape for name, shape in shapes.items() if not name.startswith(NOT_NEEDED)}
    entries = {name: torch.from_numpy(recipe.weight(name, tuple(shape), salt)) for name, shape in needed.items()}
    with torch.device("meta"):  # saves drawing weights that are replaced at once
        network = build()
    split = {name: name.rpartition(".") for name in entries}
    ours = {f"{modules[module]}.{entry}": entries[name] for name, (module, _, entry) in split.items()}
    network.load_state_dict(ours, assign=True)
    return network.eval()


def img2vid(golden: GoldenFolder, published: str) -> Img2Vid:
    """Return our Img2Vid with the weights of the two_path, one_path, no_label or no_label_grey network."""
    labelled = "no_label" not in published
    build = partial(
        Img2Vid,
        BACKGROUND if labelled else (),
        FOREGROUND if labelled else (),
        frames=FRAMES,
        paths=2 if published == "two_path" else 1,
        image_channels=1 if published == "no_label_grey" else 3,
        interpolation="bilinear" if labelled else "nearest",
        background_latent=golden.settings["background"] / 1024,
    )
    return with_recipe_weights(build, golden, published, img2vid_modules())


def vgg19(golden: GoldenFolder) -> Vgg19:
    """Return VGG19 as the published network's perceptual loss has it."""
    network = Vgg19(maps=12)
    salt, shapes = golden.settings["salt"], golden.shapes("two_path")
    entries = {
        name: torch.from_numpy(recipe.weight(VGG + name, tuple(shapes[VGG + name]), salt))
        for name in network.state_dict()
    }
    network.load_state_dict(entries)
    return network.eval().requires_grad_(False)
