"""Sessions whose chunks are good, one by one."""

from dataclasses import replace

import numpy as np

from contract_faults import WrongBackend, WrongSession, breaks
from fake_backend import FakeSession
from seg2vid_interface.backend import BackendStatus, OpenOptions
from seg2vid_interface.requests import check_requests


@breaks("test_chunks_are_made_when_they_are_asked_for", "test_a_chunk_is_let_go")
class Eager(FakeSession):
    def generate(self, requests):
        yield from list(super().generate(requests))


@breaks("test_chunks_are_made_when_they_are_asked_for")
class OneNoiseForAll(FakeSession):
    def generate(self, requests):
        return super().generate([replace(r, chunk_noise=lambda chunk, r=r: r.chunk_noise(0)) for r in requests])


@breaks("test_a_chunk_is_let_go")
class Hoarding(FakeSession):
    def generate(self, requests):
        self.kept = []
        for chunks in super().generate(requests):
            self.kept.append(chunks)
            yield chunks


@breaks("test_a_chunk_stays_as_it_was")
class OneBuffer(WrongSession):
    """Every chunk has the flow of the newest one."""

    def altered(self, chunk, request):
        if chunk.backward_flow is None or not chunk.start:
            return chunk
        if not hasattr(self, "buffer"):
            self.buffer = np.zeros((self.chunk_frames, self.height, self.width, 2), np.float32)
        self.buffer[: len(chunk.frames)] = chunk.backward_flow
        return replace(chunk, backward_flow=self.buffer[: len(chunk.frames)])


@breaks("test_the_request_is_left_as_it_was")
class Scribbling(FakeSession):
    def generate(self, requests):
        yield from super().generate(requests)
        requests[0].style[:] = 0


@breaks("test_a_clip_can_be_left_unfinished")
class OneClipAtATime(FakeSession):
    busy = False

    def generate(self, requests):
        if self.busy:
            raise RuntimeError("still busy")
        for chunks in super().generate(requests):
            self.busy = True
            yield chunks
        self.busy = False


@breaks("test_the_same_request_gives_the_same_bytes")
class AtRandom(WrongSession):
    def altered(self, chunk, request):
        if chunk.backward_flow is not None and chunk.start:
            chunk.backward_flow[:, 0, 0] += np.random.default_rng().random(2) / 100
        return chunk


@breaks("test_the_same_request_gives_the_same_bytes")
class AnotherEachTimeItIsOpened(WrongSession):
    opened = 0

    def __init__(self, model, options):
        super().__init__(model, options)
        AnotherEachTimeItIsOpened.opened += 1
        self.number = self.opened

    def altered(self, chunk, request):
        if chunk.start:
            chunk.frames[:, 0, 1] = self.number
        return chunk


@breaks("test_a_longer_clip_begins_with_the_shorter_one")
class PacedByLength(WrongSession):
    def altered(self, chunk, request):
        if chunk.start:
            chunk.frames[:, 0, 0] = request.frames
        return chunk


@breaks("test_a_batch_agrees_with_single_clips", "test_each_request_of_a_batch_has_its_own_fields")
class FirstOfTheBatchAlone(FakeSession):
    def generate(self, requests):
        for chunks in super().generate(requests):
            yield [chunks[0] for _ in requests]


@breaks("test_lower_precisions_are_close_to_fp32")
class CoarseBf16(WrongBackend):
    def status(self):
        return BackendStatus("1.0", ("cpu",), ("fp32", "bf16"))

    def open(self, model, options):
        if options.precision != "bf16":
            return super().open(model, options)
        return CoarseSession(model, OpenOptions(size=options.size))


class CoarseSession(WrongSession):
    precision = "bf16"

    def altered(self, chunk, request):
        return replace(chunk, frames=chunk.frames // 16 * 16) if chunk.start else chunk


@breaks(
    "test_an_array_of_another_form_is_refused",
    "test_a_class_that_the_model_has_not_is_refused",
    "test_an_empty_batch_is_refused",
    "test_a_batch_of_different_lengths_is_refused",
    "test_a_label_map_that_is_missing_is_refused",
    "test_without_a_motion_stage_one_frame_can_be_made",
    "test_without_an_image_stage_the_first_frame_must_be_given",
    "test_what_the_image_stage_sees_must_be_right",
    "test_a_hint_of_another_form_is_refused",
    "test_trust_is_a_share",
    "test_what_a_camera_drives_through_must_be_right",
)
class Unchecking(FakeSession):
    checks = staticmethod(lambda *args: None)


@breaks("test_a_hint_without_trust_changes_nothing")
class Gullible(WrongSession):
    def altered(self, chunk, request):
        if request.hint is not None and not request.trust.any():
            return replace(chunk, frames=request.hint[None])
        return chunk


@breaks("test_what_is_trusted_comes_out_untouched")
class Improving(WrongSession):
    def altered(self, chunk, request):
        if request.hint is not None and request.trust.max() == 1:
            return replace(chunk, frames=chunk.frames ^ 1)
        return chunk


@breaks(
    "test_a_hint_of_another_form_is_refused",
    "test_trust_is_a_share",
    "test_what_is_trusted_comes_out_untouched",
)
class TakingAnyHint(FakeSession):
    @staticmethod
    def checks(requests, session, card):
        check_requests([replace(request, hint=None, trust=None) for request in requests], session, card)

    def _first_frame(self, request):
        return super()._first_frame(replace(request, hint=None, trust=None))


@breaks("test_the_style_of_a_picture_is_read")
class MoodyEye(FakeSession):
    def style_of(self, picture):
        return super().style_of(picture) + np.random.default_rng().random(3, np.float32)


@breaks("test_another_camera_gives_another_clip", "test_a_camera_that_stands_leaves_what_does_not_move")
class KeepingToItsOwnCourse(WrongSession):
    def _chunk(self, request, start, count):
        return super()._chunk(replace(request, camera=lambda _: np.ones((5, 3), np.float32)), start, count)


@breaks("test_a_camera_that_stands_leaves_what_does_not_move")
class Trembling(WrongSession):
    def altered(self, chunk, request):
        return replace(chunk, frames=chunk.frames ^ 1) if chunk.start % 2 else chunk
