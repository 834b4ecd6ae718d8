"""Ready clips: which true frames they begin with."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from drawn_windows import panned
from published_data import write_video
from seg2vid_interface.errors import DatasetError
from seg2vid_torch.data.datasets.frames import Frame, PictureClip, VideoClip
from seg2vid_torch.evaluation.ready_clips import find_ready_clips
from seg2vid_torch.evaluation.truth import Window

ROME = PictureClip("rome", tuple(Frame(Path(f"rome_{number}.png")) for number in (1, 2, 3)))
OSLO = PictureClip("oslo", tuple(Frame(Path(f"{number}.png")) for number in (1, 2)))
OTHER = PictureClip("other", (Frame(Path("1.png")),))
FILM = VideoClip("films/drive.avi", Path("films/drive.avi"))


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_names_say_where_clips_begin_and_which_sample_they_are(tmp_path):
    names = ("rome_2.mp4", "rome_2_2.webm", "rome_3_1.mp4", "rome_3_2.mp4", "oslo/2.mp4", "oslo/2_2.avi")
    touch(*(tmp_path / name for name in names), tmp_path / "rome_2.flow.mp4", tmp_path / ".rome_1.mp4")
    touch(tmp_path / "rome_2.labels" / "000000.png", tmp_path / "notes.txt")
    (found,) = find_ready_clips([tmp_path], [ROME, OSLO])
    assert found.name == tmp_path.name
    assert found.samples == {
        ("oslo", 1): [tmp_path / "oslo/2.mp4", tmp_path / "oslo/2_2.avi"],
        ("rome", 1): [tmp_path / "rome_2.mp4", tmp_path / "rome_2_2.webm"],
        ("rome", 2): [tmp_path / "rome_3_1.mp4", tmp_path / "rome_3_2.mp4"],
    }


def test_a_clip_named_as_a_whole_one_begins_with_its_first_frame(tmp_path):
    touch(tmp_path / "rome.mp4", tmp_path / "films" / "drive.mp4")
    (found,) = find_ready_clips([tmp_path], [ROME, FILM])
    assert list(found.samples) == [("films/drive.avi", 0), ("rome", 0)]


def test_systems_of_one_name_are_told_by_their_folders(tmp_path):
    folders = [tmp_path / "a" / "out", tmp_path / "b" / "out"]
    touch(*(folder / "rome_1.mp4" for folder in folders))
    assert [found.name for found in find_ready_clips(folders, [ROME])] == [str(folder) for folder in folders]


def test_what_begins_nowhere_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="holds no videos and no folders of frames"):
        find_ready_clips([tmp_path], [ROME])
    touch(tmp_path / "1.mp4")
    with pytest.raises(DatasetError) as caught:
        find_ready_clips([tmp_path], [OSLO, OTHER])
    assert (
        caught.value.message == f"{tmp_path / '1.mp4'}: begins at no frame of the data: several frames have that name"
    )
    assert caught.value.hint.startswith("Name each clip as the true frame that it begins with, e.g. oslo.mp4; ")


@pytest.fixture
def at():
    clip = panned(5)
    clip = type(clip)("rome", clip.frames, None)
    return Window(clip, 0, 2)


def test_videos_and_folders_of_frames_are_read_alike(tmp_path, at):
    pictures = at.clip.frames.transpose(0, 2, 3, 1)
    write_video(tmp_path / "video" / "rome_1.avi", pictures)
    (tmp_path / "frames" / "rome_1").mkdir(parents=True)
    for number, frame in enumerate(pictures):
        Image.fromarray(frame).save(tmp_path / "frames" / "rome_1" / f"{number}.png")
    for kind, tolerance in (("video", 6), ("frames", 0)):
        (found,) = find_ready_clips([tmp_path / kind], [ROME])
        (made,) = found.predict([at])
        assert np.abs(made.frames.astype(int) - at.truth).mean() <= tolerance
        assert found.description == f"{tmp_path / kind}: 1 starts, one sample, 64x96"


def test_frames_are_resized_as_the_true_ones_are(tmp_path, at):
    (tmp_path / "rome_1").mkdir()
    large = [Image.fromarray(frame.transpose(1, 2, 0)).resize((192, 128)) for frame in at.clip.frames[:3]]
    for number, frame in enumerate(large):
        frame.save(tmp_path / "rome_1" / f"{number}.png")
    (found,) = find_ready_clips([tmp_path], [ROME])
    (made,) = found.predict([at])
    expected = [np.asarray(frame.resize((96, 64), Image.Resampling.LANCZOS)).transpose(2, 0, 1) for frame in large[1:]]
    assert np.array_equal(made.frames, expected)


def test_a_damaged_clip_is_named(tmp_path, at):
    (tmp_path / "rome_1.mp4").write_bytes(b"no video")
    (found,) = find_ready_clips([tmp_path], [ROME])
    with pytest.raises(DatasetError, match=r"rome_1\.mp4: not a readable video$"):
        list(found.predict([at]))
