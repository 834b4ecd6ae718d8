"""Adam's state in a checkpoint."""

import torch

from seg2vid_torch.training.optimizers import make_adam, restore_optimizer


def stepped(captured: bool = False) -> torch.optim.Adam:
    weight = torch.nn.Parameter(torch.ones(3))
    optimizer = make_adam([weight], 0.1, (0.0, 0.9), captured=captured)
    if not captured:  # which needs a GPU
        weight.grad = torch.full((3,), 0.5)
        optimizer.step()
    return optimizer


def test_the_state_is_the_checkpoints_and_the_options_are_ones_own():
    saved = stepped()
    state = saved.state_dict()
    state["param_groups"][0] |= {"lr": torch.tensor(7.0), "capturable": True, "fused": True}
    restored = stepped()
    restore_optimizer(restored, state)
    (group,) = restored.param_groups
    assert (group["lr"], group["capturable"], group["fused"]) == (0.1, False, None)
    ours, theirs = (next(iter(x.state.values())) for x in (restored, saved))
    assert all(torch.equal(ours[name], theirs[name]) for name in ("step", "exp_avg", "exp_avg_sq"))


def test_the_rate_that_a_graph_reads_stays_the_same_tensor():
    optimizer = stepped(captured=True)
    held = optimizer.param_groups[0]["lr"]
    restore_optimizer(optimizer, stepped().state_dict())
    assert optimizer.param_groups[0]["lr"] is held
