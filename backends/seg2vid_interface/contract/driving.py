"""What a model with a camera does with it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from seg2vid_interface.backend import Session
from seg2vid_interface.contract.subject import ContractFixtures, Subject, first_of
from seg2vid_interface.driving.paths import Drive, steady

STILL = 0.5
"""Of 255: mean absolute change from frame to frame of what does not move."""


class DrivingContract(ContractFixtures):
    """The camera drives as it is told, and what a clip needs for that has to be there."""

    def test_another_camera_gives_another_clip(self, subject: Subject, session: Session) -> None:
        """From the same first frame."""
        subject.needs_camera()
        picture = subject.picture(session)
        ahead, right = (
            subject.clip(session, first_frame=picture, camera=drive(subject, *rates).steps)
            for rates in ((8.0, 0.0), (2.0, 10.0))
        )
        np.testing.assert_array_equal(ahead[0].frames, right[0].frames)
        assert (ahead[1].frames != right[1].frames).any()

    def test_a_camera_that_stands_leaves_what_does_not_move(self, subject: Subject, session: Session) -> None:
        """Over two chunks, from a given first frame, where no thing moves by itself."""
        subject.needs_camera()
        chunks = subject.clip(
            session,
            first_frame=subject.picture(session),
            camera=drive(subject).steps,
            object_map=np.zeros((session.height, session.width), np.uint8),
            frames=1 + 2 * session.chunk_frames,
        )
        frames = np.concatenate([chunk.frames for chunk in chunks]).astype(np.float64)
        assert np.abs(np.diff(frames, axis=0)).mean((1, 2, 3)).max() < STILL

    def test_things_are_told_where_they_are_seen(self, subject: Subject, session: Session) -> None:
        """In the first frame as in the request, but for the ground that moves with them; later no others."""
        subject.needs_camera()
        space, request = subject.model.card.label_space, subject.request(session)
        assert space is not None
        assert request.label_map is not None
        assert request.object_map is not None
        first, *others = subject.clip(session)
        on_things = np.isin(request.label_map, space.foreground)
        np.testing.assert_array_equal(first.objects, np.where(on_things, request.object_map, 0)[None])
        for chunk in others:
            assert chunk.objects is not None
            assert chunk.labels is not None
            assert set(np.unique(chunk.objects)) <= {0, *np.unique(request.object_map)}
            assert np.isin(chunk.labels[chunk.objects > 0], space.foreground).all()

    @pytest.mark.parametrize("fault", ["shape", "dtype", "absence"])
    @pytest.mark.parametrize("name", ["texture", "object_map", "camera", "object_motion"])
    def test_what_a_camera_drives_through_must_be_right(
        self, subject: Subject, session: Session, name: str, fault: str
    ) -> None:
        """The message names it; a first frame that is given does not do without."""
        subject.needs_camera()
        if name == "texture" and not subject.model.card.texture:
            pytest.skip("the model takes no texture")
        right = getattr(subject.request(session), name)
        faulty: Any = None
        if fault != "absence":
            faulty = faulty_array(right, fault) if isinstance(right, np.ndarray) else faulty_function(right, fault)
        with pytest.raises(ValueError, match=name):
            first_of(session, [subject.request(session, **{name: faulty}, first_frame=subject.picture(session))])


def drive(subject: Subject, forward: float = 0.0, yaw: float = 0.0) -> Drive:
    """Return a drive at so many metres and degrees per second."""
    card = subject.model.card
    return Drive(steady(forward, yaw), card.frames_per_second, card.chunk_frames)


def faulty_array(right: NDArray[Any], fault: str) -> NDArray[Any]:
    """Return an array of another shape or dtype."""
    return right[:-1] if fault == "shape" else right.astype(np.int64)


def faulty_function(right: Callable[[int], NDArray[Any]], fault: str) -> Callable[[int], NDArray[Any]]:
    """Return a function of the chunk that gives such arrays."""
    return lambda chunk: faulty_array(right(chunk), fault)
