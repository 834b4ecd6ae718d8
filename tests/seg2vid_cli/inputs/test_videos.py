"""Videos as people have them: turned, of uneven speed, damaged."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from seg2vid_cli.inputs.videos import is_video, read_frames
from seg2vid_interface.errors import ImageError

COLORS = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30)]


def drawing(color: tuple[int, int, int]) -> np.ndarray:
    """Return a picture (48, 64, 3) of one colour, white in its upper left quarter."""
    picture = np.full((48, 64, 3), color, np.uint8)
    picture[:24, :32] = 255
    return picture


def write_video(path: Path, *, turned: int = 0, times: list[int] | None = None) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10, width=64, height=48, pix_fmt="yuv420p", bit_rate=10**7)
        stream.codec_context.time_base = Fraction(1, 100)
        if turned:
            stream.set_display_rotation(turned)
        for number, color in enumerate(COLORS):
            frame = av.VideoFrame.from_ndarray(drawing(color))
            frame.pts, frame.time_base = (times or [0, 10, 20, 30])[number], Fraction(1, 100)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def assert_close(frames: list[np.ndarray], expected: list[np.ndarray]) -> None:
    assert [frame.shape for frame in frames] == [other.shape for other in expected]
    assert np.abs(np.stack(frames).astype(int) - np.stack(expected)).mean() < 5


def test_every_frame_comes_once_in_rgb(tmp_path: Path) -> None:
    frames = list(read_frames(write_video(tmp_path / "a.mp4")))
    assert_close(frames, [drawing(color) for color in COLORS])
    assert all(frame.dtype == np.uint8 and frame.flags.c_contiguous for frame in frames)


@pytest.mark.parametrize("ending", [".avi", ".mkv", ".mov"])
def test_other_containers(tmp_path: Path, ending: str) -> None:
    assert_close(list(read_frames(write_video(tmp_path / f"a{ending}"))), [drawing(color) for color in COLORS])


@pytest.mark.parametrize("turned", [90, 180, -90])
def test_a_turned_video_is_set_upright(tmp_path: Path, turned: int) -> None:
    frames = list(read_frames(write_video(tmp_path / "a.mp4", turned=turned)))
    assert_close(frames, [np.rot90(drawing(color), turned // 90) for color in COLORS])


def test_a_video_is_turned_as_its_header_says(tmp_path: Path) -> None:
    """A telephone held upright writes the matrix 0 1 -1 0: what is stored is to be turned to the right."""
    path = write_video(tmp_path / "a.mp4")
    data, one = bytearray(path.read_bytes()), (1).to_bytes(2, "big") + bytes(2)
    header = data.index(b"tkhd")
    matrix = data.index(one + bytes(12) + one, header)  # the identity: 1 0 0, 0 1 0
    minus_one = (-1 & 0xFFFF).to_bytes(2, "big") + bytes(2)
    data[matrix : matrix + 20] = bytes(4) + one + bytes(4) + minus_one + bytes(4)
    path.write_bytes(data)
    assert_close(list(read_frames(path)), [np.rot90(drawing(color), -1) for color in COLORS])


def test_uneven_speed_makes_no_frame_twice(tmp_path: Path) -> None:
    frames = list(read_frames(write_video(tmp_path / "a.mkv", times=[0, 3, 90, 95])))
    assert_close(frames, [drawing(color) for color in COLORS])


def test_what_is_taken_for_a_video() -> None:
    assert [is_video(Path(name)) for name in ("a.MP4", "b.avi", "c.png", "d")] == [True, True, False, False]


def test_a_file_that_is_missing_or_a_folder(tmp_path: Path) -> None:
    for path, what in ((tmp_path / "no.mp4", "no such file"), (tmp_path, "not a regular file")):
        with pytest.raises(ImageError, match=what):
            list(read_frames(path))


@pytest.mark.parametrize("content", [b"", b"no video at all" * 100])
def test_a_file_that_is_no_video(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.avi"
    path.write_bytes(content)
    with pytest.raises(ImageError) as caught:
        list(read_frames(path))
    assert caught.value.message.startswith(f"{path}: not a video that can be read: ")
    assert "\n" not in caught.value.message


def test_a_file_of_sound_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(ImageError, match="holds no video"):
        list(read_frames(path))


def test_a_video_cut_off(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4")
    data = path.read_bytes()
    (tmp_path / "b.mp4").write_bytes(data[: len(data) // 2])
    with pytest.raises(ImageError, match=r"b\.mp4: "):
        list(read_frames(tmp_path / "b.mp4"))


def test_a_list_of_other_files_is_no_video(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4")
    listed = tmp_path / "list.mp4"
    listed.write_text("ffconcat version 1.0\nfile a.mp4\n")
    with pytest.raises(ImageError, match=r"list\.mp4: not a video that can be read: "):
        list(read_frames(listed))
