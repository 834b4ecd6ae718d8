"""Chunks come as they are made, so that memory does not grow with the length of a clip."""

import gc
import weakref
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.backend import Session
from seg2vid_interface.clips import Chunk
from seg2vid_interface.contract.subject import ContractFixtures, Subject, first_of

LAG = 1
"""Chunks that a session may make, or hold, beyond the one it yields: a device can work while the caller writes."""


class StreamingContract(ContractFixtures):
    """Order of the work, life of the arrays."""

    def test_chunks_are_made_when_they_are_asked_for(self, subject: Subject, session: Session) -> None:
        """The first frame comes before any noise is drawn; then every chunk draws its own, in order and once.

        A session may run one chunk ahead.  One that has no use for noise draws none.
        """
        subject.needs("motion")
        drawn: list[int] = []
        noise = subject.request(session).chunk_noise

        def recorded(chunk: int) -> NDArray[np.float32]:
            drawn.append(chunk)
            return noise(chunk)

        request = subject.request(session, chunk_noise=recorded, frames=long_clip(session))
        seen = [len(drawn) for _ in session.generate([request])]
        chunks = len(seen) - 1
        assert drawn in ([], list(range(chunks)))
        assert seen[0] == 0
        assert all(count <= number + LAG for number, count in enumerate(seen))

    def test_a_chunk_stays_as_it_was(self, subject: Subject, session: Session) -> None:
        """A session must not write into arrays that it yielded, however long the caller keeps them."""
        kept, copies = [], []
        for sample in (1, 2):
            for (chunk,) in session.generate([subject.request(session, sample)]):
                kept.append(chunk)
                copies.append(copied(chunk))
        for chunk, copy in zip(kept, copies, strict=True):
            for name, array in copy.items():
                np.testing.assert_array_equal(getattr(chunk, name), array, err_msg=f"{name} of chunk {chunk.start}")

    def test_a_chunk_is_let_go(self, subject: Subject, session: Session) -> None:
        """A session that keeps what it yielded would need memory for the whole clip."""
        subject.needs("motion")
        yielded: list[weakref.ref[Any]] = []
        alive = []
        for chunks in session.generate([subject.request(session, frames=long_clip(session))]):
            yielded.append(weakref.ref(chunks[0].frames))
            del chunks
            alive.append(living(yielded))
        assert max(alive) <= 1 + LAG

    def test_the_request_is_left_as_it_was(self, subject: Subject, session: Session) -> None:
        """The caller may use its arrays again."""
        wanted, same = subject.request(session), subject.request(session)
        list(session.generate([wanted]))
        for name in ("label_map", "first_frame", "latent", "style", "texture"):
            np.testing.assert_array_equal(getattr(wanted, name), getattr(same, name), err_msg=name)

    def test_a_clip_can_be_left_unfinished(self, subject: Subject, session: Session) -> None:
        """The next one is not touched by it."""
        whole = subject.clip(session)
        first_of(session, [subject.request(session, sample=2)])
        again = subject.clip(session)
        for chunk, other in zip(whole, again, strict=True):
            np.testing.assert_array_equal(chunk.frames, other.frames)


def long_clip(session: Session) -> int:
    """Return the length of a clip of the first frame and three chunks."""
    return 1 + 3 * session.chunk_frames


def living(references: list[weakref.ref[Any]]) -> int:
    """Return how many still have their object; garbage does not count."""
    if sum(reference() is not None for reference in references) > 1 + LAG:
        gc.collect()  # only where it may matter: it takes its time
    return sum(reference() is not None for reference in references)


def copied(chunk: Chunk) -> dict[str, NDArray[Any]]:
    """Return name -> a copy of every array of a chunk."""
    return {name: value.copy() for name, value in vars(chunk).items() if isinstance(value, np.ndarray)}
