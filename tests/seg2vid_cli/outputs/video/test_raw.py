import pytest

from seg2vid_cli.outputs.video.raw import how_to_read


@pytest.mark.parametrize(
    ("name", "speed", "expected"),
    [
        ("-", 17.0, "rawvideo rgb24 256x128 17 fps: ffmpeg -f rawvideo -pix_fmt rgb24 -s 256x128 -r 17 -i - clip.mp4"),
        (
            "out/my clip.rgb",
            29.97,
            "rawvideo rgb24 256x128 29.97 fps: "
            "ffmpeg -f rawvideo -pix_fmt rgb24 -s 256x128 -r 29.97 -i 'out/my clip.rgb' clip.mp4",
        ),
    ],
)
def test_a_line_to_paste(name: str, speed: float, expected: str) -> None:
    assert how_to_read(name, height=128, width=256, frames_per_second=speed) == expected
