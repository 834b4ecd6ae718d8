"""What is read from pictures, and what is known of a first frame."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from seg2vid_interface.backend import ReadsStyles, Segments, Session
from seg2vid_interface.contract.subject import ContractFixtures, Subject, first_of
from seg2vid_interface.errors import ModelError
from seg2vid_interface.graphs import motion_size


class LookContract(ContractFixtures):
    """A hint is kept as far as it is trusted; the style of a picture can be read."""

    def test_a_hint_without_trust_changes_nothing(self, subject: Subject, session: Session) -> None:
        """Not a byte."""
        unknown = hint(subject, session, 0.0)
        plain = subject.clip(session, first_frame=None, frames=1)
        hinted = subject.clip(session, first_frame=None, frames=1, **unknown)
        np.testing.assert_array_equal(hinted[0].frames, plain[0].frames)

    def test_what_is_trusted_comes_out_untouched(self, subject: Subject, session: Session) -> None:
        """To the last bit, whatever the precision."""
        if subject.model.card.image_scale > 1:
            pytest.skip("the picture is averaged down afterwards")
        known = hint(subject, session, 1.0)
        known["trust"][:, ::3] = 0
        (first,) = subject.clip(session, first_frame=None, frames=1, **known)
        trusted = known["trust"] == 1
        np.testing.assert_array_equal(first.frames[0][trusted], known["hint"][trusted])

    @pytest.mark.parametrize("name", ["hint", "trust"])
    def test_a_hint_of_another_form_is_refused(self, subject: Subject, session: Session, name: str) -> None:
        """Of another shape or dtype, or one without the other; the message names the array."""
        right = hint(subject, session, 1.0)
        for wrong in (right[name][:-1], right[name].astype(np.float64), None):
            with pytest.raises(ValueError, match=name):
                first_of(session, [subject.request(session, first_frame=None, **right | {name: wrong})])

    def test_trust_is_a_share(self, subject: Subject, session: Session) -> None:
        """From 0 to 1."""
        for value in (-0.1, 1.1, np.nan):
            with pytest.raises(ValueError, match="trust"):
                first_of(session, [subject.request(session, first_frame=None, **hint(subject, session, value))])

    def test_a_model_without_hints_refuses_one(self, subject: Subject, session: Session) -> None:
        """It could not keep what is known."""
        card = subject.model.card
        if card.hints or "image" not in card.stages:
            pytest.skip("the model takes hints, or makes no first frame")
        size = card.image_size(session.height, session.width)
        known: dict[str, Any] = {"hint": np.zeros((*size, 3), np.uint8), "trust": np.ones(size, np.float32)}
        with pytest.raises(ModelError, match="hint"):
            first_of(session, [subject.request(session, first_frame=None, **known)])

    def test_the_style_of_a_picture_is_read(self, subject: Subject, session: Session) -> None:
        """The same every time; a picture of another size is refused."""
        card = subject.model.card
        if not card.reads_styles:
            pytest.skip("the model reads no styles")
        if not isinstance(session, ReadsStyles):
            pytest.skip("the backend reads no styles")
        height, width = card.image_size(card.height, card.width)
        picture = noise_picture(height, width)
        style = session.style_of(picture)
        assert style.shape == (card.style_size,)
        assert style.dtype == np.float32
        assert np.isfinite(style).all()
        np.testing.assert_array_equal(session.style_of(picture), style)
        with pytest.raises(ValueError, match="picture"):
            session.style_of(picture[:-1])

    def test_the_labels_of_a_picture_are_told(self, subject: Subject, session: Session) -> None:
        """Classes that the model has, the same every time; a picture of another size is refused."""
        card = subject.model.card
        if not card.segments or card.label_space is None:
            pytest.skip("the model tells no labels")
        if not isinstance(session, Segments):
            pytest.skip("the backend tells no labels")
        size = motion_size(card, session.height, session.width)
        picture = noise_picture(*size)
        labels = session.segment(picture)
        assert labels.shape == size
        assert labels.dtype == np.uint8
        assert labels.max() < card.label_space.size
        np.testing.assert_array_equal(session.segment(picture), labels)
        forms: tuple[Any, ...] = (picture[:-1], picture.astype(np.float32), picture[..., 0])
        for wrong in forms:
            with pytest.raises(ValueError, match="picture"):
                session.segment(wrong)


def noise_picture(height: int, width: int) -> NDArray[np.uint8]:
    """Return a picture (height, width, 3) of random colours."""
    return np.random.default_rng(0).integers(256, size=(height, width, 3), dtype=np.uint8)


def hint(subject: Subject, session: Session, trust: float) -> dict[str, Any]:
    """Return "hint" and "trust" of a request, the same trust everywhere; skip the test if the model takes none."""
    card = subject.model.card
    if not card.hints or "image" not in card.stages:
        pytest.skip("the model takes no hints")
    size = card.image_size(session.height, session.width)
    return {"hint": noise_picture(*size), "trust": np.full(size, trust, np.float32)}
