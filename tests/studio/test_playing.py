"""Pictures that move: played as they come, scrubbed, stepped, driven, cancelled, compared."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from studio_page import StudioPage, until

pytestmark = pytest.mark.slow
FRAMES = 10  # the model's chunks have eight


@pytest.fixture
def street(studio: StudioPage) -> Iterator[StudioPage]:
    """A road and a car on it, to be played in few frames."""
    studio.fill("road")
    studio.choose("car")
    studio.take("rectangle")
    studio.drag((100, 60), (140, 80))
    studio.page.fill("#frames", str(FRAMES))
    yield studio


def play(studio: StudioPage) -> None:
    studio.page.click("#play")
    studio.when_made()
    if studio.text("#play") == "Pause":
        studio.page.click("#play")


def scrub(studio: StudioPage, frame: int) -> np.ndarray[Any, Any]:
    studio.page.fill("#scrub", str(frame))
    until(lambda: studio.frame == frame)
    return studio.picture


def test_a_clip_plays_as_it_comes_and_begins_with_the_first_frame(street: StudioPage) -> None:
    look = street.when_looked()
    assert street.text("#frame-text").startswith("first frame, painted in")
    street.page.click("#play")
    until(lambda: street.frame == 0)
    np.testing.assert_array_equal(street.picture, look)
    street.when_made()
    seen = {street.frame}
    until(lambda: seen.add(street.frame) or len(seen) > 4)
    assert seen <= set(range(FRAMES))


def test_scrubbing_and_stepping_show_the_frames_that_are_named(street: StudioPage) -> None:
    play(street)
    pictures = [scrub(street, frame) for frame in range(FRAMES)]
    assert street.text("#frame-text") == f"frame {FRAMES} of {FRAMES}, {(FRAMES - 1) / 17:.2f} s"
    assert all(not np.array_equal(a, b) for a, b in pairwise(pictures))
    street.page.click("#step-back")
    until(lambda: street.frame == FRAMES - 2)
    np.testing.assert_array_equal(street.picture, pictures[FRAMES - 2])
    street.page.click("#step-forward")
    until(lambda: street.frame == FRAMES - 1)
    street.page.click("#stop")
    until(lambda: street.frame == 0)


def test_a_clip_ends_at_its_end_if_it_does_not_loop(street: StudioPage) -> None:
    street.page.click("#loop")
    street.page.click("#play")
    until(lambda: street.text("#play") == "Play", 60)
    assert street.frame == FRAMES - 1


def test_the_camera_drives_as_the_pad_says(street: StudioPage) -> None:
    street.page.click('#camera-names :text("still")')
    play(street)
    standing = scrub(street, 8)
    pad = street.page.locator("#camera-pad").bounding_box()
    street.page.mouse.click(pad["x"] + 0.75 * pad["width"], pad["y"] + 0.25 * pad["height"])
    assert street.page.input_value("#camera-forward") == "7.5"
    assert street.page.input_value("#camera-yaw") == "10"
    assert street.page.get_attribute("#camera-pad", "aria-valuetext") == (
        "7.5 metres a second forward, turning 10 degrees a second to the right"
    )
    assert street.text("#work-text") == "the clip is of an earlier drawing"
    play(street)
    assert not np.array_equal(scrub(street, 8), standing)
    street.page.focus("#camera-pad")
    street.page.keyboard.press("ArrowDown")
    assert street.page.input_value("#camera-forward") == "7"


def test_a_clip_is_cancelled_and_can_be_made_again(street: StudioPage) -> None:
    street.page.fill("#frames", "400")
    street.page.click("#play")
    until(lambda: street.frame == 0)
    street.page.click("#cancel")
    assert street.page.is_hidden("#cancel")
    until(lambda: "the clip was cut at frame" in street.text("#work-text"))
    street.page.fill("#frames", "3")
    play(street)
    assert "of 3," in street.text("#frame-text")


def test_a_stroke_gives_up_the_clip_that_is_being_made(street: StudioPage) -> None:
    street.page.fill("#frames", "400")
    street.page.click("#play")
    until(lambda: street.frame == 0)
    before = street.picture
    street.drag((20, 100), (60, 120))
    assert not np.array_equal(street.when_looked(), before)
    assert street.page.is_hidden("#cancel")


def test_layers_lie_over_the_frames(studio: StudioPage) -> None:
    street = studio
    street.page.fill("#frames", str(FRAMES))
    street.page.click('#camera-names :text("right")')
    street.page.click("#layer-labels")
    play(street)
    scrub(street, 4)
    with_labels = until(lambda: (now := street.canvas("#screen-0 .screen-overlay")).any() and [now])[0]
    street.page.click("#layer-labels")
    until(lambda: not street.canvas("#screen-0 .screen-overlay").any())
    for layer in ("flow", "arrows", "occlusion", "depth", "boxes"):  # fetched now, as the clip came without them
        street.page.click(f"#layer-{layer}")
        drawn = until(lambda: (now := street.canvas("#screen-0 .screen-overlay")).any() and [now])[0]
        assert not np.array_equal(drawn, with_labels), layer
        street.page.click(f"#layer-{layer}")
        until(lambda: not street.canvas("#screen-0 .screen-overlay").any())


def test_two_seeds_are_played_side_by_side(street: StudioPage) -> None:
    street.page.click("#compare")
    second = "#screen-1 .screen-picture"
    street.page.wait_for_selector("#screen-1.has-picture")
    until(lambda: street.text("#screen-1 figcaption") == "Seed 1, first frame")
    play(street)
    scrub(street, 6)
    until(lambda: street.page.get_attribute(second, "data-frame") == "6")
    other = street.canvas(second)
    assert not np.array_equal(street.picture, other)
    street.page.click("#compare")
    street.page.fill("#seed", "1")
    play(street)
    np.testing.assert_array_equal(scrub(street, 6), other)


def test_a_wrong_setting_is_said_at_the_fields_and_not_sent(street: StudioPage) -> None:
    street.page.fill("#frames", "0")
    assert street.text("#settings-fault") == "Frames must be a whole number from 1 to 2000."
    street.page.locator("#frames").blur()
    assert street.page.input_value("#frames") == str(FRAMES)
    assert street.text("#settings-fault") == ""


def test_only_the_newest_drawing_waits_for_the_server(studio: StudioPage) -> None:
    studio.when_looked()
    studio.choose("car")
    before = len(studio.sent)
    for x in range(10, 200, 10):
        studio.click(x, 100)
    drawn = studio.map
    studio.when_looked()
    np.testing.assert_array_equal(studio.last_map, drawn)
    assert 1 <= len(studio.sent) - before < 19
