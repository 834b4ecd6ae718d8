"""How far a clip shows what it is meant to show: the labels that the model tells of its frames, against its own."""

from dataclasses import dataclass, field
from typing import ClassVar

from seg2vid_cli.inputs.scenes import Scene
from seg2vid_cli.inputs.told_labels import HINT, tell_labels, telling
from seg2vid_interface.backend import Session
from seg2vid_interface.clips import Chunk, Field
from seg2vid_interface.errors import BackendError, LabelMapError, UsageError
from seg2vid_interface.model_card import ModelCard


def check_judge(card: ModelCard) -> None:
    """Raise UsageError unless the model can tell its frames' labels."""
    if not card.segments or card.label_space is None:
        raise UsageError(f"--judge: the model {card.name} cannot tell the labels of its frames", HINT)


def check_judged(scene: Scene, card: ModelCard) -> None:
    """Raise LabelMapError if no pixel of a scene has a class, so that there is nothing to agree with."""
    assert scene.label_map is not None and card.label_space is not None  # as `check_judge` saw
    if (scene.label_map == card.label_space.other).all():
        raise LabelMapError(
            f"{scene.name}: none of its pixels has a class, by which clips could be judged",
            "Clips of it are made without --judge.",
        )


@dataclass
class LabelAgreement:
    """The share of a clip's pixels that the model's labels stage takes for what they are meant to be.

    All frames count alike, the first included; a frame is meant to have the labels that the clip's motion carries
    there from its label map, and what is "other" in these counts for nothing.  It is a share of pixels, not a mean over
    classes: a single clip has few classes, some of a few pixels, of which a mean would hang.
    """

    fields: ClassVar[frozenset[Field]] = frozenset({"labels"})
    """What it needs of the chunks that it sees."""
    card: ModelCard
    session: Session
    backend: str
    _agreed: int = field(default=0, init=False)
    _counted: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Raise UsageError if the backend cannot tell labels."""
        telling(self.session, self.backend)

    def see(self, chunk: Chunk) -> None:
        """Count in the next frames, which have `fields`.  Not while the session is making others.

        Raises:
            BackendError: the chunk lacks its labels.
            ModelError: the labels stage's file is damaged.
        """
        if chunk.labels is None:
            raise BackendError(f"The session left out the labels of frame {chunk.start}, which were asked for.")
        assert self.card.label_space is not None  # or `check_judge` would have refused it
        for frame, meant in zip(chunk.frames, chunk.labels, strict=True):
            told = tell_labels(frame, self.card, self.session, self.backend)
            counted = meant != self.card.label_space.other  # all, if there is no such class
            self._agreed += int(((told == meant) & counted).sum())
            self._counted += int(counted.sum())

    @property
    def share(self) -> float:
        """0..1, of all that was seen; 0 if nothing counted."""
        return self._agreed / self._counted if self._counted else 0.0
