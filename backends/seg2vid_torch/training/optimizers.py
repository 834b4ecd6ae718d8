"""Adam as the stages have it, and its state in a checkpoint."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn


def make_adam(
    parameters: Iterable[nn.Parameter], rate: float, betas: tuple[float, float], *, captured: bool = False
) -> torch.optim.Adam:
    """Return Adam; `captured` if a CUDA graph will hold its step, which then reads the rate on the device."""
    held = list(parameters)
    device = held[0].device
    return torch.optim.Adam(
        held,
        torch.tensor(rate, device=device) if captured else rate,
        betas=betas,
        capturable=captured,
        fused=device.type == "cuda" or None,  # one launch instead of a dozen; elsewhere PyTorch's own choice
    )


def parameters_of(optimizer: torch.optim.Optimizer) -> list[nn.Parameter]:
    """Return all that an optimizer changes."""
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def restore_optimizer(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Put a checkpoint's moments and counts into an optimizer, which keeps its own options.

    Its rates and the way that it is computed are this run's: it may have been saved on another device.
    """
    own = [{key: value for key, value in group.items() if key != "params"} for group in optimizer.param_groups]
    groups = [options | {"params": saved["params"]} for options, saved in zip(own, state["param_groups"], strict=True)]
    optimizer.load_state_dict(state | {"param_groups": groups})
    for group, options in zip(optimizer.param_groups, own, strict=True):
        group.update(options)  # not the copies that loading makes: a captured step reads these very tensors
        on_device = bool(options.get("capturable") or options.get("fused"))
        for parameter in group["params"]:
            if not on_device and "step" in optimizer.state[parameter]:
                optimizer.state[parameter]["step"] = optimizer.state[parameter]["step"].cpu()
