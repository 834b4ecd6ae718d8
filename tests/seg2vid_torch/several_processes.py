"""Trainings on several processes for the tests: threads that stand in for them, torchrun, and what is trained."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from driven_street import write_drives
from seg2vid_interface.places import Place
from seg2vid_torch.data.division import Divided, undivided
from seg2vid_torch.networks.efficientnet_lite import FrozenFeatures
from seg2vid_torch.training.processes.processes import Processes
from street_data import FIRST_STREET, TINY_IMAGE, TINY_KEY_FRAMES, TINY_LABELS, TINY_MOTION, TINY_PIX2PIXHD
from vgg_file import write_vgg_file

PATIENCE = 900  # seconds that a thread or a program waits before it is a failure


class ThreadedProcesses(Processes):
    """One of several threads that take each other for processes."""

    def __init__(self, rank: int, slots: list[Any], barrier: threading.Barrier) -> None:
        super().__init__(Place(rank, len(slots), rank, len(slots)))
        self._slots, self._barrier = slots, barrier

    @classmethod
    def all(cls, count: int) -> list["ThreadedProcesses"]:
        """Return `count` that know each other."""
        slots, barrier = [None] * count, threading.Barrier(count, timeout=PATIENCE)
        return [cls(rank, slots, barrier) for rank in range(count)]

    def _all(self, own: object) -> list[Any]:
        self._slots[self.place.rank] = own
        self._barrier.wait()
        everyones = list(self._slots)
        self._barrier.wait()
        return everyones

    @torch.no_grad()
    def gathered(self, rows: Tensor) -> Tensor:
        return torch.cat(self._all(rows.detach().clone()))

    @torch.no_grad()
    def mean(self, values: Tensor) -> Tensor:
        return self.gathered(values[None].double()).mean(0).to(values.dtype)

    @torch.no_grad()
    def average_gradients(self, parameters) -> None:
        for parameter in parameters:
            if parameter.grad is not None:
                parameter.grad = self.mean(parameter.grad)

    def largest(self, value: float) -> float:
        return max(self._all(value))

    def of_first(self, find):
        return self._all(find() if self.leads else None)[0]

    def divider(self) -> Divided:
        return undivided


def in_threads(work: Sequence[Callable[[], Any]]) -> list[Any]:
    """Return what each does, all at the same time."""
    with ThreadPoolExecutor(len(work)) as pool:
        return [done.result(PATIENCE) for done in [pool.submit(one) for one in work]]


Case = tuple[str, str, dict[str, str], Path]
"""Stage, preset, settings, data."""
RARELY = {"checkpoint_interval": "1000", "sample_interval": "1000"}


def at_slow_rates(name: str) -> dict[str, str]:
    """Return settings of a case with which rounding stays small.

    Adam makes steps of its rate out of gradients that are 0 but for rounding, as of biases before a normalisation.
    """
    optimizers = ("", "discriminator_", "critic_") if name == "image" else ("",)
    return {f"{optimizer}learning_rate": "1e-7" for optimizer in optimizers}


def cases(clips: Path, folder: Path) -> dict[str, Case]:
    """Return name -> what is trained, with all its losses; `folder` holds their frozen networks."""
    vgg, features = folder / "vgg.pth", folder / "features.safetensors"
    if not features.exists():
        write_vgg_file(vgg)
        torch.manual_seed(0)
        save_file(FrozenFeatures().state_dict(), features)
    plain = {name: value for name, value in TINY_MOTION.items() if not name.startswith(("teacher", "rollout"))}
    street = {"height": "64", "width": "64", "batch": "8", "driven": "0.5", "rolled": "0.7"}
    critics = {"weights.critics": "0.5", "critic_weights": str(features)}
    perceptual = {"weights.perceptual": "1", "vgg_weights": str(vgg)}
    stills = f'["{clips}"]'
    teacher = {"batch": "4", "teacher.clips": "2", "teacher.stills": stills}
    found: dict[str, tuple[str, str, dict[str, str]]] = {
        "labels": ("labels", "u-net", {**TINY_LABELS, "batch": "4"}),
        "image": ("image", "street", {**TINY_IMAGE, **street, **critics, **perceptual}),
        "pix2pixhd": ("image", "pix2pixhd", {**TINY_PIX2PIXHD, "batch": "4", "vgg_weights": str(vgg)}),
        "key frames": ("motion", "street", {**TINY_KEY_FRAMES, "width": "128", "batch": "4"}),
        "paper": ("motion", "paper", {**plain, "batch": "4", "vgg_weights": str(vgg)}),
        "teacher": ("motion", FIRST_STREET, {**TINY_MOTION, **teacher}),
    }
    drives = folder / "drives"
    if not drives.exists():
        write_drives(drives)
    return {
        name: (stage, preset, settings | RARELY, drives if name == "key frames" else clips)
        for name, (stage, preset, settings) in found.items()
    }


def command_line(case: Case, out: Path, **settings: str) -> list[str]:
    """Return the words of `seg2vid train`."""
    stage, preset, tiny, data = case
    changes = [word for key, value in {**tiny, **settings}.items() for word in ("--set", f"{key}={value}")]
    return ["train", stage, "--data", str(data), "--preset", preset, "--out", str(out), "--device", "cpu", *changes]


def start_torchrun(processes: int, program: Sequence[str], *, cwd: Path) -> subprocess.Popen[str]:
    """Start a program, `-m MODULE ...` or `FILE ...`, by torchrun, with a thread in each process."""
    words = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes), *program]
    here = Path(__file__).parent
    paths = os.pathsep.join([str(here), str(here.parent)])
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=cwd,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def expect_equal_losses(found: Mapping[str, float], expected: Mapping[str, float]) -> None:
    """Compare loss terms of a step, which may differ by rounding."""
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        # Fitting a path accepts a step or does not, by a comparison that rounding decides where two fit alike.
        relative = 1e-3 if name in ("picture", "flow") else 1e-5
        assert abs(found[name] - value) <= max(relative * abs(value), 1e-7), f"{name}: {found[name]}, not {value}"


def moments_differ(one: Mapping[str, torch.optim.Adam], other: Mapping[str, torch.optim.Adam]) -> dict[str, float]:
    """Return optimizer -> the largest relative difference of its gradients' moments, save where they are rounding."""
    return {name: max(_differences(optimizer, other[name])) for name, optimizer in one.items()}


def _differences(one: torch.optim.Adam, other: torch.optim.Adam) -> list[float]:
    pairs = zip(one.state.values(), other.state.values(), strict=True)
    roots = [(mine["exp_avg_sq"].sqrt(), theirs["exp_avg_sq"].sqrt()) for mine, theirs in pairs]
    largest = max(mine.max().item() for mine, _ in roots)
    return [
        ((mine - theirs).norm() / mine.norm()).item() for mine, theirs in roots if mine.norm().item() > 1e-4 * largest
    ]
