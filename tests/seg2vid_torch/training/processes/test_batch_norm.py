"""Batch norm over several processes: threads stand in for them."""

from functools import partial

import pytest
import torch
from torch import nn

from seg2vid_torch.training.processes.batch_norm import SharedBatchNorm, share_batch_norms
from seg2vid_torch.training.processes.processes import Processes
from several_processes import ThreadedProcesses, in_threads


def network(kind=nn.BatchNorm2d, *, affine: bool = True) -> nn.Sequential:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Sequential(kind(3, affine=affine)))
    if affine:
        nn.init.normal_(layers[0][0].weight)
    return layers


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize(("kind", "shape"), [(nn.BatchNorm2d, (6, 3, 4, 5)), (nn.BatchNorm3d, (6, 3, 2, 4, 5))])
def test_it_does_what_one_does_with_all_samples(kind, shape, affine):
    x = (3 + 2 * torch.randn(shape, generator=torch.Generator().manual_seed(1))).requires_grad_()
    weight = torch.randn(shape, generator=torch.Generator().manual_seed(2))
    whole = network(kind, affine=affine)
    expected = whole(x)
    (expected * weight).mean().backward()

    def one_of(processes, own):
        rank = processes.place.rank
        share_batch_norms(own, processes)
        part = x.detach()[rank::2].requires_grad_()
        result = own(part)
        (result * weight[rank::2]).mean().backward()
        processes.average_gradients(own.parameters())
        return own, result, part.grad / 2

    for rank, (own, result, gradient) in enumerate(
        in_threads([partial(one_of, processes, network(kind, affine=affine)) for processes in ThreadedProcesses.all(2)])
    ):
        assert isinstance(own[0][0], SharedBatchNorm)
        torch.testing.assert_close(result, expected[rank::2])
        torch.testing.assert_close(gradient, x.grad[rank::2])
        torch.testing.assert_close(own.state_dict(), whole.state_dict())
        for ours, theirs in zip(own.parameters(), whole.parameters(), strict=True):
            torch.testing.assert_close(ours.grad, theirs.grad)
        torch.testing.assert_close(own.eval()(x), whole.eval()(x))
        whole.train()


def test_half_precision_stays_half():
    def one_of(processes, own):
        share_batch_norms(own, processes)
        x = torch.randn(4, 3, 5, 5, dtype=torch.bfloat16, requires_grad=True)
        own(x).sum().backward()
        return own(x).dtype, x.grad.dtype

    for dtypes in in_threads([partial(one_of, processes, network()) for processes in ThreadedProcesses.all(2)]):
        assert dtypes == (torch.bfloat16, torch.bfloat16)


def test_the_only_process_keeps_pytorchs():
    own = network()
    norm = own[0][0]
    share_batch_norms(own, Processes())
    assert own[0][0] is norm
