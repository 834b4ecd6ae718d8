"""What stays: the drawing over reloads, beside other tabs, and while the server is away."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from studio_page import StudioPage, until
from studio_server import Server

pytestmark = pytest.mark.slow
FRAMES = 10


def test_reloading_keeps_the_drawing_and_its_history(studio: StudioPage) -> None:
    studio.fill("road")
    studio.choose("car")
    studio.drag((20, 20), (90, 60))
    once = studio.map
    studio.drag((120, 20), (190, 60))
    twice = studio.map
    studio.page.keyboard.press("Control+z")
    studio.page.fill("#seed", "42")
    studio.reload()
    np.testing.assert_array_equal(studio.map, once)
    assert studio.page.input_value("#seed") == "42"
    assert studio.page.get_attribute('.class-chip[title="car"]', "aria-checked") == "true"
    studio.page.keyboard.press("Control+Shift+Z")
    np.testing.assert_array_equal(studio.map, twice)
    for _ in range(2):
        studio.page.keyboard.press("Control+z")
    assert len(np.unique(studio.map.reshape(-1, 3), axis=0)) == 1


def test_a_reload_right_after_a_stroke_loses_nothing(studio: StudioPage) -> None:
    studio.fill("road")
    studio.choose("car")
    for number in range(5):
        studio.drag((10 + 40 * number, 20), (30 + 40 * number, 90))
        drawn = studio.map
        studio.reload()
        np.testing.assert_array_equal(studio.map, drawn)


def test_two_tabs_do_not_overwrite_each_other(studio: StudioPage, server: Server) -> None:
    studio.fill("road")
    studio.choose("car")
    studio.drag((20, 20), (90, 60))
    first = studio.map
    other = StudioPage.open(studio.page.context, server.address, studio.folder)
    np.testing.assert_array_equal(other.map, first)  # a new tab begins with what was drawn last
    assert "the drawing that was made last" in other.text("#drawing-messages")
    other.fill("sky")
    second = other.map
    studio.drag((120, 20), (190, 60))
    first = studio.map
    other.reload()
    studio.reload()
    np.testing.assert_array_equal(other.map, second)
    np.testing.assert_array_equal(studio.map, first)


def test_a_duplicated_tab_has_a_copy_of_its_own(studio: StudioPage, server: Server) -> None:
    studio.fill("road")
    drawn = studio.map
    kept = studio.page.evaluate("() => sessionStorage.getItem('seg2vid-tab')")
    page = studio.page.context.new_page()
    page.add_init_script(f"sessionStorage.getItem('seg2vid-tab') ?? sessionStorage.setItem('seg2vid-tab', '{kept}')")
    page.goto(server.address)
    copy = StudioPage(page, studio.folder).when_ready()
    np.testing.assert_array_equal(copy.map, drawn)
    assert page.evaluate("() => sessionStorage.getItem('seg2vid-tab')") != kept
    copy.fill("sky")
    studio.reload()
    np.testing.assert_array_equal(studio.map, drawn)


@pytest.fixture
def own_server(browser: Any) -> Iterator[Server]:
    server = Server()
    server.start()
    yield server
    server.stop()


def test_a_killed_server_is_said_and_work_goes_on_when_it_is_back(
    open_studio: Callable[..., StudioPage], own_server: Server
) -> None:
    studio = open_studio(own_server.address)
    studio.fill("road")
    studio.page.fill("#frames", str(FRAMES))
    studio.page.click("#play")
    own_server.kill()
    until(lambda: "does not answer" in studio.text("#connection"))
    assert "Your drawing is kept" in studio.text("#connection")
    studio.choose("car")
    studio.drag((100, 60), (150, 70))
    drawn, before = studio.map, studio.picture
    own_server.start()
    until(lambda: "Connected" in studio.text("#connection"), 60)
    until(lambda: not np.array_equal(studio.picture, before))
    np.testing.assert_array_equal(studio.map, drawn)
    studio.page.click("#play")
    studio.when_made()
    until(lambda: studio.frame > 0)


def test_a_clip_that_was_being_made_is_made_when_the_server_is_back(
    open_studio: Callable[..., StudioPage], own_server: Server
) -> None:
    studio = open_studio(own_server.address)
    studio.page.fill("#frames", "60")
    studio.page.click("#play")
    until(lambda: studio.frame == 0)
    own_server.kill()
    until(lambda: "does not answer" in studio.text("#connection"))
    own_server.start()
    until(lambda: "Connected" in studio.text("#connection"), 60)
    studio.when_made()
    assert "of 60" in studio.text("#frame-text")


def test_a_tab_goes_on_with_the_token_of_a_server_that_was_started_anew(
    open_studio: Callable[..., StudioPage], own_server: Server
) -> None:
    studio = open_studio(own_server.address)
    studio.fill("road")
    drawn, before = studio.map, studio.when_looked()
    own_server.kill()
    own_server.token = "token-of-another-time"
    own_server.start()
    until(lambda: "was started anew" in studio.text("#connection"), 60)
    np.testing.assert_array_equal(studio.map, drawn)
    StudioPage.open(studio.page.context, own_server.address, studio.folder)  # as the program itself does
    until(lambda: "Connected" in studio.text("#connection"))
    studio.choose("car")
    studio.drag((100, 60), (150, 70))
    assert not np.array_equal(studio.when_looked(), before)
