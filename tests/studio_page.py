"""The studio's page as tests use it: what a hand does, and what an eye sees."""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seg2vid_interface.label_spaces import CITYSCAPES

LOOKS_WITHIN = 30  # seconds, on a busy machine
READ_CANVAS = "canvas => canvas.toDataURL('image/png')"


def until(is_so: Callable[[], Any], within: float = LOOKS_WITHIN, why: str = "") -> Any:
    """Ask again and again, as the page's policy forbids what playwright itself would wait with."""
    end = time.monotonic() + within
    while not (found := is_so()):
        assert time.monotonic() < end, why or "it did not come to be"
        time.sleep(0.03)
    return found


@dataclass
class StudioPage:
    page: Any
    folder: Path
    sent: list[Any] = field(default_factory=list)
    """Messages of the live connection."""

    @classmethod
    def open(cls, context: Any, address: str, folder: Path) -> "StudioPage":
        studio = cls(context.new_page(), folder)
        studio.page.on("websocket", lambda socket: socket.on("framesent", studio._keep))
        studio.page.goto(address)
        return studio.when_ready()

    def _keep(self, message: Any) -> None:
        self.sent.append(message)

    def when_ready(self) -> "StudioPage":
        self.page.wait_for_selector("html[data-ready]", timeout=LOOKS_WITHIN * 1000)
        self.page.wait_for_selector("#screen-0.has-picture", timeout=LOOKS_WITHIN * 1000)
        return self

    @property
    def last_map(self) -> NDArray[np.uint8]:
        """The map of the last look or clip that was asked for, in the classes' colours."""
        message = next(sent for sent in reversed(self.sent) if isinstance(sent, bytes))
        header = int.from_bytes(message[:4], "little")
        height, width = map(int, json.loads(message[4 : 4 + header])["settings"]["size"].split("x"))
        colors = np.array([label_class.color for label_class in CITYSCAPES.classes], np.uint8)
        return colors[np.frombuffer(message[4 + header :], np.uint8).reshape(height, width)]

    def reload(self) -> None:
        self.page.reload()
        self.when_ready()

    def text(self, selector: str) -> str:
        return str(self.page.inner_text(selector))

    def canvas(self, selector: str) -> NDArray[np.uint8]:
        """What a canvas holds: (H, W, 3)."""
        text = self.page.locator(selector).evaluate(READ_CANVAS)
        return np.asarray(Image.open(BytesIO(base64.b64decode(text.partition(",")[2]))).convert("RGB"))

    @property
    def map(self) -> NDArray[np.uint8]:
        """The drawn map in the classes' colours; what was asked of the page before has been painted."""
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return self.canvas("#map")

    @property
    def picture(self) -> NDArray[np.uint8]:
        return self.canvas("#screen-0 .screen-picture")

    @property
    def frame(self) -> int:
        """Which frame of the clip is shown; -1: the first frame of the drawing."""
        return int(self.page.get_attribute("#screen-0 .screen-picture", "data-frame"))

    def when_looked(self) -> NDArray[np.uint8]:
        """Wait for the first frame of the drawing as it is."""
        self.page.wait_for_selector('#screen-0[aria-busy="false"]', timeout=LOOKS_WITHIN * 1000)
        until(lambda: self.frame == -1)
        return self.picture

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where on the screen a pixel of the map is."""
        box = self.page.locator("#map").bounding_box()
        height, width = self.map.shape[:2]
        return box["x"] + (x + 0.5) / width * box["width"], box["y"] + (y + 0.5) / height * box["height"]

    def take(self, tool: str) -> None:
        self.page.click(f"#tool-{tool}")

    def choose(self, name: str) -> None:
        self.page.click(f'.class-chip[title="{name}"]')

    def drag(self, *points: tuple[float, float], steps: int = 8) -> None:
        mouse = self.page.mouse
        mouse.move(*self.place(*points[0]))
        mouse.down()
        for point in points[1:]:
            mouse.move(*self.place(*point), steps=steps)
        mouse.up()

    def click(self, x: float, y: float) -> None:
        self.page.mouse.click(*self.place(x, y))

    def set_size(self, size: int) -> None:
        self.page.locator("#brush-size").focus()
        while (now := int(self.text(".brush-size-text").split()[0])) != size:
            self.page.keyboard.press("ArrowUp" if now < size else "ArrowDown")

    def fill(self, name: str) -> None:
        """Begin with a map of one class."""
        self.choose(name)
        self.page.click('button[popovertarget="scenes"]')
        self.page.click("#blank")

    def when_made(self) -> None:
        """Wait for the clip's end."""
        self.page.wait_for_selector("#cancel", state="hidden", timeout=120_000)

    def download(self, button: str) -> Path:
        with self.page.expect_download(timeout=120_000) as coming:
            self.page.click(button)
        path = self.folder / coming.value.suggested_filename
        coming.value.save_as(path)
        return path

    def drop(self, name: str, data: bytes, kind: str = "image/png") -> None:
        """Drop a file on the page."""
        transfer = self.page.evaluate_handle(
            """([text, name, type]) => {
                const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
                const transfer = new DataTransfer();
                transfer.items.add(new File([bytes], name, { type }));
                return transfer;
            }""",
            [base64.b64encode(data).decode(), name, kind],
        )
        for event in ("dragenter", "drop"):
            self.page.dispatch_event("#stage", event, {"dataTransfer": transfer})
