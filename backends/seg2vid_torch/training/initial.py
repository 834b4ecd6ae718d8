"""Weights that a training begins from, in place of random ones: a run's, a model's, or a light checkpoint's.

Whatever it is, it need not hold all networks, as those of a model's folder alone; those it does not hold begin at
random.  Other settings than those that the weights were trained with are welcome, other sizes of the networks are not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from seg2vid_interface.backend import Stage
from seg2vid_interface.errors import ModelError
from seg2vid_interface.model_card import CARD_NAME, ModelFolder, open_model_folder
from seg2vid_torch.networks.spade.condition import HINT_CHANNELS
from seg2vid_torch.training.checkpoint import CHECKPOINT_NAME, averaged_weights, by_network, read_checkpoint
from seg2vid_torch.training.light_checkpoint import ENDING, read_light_weights
from seg2vid_torch.training.stage import StageTraining
from seg2vid_torch.weights.entries import Entries, listed
from seg2vid_torch.weights.torch_files import first_line

MODEL_FILES: Mapping[Stage, Mapping[str, str]] = {
    "image": {"generator": "image.safetensors", "encoder": "style.safetensors"},
    "motion": {"img2vid": "motion.safetensors", "key_frames": "motion.safetensors"},
    "labels": {"segmenter": "labels.safetensors"},
}
"""Network -> its file in a model folder."""
CONDITIONED = ("head.weight", "condition.weight")  # entries of a generator whose inputs end with the hint's channels


@dataclass(frozen=True)
class InitialWeights:
    """Weights to begin from."""

    path: Path
    networks: Mapping[str, Entries]
    """Name of a network -> its entries."""
    averaged: Entries
    """Entries of the averaged network; empty if they are those of the network itself."""


def read_initial(path: Path, stage: Stage) -> InitialWeights:
    """Read weights to begin a stage from.

    Args:
        path: a run's folder or its checkpoint, a model's folder, or a light checkpoint.
        stage: what is to be trained.

    Raises:
        ModelError: nothing there that a training could begin from, or it is of another stage.
    """
    if (path / CARD_NAME).is_file():
        return _read_model(open_model_folder(path), stage)
    if path.suffix == ENDING and path.is_file():
        weights = read_light_weights(path)
        return InitialWeights(path, by_network(weights["networks"]), weights["averaged"])
    if path.is_dir():
        path /= CHECKPOINT_NAME
    if not path.is_file():
        raise ModelError(
            f"initial = {path}: no such run, model or file",
            "Name a run's folder, a model or its folder, or a light checkpoint (.safetensors).",
        )
    state = read_checkpoint(path)
    if state["stage"] != stage:
        raise ModelError(f"{path}: weights of the {state['stage']} stage, not of the {stage} stage")
    return InitialWeights(path, by_network(state["networks"]), averaged_weights(state))


def _read_model(model: ModelFolder, stage: Stage) -> InitialWeights:
    if stage not in model.card.stages:
        raise ModelError(f"{model.path}: the model has no {stage} stage")
    named = {name: model.file(file) for name, file in MODEL_FILES[stage].items() if model.has(file)}
    try:
        return InitialWeights(model.path, {name: load_file(path) for name, path in named.items()}, {})
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{model.path}: the weights cannot be read: {first_line(error)}") from None


def begin_from(stage: StageTraining, initial: InitialWeights) -> dict[str, str]:
    """Put the weights into a freshly built stage; return what to say of it.

    Raises:
        ModelError: none of the stage's networks is among them, or their sizes differ; names the first entries that do.
    """
    found = [name for name in stage.networks if name in initial.networks]
    if stage.averages not in found:
        raise ModelError(f"{initial.path}: holds no {stage.averages} to begin from")
    faults: list[str] = []
    for name in found:
        faults += _put(stage.networks[name], initial.networks[name], f"{name}.")
    if not faults:
        faults += _put(stage.averaged.module, initial.averaged or initial.networks[stage.averages], "averaged.")
    if faults:
        raise ModelError(
            f"{initial.path}: does not fit the networks to be trained: {listed(faults)}",
            "Give the network.* settings that these weights were trained with, or begin from others.",
        )
    stage.averaged.settle()
    said = {"begun from": str(initial.path)}
    missing = [name for name in stage.networks if name not in found]
    return said | ({"begun at random": ", ".join(missing)} if missing else {})


@torch.no_grad()
def _put(network: nn.Module, entries: Entries, prefix: str) -> list[str]:
    """Give a network these entries, if they fit; return what does not."""
    own = network.state_dict()
    entries = {name: _with_hints(name, value, own.get(name)) for name, value in entries.items()}
    faults = [f"{prefix}{name} {fault}" for name, fault in _differences(own, entries)]
    if not faults:
        network.load_state_dict(dict(entries))
    return faults


def _differences(own: Entries, entries: Entries) -> Iterable[tuple[str, str]]:
    for name, value in own.items():
        if name not in entries:
            yield name, "is missing"
        elif entries[name].shape != value.shape:
            yield name, f"is {tuple(entries[name].shape)} instead of {tuple(value.shape)}"
    for name in entries:
        if name not in own:
            yield name, "is not known"


def _with_hints(name: str, value: Tensor, own: Tensor | None) -> Tensor:
    """Return a generator's entry with zeros for the hint's channels, if it is one from before there were hints."""
    if own is None or not name.endswith(CONDITIONED) or value.ndim != own.ndim:
        return value
    if value.shape[1] + HINT_CHANNELS != own.shape[1]:
        return value
    return torch.cat([value, value.new_zeros(len(value), HINT_CHANNELS, *value.shape[2:])], 1)
