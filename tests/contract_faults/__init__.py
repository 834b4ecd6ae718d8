"""Backends that break the contract, each in one way, with the tests that must find it.

`test_backend_contract.py` runs the files of this folder in a process of its own; pytest does not collect them itself.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest

from fake_backend import FakeBackend, FakeSession
from seg2vid_interface.contract import BackendContract

FAULTS: dict[str, set[str]] = {}
"""Test class -> names of its tests that must fail, without their parameters; all of the others must not."""


class WrongBackend(FakeBackend):
    session_class: type[FakeSession] = FakeSession

    def open(self, model, options):
        super().open(model, options)  # refuses devices, precisions and sizes
        return self.session_class(model, options)


class WrongSession(FakeSession):
    """A session whose chunks are altered before they are yielded."""

    def _chunk(self, request, start, count):
        return self.altered(super()._chunk(request, start, count), request)

    def altered(self, chunk, request):
        return chunk


class WrongContract(BackendContract):
    folders: ClassVar[dict[bool, Path]] = {}
    has_camera: ClassVar[bool] = True

    @pytest.fixture
    def model_folder(self, request: pytest.FixtureRequest) -> Path:
        """Return one model for all tests, or two: to write one for each takes longer than the tests."""
        if self.has_camera not in self.folders:
            make_model, camera = request.getfixturevalue("make_model"), {} if self.has_camera else None
            self.folders[self.has_camera] = make_model(reads_styles=True, camera=camera)
        return self.folders[self.has_camera]


def breaks(*tests: str) -> Callable[[type], type]:
    """Make a test class for a wrong backend, or for a backend whose sessions are wrong."""

    def register(wrong: type) -> type:
        name = f"Test{wrong.__name__}"
        if issubclass(wrong, FakeSession):
            backend_class = type(wrong.__name__, (WrongBackend,), {"session_class": wrong})
        else:
            backend_class = wrong
        namespace = {"backend_class": backend_class, "__module__": wrong.__module__}
        namespace["has_camera"] = getattr(wrong, "has_camera", True)
        setattr(sys.modules[wrong.__module__], name, type(name, (WrongContract,), namespace))
        FAULTS[name] = set(tests)
        return wrong

    return register
