"""The quick lowering gives what PyTorch's own gives."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from seg2vid_torch.export.lowering import lower_quickly

TABLE = torch.export.default_decompositions()


class SeveralResults(nn.Module):
    """Has operators that are taken apart, among them one with two results, one of which nothing takes."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3).eval()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        normal = self.norm(x)
        return nn.functional.silu(normal).movedim(1, -1), torch.var_mean(x, (2, 3))[1]


class ChangesATensor(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        y = x * 2
        y[:, 0] = 1
        return nn.functional.silu(y)


def exported(network: nn.Module, x: Tensor) -> ExportedProgram:
    size = {2: Dim("height", min=2, max=64), 3: Dim("width", min=2, max=64)}
    return torch.export.export(network, (x,), dynamic_shapes=(size,), strict=False)


@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")  # PyTorch's own
@pytest.mark.parametrize("network", [SeveralResults(), ChangesATensor()])
def test_the_same_comes_out_at_every_size(network: nn.Module) -> None:
    program = exported(network, torch.randn(2, 3, 8, 12))
    lower_quickly(program)
    lowered = program.run_decompositions(TABLE).module()
    for size in ((8, 12), (20, 6)):
        x = torch.randn(2, 3, *size)
        torch.testing.assert_close(lowered(x), network(x))


def test_nothing_is_left_that_the_table_replaces() -> None:
    program = exported(SeveralResults(), torch.randn(2, 3, 8, 12))
    before = operators(program)
    lower_quickly(program)
    lowered = program.run_decompositions(TABLE)
    after = operators(lowered)
    assert torch.ops.aten.silu.default in before
    assert not after & (TABLE.keys() | {torch.ops.aten.movedim.int, torch.ops.aten.batch_norm.default})
    assert (
        len({node.meta["val"].fake_mode for node in lowered.graph.nodes if hasattr(node.meta.get("val"), "fake_mode")})
        == 1
    )


def test_the_whole_is_not_run_again_unless_a_tensor_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    reruns: list[ExportedProgram] = []

    def rerun(program: ExportedProgram, table: Any) -> ExportedProgram:
        reruns.append(program)
        return program

    monkeypatch.setattr(ExportedProgram, "run_decompositions", rerun)
    for network in (SeveralResults(), ChangesATensor()):
        program = exported(network, torch.randn(2, 3, 8, 12))
        lower_quickly(program)
        program.run_decompositions(TABLE)
    assert reruns == [program]


def operators(program: ExportedProgram) -> set[Any]:
    return {node.target for node in program.graph.nodes if node.op == "call_function"}
