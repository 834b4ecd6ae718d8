"""What a session refuses, and as which error."""

from typing import Any

import numpy as np
import pytest

from seg2vid_interface.backend import Session
from seg2vid_interface.contract.subject import ContractFixtures, Subject, first_of
from seg2vid_interface.errors import ModelError


class RefusalContract(ContractFixtures):
    """Mistakes of the caller are ValueErrors, lacks of the model ModelErrors; `requests.check_requests` raises both."""

    @pytest.mark.parametrize("fault", ["shape", "dtype"])
    @pytest.mark.parametrize("name", ["label_map", "first_frame", "latent", "style"])
    def test_an_array_of_another_form_is_refused(
        self, subject: Subject, session: Session, name: str, fault: str
    ) -> None:
        """The message names the array."""
        if name == "label_map":
            subject.needs_labels()
        wrong: dict[str, Any] = {name: wrong_array(session, name, fault)}
        with pytest.raises(ValueError, match=name):
            first_of(session, [subject.request(session, **wrong)])

    @pytest.mark.parametrize("fault", ["shape", "dtype", "absence"])
    @pytest.mark.parametrize("name", ["image_label_map", "edges", "texture"])
    def test_what_the_image_stage_sees_must_be_right(
        self, subject: Subject, session: Session, name: str, fault: str
    ) -> None:
        """Of the image stage's size, and there; unless the first frame is given, which does without.

        Where key frames are painted, no clip does without texture (see `DrivingContract`).
        """
        subject.needs_image_condition(name)
        right = getattr(subject.request(session), name)
        faulty = {"shape": right[:-1], "dtype": right.astype(np.int64), "absence": None}[fault]
        with pytest.raises(ValueError, match=name):
            first_of(session, [subject.request(session, **{name: faulty}, first_frame=None)])
        if name != "texture" or subject.model.card.camera is None:
            given = subject.picture(session)
            assert len(subject.clip(session, first_frame=given, frames=1, **{name: faulty})) == 1

    def test_a_class_that_the_model_has_not_is_refused(self, subject: Subject, session: Session) -> None:
        """255, "other" in files, is the caller's to translate."""
        subject.needs_labels()
        space = subject.model.card.label_space
        labels = np.full((session.height, session.width), 0 if space is None else space.size, np.uint8)
        with pytest.raises(ValueError, match="label_map"):
            first_of(session, [subject.request(session, label_map=labels)])

    def test_a_class_that_the_image_stage_has_not_is_refused(self, subject: Subject, session: Session) -> None:
        """It may know others than the motion stage does."""
        subject.needs_image_condition("image_label_map")
        labels = np.full_like(subject.request(session).image_label_map, 255)
        with pytest.raises(ValueError, match="image_label_map"):
            first_of(session, [subject.request(session, image_label_map=labels, first_frame=None)])

    def test_an_empty_batch_is_refused(self, session: Session) -> None:
        """There is nothing to make."""
        with pytest.raises(ValueError, match="request"):
            first_of(session, [])

    def test_a_batch_of_different_lengths_is_refused(self, subject: Subject, session: Session) -> None:
        """One clip would have to end before the other."""
        subject.needs("motion")
        requests = [subject.request(session, frames=frames) for frames in (3, 4)]
        with pytest.raises(ValueError, match="length"):
            first_of(session, requests)

    def test_a_label_map_that_is_missing_is_refused(self, subject: Subject, session: Session) -> None:
        """A model with labels needs one."""
        subject.needs_labels()
        with pytest.raises(ModelError, match="label map"):
            first_of(session, [subject.request(session, label_map=None)])

    def test_without_a_motion_stage_one_frame_can_be_made(self, subject: Subject) -> None:
        """And not two."""
        subject.needs("image")
        still = subject.without("motion")
        with still.open() as session:
            assert len(still.clip(session, frames=1)) == 1
            with pytest.raises(ModelError, match="motion"):
                first_of(session, [still.request(session, frames=2)])

    def test_without_an_image_stage_the_first_frame_must_be_given(self, subject: Subject) -> None:
        """Then all goes as ever; but key frames cannot be painted without one."""
        subject.needs("motion")
        moving = subject.without("image")
        with moving.open() as session:
            given = moving.picture(session)
            if moving.model.card.camera:
                with pytest.raises(ModelError, match="image"):
                    first_of(session, [moving.request(session, first_frame=given)])
            else:
                assert len(moving.clip(session, first_frame=given, frames=2)) == 2
            with pytest.raises(ModelError, match="image"):
                first_of(session, [moving.request(session, first_frame=None)])


def wrong_array(session: Session, name: str, fault: str) -> np.ndarray[Any, Any]:
    """Return an array of a shape or dtype that the session cannot take."""
    size = session.height, session.width
    right: dict[str, tuple[tuple[int, ...], Any]] = {
        "label_map": (size, np.uint8),
        "first_frame": ((*size, 3), np.uint8),
        "latent": ((session.latent_size,), np.float32),
        "style": ((session.style_size,), np.float32),
    }
    shape, dtype = right[name]
    if fault == "dtype":
        return np.zeros(shape, np.int64 if dtype == np.uint8 else np.float64)
    return np.zeros((*shape[:-1], shape[-1] + 1), dtype)
