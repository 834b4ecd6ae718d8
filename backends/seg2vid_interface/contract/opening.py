"""What a backend says of itself, and how it opens models."""

import os
import subprocess
import sys
from importlib.metadata import entry_points
from itertools import product

import numpy as np
import pytest

from seg2vid_interface.backend import ENTRY_POINT_GROUP, Backend, BackendStatus, Benchmarked, OpenOptions
from seg2vid_interface.contract.subject import ContractFixtures, Subject
from seg2vid_interface.errors import DeviceError, ModelError, UsageError
from seg2vid_interface.graph_session import latent_size
from seg2vid_interface.model_card import ModelCard

PRECISIONS = ("fp32", "fp16", "bf16")
RUNTIMES = frozenset({"torch", "onnxruntime", "openvino", "tensorflow", "jax"})


class OpeningContract(ContractFixtures):
    """Status, devices, precisions, sizes, and the life of a session."""

    def test_it_is_a_backend_and_bears_its_entry_points_name(self) -> None:
        """`--backend NAME` finds the entry point; messages say the class's `name`: they must not differ."""
        backend = self.backend_class()
        assert isinstance(backend, Backend)
        value = f"{self.backend_class.__module__}:{self.backend_class.__qualname__}"
        names = [point.name for point in entry_points(group=ENTRY_POINT_GROUP) if point.value == value]
        assert names in ([], [backend.name])

    def test_creating_it_imports_no_runtime(self) -> None:
        """`seg2vid backends` and the completions create every backend: the runtime is imported when it is used."""
        module, name = self.backend_class.__module__, self.backend_class.__qualname__
        code = f"import sys, importlib; importlib.import_module({module!r}).{name}(); print(*sys.modules)"
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        result = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        if result.returncode:
            pytest.skip(f"{module} is not importable by its name")
        assert RUNTIMES & set(result.stdout.split()) == set()

    def test_the_status_is_whole(self) -> None:
        """Either all of it or a reason; asking never raises."""
        status = self.backend_class().status()
        assert isinstance(status, BackendStatus)
        if status.reason is None:
            assert status.version
            assert status.devices
            assert status.precisions
        else:
            assert status.reason.strip()
            assert status.devices == ()
        assert set(status.precisions) <= set(PRECISIONS)

    def test_auto_chooses_among_what_the_status_names(self, subject: Subject) -> None:
        """A status without a reason promises that `--device auto` works."""
        status = subject.backend.status()
        with subject.open(device="auto") as session:
            assert session.device in status.devices
            assert session.precision in status.precisions

    def test_every_device_that_the_status_names_opens(self, subject: Subject) -> None:
        """And the session says that it is on that device."""
        devices = subject.backend.status().devices
        opened = []
        for device in devices:
            with subject.open(device=device) as session:
                opened.append(session.device)
        assert tuple(opened) == devices

    def test_every_precision_that_the_status_names_opens(self, subject: Subject) -> None:
        """On the best device, unless the model has no files for it."""
        for precision in subject.backend.status().precisions:
            try:
                session = subject.open(device="auto", precision=precision)
            except ModelError as error:
                assert precision in error.message  # either outcome is right
                continue
            with session:
                assert session.precision == precision

    @pytest.mark.parametrize("device", ["abacus", "cuda:99"])
    def test_a_device_that_is_not_there_is_an_error(self, subject: Subject, device: str) -> None:
        """Never a silent fall-back to another; the message names the flag."""
        with pytest.raises((UsageError, DeviceError), match=f"--device {device}"):
            subject.open(device=device)

    def test_a_precision_that_is_not_offered_is_an_error(self, subject: Subject) -> None:
        """Never a silent fall-back to another; the message names the precision."""
        offered = subject.backend.status().precisions
        for precision in {*PRECISIONS, "fp7"} - {*offered}:
            with pytest.raises((DeviceError, ModelError), match=precision):
                subject.open(precision=precision)

    def test_its_peak_is_measured_in_every_precision(self, subject: Subject) -> None:
        """On the best device; a precision that is not offered is an error here too."""
        if not isinstance(subject.backend, Benchmarked):
            pytest.skip("the backend measures no peak")
        offered = subject.backend.status().precisions
        for precision in offered:
            assert 0.1 < subject.backend.peak_gflops(OpenOptions(precision=precision)) < 1e7
        for precision in {*PRECISIONS} - {*offered}:
            with pytest.raises(DeviceError, match=f"--precision {precision}"):
                subject.backend.peak_gflops(OpenOptions(precision=precision))

    def test_the_session_says_what_the_card_says(self, subject: Subject) -> None:
        """Else it would be given other random numbers than other backends."""
        card = subject.model.card
        with subject.open() as session:
            assert (session.height, session.width) == (card.height, card.width)
            assert session.chunk_frames == card.chunk_frames
            assert session.latent_size == card.latent_size
            assert session.style_size == card.style_size

    def test_another_size_opens_or_is_refused(self, subject: Subject) -> None:
        """A size that the card allows; a backend or graph that is made for one size refuses it as wrong usage."""
        height, width = another_size(subject.model.card)
        try:
            session = subject.open(size=(height, width))
        except UsageError as error:
            assert f"--size {height}x{width}" in error.message  # either outcome is right
            return
        with session:
            assert (session.height, session.width) == (height, width)
            assert session.latent_size == latent_size(subject.model.card, (height, width))
            frames = np.concatenate([chunk.frames for chunk in subject.clip(session)])
        assert frames.shape == (subject.several_chunks, height, width, 3)

    def test_sizes_that_the_card_rules_out_are_wrong_usage(self, subject: Subject) -> None:
        """The message names the flag and the size."""
        card = subject.model.card
        smaller = card.sizes.smallest - 1
        for height, width in ((smaller, smaller), (card.height + 1, card.width), (card.height, card.width + 1)):
            if card.sizes.problem(height, width):
                with pytest.raises(UsageError, match=f"--size {height}x{width}"):
                    subject.open(size=(height, width))

    def test_a_session_is_a_context_manager(self, subject: Subject) -> None:
        """It lets errors through; closing it a second time does nothing."""
        with pytest.raises(KeyError, match="mine"), subject.open() as session:
            raise KeyError("mine")
        session.close()
        with subject.open() as session, session as entered:
            assert entered is session

    def test_nothing_is_printed(self, subject: Subject, capfd: pytest.CaptureFixture[str]) -> None:
        """Not by the runtime either: stdout is the program's result, stderr its messages."""
        subject.backend.status()
        with subject.open() as session:
            subject.clip(session)
        assert capfd.readouterr() == ("", "")


def another_size(card: ModelCard) -> tuple[int, int]:
    """Return the smallest height and width above the card's own that its rule allows."""
    steps = [step * card.sizes.multiple for step in range(33)]
    sizes = [(card.height + y, card.width + x) for y, x in product(steps, steps) if x + y]
    return min((size for size in sizes if card.sizes.problem(*size) is None), key=lambda size: size[0] * size[1])
