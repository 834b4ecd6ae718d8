"""A camera's path as people give it, and what is none."""

import json
from pathlib import Path

import numpy as np
import pytest

from seg2vid_cli.inputs.camera_names import CAMERA_NAMES
from seg2vid_cli.inputs.cameras import GivenCamera, check_camera, read_camera
from seg2vid_interface.driving.paths import NAMED_PATHS, GivenPath, steady
from seg2vid_interface.errors import CameraError, UsageError
from seg2vid_interface.model_card import read_card

CSV = "time,forward,yaw\n0,8,0\n1.5,4,-3.5\n"
PATH = GivenPath((0.0, 1.5), ((8.0, 0.0, 0.0), (4.0, -3.5, 0.0)))
ROWS = [{"time": 0, "forward": 8}, {"time": 1.5, "forward": 4, "yaw": -3.5}]
FORMS = (
    "Give a name (still, straight, left, right, brake, reverse), rates (forward=8,yaw=3), or a file (.csv, .json, "
    "./NAME)."
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_names_are_those_of_the_paths():
    assert tuple(NAMED_PATHS) == CAMERA_NAMES
    assert [read_camera(name) for name in CAMERA_NAMES] == [GivenCamera(NAMED_PATHS[n], n) for n in CAMERA_NAMES]


@pytest.mark.parametrize(
    ("given", "rates"),
    [
        ("forward=8", (8, 0, 0)),
        ("forward=8,yaw=3", (8, 3, 0)),
        (" pitch = -1.5 , forward=-2e0", (-2, 0, -1.5)),
        ("yaw=90", (0, 90, 0)),
        ({"forward": 8, "yaw": np.float32(-2.5)}, (8, -2.5, 0)),
        ({"pitch": 45}, (0, 0, 45)),
    ],
)
def test_rates_last_and_the_others_are_0(given, rates):
    assert read_camera(given).path == steady(*rates)


def test_what_was_given_has_a_name():
    Path("drive.csv").write_text(CSV)
    assert read_camera("forward=8,yaw=3").name == "forward=8,yaw=3"
    assert read_camera({"forward": 8, "yaw": 3}).name == "forward=8,yaw=3"
    assert read_camera(ROWS).name == "rows"
    camera = read_camera("../" + Path.cwd().name + "/drive.csv")
    assert (camera.name, camera.title, camera.file) == (str(camera.file), "drive.csv", Path(camera.name))
    assert read_camera("left").title == "left"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("drive.csv", CSV),
        ("drive.csv", "\ufeff time , forward,yaw\r\n0, 8,0\r\n\r\n1.5,4,-3.5"),
        ("drive.csv", 'yaw,"time",pitch,forward\n0,0,0,8\n-3.5,1.5,-0,4\n'),
        ("drive", CSV),
        ("drive.json", json.dumps(ROWS)),
        ("drive.json", json.dumps([[0, 8], [1.5, 4, -3.5, 0]])),
        ("drive.txt", json.dumps({"camera": ROWS, "intrinsics": {"focal_length": 281.6}, "more": 1})),
    ],
    ids=["plain", "byte-order mark", "columns in another order", "no ending", "json", "numbers", "object"],
)
def test_files(name, text):
    Path(name).write_bytes(text.encode())
    expected = GivenCamera(PATH, name, Path(name))
    assert read_camera(name) == expected
    assert read_camera(Path(name)) == expected


@pytest.mark.parametrize(
    "rows", [ROWS, [(0, 8), (1.5, 4, -3.5)], [[0, 8, 0, 0], [1.5, 4, -3.5, 0]], np.array([[0, 8, 0], [1.5, 4, -3.5]])]
)
def test_rows_of_a_program(rows):
    assert read_camera(rows).path == PATH


def test_a_name_wins_over_a_file_and_rates_do():
    for name in ("left", "forward=8"):
        Path(name).write_text(CSV)
        assert read_camera(name).file is None
        assert read_camera(f"./{name}").path == PATH
        assert read_camera(Path(name)).path == PATH


def test_a_clip_may_begin_after_the_first_row_or_before_it():
    path = read_camera([(-1, 0), (1, 8)]).path
    np.testing.assert_array_equal(path.rates(np.array([-9, 0, 1, 9]))[:, 0], [0, 4, 8, 8])


RATES_HINT = (
    "Rates are forward (m/s), yaw (degrees/s to the right) and pitch (upwards); a file of such a name is ./NAME."
)
UNITS = "At most 60 m/s (216 km/h) forward or back, 90 degrees/s of yaw and 45 of pitch either way."
ROW_HINT = "A row has time (s) and forward (m/s), and may have yaw and pitch (degrees/s)."


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ("lft", "--camera lft: no path of this name", FORMS),
        ("", "--camera : no path of this name", FORMS),
        ("8", "--camera 8: no path of this name", FORMS),
        ("speed=8", "--camera speed=8: 'speed' is none of forward, yaw, pitch", RATES_HINT),
        ("forward=8,", "--camera forward=8,: '' is none of forward, yaw, pitch", RATES_HINT),
        ("=8", "--camera =8: '' is none of forward, yaw, pitch", RATES_HINT),
        ("forward=8,forward=9", "--camera forward=8,forward=9: forward is given twice", RATES_HINT),
        ("forward=8,yaw", "--camera forward=8,yaw: yaw has no number", UNITS),
        ("forward=", "--camera forward=: forward has no number", UNITS),
        ("forward=fast", "--camera forward=fast: forward is 'fast', no finite number", UNITS),
        ("forward=nan", "--camera forward=nan: forward is 'nan', no finite number", UNITS),
        ("yaw=-inf", "--camera yaw=-inf: yaw is '-inf', no finite number", UNITS),
        ("forward=400", "--camera forward=400: forward is 400 m/s, beyond 60", UNITS),
        ("forward=-60.5", "--camera forward=-60.5: forward is -60.5 m/s, beyond 60", UNITS),
        ("yaw=-91", "--camera yaw=-91: yaw is -91 degrees/s, beyond 90", UNITS),
        ("pitch=46", "--camera pitch=46: pitch is 46 degrees/s, beyond 45", UNITS),
        ({}, "--camera : no rate", FORMS),
        ({"forward": True}, "--camera forward=True: forward is True, no finite number", UNITS),
        ([], "--camera rows: holds no row", ROW_HINT),
        ([(0, 8), (1,)], "--camera rows: row 2: has no forward", ROW_HINT),
        ([(0, 8, 0, 0, 0)], "--camera rows: row 1: more values than columns", ROW_HINT),
        ([5], "--camera rows: row 1: 5 is no row", ROW_HINT),
        (
            [(0, 8), (0, 9)],
            "--camera rows: row 2: time 0.0 does not come after the 0.0 before it",
            "Rows go from early",
        ),
        ([(0, 10**400)], "--camera rows: row 1: forward is 1000", UNITS),
    ],
)
def test_what_is_no_path(given, message, hint):
    with pytest.raises(UsageError) as caught:
        read_camera(given)
    assert caught.value.message.startswith(message)
    assert str(caught.value.hint).startswith(hint)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("time,yaw\n0,3\n", "has no forward"),
        ("yaw\n3\n", "has no time and no forward"),
        ("time,forward,speed\n0,8,9\n", "'speed' is none of time, forward, yaw, pitch"),
        ("time,forward,forward\n0,8,9\n", "forward is given twice"),
        ("time,forward\n", "holds no row"),
        ("time,forward\n0,8\n1,nan\n", "row 2: forward is 'nan', no finite number"),
        ("time,forward\n0,8\nNaN,8\n", "row 2: time is 'NaN', no finite number"),
        ("time,forward,yaw\n0,8\n", "row 1: yaw has no number"),
        ("time,forward\n0,8,3\n", "row 1: more values than columns"),
        ("time,forward\n0,8\n1,8\n1,8\n", "row 3: time 1.0 does not come after the 1.0 before it"),
        ("time,forward\n0,8\n1,400\n", "row 2: forward is 400 m/s, beyond 60"),
        ("0,8\n1,8\n", "neither JSON nor CSV with a header"),
        ("time;forward\n0;8\n", "neither JSON nor CSV with a header"),
        ('"time\nforward', "neither JSON nor CSV with a header"),
        ("time,forward\n0,8\x00" + "9" * 200_000, "not readable as CSV: field larger than field limit (131072)"),
        (b"\x89PNG\r\n", "neither CSV nor JSON, but no text"),
        (b"time,forward\n0,8\n" + b" " * 64_000_000, "larger than 64 MB"),
        ("[1", "not readable as JSON: Expecting ',' delimiter: line 1 column 3 (char 2)"),
        ("[" * 100_000, "not readable as JSON: "),
        ("[]", "holds no row"),
        ("[5]", "row 1: 5 is no row"),
        ('["time"]', "row 1: 'time' is no row"),
        ("{}", 'no list of rows under "camera"'),
        ('{"camera": {"time": 0}}', 'no list of rows under "camera"'),
        ('[{"forward": 8}]', "row 1: has no time"),
        ('[{"time": 0, "forward": 8, "roll": 1}]', "row 1: 'roll' is none of time, forward, yaw, pitch"),
        ('[{"time": 0, "forward": NaN}]', "not readable as JSON: NaN is no number of JSON"),
        ('[{"time": 0, "forward": null}]', "row 1: forward has no number"),
        ('[{"time": 0, "forward": [8]}]', "row 1: forward is [8], no finite number"),
    ],
)
def test_files_that_hold_no_path(content, problem):
    file = Path("drive.csv")
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(CameraError) as caught:
        read_camera("drive.csv")
    assert caught.value.message.startswith(f"drive.csv: {problem}")
    assert "\n" not in caught.value.message
    assert caught.value.hint
    assert (caught.value.exit_code, caught.value.code) == (1, "camera")


@pytest.mark.parametrize(
    ("given", "problem"),
    [("none.csv", "no such file"), ("./left", "no such file"), ("there", "cannot be read: Is a directory")],
)
def test_files_that_cannot_be_read(given, problem):
    Path("there").mkdir()
    with pytest.raises(CameraError) as caught:
        read_camera(given)
    assert (caught.value.message, caught.value.hint) == (f"{Path(given)}: {problem}", FORMS)


def test_a_model_without_a_camera_takes_none(make_model):
    plain, driving = read_card(make_model()), read_card(make_model("driving", camera={}))
    for given in (None, "left", "nonsense"):
        check_camera(given, driving)
    check_camera(None, plain)
    with pytest.raises(UsageError) as caught:
        check_camera({"forward": 8}, plain)
    assert caught.value.message == "--camera forward=8: the camera of the model tiny does not drive as it is told"
    assert caught.value.hint == (
        "Leave it out, as --seed says the motion; `seg2vid models show NAME` says what a model can do."
    )
