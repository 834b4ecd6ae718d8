"""What a camera drove, written and given again."""

import json
from pathlib import Path

import numpy as np
import pytest

from seg2vid_cli.inputs.cameras import read_camera
from seg2vid_cli.outputs.camera_file import camera_file
from seg2vid_interface.driving.paths import PATH_CODE, Drive, GivenPath, drawn_path, steady
from seg2vid_interface.model_card import Camera

CAMERA = Camera(focal_length=1.25, horizon=0.5, height=1.5)


def test_the_file_says_all_of_it_a_row_a_line():
    text = camera_file(Drive(steady(8.0, -3.0), 4.0, 4), 2, CAMERA, (128, 256), 128)
    assert text == (
        "{\n"
        '  "frames_per_second": 4.0,\n'
        '  "intrinsics": {"focal_length": 320.0, "principal_point": [127.5, 64.0], "camera_height": 1.5},\n'
        '  "camera": [\n'
        '    {"time": 0.0, "forward": 8.0, "yaw": -3.0, "pitch": 0.0},\n'
        '    {"time": 0.25, "forward": 8.0, "yaw": -3.0, "pitch": 0.0},\n'
        '    {"time": 0.5, "forward": 8.0, "yaw": -3.0, "pitch": 0.0},\n'
        '    {"time": 0.75, "forward": 8.0, "yaw": -3.0, "pitch": 0.0},\n'
        '    {"time": 1.0, "forward": 8.0, "yaw": -3.0, "pitch": 0.0}\n'
        "  ]\n"
        "}\n"
    )


def test_the_horizon_of_an_enlarged_motion_is_where_its_pixels_are():
    document = json.loads(camera_file(Drive(steady(), 17.0, 8), 1, CAMERA, (512, 1024), 128))
    assert document["intrinsics"] == {
        "focal_length": 1280.0,
        "principal_point": [511.5, 257.5],  # row 64 of 128, whose middle is 64.5
        "camera_height": 1.5,
    }


@pytest.mark.parametrize(("frames", "rows"), [(1, 1), (2, 9), (9, 9), (10, 17), (24, 25)])
def test_rows_reach_the_end_of_the_last_chunk(frames, rows):
    document = json.loads(camera_file(Drive(steady(), 17.0, 8), frames, CAMERA, (32, 64), 32))
    assert [row["time"] for row in document["camera"]] == [index / 17 for index in range(rows)]


@pytest.mark.parametrize("frames_per_second", [0.1, 7.3, 17.0, 30000 / 1001, 240.0])
@pytest.mark.parametrize("chunk_frames", [1, 4, 8])
def test_what_is_read_again_is_driven_the_same_to_the_last_bit(tmp_path, frames_per_second, chunk_frames):
    generator = np.random.default_rng([chunk_frames, round(10 * frames_per_second)])
    for trial in range(20):
        frames = int(generator.integers(2, 60))
        drive = Drive(drawn_path(generator.standard_normal(PATH_CODE, np.float32)), frames_per_second, chunk_frames)
        again = given_again(drive, frames, tmp_path / f"{trial}.json")
        for chunk in range(-(-(frames - 1) // chunk_frames)):
            assert again.steps(chunk).tobytes() == drive.steps(chunk).tobytes()
            assert again.pose(chunk) == drive.pose(chunk)


def test_a_path_of_rows_between_frames_is_kept_where_frames_are(tmp_path):
    path = GivenPath((-0.3, 0.1, 0.13), ((0.1, 0.2, 0.3), (7.7, -0.0, 1e-9), (1 / 3, 2 / 3, 0.0)))
    drive = Drive(path, 17.0, 4)
    assert given_again(drive, 9, tmp_path / "a.json").steps(1).tobytes() == drive.steps(1).tobytes()


def given_again(drive: Drive, frames: int, file: Path) -> Drive:
    file.write_text(camera_file(drive, frames, CAMERA, (32, 64), 32))
    return Drive(read_camera(file).path, drive.frames_per_second, drive.chunk_frames)
