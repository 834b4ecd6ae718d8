"""The canvas: every pixel is a class, whatever tool, and every step can be undone."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from studio_page import StudioPage, until

ROAD, CAR, SKY, TREE = (128, 64, 128), (0, 0, 142), (70, 130, 180), (107, 142, 35)
HEIGHT, WIDTH = 128, 256


def plain(color: tuple[int, int, int]) -> NDArray[np.uint8]:
    return np.full((HEIGHT, WIDTH, 3), color, np.uint8)


def test_the_first_frame_is_painted_anew_after_a_stroke(studio: StudioPage) -> None:
    studio.fill("road")
    empty = studio.when_looked()
    studio.choose("car")
    studio.drag((100, 60), (150, 70))
    with_car = studio.when_looked()
    assert with_car.shape == (HEIGHT, WIDTH, 3)
    near = np.abs(with_car.astype(int) - empty).mean(axis=2)
    assert near[50:80, 95:155].mean() > 3 * near[:, 200:].mean()  # the car is where it was drawn


@pytest.mark.slow
def test_a_rectangle_has_the_pixels_that_it_spans_and_no_others(studio: StudioPage) -> None:
    studio.fill("road")
    studio.choose("car")
    studio.take("rectangle")
    studio.drag((20, 30), (59, 49))
    expected = plain(ROAD)
    expected[30:50, 20:60] = CAR
    np.testing.assert_array_equal(studio.map, expected)


@pytest.mark.slow
def test_edges_are_hard_in_every_tool(studio: StudioPage) -> None:
    studio.fill("road")
    studio.set_size(5)
    studio.choose("car")
    studio.drag((10, 10), (60, 33))
    studio.take("line")
    studio.choose("sky")
    studio.drag((100, 10), (160, 71))
    studio.take("polygon")
    studio.choose("vegetation")
    for corner in [(180, 20), (240, 33), (200, 90), (180, 20)]:
        studio.click(*corner)
    colors = np.unique(studio.map.reshape(-1, 3), axis=0).tolist()
    assert colors == sorted(map(list, (ROAD, CAR, SKY, TREE)))


@pytest.mark.slow
def test_a_polygon_is_filled_within_its_corners(studio: StudioPage) -> None:
    studio.fill("road")
    studio.take("polygon")
    studio.choose("car")
    for corner in [(50, 20), (90, 20), (90, 60)]:
        studio.click(*corner)
    studio.page.keyboard.press("Enter")
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    inside = (columns <= 90) & (rows >= 20) & (columns - 50 >= rows - 20)
    np.testing.assert_array_equal(studio.map, np.where(inside[..., None], CAR, ROAD))


@pytest.mark.slow
def test_filling_stops_at_other_classes(studio: StudioPage) -> None:
    studio.fill("road")
    studio.take("line")
    studio.set_size(1)
    studio.choose("car")
    studio.drag((128, 0), (128, 127))
    studio.take("fill")
    studio.choose("sky")
    studio.click(10, 10)
    expected = plain(ROAD)
    expected[:, :128] = SKY
    expected[:, 128] = CAR
    np.testing.assert_array_equal(studio.map, expected)


@pytest.mark.slow
def test_the_picker_takes_the_class_of_the_map(studio: StudioPage) -> None:
    studio.fill("vegetation")
    studio.choose("car")
    studio.take("picker")
    studio.click(5, 5)
    assert studio.page.get_attribute('.class-chip[title="vegetation"]', "aria-checked") == "true"


@pytest.mark.slow
def test_fifty_strokes_are_undone_and_done_again(studio: StudioPage) -> None:
    studio.fill("road")
    studio.set_size(3)
    studio.choose("car")
    maps = [studio.map]
    for number in range(50):
        studio.drag((5 + 4 * number, 10), (5 + 4 * number, 40 + number), steps=2)
        maps.append(studio.map)
    for earlier in reversed(maps[:-1]):
        studio.page.keyboard.press("Control+z")
        np.testing.assert_array_equal(studio.map, earlier)
    for later in maps[1:]:
        studio.page.keyboard.press("Control+Shift+Z")
        np.testing.assert_array_equal(studio.map, later)
    assert studio.page.is_disabled('[aria-label="Redo"]')


@pytest.mark.slow
def test_escape_takes_a_stroke_back_that_is_not_done(studio: StudioPage) -> None:
    studio.fill("road")
    studio.choose("car")
    mouse = studio.page.mouse
    mouse.move(*studio.place(20, 20))
    mouse.down()
    mouse.move(*studio.place(80, 80), steps=4)
    assert not np.array_equal(studio.map, plain(ROAD))
    studio.page.keyboard.press("Escape")
    np.testing.assert_array_equal(studio.map, plain(ROAD))
    mouse.up()
    np.testing.assert_array_equal(studio.map, plain(ROAD))


@pytest.mark.slow
def test_a_map_is_drawn_with_the_keyboard_alone(studio: StudioPage) -> None:
    studio.fill("road")
    studio.set_size(1)
    studio.page.locator("#stage").focus()
    press = studio.page.keyboard.press
    press("Shift+Digit4")  # car
    press("Enter")  # shows the pen, in the middle
    press("Enter")
    for _ in range(3):
        press("ArrowRight")
    press("Enter")
    expected = plain(ROAD)
    expected[64, 128:132] = CAR
    np.testing.assert_array_equal(studio.map, expected)


@pytest.mark.slow
def test_two_fingers_zoom_and_draw_nothing(open_studio: Callable[..., StudioPage]) -> None:
    studio = open_studio(has_touch=True, viewport={"width": 360, "height": 740})
    studio.fill("road")
    before = studio.page.locator("#map").bounding_box()
    points = [studio.place(100, 60), studio.place(150, 60)]
    session = studio.page.context.new_cdp_session(studio.page)

    def touch(kind: str, spread: float) -> None:
        (x0, y0), (x1, y1) = points
        fingers = [{"x": x0 - spread, "y": y0, "id": 1}, {"x": x1 + spread, "y": y1, "id": 2}]
        shown = [] if kind == "touchEnd" else fingers[:1] if kind == "touchStart" else fingers
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": shown})

    touch("touchStart", 0)
    session.send(
        "Input.dispatchTouchEvent",
        {"type": "touchStart", "touchPoints": [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points, 1)]},
    )
    for spread in (5, 10, 20, 30):
        touch("touchMove", spread)
    touch("touchEnd", 0)
    until(lambda: studio.page.locator("#map").bounding_box()["width"] > 1.5 * before["width"], 5)
    np.testing.assert_array_equal(studio.map, plain(ROAD))


@pytest.mark.slow
def test_patterns_tell_classes_apart_without_colours(studio: StudioPage) -> None:
    assert not studio.page.is_visible("#hatching")
    studio.page.click("#patterns")
    studio.page.wait_for_selector("#hatching", state="visible")
    until(lambda: studio.canvas("#hatching").any(), 5)
    tiles = studio.page.eval_on_selector_all(".swatch-pattern", "all => all.map(canvas => canvas.toDataURL())")
    assert len(set(tiles)) == len(tiles) == 20


@pytest.mark.slow
def test_a_name_is_shown_for_what_the_pointer_is_on(studio: StudioPage) -> None:
    studio.fill("vegetation")
    studio.page.mouse.move(*studio.place(12, 34))
    assert studio.text("#under-pointer") == "vegetation · 12, 34"
