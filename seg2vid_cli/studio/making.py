"""What the worker makes for a page, and sends as it is made: a first frame, a clip, a layer of a clip."""

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seg2vid_cli.generation.scene_clip import SceneClip
from seg2vid_cli.outputs.fields import Names
from seg2vid_cli.studio.clips import INDICES, Sessions, Wanted, drawn_map
from seg2vid_cli.studio.layers import FIELDS, layer, layers_of
from seg2vid_interface.clips import Chunk

KEPT_BYTES: Final = 64_000_000
"""Of a clip's fields that are kept; those of a larger clip are made again when a layer is asked for."""


class Put(Protocol):
    """Sends a message to the page; waits for a slow one, and raises CancelledError once nobody wants it any more."""

    def __call__(self, header: Mapping[str, Any], payload: bytes = b"") -> None:
        """Send it."""
        ...


@dataclass
class Drawing:
    """A label map as a page has drawn it, with what is to be made of it."""

    number: int
    """By which the page knows what it asked for."""
    wanted: Wanted
    payload: bytes
    """Class indices, row by row."""
    chunks: list[Chunk] = field(default_factory=list)
    """Of its clip with all fields, once that is made; none if they are too large to be kept."""

    def clip(self, sessions: Sessions, frames: int | None = None) -> SceneClip:
        """Return its clip, `frames` long if that is given."""
        return sessions.clip(self.wanted, drawn_map(self.payload, self.wanted.size), INDICES, frames)


def make_ready(wanted: Wanted, sessions: Sessions) -> None:
    """Open a model, and paint once, as the first time takes longer."""
    drawing = Drawing(0, wanted, bytes(wanted.size[0] * wanted.size[1]))
    for _ in drawing.clip(sessions, frames=1).chunks(frozenset()):
        pass


def make_look(drawing: Drawing, sessions: Sessions, put: Put) -> None:
    """Send the first frame."""
    began = time.perf_counter()
    with closing(drawing.clip(sessions, frames=1).chunks(frozenset())) as chunks:
        for chunk in chunks:
            picture = encode_picture(chunk.frames[0])
            milliseconds = round((time.perf_counter() - began) * 1000)
            put({"type": "picture", "id": drawing.number, "ms": milliseconds}, picture)


def make_clip(drawing: Drawing, layers: list[str], sessions: Sessions, put: Put) -> dict[str, Any]:
    """Send the clip frame by frame with these layers, and keep its fields unless they are too large.

    Returns the message that says its end.
    """
    began, number, card = time.perf_counter(), drawing.number, drawing.wanted.card
    clip = drawing.clip(sessions)
    put({"type": "begin", "id": number, **_described(clip, sessions.open(drawing.wanted).backend)})
    is_kept = _field_bytes(clip) <= KEPT_BYTES
    kept: list[Chunk] = []
    fields = frozenset(FIELDS[name] for name in (layers_of(card) if is_kept else layers))
    with closing(clip.chunks(fields)) as chunks:
        for chunk in chunks:
            for index, frame in enumerate(chunk.frames, chunk.start):
                put({"type": "frame", "id": number, "index": index}, encode_picture(frame))
            for name in layers:
                _put_layer(name, chunk, clip.names, number, put)
            if is_kept:
                kept.append(chunk)
    drawing.chunks = kept
    return {"type": "end", "id": number, "seconds": round(time.perf_counter() - began, 3)}


def make_layer(drawing: Drawing, name: str, sessions: Sessions, put: Put) -> None:
    """Send a layer of a clip that was made before."""
    clip = drawing.clip(sessions)
    if drawing.chunks:
        for chunk in drawing.chunks:
            _put_layer(name, chunk, clip.names, drawing.number, put)
        return
    with closing(clip.chunks(frozenset({FIELDS[name]}))) as chunks:
        for chunk in chunks:
            _put_layer(name, chunk, clip.names, drawing.number, put)


def encode_picture(frame: NDArray[np.uint8]) -> bytes:
    """Return a frame as JPEG, which takes a tenth of the time of WebP and PNG."""
    file = BytesIO()
    Image.fromarray(frame).save(file, "JPEG", quality=92, subsampling=0)
    return file.getvalue()


def _put_layer(name: str, chunk: Chunk, names: Names, number: int, put: Put) -> None:
    for made in layer(name, chunk, names):
        put({"type": "layer", "id": number, "layer": name, "index": made.index, **made.details}, made.picture)


def _described(clip: SceneClip, backend: str) -> dict[str, Any]:
    session = clip.session
    return {
        "frames": clip.frames,
        "fps": clip.frames_per_second,
        "height": session.height,
        "width": session.width,
        "backend": backend,
        "device": session.device,
        "precision": session.precision,
    }


def _field_bytes(clip: SceneClip) -> int:
    """Return what a clip takes with all of its fields: two flows, occlusion and depth in float32, labels and things."""
    return clip.frames * clip.session.height * clip.session.width * (3 + 16 + 4 + 4 + 1 + 1)
