"""Videos are written, then decoded again by the libraries that players use."""

import struct
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from seg2vid_cli.outputs.video import encoded
from seg2vid_cli.outputs.video.animation import frame_durations
from seg2vid_cli.outputs.video.encoded import Encoding, check_encoder
from seg2vid_cli.outputs.video.kinds import FILE_KINDS, Kind, check_memory, check_video, kind_of, open_video
from seg2vid_interface.errors import OutputError, UsageError

HEIGHT, WIDTH = 64, 96
ENCODED = {Kind.MP4: "h264", Kind.WEBM: "vp9"}


def smooth_frames(count: int) -> Iterator[NDArray[np.uint8]]:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    for t in range(count):
        yield np.stack([x * 2 + 5 * t, y * 3 + 5 * t, np.full_like(x, 120 - 5 * t)], axis=-1).astype(np.uint8)


def write_video(path: Path, kind: Kind, count: int = 12, frames_per_second: float = 17.0) -> None:
    writer = open_video(
        path, kind, height=HEIGHT, width=WIDTH, frames_per_second=frames_per_second, comment='{"model": "street"}'
    )
    for frame in smooth_frames(count):
        writer.write(frame)
    writer.close()


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.mp4", "mp4"), ("a.WebM", "webm"), ("x.y.gif", "gif"), ("a.webp", "webp"), ("a.rgb", "raw")],
)
def test_the_ending_chooses_the_kind(name: str, kind: str) -> None:
    assert kind_of(Path(name)) == kind


@pytest.mark.parametrize("name", ["a.avi", "a.png", "results", ".mp4", "a.raw"])
def test_an_unknown_ending_is_wrong_usage_and_the_known_ones_are_listed(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        kind_of(Path(name))
    assert name in caught.value.message
    assert ".mp4, .webm, .gif, .webp, .rgb" in str(caught.value.hint)


@pytest.mark.parametrize(("kind", "codec"), ENCODED.items())
def test_an_encoded_video_holds_every_frame_in_its_colours(tmp_path: Path, kind: Kind, codec: str) -> None:
    path = tmp_path / f"clip.{kind}"
    write_video(path, kind)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        decoded = list(container.decode(stream))
        context = stream.codec_context
        assert (context.name.removeprefix("lib"), context.pix_fmt) in {(codec, "yuv420p"), ("vpx-vp9", "yuv420p")}
        assert (context.height, context.width, stream.average_rate) == (HEIGHT, WIDTH, 17)
        assert (context.color_range, context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1, 1)
        metadata = {name.lower(): value for name, value in container.metadata.items()}
        assert metadata["comment"] == '{"model": "street"}'
        assert container.duration is not None
        assert container.duration / av.time_base == pytest.approx(12 / 17, abs=1e-3)
    times = [frame.time for frame in decoded]
    assert times == pytest.approx([t / 17 for t in range(12)], abs=1e-3)
    for frame, expected in zip(decoded, smooth_frames(12), strict=True):
        difference = frame.to_ndarray(format="rgb24").astype(int) - expected
        assert np.abs(difference).mean() < 3
        assert np.abs(difference).max() < 16


class Pipe:
    """Takes bytes one after another, and cannot go back."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> int:
        self.data += bytes(data)
        return len(data)

    def flush(self) -> None:
        pass


def write_to_pipe(kind: Kind, count: int = 12) -> Pipe:
    pipe = Pipe()
    writer = open_video(
        cast(BinaryIO, pipe), kind, height=HEIGHT, width=WIDTH, frames_per_second=17.0, comment='{"model": "street"}'
    )
    for frame in smooth_frames(count):
        writer.write(frame)
    writer.close()
    writer.abort()
    return pipe


@pytest.mark.parametrize(("kind", "codec"), ENCODED.items())
def test_a_pipe_gets_the_same_frames_as_a_file(tmp_path: Path, kind: Kind, codec: str) -> None:
    data = write_to_pipe(kind).data
    assert write_to_pipe(kind).data == data
    path = tmp_path / f"clip.{kind}"
    write_video(path, kind)
    with av.open(BytesIO(data)) as streamed, av.open(str(path)) as container:
        assert {name.lower(): value for name, value in streamed.metadata.items()}["comment"] == '{"model": "street"}'
        assert streamed.streams.video[0].average_rate == 17
        assert streamed.streams.video[0].start_time in {0, None}
        frames = [frame.to_ndarray(format="rgb24") for frame in streamed.decode(video=0)]
        expected = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    np.testing.assert_array_equal(frames, expected)


@pytest.mark.parametrize("kind", [Kind.GIF, Kind.WEBP])
def test_a_pipe_gets_the_same_animation_as_a_file(tmp_path: Path, kind: Kind) -> None:
    write_video(tmp_path / "clip", kind)
    assert write_to_pipe(kind).data == (tmp_path / "clip").read_bytes()


def test_an_mp4_for_a_pipe_comes_in_fragments_of_a_second() -> None:
    pipe = Pipe()
    writer = open_video(cast(BinaryIO, pipe), Kind.MP4, height=HEIGHT, width=WIDTH, frames_per_second=5.0, comment="")
    for frame in smooth_frames(100):
        writer.write(frame)
    assert pipe.data.count(b"moof") >= 5
    writer.close()
    assert pipe.data.count(b"moof") in range(20, 22)


def test_raw_video_is_the_frames_bytes(tmp_path: Path) -> None:
    write_video(tmp_path / "clip.rgb", Kind.RAW)
    data = (tmp_path / "clip.rgb").read_bytes()
    np.testing.assert_array_equal(
        np.frombuffer(data, np.uint8).reshape(12, HEIGHT, WIDTH, 3), np.stack(list(smooth_frames(12)))
    )
    assert write_to_pipe(Kind.RAW).data == data


def test_an_mp4_starts_with_its_index_so_that_browsers_play_it_while_it_loads(tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mp4", Kind.MP4)
    written = (tmp_path / "clip.mp4").read_bytes()
    assert 0 < written.index(b"moov") < written.index(b"mdat")


@pytest.mark.parametrize(("frames_per_second", "rate"), [(29.97, Fraction(2997, 100)), (12.5, Fraction(25, 2))])
def test_a_fractional_speed_is_kept_exactly(tmp_path: Path, frames_per_second: float, rate: Fraction) -> None:
    write_video(tmp_path / "clip.mp4", Kind.MP4, frames_per_second=frames_per_second)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        assert container.streams.video[0].average_rate == rate


def test_the_exif_of_a_webp_is_tiff_without_the_marker_of_jpeg(tmp_path: Path) -> None:
    write_video(tmp_path / "clip.webp", Kind.WEBP, count=2)
    exif = riff_chunks((tmp_path / "clip.webp").read_bytes())[b"EXIF"]
    assert exif[:4] == b"MM\0*"
    assert b'{"model": "street"}' in exif


def riff_chunks(file: bytes) -> dict[bytes, bytes]:
    """Return name -> content, of those of one name the last."""
    chunks, at = {}, 12  # after "RIFF", the size and "WEBP"
    while at < len(file):
        name, size = struct.unpack_from("<4sI", file, at)
        chunks[name] = file[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return chunks


@pytest.mark.parametrize("kind", [Kind.GIF, Kind.WEBP])
def test_an_animation_holds_every_frame_in_its_colours_and_repeats(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / f"clip.{kind}"
    write_video(path, kind)
    with Image.open(path) as animation:
        assert (animation.format, animation.size, animation.info["loop"]) == (kind.upper(), (WIDTH, HEIGHT), 0)
        assert animation.n_frames == 12
        comment = animation.info["comment"].decode() if kind is Kind.GIF else animation.getexif()[0x010E]
        assert comment == '{"model": "street"}'
        milliseconds = 0
        for index, expected in enumerate(smooth_frames(12)):
            animation.seek(index)
            difference = np.asarray(animation.convert("RGB")).astype(int) - expected
            assert np.abs(difference).mean() < 4
            milliseconds += animation.info["duration"]
    assert milliseconds == pytest.approx(12_000 / 17, abs=5)


def test_frame_durations_add_up_to_the_length_of_the_clip() -> None:
    durations = frame_durations(34, Fraction(17), tick=10)
    assert sum(durations) == 2000
    assert set(durations) == {50, 60}


@pytest.mark.parametrize("kind", FILE_KINDS)
def test_the_same_frames_give_the_same_bytes_whatever_the_path(tmp_path: Path, kind: Kind) -> None:
    first, second = tmp_path / f"first.{kind}", tmp_path / f"other-name.{kind}"
    write_video(first, kind)
    write_video(second, kind)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("kind", ENCODED)
def test_an_encoder_gives_the_same_bytes_every_time(tmp_path: Path, kind: Kind) -> None:
    # Small, smooth and repeated: x264 with its default settings makes a dozen different files of these frames.
    y, x = np.mgrid[:32, :64]
    ramps = [np.stack([x * 3 + 2 * t, y * 4 + 4 * t, np.full_like(x, 200 - 5 * t)], axis=-1) for t in range(30)]
    frames = [(ramp % 230).astype(np.uint8) for ramp in ramps]
    written = set()
    for _ in range(20):
        writer = open_video(tmp_path / "clip", kind, height=32, width=64, frames_per_second=17.0, comment="")
        for frame in frames:
            writer.write(frame)
        writer.close()
        written.add((tmp_path / "clip").read_bytes())
    assert len(written) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss has another unit elsewhere")
def test_a_long_video_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    # In processes of their own, as the high-water mark of one that has run other tests says nothing.
    program = """
import resource, sys
from pathlib import Path
import numpy as np
from seg2vid_cli.outputs.video.kinds import Kind, open_video
writer = open_video(Path(sys.argv[1]), Kind.MP4, height=128, width=256, frames_per_second=17.0, comment="")
noise = np.random.default_rng(0).integers(0, 256, (128, 512, 3), np.uint8)
for index in range(int(sys.argv[2])):
    writer.write(np.ascontiguousarray(noise[:, index % 256 : index % 256 + 256]))
writer.close()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    peaks = []
    for count in (100, 400):  # x264 itself looks some 50 frames ahead
        command = [sys.executable, "-c", program, str(tmp_path / f"{count}.mp4"), str(count)]
        peaks.append(int(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    # 300 more frames are 28 MiB; ru_maxrss counts KiB
    assert peaks[1] - peaks[0] < 8 * 1024


@pytest.mark.parametrize("kind", ENCODED)
def test_a_file_that_cannot_grow_is_an_error_and_the_writer_can_be_aborted(tmp_path: Path, kind: Kind) -> None:
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    writer = open_video(tmp_path / "clip", kind, height=256, width=256, frames_per_second=17.0, comment="")
    noise = np.random.default_rng(0).integers(0, 256, (20, 256, 256, 3), np.uint8)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            for frame in noise:
                writer.write(frame)
            writer.close()
        writer.abort()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_file_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError):
        write_video(tmp_path / "file" / "clip.mp4", Kind.MP4)


@pytest.mark.parametrize(("height", "width"), [(127, 256), (128, 255)])
def test_an_odd_size_is_refused_before_anything_is_made(height: int, width: int) -> None:
    with pytest.raises(OutputError, match=f"{height}x{width}"):
        check_video(Kind.MP4, height=height, width=width, frames_per_second=17.0)
    for kind in (Kind.GIF, Kind.WEBP, Kind.PNG):
        check_video(kind, height=height, width=width, frames_per_second=17.0)


def test_a_gif_cannot_show_more_than_50_frames_per_second() -> None:
    check_video(Kind.GIF, height=128, width=256, frames_per_second=50.0)
    with pytest.raises(UsageError, match="--fps 60"):
        check_video(Kind.GIF, height=128, width=256, frames_per_second=60.0)


def test_a_missing_encoder_is_named() -> None:
    with pytest.raises(OutputError, match="no encoder x267"):
        check_encoder(Encoding("mp4", "x267", {}))
    check_encoder(encoded.MP4)


def test_only_kinds_made_in_memory_have_a_limit() -> None:
    fitting, size = 256 * 2**20 // (128 * 256 * 3), {"height": 128, "width": 256}
    for kind in Kind:
        check_memory(kind, frames=fitting, **size)
    for kind in (Kind.GIF, Kind.WEBP):
        with pytest.raises(OutputError, match="256 MiB"):
            check_memory(kind, frames=fitting + 1, **size)
    for kind in (Kind.MP4, Kind.WEBM, Kind.PNG):
        check_memory(kind, frames=fitting + 1, **size)
