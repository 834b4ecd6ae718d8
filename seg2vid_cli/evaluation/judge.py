"""Who says what frames show: a model's labels stage, or a network of the user's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.inputs.told_labels import tell_labels
from seg2vid_cli.segmentation.labels_stage import opened_labels_stage
from seg2vid_interface.backend import Session
from seg2vid_interface.evaluation import Segmenter
from seg2vid_interface.graphs import graph_file, motion_size
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_interface.model_card import ModelCard

FLAG = "--segmenter"
ENDING = ".onnx"


class ModelSegmenter:
    """A model's labels stage; see `seg2vid_interface.evaluation.Segmenter`."""

    def __init__(self, card: ModelCard, session: Session, backend: str) -> None:
        """Take an open session of the frames' size, which tells labels."""
        self._card, self._session, self._backend = card, session, backend
        height, width = motion_size(card, session.height, session.width)
        stage = card.stages["labels"]
        reached = f", mIoU {stage.quality['val_miou']:.3f} of its own validation" if "val_miou" in stage.quality else ""
        self.description = (
            f"the labels stage of {card.name} (sha256 {stage.files[graph_file('labels', 'fp32')][:12]}{reached}; a "
            f"small network, whose numbers do not compare with a DRN-D-105's), at {height}x{width}"
        )

    @property
    def space(self) -> LabelSpace | None:
        """The classes that it tells."""
        return self._card.label_space

    def segment(self, pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return class indices (n, H, W) of pictures (n, H, W, 3)."""
        return np.stack([tell_labels(picture, self._card, self._session, self._backend) for picture in pictures])


@contextmanager
def open_judge(name: str, device: str, size: tuple[int, int]) -> Iterator[Segmenter | Path]:
    """Open what `--segmenter` names: a model, for frames of a height and width; an ONNX file is for the evaluator.

    Raises:
        UsageError: the model cannot tell labels, or not at this size.
        Seg2VidError: what `opened_labels_stage` raises.
    """
    if name.endswith(ENDING) or Path(name).is_file():
        yield Path(name)
        return
    with opened_labels_stage(FLAG, name, size, device=device, tell=lambda _: None) as (card, opened):
        yield ModelSegmenter(card, opened.session, opened.backend)
