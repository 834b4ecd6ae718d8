"""What the chunks of a clip are."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.backend import Session
from seg2vid_interface.clips import Chunk, Field
from seg2vid_interface.contract.subject import ContractFixtures, Subject

ARRAYS: dict[Field, tuple[str, ...]] = {
    "labels": ("labels",),
    "flow": ("forward_flow", "backward_flow"),
    "occlusion": ("occlusion",),
    "depth": ("depth",),
    "objects": ("objects",),
}
"""Field -> the arrays of a chunk that it asks for."""


class ClipContract(ContractFixtures):
    """Form and range of every array, and what is asked for."""

    def test_chunks_have_the_promised_form(self, subject: Subject, session: Session) -> None:
        """The first frame alone, then T frames a chunk, of which the last chunk keeps what is left."""
        chunks = subject.clip(session)
        size, step = (session.height, session.width), session.chunk_frames
        starts = [0, *range(1, subject.several_chunks, step)]
        assert [chunk.start for chunk in chunks] == starts
        for chunk, start in zip(chunks, starts, strict=True):
            count = min(step, subject.several_chunks - start) if start else 1
            assert forms(chunk) == promised_forms(count, size, subject.fields)

    def test_values_are_in_range(self, subject: Subject, session: Session) -> None:
        """Flow is finite, occlusion in 0..1, labels are classes of the model, depth is above 0, and may be infinite."""
        space = subject.model.card.label_space
        for chunk in subject.clip(session):
            for flow in (chunk.forward_flow, chunk.backward_flow):
                assert flow is not None
                assert np.isfinite(flow).all()
            assert chunk.occlusion is not None
            assert 0 <= chunk.occlusion.min() <= chunk.occlusion.max() <= 1
            if space is not None:
                assert chunk.labels is not None
                assert chunk.labels.max() < space.size
            if "depth" in subject.fields:
                assert chunk.depth is not None
                assert (chunk.depth > 0).all()

    def test_the_first_chunk_is_the_first_frame_unmoved(self, subject: Subject, session: Session) -> None:
        """Zero flow, everything visible, the request's labels."""
        request = subject.request(session, frames=1)
        ((first,),) = session.generate([request])
        zero = np.zeros((1, session.height, session.width, 2), np.float32)
        np.testing.assert_array_equal(first.forward_flow, zero)
        np.testing.assert_array_equal(first.backward_flow, zero)
        np.testing.assert_array_equal(first.occlusion, np.ones(zero.shape[:3], np.float32))
        if request.label_map is not None:
            np.testing.assert_array_equal(first.labels, request.label_map[None])

    def test_a_given_first_frame_comes_back_unchanged(self, subject: Subject, session: Session) -> None:
        """To the last bit, whatever the precision."""
        given = np.random.default_rng(0).integers(256, size=(session.height, session.width, 3), dtype=np.uint8)
        (first,) = subject.clip(session, first_frame=given, frames=1)
        np.testing.assert_array_equal(first.frames, given[None])

    def test_only_the_fields_asked_for_are_there(self, subject: Subject, session: Session) -> None:
        """And the frames do not depend on them."""
        size, whole = (session.height, session.width), subject.clip(session)
        for fields in [frozenset[Field](), *(frozenset({field}) for field in sorted(subject.fields))]:
            for chunk, other in zip(subject.clip(session, fields=fields), whole, strict=True):
                assert forms(chunk) == promised_forms(len(other.frames), size, fields)
                np.testing.assert_array_equal(chunk.frames, other.frames)

    def test_each_request_of_a_batch_has_its_own_fields(self, subject: Subject, session: Session) -> None:
        """A batch may ask for flow in one clip and for nothing in another."""
        size = session.height, session.width
        requests = [subject.request(session, fields=fields) for fields in (frozenset[Field](), subject.fields)]
        for plain, whole in session.generate(requests):
            assert forms(plain) == promised_forms(len(plain.frames), size, frozenset())
            assert forms(whole) == promised_forms(len(whole.frames), size, subject.fields)

    def test_labels_follow_the_forward_flow(self, subject: Subject, session: Session) -> None:
        """Pixel p of a frame has the class of p - flow(p) in the reference frame: a wrong sign or order shows here.

        What comes from beyond the border, or from between two classes, is not looked at; nor, where key frames are
        painted, what the reference frame does not show.
        """
        subject.needs("motion")
        subject.needs_labels()
        first, second = subject.clip(session, frames=1 + session.chunk_frames)
        assert first.labels is not None
        assert second.labels is not None
        assert second.forward_flow is not None
        assert second.occlusion is not None
        for labels, flow, visible in zip(second.labels, second.forward_flow, second.occlusion, strict=True):
            source, clear = labels_behind(first.labels[0], flow)
            if subject.model.card.camera:
                clear &= visible > 0
            assert np.mean((labels == source)[clear]) > 0.95


def forms(chunk: Chunk) -> dict[str, Any]:
    """Return name -> dtype, shape and order of every array of a chunk; None where there is none."""
    names = ("frames", *(name for names in ARRAYS.values() for name in names))
    return {name: _form(getattr(chunk, name)) for name in names}


def _form(array: NDArray[Any] | None) -> tuple[str, tuple[int, ...], str] | None:
    if array is None:
        return None
    return str(array.dtype), array.shape, "C-contiguous" if array.flags.c_contiguous else "not C-contiguous"


def promised_forms(count: int, size: tuple[int, int], fields: frozenset[Field]) -> dict[str, Any]:
    """Return what `forms` should return for `count` frames."""
    order = "C-contiguous"
    promised: dict[str, Any] = {
        "frames": ("uint8", (count, *size, 3), order),
        "labels": ("uint8", (count, *size), order),
        "forward_flow": ("float32", (count, *size, 2), order),
        "backward_flow": ("float32", (count, *size, 2), order),
        "occlusion": ("float32", (count, *size), order),
        "depth": ("float32", (count, *size), order),
        "objects": ("uint8", (count, *size), order),
    }
    absent = {name for field, names in ARRAYS.items() if field not in fields for name in names}
    return {name: None if name in absent else form for name, form in promised.items()}


def labels_behind(
    reference: NDArray[np.uint8], forward_flow: NDArray[np.float32]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Follow the flow (H, W, 2) back into the reference labels (H, W).

    Returns:
        The labels found there, and where they are beyond doubt: inside the picture and inside one class.
    """
    height, width = reference.shape
    y, x = np.mgrid[:height, :width]
    source = np.stack([x, y], -1) - forward_flow
    inside = ((source >= 0) & (source <= (width - 1, height - 1))).all(-1)
    low, high = (rounding(source).astype(int).clip(0, (width - 1, height - 1)) for rounding in (np.floor, np.ceil))
    corners = np.stack([reference[a[..., 1], b[..., 0]] for a in (low, high) for b in (low, high)])
    return corners[0], inside & (corners == corners[0]).all(0)
