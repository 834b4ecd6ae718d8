import pytest

from seg2vid_cli.studio.failures import RequestError
from seg2vid_cli.studio.settings import Settings, parse_settings


def test_what_is_left_out_is_as_the_command_line_has_it():
    assert parse_settings({}) == Settings()
    assert parse_settings({}).height_width is None


def test_all_of_it():
    document = {
        "model": "street",
        "backend": "onnx",
        "size": "128x256",
        "frames": 2000,
        "fps": 12,
        "seed": 2**63 - 1,
        "sample": 3,
        "style": 0,
        "camera": "forward=8,yaw=-3.5,pitch=.5",
    }
    settings = parse_settings(document)
    assert settings.model_dump() == document
    assert settings.height_width == (128, 256)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "settings: Input should be a valid dictionary"),
        ({"seed": -1}, "settings: seed: "),
        ({"seed": True}, "settings: seed: "),
        ({"seed": 1.5}, "settings: seed: "),
        ({"frames": 0}, "settings: frames: "),
        ({"frames": "9"}, "settings: frames: "),
        ({"fps": float("nan")}, "settings: fps: "),
        ({"fps": 241}, "settings: fps: "),
        ({"sample": 0}, "settings: sample: "),
        ({"style": "photo.png"}, "settings: style: "),
        ({"size": "128"}, "settings: size: '128' is not HEIGHTxWIDTH"),
        ({"size": "128x256\n"}, "settings: size: "),
        ({"size": "٣٢x٦٤"}, "settings: size: "),
        ({"size": "4096x2048"}, "settings: size: 4096x2048 is more than 4 megapixels"),
        ({"camera": "drive.csv"}, "settings: camera: 'drive.csv' is none of still, "),
        ({"camera": "forward=8\n"}, "settings: camera: "),
        ({"camera": "up=8"}, "settings: camera: "),
        ({"model": "x" * 1001}, "settings: model: "),
        ({"out": "clip.mp4"}, "settings: out: Extra inputs are not permitted"),
    ],
)
def test_what_is_wrong_is_named(document, said):
    with pytest.raises(RequestError) as caught:
        parse_settings(document)
    assert caught.value.message.startswith(said)
