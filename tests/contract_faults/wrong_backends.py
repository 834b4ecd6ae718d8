"""Backends that are wrong before the first chunk."""

import os

from contract_faults import WrongBackend, breaks
from fake_backend import BrokenRuntimeBackend, FakeBackend, FakeSession
from seg2vid_interface.backend import BackendStatus, OpenOptions
from seg2vid_interface.errors import BackendError, MissingWeightsError


@breaks("test_it_is_a_backend_and_bears_its_entry_points_name")
class Misnamed(WrongBackend):
    """Its entry point says "other"."""


@breaks("test_creating_it_imports_no_runtime")
class Heavy(WrongBackend):
    def __init__(self):
        import onnxruntime  # noqa: F401  # as a careless backend does


@breaks("test_the_status_is_whole")
class Versionless(WrongBackend):
    def status(self):
        return BackendStatus(None, ("cpu",), ("fp32",))


@breaks("test_the_status_is_whole")
class UsableDespiteAReason(BrokenRuntimeBackend):
    def status(self):
        return BackendStatus("1.0", ("cpu",), ("fp32",), "It does not feel like it.")


@breaks("test_every_device_that_the_status_names_opens")
class BoastingOfAGpu(WrongBackend):
    def status(self):
        return BackendStatus("1.0", ("cpu", "cuda:0"), ("fp32",))


@breaks("test_a_precision_that_is_not_offered_is_an_error", "test_every_precision_that_the_status_names_opens")
class FallingBackToFp32(WrongBackend):
    def status(self):
        return BackendStatus("1.0", ("cpu",), ("fp32", "bf16"))

    def open(self, model, options):
        return super().open(model, OpenOptions(options.device, "auto", options.size))


@breaks("test_a_device_that_is_not_there_is_an_error")
class FallingBackToTheCpu(WrongBackend):
    def open(self, model, options):
        return super().open(model, OpenOptions("cpu", options.precision, options.size))


@breaks("test_the_files_it_uses_are_checked_and_no_others_needed")
class Trusting(WrongBackend):
    def open(self, model, options):
        (model.path / "LICENSE").read_bytes()  # of the card's files, which nobody checked
        return super().open(model, options)


@breaks("test_the_files_it_uses_are_checked_and_no_others_needed")
class TellingNothing(FakeBackend):
    def open(self, model, options):
        try:
            return super().open(model, options)
        except MissingWeightsError as error:
            raise BackendError("it does not work") from error


@breaks("test_auto_chooses_among_what_the_status_names", "test_every_device_that_the_status_names_opens")
class VagueDevice(FakeSession):
    device = "gpu"


@breaks("test_another_size_opens_or_is_refused")
class DeafToSizes(FakeSession):
    def __init__(self, model, options):
        super().__init__(model, OpenOptions())


@breaks("test_sizes_that_the_card_rules_out_are_wrong_usage")
class TakingAnySize(WrongBackend):
    def open(self, model, options):
        session = super().open(model, OpenOptions(options.device, options.precision))
        session.height, session.width = options.size or (session.height, session.width)
        return session


@breaks("test_the_session_says_what_the_card_says")
class LongerChunks(FakeSession):
    has_camera = False  # or the steps that the camera is told would not fit either

    def __init__(self, model, options):
        super().__init__(model, options)
        self.chunk_frames += 1


@breaks("test_a_session_is_a_context_manager")
class SwallowingErrors(FakeSession):
    def __exit__(self, *exc_info):
        return True


@breaks("test_nothing_is_printed")
class Printing(FakeSession):
    def generate(self, requests):
        print("generating")  # noqa: T201  # as a careless backend does
        return super().generate(requests)


@breaks("test_nothing_is_printed")
class PrintingBelowPython(FakeSession):
    def close(self):
        os.write(2, b"[W] closing\n")
