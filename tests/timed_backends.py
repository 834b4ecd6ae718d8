"""Fake backends that take a given time for everything, so that their speeds are known."""

import sys

from fake_backend import FakeBackend, FakeSession
from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.errors import BackendError
from seg2vid_interface.model_card import ModelFolder

SECONDS_PER_CHUNK = 0.05
PEAK_GFLOPS = 100.0


class SteadyBackend(FakeBackend):
    """Takes SECONDS_PER_CHUNK, whatever the model says."""

    name = "steady"

    def open(self, model: ModelFolder, options: OpenOptions) -> FakeSession:
        session = super().open(model, options)
        session._network = {"seconds_per_chunk": SECONDS_PER_CHUNK}
        return session

    def peak_gflops(self, options: OpenOptions) -> float:
        return PEAK_GFLOPS


class SteeredBackend(SteadyBackend):
    """Takes what the model's card says, `seconds_per_chunk`."""

    name = "steered"

    def open(self, model: ModelFolder, options: OpenOptions) -> FakeSession:
        return FakeBackend.open(self, model, options)


class FailingBackend(FakeBackend):
    """Opens a model, and then fails."""

    name = "failing"

    def open(self, model: ModelFolder, options: OpenOptions) -> FakeSession:
        session = super().open(model, options)
        session._network = {"fails_at_chunk": 1}
        return session


class DyingBackend(FakeBackend):
    """Works in the program itself, and not in a process that it starts."""

    name = "dying"

    def open(self, model: ModelFolder, options: OpenOptions) -> FakeSession:
        spec = sys.modules["__main__"].__spec__
        if spec is not None and spec.name.endswith("fresh_process"):
            raise BackendError("no memory for two")
        return super().open(model, options)
