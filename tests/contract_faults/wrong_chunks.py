"""Chunks that hold what they should not."""

from dataclasses import replace

import numpy as np

from contract_faults import WrongSession, breaks

FORMS = (
    "test_chunks_have_the_promised_form",
    "test_only_the_fields_asked_for_are_there",
    "test_each_request_of_a_batch_has_its_own_fields",
)
"""What looks at the form of every array."""


@breaks(*FORMS)
class Int16Frames(WrongSession):
    def altered(self, chunk, request):
        return replace(chunk, frames=chunk.frames.astype(np.int16))


@breaks(*FORMS)
class FortranOrder(WrongSession):
    def altered(self, chunk, request):
        return replace(chunk, frames=np.asfortranarray(chunk.frames))


@breaks(*FORMS, "test_the_first_chunk_is_the_first_frame_unmoved")
class PlanarFlow(WrongSession):
    def altered(self, chunk, request):
        if chunk.backward_flow is None:
            return chunk
        return replace(chunk, backward_flow=np.ascontiguousarray(chunk.backward_flow.transpose(0, 3, 1, 2)))


@breaks(
    "test_chunks_have_the_promised_form",
    "test_another_size_opens_or_is_refused",
    "test_a_longer_clip_begins_with_the_shorter_one",
)
class UncutLastChunk(WrongSession):
    def _chunk(self, request, start, count):
        return super()._chunk(request, start, self.chunk_frames if start else 1)


@breaks("test_only_the_fields_asked_for_are_there", "test_each_request_of_a_batch_has_its_own_fields")
class UnwantedLabels(WrongSession):
    def altered(self, chunk, request):
        return replace(chunk, labels=np.zeros(chunk.frames.shape[:3], np.uint8)) if chunk.labels is None else chunk


@breaks("test_only_the_fields_asked_for_are_there")
class FramesDependOnFields(WrongSession):
    def altered(self, chunk, request):
        if chunk.start:
            chunk.frames[:, 0, 0] = len(request.fields)
        return chunk


@breaks("test_values_are_in_range", "test_a_batch_agrees_with_single_clips")
class EndlessFlow(WrongSession):
    def altered(self, chunk, request):
        if chunk.backward_flow is not None and chunk.start:
            chunk.backward_flow[0, 0, 0] = np.inf
        return chunk


@breaks("test_values_are_in_range")
class OcclusionOf255(WrongSession):
    def altered(self, chunk, request):
        if chunk.occlusion is not None and chunk.start:
            chunk.occlusion[:] = 255
        return chunk


@breaks("test_values_are_in_range")
class UnlabelledPixels(WrongSession):
    def altered(self, chunk, request):
        if chunk.labels is not None and chunk.start:
            chunk.labels[:, 0, 0] = 255
        return chunk


@breaks("test_the_first_chunk_is_the_first_frame_unmoved")
class HiddenFirstFrame(WrongSession):
    def altered(self, chunk, request):
        if chunk.occlusion is not None and not chunk.start:
            chunk.occlusion[:] = 0
        return chunk


@breaks("test_a_given_first_frame_comes_back_unchanged", "test_what_is_trusted_comes_out_untouched")
class RoundedFirstFrame(WrongSession):
    def altered(self, chunk, request):
        return replace(chunk, frames=chunk.frames // 2 * 2)


@breaks("test_labels_follow_the_forward_flow")
class FlowOfTheOtherSign(WrongSession):
    def altered(self, chunk, request):
        return chunk if chunk.forward_flow is None else replace(chunk, forward_flow=-chunk.forward_flow)


@breaks("test_labels_follow_the_forward_flow")
class FlowOfRowsBeforeColumns(WrongSession):
    def altered(self, chunk, request):
        if chunk.forward_flow is None:
            return chunk
        return replace(chunk, forward_flow=np.ascontiguousarray(chunk.forward_flow[..., ::-1]))


@breaks("test_values_are_in_range")
class NoDepthInTheSky(WrongSession):
    def altered(self, chunk, request):
        return chunk if chunk.depth is None else replace(chunk, depth=np.where(np.isinf(chunk.depth), 0, chunk.depth))


@breaks("test_things_are_told_where_they_are_seen")
class ThingsWithShadows(WrongSession):
    def altered(self, chunk, request):
        if chunk.objects is None or chunk.start:
            return chunk
        return replace(chunk, objects=request.object_map[None])


@breaks("test_things_are_told_where_they_are_seen")
class RenumberedThings(WrongSession):
    def altered(self, chunk, request):
        if chunk.objects is None or not chunk.start:
            return chunk
        return replace(chunk, objects=np.where(chunk.objects > 0, np.uint8(255), np.uint8(0)))
