"""The true clips that frames are compared with."""

from pathlib import Path

import numpy as np
import pytest

from seg2vid_interface.errors import DatasetError
from seg2vid_interface.evaluation import EvaluationRequest
from seg2vid_interface.label_spaces import CITYSCAPES, NO_LABELS
from seg2vid_torch.data.reading import ReadFrames
from seg2vid_torch.evaluation.truth import Truth, joined_clips
from street_data import label_map, write_clips


def request(*data: Path, **rest) -> EvaluationRequest:
    return EvaluationRequest(data, 64, 64, 4, **rest)


def read(values: list[int], cuts: list[int], name: str = "a") -> ReadFrames:
    return ReadFrames(np.array(values, np.uint8).reshape(-1, 1, 1, 1).repeat(3, 1), None, cuts=cuts, name=name)


def test_parts_are_put_together_and_cut_where_frames_are_missing():
    parts = [read([1, 2], [0]), read([3, 4, 5], [1]), read([6], [0], "b"), read([], [0], "c"), read([7], [0, 1], "d")]
    clips = [(clip.name, clip.frames[:, 0, 0, 0].tolist()) for clip in joined_clips(iter(parts), 100)]
    assert clips == [("a", [1, 2, 3]), ("a", [4, 5]), ("b", [6]), ("d", [7])]


def test_a_clip_too_long_for_memory_is_cut():
    parts = [read([1, 2, 3], [0]), read([4, 5, 6], []), read([7], [])]
    assert [len(clip) for clip in joined_clips(iter(parts), 6)] == [6, 1]


def test_clips_are_read_with_their_labels_from_a_root_or_its_split(clips):
    for root in (clips, clips / "val"):
        truth = Truth(request(root))
        (clip,) = truth.clips()
        assert (truth.space, truth.description, len(truth), truth.is_lossy) == (CITYSCAPES, f"{clips}: val", 1, False)
        assert (clip.name, clip.frames.shape, clip.labels.shape) == ("drive", (6, 3, 64, 64), (6, 64, 64))
        assert set(np.unique(clip.labels)) == set(np.unique(label_map())) - {255} | {19}
    assert len(next(Truth(request(clips, split="train")).clips())) == 12


def test_clips_of_two_roots_have_names_of_their_own(clips):
    assert [clip.name for clip in Truth(request(clips, clips)).clips()] == ["drive", "drive+0"]


def test_data_without_labels_are_taken_where_no_model_needs_them(tmp_path):
    root = write_clips(tmp_path / "plain", labelled=False)
    truth = Truth(request(root))
    assert truth.space is NO_LABELS
    assert next(truth.clips()).labels is None


def test_another_split_is_told_from_a_root_one_level_too_low(clips):
    with pytest.raises(DatasetError, match="one level too low for --dataset clips"):
        Truth(request(clips / "train"))
