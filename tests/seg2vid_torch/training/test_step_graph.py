"""A step as a CUDA graph: what it does on a GPU, its bookkeeping without one, and when it is not to be had."""

import copy
import logging
from contextlib import nullcontext
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from seg2vid_torch.training.optimizers import make_adam
from seg2vid_torch.training.step_graph import WARM_UP, StepGraph

GPU = SimpleNamespace(type="cuda")


@dataclass(frozen=True)
class Draws:
    inputs: torch.Tensor
    shift: torch.Tensor


class Learner:
    """A network with running statistics that learns to give its inputs' shift."""

    def __init__(self, device: str = "cpu") -> None:
        torch.manual_seed(0)
        self.device = torch.device(device)
        self.network = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 1)).to(self.device)
        self.optimizers = {"all": make_adam(self.network.parameters(), 0.1, (0.5, 0.9), captured=device == "cuda")}
        self.calls = 0

    def compute(self, draws: Draws) -> dict[str, torch.Tensor]:
        self.calls += 1
        loss = (self.network(draws.inputs) - draws.shift).square().mean()
        self.optimizers["all"].zero_grad(set_to_none=True)
        loss.backward()
        self.optimizers["all"].step()
        return {"loss": loss.detach(), "size": draws.inputs.detach().abs().max()}

    def graph(self, device: object = None) -> StepGraph[Draws]:
        return StepGraph(self.compute, [self.network], self.optimizers, device or self.device)

    def draws(self, step: int) -> Draws:
        generator = torch.Generator().manual_seed(step)
        return Draws(*(torch.randn(8, n, generator=generator).to(self.device) for n in (3, 1)))


def train(step, learner: Learner, steps: int = 4, first: int = 0) -> list[dict[str, float]]:
    terms = [step(learner.draws(n)) for n in range(first, first + steps)]  # read at the end, as the loop does
    return [{name: value.item() for name, value in named.items()} for named in terms]


def expect_the_same(one: Learner, other: Learner, **tolerance: float) -> None:
    for ours, theirs in zip(one.network.state_dict().values(), other.network.state_dict().values(), strict=True):
        torch.testing.assert_close(ours, theirs, **tolerance)


@pytest.fixture
def fake_cuda(monkeypatch):
    """A CUDA whose graphs, captured on the CPU, do the step again in Python when they are replayed."""
    stream = SimpleNamespace(wait_stream=lambda other: None)
    made = []

    class Graph:
        def __init__(self) -> None:
            made.append(self)

        def replay(self) -> None:
            self.again()

    for name, value in {
        "device": lambda device: nullcontext(),
        "current_stream": lambda: stream,
        "Stream": lambda: stream,
        "set_stream": lambda stream: None,
        "stream": lambda stream: nullcontext(),
        "synchronize": lambda: None,
        "graph": lambda graph, stream: nullcontext(),
        "CUDAGraph": Graph,
    }.items():
        monkeypatch.setattr(torch.cuda, name, value)
    return made


def test_the_steps_before_a_capture_leave_no_trace(fake_cuda):
    eager, learner = Learner(), Learner()
    step = learner.graph(GPU)

    def again() -> None:
        terms = learner.compute(step._inputs)
        step._values.copy_(torch.stack(list(terms.values())))

    step._try_to_capture(learner.draws(99))  # other numbers than the first step's
    step._tried = True
    fake_cuda[0].again = again
    assert learner.calls == WARM_UP + 1
    expect_the_same(learner, Learner(), rtol=0, atol=0)
    assert train(step, learner) == train(eager.compute, eager)
    expect_the_same(learner, eager, rtol=0, atol=0)


def test_a_resumed_run_keeps_its_moments(fake_cuda):
    eager, learner = Learner(), Learner()
    for one in (eager, learner):
        train(one.compute, one)
    before = copy.deepcopy(learner.optimizers["all"].state_dict()["state"])
    step = learner.graph(GPU)
    step._try_to_capture(learner.draws(99))
    for weight, moments in learner.optimizers["all"].state_dict()["state"].items():
        assert all(torch.equal(value, before[weight][name]) for name, value in moments.items())


def test_a_capture_that_fails_is_told_and_done_without(fake_cuda, caplog, monkeypatch):
    monkeypatch.setattr(torch.cuda, "CUDAGraph", SimpleNamespace)
    eager, learner = Learner(), Learner()

    def fails(graph, stream):
        raise RuntimeError("operation not permitted when stream is capturing\nmore of it")

    monkeypatch.setattr(torch.cuda, "graph", fails)
    step = learner.graph(GPU)
    with caplog.at_level(logging.WARNING):
        assert train(step, learner) == train(eager.compute, eager)
    expect_the_same(learner, eager, rtol=0, atol=0)
    assert [record.getMessage() for record in caplog.records] == [
        "cuda_graph = true: a step cannot be captured (operation not permitted when stream is capturing); "
        "training goes on without"
    ]


def test_without_a_gpu_it_is_told_once_and_done_without(caplog):
    eager, learner = Learner(), Learner()
    with caplog.at_level(logging.WARNING):
        assert train(learner.graph(), learner) == train(eager.compute, eager)
    assert [record.getMessage() for record in caplog.records] == [
        "cuda_graph = true: there is no GPU to capture a step on; training goes on without"
    ]


@pytest.mark.gpu
def test_a_graph_does_what_the_steps_do():
    eager, learner = Learner("cuda"), Learner("cuda")
    for one in (eager, learner):
        train(one.compute, one, steps=2)  # it begins with moments, as a resumed run does
    step = learner.graph()
    ours, theirs = (train(x, one, steps=6, first=2) for x, one in ((step, learner), (eager.compute, eager)))
    assert step._graph is not None
    for one, other in zip(ours, theirs, strict=True):
        assert one == pytest.approx(other, rel=1e-3)
    expect_the_same(learner, eager, rtol=1e-3, atol=1e-4)
