from io import BytesIO

import numpy as np
from PIL import Image

from seg2vid_cli.outputs.fields import Names
from seg2vid_cli.studio.layers import layer
from seg2vid_interface.clips import Chunk
from seg2vid_interface.driving.objects import Objects
from seg2vid_interface.label_spaces import CITYSCAPES

SIZE = (32, 64)


def chunk(start: int = 1, **fields: np.ndarray) -> Chunk:
    return Chunk(start, np.zeros((1, *SIZE, 3), np.uint8), **{name: field[None] for name, field in fields.items()})


def opened(png: bytes) -> np.ndarray:
    picture = Image.open(BytesIO(png))
    assert picture.mode == "RGBA"
    return np.asarray(picture)


def test_labels_have_their_colours_and_other_is_seen_through():
    labels = np.full(SIZE, 13, np.uint8)
    labels[0] = 19
    (made,) = layer("labels", chunk(labels=labels), Names(CITYSCAPES))
    picture = opened(made.picture)
    assert (made.index, made.details) == (1, {})
    assert picture[1, 0].tolist() == [0, 0, 142, 255]
    assert picture[0, :, 3].max() == 0


def test_flow_is_seen_through_where_nothing_moves_and_has_arrows():
    flow = np.zeros((*SIZE, 2), np.float32)
    flow[:, 32:] = 3, -1.5
    (made,) = layer("flow", chunk(forward_flow=flow, backward_flow=-flow), Names(CITYSCAPES))
    picture = opened(made.picture)
    assert (picture[:, :30, 3].max(), picture[:, 34:, 3].min()) == (0, 255)
    assert made.details["arrows"] == [
        [x, y, *([3.0, -1.5] if x > 32 else [0.0, 0.0])] for y in (8, 24) for x in (8, 24, 40, 56)
    ]


def test_the_first_frame_has_neither_flow_nor_occlusion():
    nothing = np.zeros((*SIZE, 2), np.float32)
    first = chunk(0, forward_flow=nothing, backward_flow=nothing, occlusion=nothing[..., 0])
    assert [*layer("flow", first, Names(CITYSCAPES)), *layer("occlusion", first, Names(CITYSCAPES))] == []


def test_what_is_hidden_is_red():
    occlusion = np.ones(SIZE, np.float32)
    occlusion[0], occlusion[1] = 0, 0.5
    (made,) = layer("occlusion", chunk(occlusion=occlusion), Names(CITYSCAPES))
    assert opened(made.picture)[:3, 5].tolist() == [[230, 40, 40, 255], [230, 40, 40, 128], [230, 40, 40, 0]]


def test_the_sky_has_no_depth():
    depth = np.full(SIZE, 2, np.float32)
    depth[0] = np.inf
    (made,) = layer("depth", chunk(depth=depth), Names(CITYSCAPES))
    picture = opened(made.picture)
    assert picture[1, 0].tolist() == [252, 255, 164, 255]
    assert picture[0, :, 3].max() == 0


def test_boxes_are_around_things():
    numbers = np.zeros(SIZE, np.uint8)
    numbers[4:10, 20:30] = 2
    things = Objects(numbers, ids=(5, 26_001), classes=(11, 13), things=())
    (made,) = layer("boxes", chunk(objects=numbers), Names(CITYSCAPES, things))
    assert (made.picture, made.details) == (
        b"",
        {"boxes": [{"class": "car", "color": [0, 0, 142], "box": [20, 4, 10, 6], "id": 26_001}]},
    )
