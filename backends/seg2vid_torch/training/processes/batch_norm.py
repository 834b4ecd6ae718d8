"""Batch norm over the samples of all processes, with the entries of PyTorch's in a checkpoint.

torch.nn.SyncBatchNorm does this on GPUs alone.

Shape symbols: N = processes, C = channels.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from seg2vid_torch.training.processes.processes import Processes


def share_batch_norms(network: nn.Module, processes: Processes) -> None:
    """Let all batch norms within a network, where they learn, take their statistics over all processes."""
    if processes.count == 1:
        return
    for module in network.modules():
        for name, child in module.named_children():
            if isinstance(child, _BatchNorm):
                setattr(module, name, SharedBatchNorm(child, processes))


class SharedBatchNorm(_BatchNorm):
    """In training, batch norm over all processes; otherwise as any."""

    def __init__(self, norm: _BatchNorm, processes: Processes) -> None:
        """Take over the weights and running averages of one of PyTorch's; these very tensors."""
        super().__init__(norm.num_features, norm.eps, norm.momentum, affine=False)
        self.affine, self.weight, self.bias = norm.affine, norm.weight, norm.bias
        for name, values in norm.named_buffers():
            self.register_buffer(name, values)
        self._processes = processes
        self.train(norm.training)

    def _check_input_dim(self, input: Tensor) -> None:  # noqa: A002  # as PyTorch names it
        """Take any number of dimensions."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise x (n, C, ...)."""
        if not self.training:
            return super().forward(x)
        normalised, mean, variance = _normalised(x, self.weight, self.bias, self.eps, self._processes)
        self._follow(mean, variance, x.numel() // x.shape[1] * self._processes.count)
        return normalised

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Move the running averages towards statistics over so many values."""
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        self.num_batches_tracked += 1
        self.running_mean.mul_(1 - self.momentum).add_(self.momentum * mean)
        self.running_var.mul_(1 - self.momentum).add_(self.momentum * variance * count / max(1, count - 1))


class _Normalised(torch.autograd.Function):
    """Batch norm and its gradient (Ioffe and Szegedy, ICML 2015, section 3), with means over all processes.

    As gradients are averaged over the processes, each one's loss counts as if it were that of all.
    """

    @staticmethod
    def forward(  # noqa: PLR0917  # autograd passes them so
        ctx: Any, x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, processes: Processes
    ) -> tuple[Tensor, Tensor, Tensor]:
        wide = _wide(x)
        variance, mean = torch.var_mean(wide, [0, *range(2, x.ndim)], correction=0)
        variances, means = processes.gathered(torch.stack([variance, mean])[None].double()).unbind(1)
        # All have as many values each: the variance of all is the mean of theirs, and that of their means.
        variance, mean = (variances.mean(0) + means.var(0, correction=0)).to(wide.dtype), means.mean(0).to(wide.dtype)
        ctx.save_for_backward(x, weight, mean, (variance + eps).rsqrt())
        ctx.processes = processes
        ctx.mark_non_differentiable(mean, variance)
        return functional.batch_norm(x, mean, variance, weight, bias, training=False, eps=eps), mean, variance

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        x, weight, mean, stretch = ctx.saved_tensors
        shape, sides = (1, -1, *[1] * (x.ndim - 2)), [0, *range(2, x.ndim)]
        gradient = _wide(gradients[0])
        normalised = (_wide(x) - mean.view(shape)) * stretch.view(shape)
        sums = torch.stack([gradient.sum(sides), (gradient * normalised).sum(sides)])
        count = x.numel() // x.shape[1]
        shift, slope = (ctx.processes.mean(sums.double()) / count).to(gradient.dtype)
        along = gradient - shift.view(shape) - normalised * slope.view(shape)
        factor = stretch if weight is None else stretch * weight
        to_weight, to_bias = (None, None) if weight is None else (sums[1], sums[0])
        return (along * factor.view(shape)).to(x.dtype), to_weight, to_bias, None, None


def _wide(x: Tensor) -> Tensor:
    """Return it in float32, or float64 if it is."""
    return x if x.dtype == torch.float64 else x.float()


_normalised: Callable[..., tuple[Tensor, Tensor, Tensor]] = _Normalised.apply
