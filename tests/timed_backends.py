"""Fake backends that take a given time for everything, so that their speeds are known."""

import multiprocessing

from fake_backend import FakeBackend, FakeSession
from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.errors import BackendError
from seg2vid_interface.model_card import ModelFolder

SECONDS_PER_CHUNK = 0.05
PEAK_GFLOPS = 100.0


class SteeredBackend(FakeBackend):
    """Takes what the model's card says, `seconds_per_chunk`."""

    name = "steered"
    network: dict[str, float] | None = None
    """Stands for the card's settings."""

    def open(self, model: ModelFolder, options: OpenOptions) -> FakeSession:
        session = super().open(model, options)
        session._network = self.network or session._network
        return session

    def peak_gflops(self, options: OpenOptions) -> float:
        return PEAK_GFLOPS


class SteadyBackend(SteeredBackend):
    """Takes SECONDS_PER_CHUNK, whatever the model says."""

    name, network = "steady", {"seconds_per_chunk": SECONDS_PER_CHUNK}


class FailingBackend(SteeredBackend):
    """Opens a model, and then fails."""

    name, network = "failing", {"fails_at_chunk": 1}


class DyingBackend(FakeBackend):
    """Works in the program itself, and not in a process that it starts."""

    name = "dying"

    def open(self, model: ModelFolder, options: OpenOptions) -> FakeSession:
        if multiprocessing.parent_process() is not None:
            raise BackendError("no memory for two")
        return super().open(model, options)
