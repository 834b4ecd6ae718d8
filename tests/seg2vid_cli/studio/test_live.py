import json
import time
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from websockets.exceptions import ConnectionClosedError

from seg2vid_cli.studio import making
from seg2vid_cli.studio.packing import pack


def test_a_look_is_the_first_frame(client, drawing):
    with client.page() as page:
        page.send({"type": "look", "id": 7, "settings": {"seed": 3}}, drawing.tobytes())
        header, picture = page.receive()
    assert header == {"type": "picture", "id": 7, "ms": header["ms"]}
    assert Image.open(BytesIO(picture)).size == (64, 32)


def test_another_map_gives_another_look(client, drawing):
    with client.page() as page:
        pictures = []
        for indices in (drawing, np.full_like(drawing, 8)):
            page.send({"type": "look", "id": 1}, indices.tobytes())
            pictures.append(page.receive()[1])
    assert pictures[0] != pictures[1]


def test_a_clip_comes_frame_by_frame_with_its_layers(client, drawing):
    with client.page() as page:
        layers = ["boxes", "labels", "flow", "occlusion", "depth", "nothing"]
        page.send({"type": "play", "id": 1, "settings": {"camera": "straight"}, "layers": layers}, drawing.tobytes())
        messages = page.until("end")
    begin, first = messages[0][0], messages[1][0]
    assert begin == {
        "type": "begin",
        "id": 1,
        "frames": 6,
        "fps": 17.0,
        "height": 32,
        "width": 64,
        "backend": "fake",
        "device": "cpu",
        "precision": "fp32",
    }
    assert first == {"type": "frame", "id": 1, "index": 0}
    assert [header["index"] for header, _ in messages if header["type"] == "frame"] == list(range(6))
    indices = {name: [header["index"] for header, _ in messages if header.get("layer") == name] for name in layers}
    everywhere, between = [0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5]
    assert indices == {
        "boxes": everywhere,
        "labels": everywhere,
        "flow": between,
        "occlusion": between,
        "depth": everywhere,
        "nothing": [],
    }


def test_the_layers_of_a_kept_clip_are_sent_when_they_are_asked_for(client, drawing):
    with client.page() as page:
        page.send({"type": "play", "id": 4, "layers": ["labels"]}, drawing.tobytes())
        played = [message for message in page.until("end") if message[0]["type"] == "layer"]
        page.socket.send(json.dumps({"type": "layer", "clip": 4, "layer": "labels"}))
        asked = [page.receive() for _ in played]
    assert asked == played
    assert [header["layer"] for header, _ in asked] == ["labels"] * 6


def test_the_layers_of_a_large_clip_are_made_again(client, drawing, monkeypatch):
    with client.page() as page:
        layers = []
        for number, limit in enumerate((making.KEPT_BYTES, 0)):
            monkeypatch.setattr(making, "KEPT_BYTES", limit)
            page.send({"type": "play", "id": number, "settings": {"seed": 1}}, drawing.tobytes())
            page.until("end")
            page.send({"type": "layer", "clip": number, "layer": "flow"})
            layers.append(
                [(header["index"], header["arrows"], png) for header, png in (page.receive() for _ in range(5))]
            )
    assert layers[0] == layers[1]


def test_a_clip_that_is_not_kept_any_more_has_no_layers(client, drawing):
    with client.page() as page:
        for number in (1, 2, 3):
            page.send({"type": "play", "id": number, "settings": {"frames": 1}}, drawing.tobytes())
            page.until("end")
        page.send({"type": "layer", "clip": 1, "layer": "flow"})
        assert page.receive()[0] == {
            "type": "error",
            "id": 1,
            "code": "not_found",
            "message": "clip 1: is not kept any more",
            "hint": "Play it again.",
        }


def test_cancelling_is_answered_at_once_and_a_new_clip_can_be_made(start, make_model, drawing):
    with start(make_model(seconds_per_chunk=0.6)) as client, client.page() as page:
        page.send({"type": "play", "id": 1, "settings": {"frames": 200}}, drawing.tobytes())
        page.until("frame")
        began = time.perf_counter()
        page.send({"type": "cancel"})
        assert page.until("cancelled")[-1][0] == {"type": "cancelled", "id": 1}
        assert time.perf_counter() - began < 0.45
        page.send({"type": "play", "id": 2, "settings": {"frames": 1}}, drawing.tobytes())
        kinds = [header["type"] for header, _ in page.until("end")]
    assert [kind for kind in kinds if kind != "busy"] == ["begin", "frame", "end"]


def test_a_new_clip_takes_the_place_of_the_one_before(start, make_model, drawing):
    with start(make_model(seconds_per_chunk=0.1)) as client, client.page() as page:
        for number in (1, 2):
            page.send({"type": "play", "id": number, "settings": {"frames": 5}}, drawing.tobytes())
        messages = [header for header, _ in page.until("end")]
    assert {"type": "cancelled", "id": 1} in messages
    assert [header["index"] for header in messages if header["type"] == "frame" and header["id"] == 2] == [
        0,
        1,
        2,
        3,
        4,
    ]


def test_old_strokes_are_skipped(start, make_model, drawing):
    with start(make_model(seconds_per_chunk=0.2)) as client, client.page() as page:
        for number in range(20):
            page.send({"type": "look", "id": number}, drawing.tobytes())
        looks = []
        while not looks or looks[-1] != 19:
            looks.append(page.receive()[0]["id"])
    assert len(looks) <= 3  # those that had begun, and the last one


def test_those_that_wait_are_told_how_many_are_ahead_and_a_full_queue_is_busy(start, make_model, drawing):
    with start(make_model(seconds_per_chunk=0.3)) as client:
        pages = [client.page() for _ in range(6)]
        opened = [page.__enter__() for page in pages]
        for number, page in enumerate(opened):
            page.send({"type": "play", "id": number, "settings": {"frames": 30}}, drawing.tobytes())
            if number == 0:
                page.until("frame")
        answers = [page.receive()[0] for page in opened[1:]]
        for page in pages:
            page.__exit__(None, None, None)
    assert sorted(answer.get("ahead", 0) for answer in answers) == [0, 1, 2, 3, 4]
    (refused,) = (answer for answer in answers if answer["type"] == "error")
    assert (refused["code"], refused["hint"]) == ("busy", "Try again when they are done.")


def test_a_page_that_leaves_gives_the_worker_back(start, make_model, drawing):
    with start(make_model(seconds_per_chunk=0.1)) as client:
        with client.page() as page:
            page.send({"type": "play", "id": 1, "settings": {"frames": 2000}}, drawing.tobytes())
            page.until("frame")
        with client.page() as page:
            page.send({"type": "look", "id": 2}, drawing.tobytes())
            assert page.receive()[0]["id"] == 2


def test_what_fails_is_told_and_the_next_clip_is_made(start, make_model, drawing):
    with start(make_model(fails_at_chunk=1)) as client, client.page() as page:
        page.send({"type": "play", "id": 1}, drawing.tobytes())
        assert page.until("error")[-1][0] == {
            "type": "error",
            "id": 1,
            "code": "backend",
            "message": "out of memory",
            "hint": "Make smaller clips with --size.",
        }
        page.send({"type": "play", "id": 2, "settings": {"frames": 1}}, drawing.tobytes())
        assert page.until("end")[-1][0]["id"] == 2


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (b"", "a message of 0 bytes has no header"),
        (b"\xff\xff\xff\xff{}", "a header of 4294967295 bytes in a message of 6"),
        (b"\x02\x00\x00\x00[]", "header: not a JSON object"),
        (b"\x02\x00\x00\x00\xff\xff", "header: not readable as JSON: 'utf-8' codec can't decode byte 0xff"),
        ("{", "header: not readable as JSON: "),
        ("[" * 10_000, "header: not readable as JSON: "),
        ('"' + "x" * 70_000 + '"', "a header of 70002 characters, more than 65536"),
        (pack({"type": ["look"]}), "type \"['look']\": no such message"),
        (pack({"type": "look"}, b"x"), "id: not a whole number"),
        (pack({"type": "look", "id": True}, b"x"), "id: not a whole number"),
        (pack({"type": "look", "id": 1}, b"x"), "the map has 1 bytes, not 32 x 64"),
        (pack({"type": "look", "id": 1, "settings": [1]}), "settings: "),
        (pack({"type": "look", "id": 1, "settings": {"colour": 1}}), "settings: colour: Extra inputs"),
        (pack({"type": "look", "id": 1, "settings": {"frames": 2001}}), "settings: frames: "),
        (pack({"type": "look", "id": 1, "settings": {"camera": "/etc/passwd"}}), "settings: camera: '/etc/passwd' is"),
        (pack({"type": "look", "id": 1, "settings": {"model": "/etc"}}), "model '/etc': there is none of this name"),
        (
            pack({"type": "look", "id": 1, "settings": {"size": "99999x99999"}}),
            "settings: size: 99999x99999 is more",
        ),
        (pack({"type": "play", "id": 1, "layers": 7}, bytes(2048)), "layers: not a list of names"),
        (pack({"type": "layer", "clip": {}, "layer": []}), "clip {}: is not kept any more"),
        (pack({"type": "look", "id": 1}, bytes([77]) * 2048), "map: holds values that are not those of"),
    ],
)
def test_a_wrong_message_is_answered(client, message, said):
    with client.page() as page:
        page.socket.send(message)
        header, _ = page.receive()
    assert (header["type"], header["message"][: len(said)]) == ("error", said)


def test_too_many_wrong_messages_end_the_connection(client):
    with client.page() as page:
        for _ in range(100):
            page.socket.send("x")
        with pytest.raises(ConnectionClosedError) as closed:
            while True:
                assert page.receive()[0]["type"] == "error"
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
