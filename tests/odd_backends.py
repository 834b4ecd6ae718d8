"""Backends that behave oddly when a model is opened."""

import logging

from fake_backend import FakeBackend, FakeSession
from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.errors import ModelError
from seg2vid_interface.model_card import ModelFolder


class LoggingBackend(FakeBackend):
    """Logs a warning."""

    name = "logging"

    def open(self, model: ModelFolder, options: OpenOptions) -> FakeSession:
        logging.getLogger("odd_backends.devices").warning("the GPU is %s", "asleep")
        return super().open(model, options)


class DamageFindingBackend(FakeBackend):
    """Finds every model damaged."""

    name = "damaging"

    def open(self, model: ModelFolder, options: OpenOptions) -> FakeSession:
        raise ModelError(f"{model.path}: altered")
