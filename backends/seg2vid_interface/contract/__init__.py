"""The tests that every backend passes, for its author's own test-suite.

    from seg2vid_interface.contract import BackendContract

    class TestMine(BackendContract):
        backend_class = MyBackend
        model_folder = Path("models/street")  # or a fixture of this name, which returns a path

pytest runs them as the methods of `TestMine`.  They open a model that the backend can run, preferably a small one, and
leave out what it has not: labels, noise, a stage.  A backend whose `status` has a reason skips them with that reason.

This package is for tests alone and needs pytest, which seg2vid does not install.
"""

from importlib.util import find_spec

if find_spec("pytest") is None:
    raise ImportError(f"{__name__} is a test-suite and needs pytest: pip install pytest")

import pytest

_PARTS = ("agreement", "clips", "driving", "files", "looks", "opening", "refusals", "streaming")
pytest.register_assert_rewrite(*(f"{__name__}.{part}" for part in _PARTS))  # so that a failing assert shows its values

from seg2vid_interface.contract.agreement import AgreementContract  # noqa: E402  # only now are asserts rewritten
from seg2vid_interface.contract.clips import ClipContract  # noqa: E402
from seg2vid_interface.contract.driving import DrivingContract  # noqa: E402
from seg2vid_interface.contract.files import FileContract  # noqa: E402
from seg2vid_interface.contract.looks import LookContract  # noqa: E402
from seg2vid_interface.contract.opening import OpeningContract  # noqa: E402
from seg2vid_interface.contract.refusals import RefusalContract  # noqa: E402
from seg2vid_interface.contract.streaming import StreamingContract  # noqa: E402


class BackendContract(
    OpeningContract,
    FileContract,
    ClipContract,
    DrivingContract,
    LookContract,
    StreamingContract,
    AgreementContract,
    RefusalContract,
):
    """All of the contract; a subclass sets `backend_class` and `model_folder`, and may set `device`."""
