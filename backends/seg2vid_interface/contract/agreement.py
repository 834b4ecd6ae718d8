"""The same request gives the same clip: again, longer, in a batch, and nearly so in another precision."""

from collections.abc import Iterable

import numpy as np
import pytest
from numpy.typing import NDArray

from seg2vid_interface.agreement import CLIP_FRAMES, compare_clips
from seg2vid_interface.backend import Session
from seg2vid_interface.clips import Chunk
from seg2vid_interface.contract.subject import ContractFixtures, Subject
from seg2vid_interface.errors import DeviceError, ModelError


class AgreementContract(ContractFixtures):
    """Byte for byte where nothing differs, nor on a CPU the batch; else within `seg2vid_interface.agreement`."""

    def test_the_same_request_gives_the_same_bytes(self, subject: Subject, session: Session) -> None:
        """In the same session, and in another: all that is by chance comes with the request."""
        first, again = subject.clip(session), subject.clip(session)
        with subject.open() as other:
            elsewhere = subject.clip(other)
        assert_equal(again, first)
        assert_equal(elsewhere, first)

    def test_a_longer_clip_begins_with_the_shorter_one(self, subject: Subject, session: Session) -> None:
        """Although its last chunk was cut."""
        subject.needs("motion")
        shorter = frames_of(subject.clip(session, frames=3))
        longer = frames_of(subject.clip(session))
        np.testing.assert_array_equal(longer[:3], shorter)

    def test_a_batch_agrees_with_single_clips(self, subject: Subject) -> None:
        """In fp32, from the same first frame: the first chunk everywhere, 24 frames nearly so; on a CPU to the bit."""
        subject.needs("motion")
        with subject.open_fp32() as session:
            pairs = [(alone, together) for together, alone in batch_and_single(subject, session, CLIP_FRAMES)]
        assert compare_clips(pairs, session.precision).problem() is None
        if session.device == "cpu":
            for alone, together in pairs:
                assert_equal(together, alone)

    def test_lower_precisions_are_close_to_fp32(self, subject: Subject, capsys: pytest.CaptureFixture[str]) -> None:
        """A PSNR of 40 dB over a chunk, from the same first frame; the number is printed."""
        subject.needs("motion")
        with subject.open_fp32() as session:
            exact = one_chunk(subject, session)
        for precision in set(subject.backend.status().precisions) - {"fp32"}:
            try:
                session = subject.open(precision=precision)
            except (ModelError, DeviceError):
                continue  # the model has no files for it, or this device is not the best
            with session:
                agreement = compare_clips([(exact, one_chunk(subject, session))], precision)
            with capsys.disabled():
                print(f"\n{subject.backend.name}: {precision} against fp32: {agreement.psnr:.1f} dB")  # noqa: T201
            assert agreement.problem() is None


def one_chunk(subject: Subject, session: Session) -> list[Chunk]:
    """Return a clip of a given first frame and one chunk."""
    return subject.clip(session, first_frame=subject.picture(session), frames=1 + session.chunk_frames)


def batch_and_single(subject: Subject, session: Session, frames: int) -> Iterable[tuple[list[Chunk], list[Chunk]]]:
    """Make two different clips together and alone, from given first frames; yield both versions of each."""
    requests = [
        subject.request(session, sample, first_frame=subject.picture(session, sample), frames=frames)
        for sample in (1, 2)
    ]
    batch = list(session.generate(requests))
    for number, request in enumerate(requests):
        yield [chunks[number] for chunks in batch], [chunk for (chunk,) in session.generate([request])]


def assert_equal(chunks: list[Chunk], others: list[Chunk]) -> None:
    """Fail unless two clips are the same in every array."""
    assert [chunk.start for chunk in chunks] == [other.start for other in others]
    for chunk, other in zip(chunks, others, strict=True):
        for name, value in vars(chunk).items():
            np.testing.assert_array_equal(value, getattr(other, name), err_msg=f"{name} of chunk {chunk.start}")


def frames_of(chunks: list[Chunk]) -> NDArray[np.uint8]:
    """Return all frames (N, H, W, 3) of a clip."""
    return np.concatenate([chunk.frames for chunk in chunks])
