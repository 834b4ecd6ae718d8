"""What goes into the studio and comes out of it."""

import io
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from drawn_formats import FORMATS, drawings, read_format
from seg2vid_interface.label_spaces import CITYSCAPES
from studio_page import StudioPage, until
from studio_server import Server

FRAMES = 10


def png(picture: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def draw_street(studio: StudioPage) -> None:
    studio.fill("road")
    studio.choose("car")
    studio.take("rectangle")
    studio.drag((100, 60), (140, 80))
    studio.page.fill("#frames", str(FRAMES))


def test_the_shown_command_gives_the_same_bytes(studio: StudioPage) -> None:
    draw_street(studio)
    studio.page.fill("#seed", "7")
    studio.page.click('#camera-names :text("left")')
    studio.page.click("#show-downloads")
    clip = studio.download("#save-mp4")
    with av.open(clip) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert np.shape(frames) == (FRAMES, 128, 256, 3)

    studio.download("#save-map")
    made = clip.read_bytes()
    clip.unlink()
    command = shlex.split(studio.text("#command"))
    assert command[:5] == ["seg2vid", "generate", "map.png", "-o", "clip.mp4"]
    program = [sys.executable, "-m", "seg2vid_cli", *command[1:], "--quiet"]
    subprocess.run(program, cwd=studio.folder, check=True, timeout=300)
    assert clip.read_bytes() == made


@pytest.mark.slow
def test_a_clip_is_saved_in_every_kind(studio: StudioPage) -> None:
    draw_street(studio)
    studio.page.fill("#frames", "3")
    studio.page.click("#show-downloads")
    for kind, name in [("webm", "clip.webm"), ("gif", "clip.gif"), ("webp", "clip.webp")]:
        path = studio.download(f"#save-{kind}")
        assert path.name == name
        assert path.stat().st_size > 1000
    with zipfile.ZipFile(studio.download("#save-zip")) as archive:
        assert [name.rpartition("/")[2] for name in archive.namelist()] == ["000000.png", "000001.png", "000002.png"]
    with zipfile.ZipFile(studio.download("#save-annotated")) as archive:
        assert {"clip.mp4", "map.png", "clip.boxes.json"} <= {name.rpartition("/")[2] for name in archive.namelist()}


@pytest.mark.slow
def test_the_saved_map_is_the_drawing(studio: StudioPage) -> None:
    draw_street(studio)
    studio.page.click("#show-downloads")
    saved = np.asarray(Image.open(studio.download("#save-map")))
    expected = np.zeros((128, 256), np.uint8)
    expected[60:81, 100:141] = 13
    np.testing.assert_array_equal(saved, expected)


def colors_at_size(train_ids: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What a map looks like on the canvas: at the model's size, by the nearest pixel centre."""
    rows = (np.arange(128) * 2 + 1) * train_ids.shape[0] // 256
    columns = (np.arange(256) * 2 + 1) * train_ids.shape[1] // 512
    colors = np.array([label_class.color for label_class in CITYSCAPES.classes], np.uint8)
    return colors[np.where(train_ids == 255, 19, train_ids)[np.ix_(rows, columns)]]


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["colors", "red"])
def test_a_map_of_carla_is_dropped_and_read_for_what_it_is(studio: StudioPage, layout: str) -> None:
    drawing = next(drawn for drawn in drawings(read_format(FORMATS["carla"]), studio.folder) if drawn.layout == layout)
    studio.drop(drawing.path.name, drawing.path.read_bytes())
    until(lambda: "was read as" in studio.text("#drawing-messages"))
    assert "CARLA" in studio.text("#drawing-messages")
    np.testing.assert_array_equal(studio.map, colors_at_size(drawing.train_ids))
    studio.page.click('#drawing-messages :text("Undo")')
    assert not np.array_equal(studio.map, colors_at_size(drawing.train_ids))


@pytest.mark.slow
def test_a_file_in_doubt_is_asked_for(studio: StudioPage) -> None:
    studio.fill("road")
    before = studio.map
    studio.drop("ids.png", png(np.full((128, 256), 7, np.uint8)))
    studio.page.wait_for_selector("#question[open]")
    choices = studio.page.locator("#question-answers button")
    assert choices.count() > 2
    studio.page.keyboard.press("Escape")
    np.testing.assert_array_equal(studio.map, before)


@pytest.mark.slow
def test_a_photo_becomes_a_template_below_the_map(studio: StudioPage) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 128, 3), dtype=np.uint8)
    studio.drop("photo.png", png(noise))
    studio.page.click('#question-answers :text("Draw after it")')
    studio.page.wait_for_selector("#template", state="visible")
    assert studio.page.evaluate("() => document.getElementById('map').style.opacity") == "0.6"


@pytest.mark.slow
def test_a_broken_file_harms_nothing(studio: StudioPage) -> None:
    before = studio.map
    studio.drop("broken.txt", b"no picture at all", "text/plain")
    until(
        lambda: "broken.txt" in studio.text("#drawing-messages") and "Reading" not in studio.text("#drawing-messages")
    )
    np.testing.assert_array_equal(studio.map, before)


@pytest.fixture
def server_with_a_map(browser: Any, tmp_path: Path) -> Iterator[Server]:
    path = tmp_path / "given.png"
    path.write_bytes(png(np.where(np.arange(256) < 128, 0, 13).astype(np.uint8)[None].repeat(128, axis=0)))
    server = Server([str(path), "--label-format", "train-ids"])
    server.start()
    yield server
    server.stop()


@pytest.mark.slow
def test_a_map_that_the_command_line_names_is_there_at_the_start(
    open_studio: Callable[..., StudioPage], server_with_a_map: Server
) -> None:
    studio = open_studio(server_with_a_map.address)
    expected = np.where((np.arange(256) < 128)[None, :, None], (128, 64, 128), (0, 0, 142)).repeat(128, axis=0)
    np.testing.assert_array_equal(studio.map, expected)
