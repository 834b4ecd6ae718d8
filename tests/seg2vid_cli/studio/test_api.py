import base64
import http.client
import json
import shlex
import time
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg2vid_cli.studio.api import PAGE
from seg2vid_cli.studio.sharing import GivenMap
from seg2vid_cli.terminal.console import program_version

EXAMPLES = Path(__file__).parents[3] / "examples"


def as_png(array: np.ndarray) -> bytes:
    file = BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


def in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def form(**parts: bytes) -> tuple[bytes, str]:
    """Return the body of a form and its type; a map is a file."""
    body = b""
    for name, value in parts.items():
        file = '; filename="map.png"' if name == "map" else ""
        body += f'--edge\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + value + b"\r\n"
    return body + b"--edge--\r\n", "multipart/form-data; boundary=edge"


def test_the_page_needs_no_token_and_says_what_it_may_load(client):
    status, body, headers = client.ask("GET", "/", Authorization="")
    assert (status, body) == (200, (PAGE / "index.html").read_bytes())
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert f"connect-src 'self' ws://127.0.0.1:{client.port};" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert client.ask("GET", "/page/index.html", Authorization="")[1] == body


@pytest.mark.parametrize(
    "path",
    [
        "/page/../server.py",
        "/page/%2e%2e/server.py",
        "/page//etc/passwd",
        "/page/",
        "/page/__init__.py",
        "/studio",
        "/live",
    ],
)
def test_what_is_not_the_pages_is_not_there(client, path):
    status, body, _ = client.ask("GET", path)
    assert (status, json.loads(body)["error"]["code"]) == (404, "not_found")


def test_health(client):
    status, body, _ = client.ask("GET", "/health", Authorization="")
    assert (status, json.loads(body)) == (200, {"status": "ok", "version": program_version()})


def test_a_wrong_method_is_refused(client):
    assert client.ask("DELETE", "/api/models")[0] == 400


def test_the_models(client):
    document = client.get("/api/models")
    assert document["start"] == {"map": None}
    assert [model["name"] for model in document["models"]] == [document["selected"], "street"]
    tiny, street = document["models"]
    assert {name: tiny[name] for name in ("height", "width", "frames", "frames_per_second", "chunk_frames")} == {
        "height": 32,
        "width": 64,
        "frames": 6,
        "frames_per_second": 17.0,
        "chunk_frames": 4,
    }
    assert tiny["sizes"] == [[32, 64], [48, 96], [64, 128], [96, 192], [128, 256]]
    assert tiny["cameras"] == ["still", "straight", "left", "right", "brake", "reverse"]
    assert set(tiny["abilities"].values()) == {True}
    assert street["abilities"]["segments"]
    assert tiny["classes"][13] == {"index": 13, "name": "car", "color": [0, 0, 142], "foreground": True}
    assert tiny["other"] == 19
    assert {"auto", "fake"} <= set(tiny["backends"])


def test_a_model_without_a_camera_is_not_able_to_drive(start, make_model):
    with start(make_model()) as client:
        tiny = client.get("/api/models")["models"][0]
    assert tiny["cameras"] == []
    assert [name for name, able in tiny["abilities"].items() if not able] == ["depth", "boxes", "camera", "segments"]


def test_the_scenes_are_the_examples(client):
    scenes = client.get("/api/scenes")["scenes"]
    assert {scene["id"] for scene in scenes} == {path.stem for path in EXAMPLES.glob("*.png")}
    for scene in scenes:
        status, body, _ = client.ask("GET", f"/api/scenes/{scene['id']}?size=64x128")
        picture = Image.open(BytesIO(body))
        assert (status, picture.mode, picture.size) == (200, "L", (128, 64))
        assert np.asarray(picture).max() < 20
        copy = PAGE.parent / "scenes" / f"{scene['id']}.png"
        assert copy.read_bytes() == (EXAMPLES / copy.name).read_bytes()


def test_the_map_of_the_command_line_is_a_scene(start, make_model, street):
    with start(make_model(), GivenMap("my street.png", street.read_bytes(), "train-ids:ids")) as client:
        assert client.get("/api/models")["start"] == {"map": "/api/scenes/given"}
        assert client.get("/api/scenes")["scenes"][0] == {"id": "given", "title": "my street.png"}
        _, body, _ = client.ask("GET", "/api/scenes/given")
    assert np.array_equal(np.asarray(Image.open(BytesIO(body))), np.asarray(Image.open(street)))


def test_a_dropped_map_is_read_by_what_it_holds(client, drawing):
    drawing[0] = 255
    status, body, _ = client.ask("POST", "/api/maps", as_png(drawing), X_File_Name="my%20map.png")
    document = json.loads(body)
    indices = np.asarray(Image.open(BytesIO(base64.b64decode(document.pop("map")))))
    assert np.array_equal(indices, np.where(drawing == 255, 19, drawing))
    assert (status, document) == (
        200,
        {
            "read_as": "Cityscapes train ids",
            "label_format": "train-ids:ids",
            "sure": False,
            "messages": [
                "Cityscapes train ids, most likely: judged by where its classes lie, for it also fits "
                "--label-format idd, --label-format idd-ids, --label-format label-ids and 7 more"
            ],
            "height": 32,
            "width": 64,
        },
    )


def test_a_map_in_doubt_comes_with_the_choices(client):
    two = np.full((32, 64), 7, np.uint8)
    two[16:] = 8
    status, body, _ = client.ask("POST", "/api/maps", as_png(two))
    error = json.loads(body)["error"]
    assert (status, error["code"]) == (422, "label_map")
    formats = [choice["format"] for choice in error["choices"]]
    assert {"train-ids", "label-ids"} <= set(formats)
    status, body, _ = client.ask("POST", f"/api/maps?format={formats[0]}", as_png(two))
    assert (status, json.loads(body)["sure"]) == (200, True)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/api/maps", "map.png: not a picture, or damaged"),
        ("/api/maps?format=/etc/classes.toml", "format '/etc/classes.toml': there is none of this name"),
        ("/api/maps?format=train-ids:colours", "format 'train-ids:colours': there is none of this name"),
        ("/api/maps?size=0x0", "--size 0x0: "),
        ("/api/maps?model=nobody", "model 'nobody': there is none of this name"),
        ("/api/labels", "photograph: not a picture, or damaged"),
        ("/api/scenes/..%2fmodels", None),
    ],
)
def test_what_is_no_map_is_refused(client, path, said):
    status, body, _ = client.ask("POST", path, b"no picture")
    assert 400 <= status < 500
    assert said is None or json.loads(body)["error"]["message"].startswith(said)


def test_an_empty_body_is_no_map(client):
    status, body, _ = client.ask("POST", "/api/maps")
    assert (status, json.loads(body)["error"]["message"]) == (400, "map.png: empty, not a picture")


def test_the_labels_of_a_photograph_are_told(client):
    photograph = np.full((64, 128, 3), (128, 64, 128), np.uint8)
    status, body, _ = client.ask("POST", "/api/labels", as_png(photograph))
    indices = np.asarray(Image.open(BytesIO(base64.b64decode(json.loads(body)["map"]))))
    assert (status, indices.shape, indices.max()) == (200, (32, 64), 0)


SETTINGS = {"frames": 5, "seed": 3, "style": 4, "camera": "forward=8,yaw=-3.5", "fps": 12.5, "backend": "fake"}


@pytest.mark.parametrize("kind", ["mp4", "webm", "gif", "webp", "zip", "annotated"])
@pytest.mark.parametrize("settings", [{}, SETTINGS, {"sample": 2, "size": "64x128"}], ids=["usual", "all", "sample"])
def test_the_shown_command_gives_the_same_bytes(client, seg2vid, drawing, kind, settings):
    size = (64, 128) if "size" in settings else (32, 64)
    indices = np.repeat(np.repeat(drawing, size[0] // 32, 0), size[1] // 64, 1)
    asked = {"indices": in_base64(indices.tobytes()), "settings": settings, "as": kind}
    status, made = client.post("/api/clips", asked)
    assert status == 200, made
    said = json.loads(client.post("/api/command", asked)[1])
    Path(said["map_name"]).write_bytes(client.post("/api/clips", asked | {"as": "map"})[1])

    program, *words = shlex.split(said["command"])
    result = seg2vid(*words)

    assert (program, result.exit_code) == ("seg2vid", 0), result.stderr
    if kind not in {"zip", "annotated"}:
        assert Path(said["result"]).read_bytes() == made
        return
    with zipfile.ZipFile(BytesIO(made)) as archive:
        zipped = {name: archive.read(name) for name in archive.namelist()}
    written = {path.as_posix(): path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    kept = {name: data for name, data in written.items() if name in zipped}
    assert zipped == kept
    others = {name for name in written if name not in zipped and "map_2" not in name and settings.get("sample")}
    assert written.keys() - zipped.keys() - others <= {"map.png"}


def test_a_map_of_another_format_is_named_in_the_command(client, seg2vid, street):
    labels = np.asarray(Image.open(street))
    body, kind = form(map=as_png(labels), settings=b'{"frames": 2}', label_format=b"train-ids")
    _, made, _ = client.ask("POST", "/api/clips", body, Content_Type=kind)
    status, said, _ = client.ask("POST", "/api/command", body, Content_Type=kind)
    Path("map.png").write_bytes(street.read_bytes())
    words = shlex.split(json.loads(said)["command"])
    assert (status, words[-4:]) == (200, ["--label-format", "train-ids:ids", "--frames", "2"])
    seg2vid(*words[1:])
    assert Path("clip.mp4").read_bytes() == made


def test_progress_comes_line_by_line_and_the_file_is_kept_for_a_while(client, drawing):
    asked = {"indices": in_base64(drawing.tobytes()), "settings": {"frames": 9}}
    whole = client.post("/api/clips", asked)[1]
    status, body, headers = client.ask("POST", "/api/clips", json.dumps(asked).encode(), Accept="application/x-ndjson")
    *lines, last = map(json.loads, body.splitlines())
    assert (status, headers["content-type"]) == (200, "application/x-ndjson")
    progress = [line for line in lines if line["type"] == "progress"]
    assert progress == [{"type": "progress", "frames": frames, "of": 9} for frames in (0, 1, 5, 9)]
    assert (last["type"], last["name"], last["result"]) == ("file", "clip.mp4", "clip.mp4")
    status, body, headers = client.ask("GET", last["url"])
    assert (status, body, headers["content-disposition"]) == (200, whole, 'attachment; filename="clip.mp4"')


def test_what_fails_is_the_last_line_of_the_progress(start, make_model, drawing):
    with start(make_model(fails_at_chunk=1)) as client:
        body = json.dumps({"indices": in_base64(drawing.tobytes())}).encode()
        status, lines, _ = client.ask("POST", "/api/clips", body, Accept="application/x-ndjson")
        assert (status, json.loads(lines.splitlines()[-1])) == (
            200,
            {"type": "error", "code": "backend", "message": "out of memory", "hint": "Make smaller clips with --size."},
        )
        assert client.ask("POST", "/api/clips", body)[0] == 503
        assert list(client.studio.files.folder.iterdir()) == []


def test_whoever_hangs_up_gives_the_worker_back_and_leaves_nothing(start, make_model, drawing):
    with start(make_model(seconds_per_chunk=0.05)) as client:
        body = json.dumps({"indices": in_base64(drawing.tobytes()), "settings": {"frames": 2000}})
        for accept in ("*/*", "application/x-ndjson"):
            connection = http.client.HTTPConnection("127.0.0.1", client.port)
            headers = {"Authorization": "Bearer a-token-for-tests", "Accept": accept}
            connection.request("POST", "/api/clips", body, headers)
            time.sleep(0.2)
            connection.close()
        small = {"indices": in_base64(drawing.tobytes()), "settings": {"frames": 1}}
        assert client.post("/api/clips", small)[0] == 200
        deadline = time.monotonic() + 5
        while list(client.studio.files.folder.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert list(client.studio.files.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "body: not readable as JSON"),
        (b"[]", "body: not a JSON object"),
        (b"{}", "either map or indices are needed"),
        (b'{"map": 7}', "map: not in base64"),
        (b'{"map": "!"}', "map: not in base64"),
        (b'{"map": "", "indices": ""}', "either map or indices are needed"),
        (b'{"map": "AAAA"}', "map.png: not a picture, or damaged"),
        (b'{"indices": "AAAA"}', "the map has 3 bytes, not 32 x 64"),
        (b'{"path": "/etc/passwd"}', "'path': not known"),
        (b'{"map": "AAAA", "label_format": "./a.toml"}', "format './a.toml': there is none of this name"),
        (b'{"settings": {"out": "/tmp/x"}}', "settings: out: Extra inputs"),
        (b'{"settings": "x"}', "settings: Input should be a valid dictionary"),
    ],
)
def test_a_wrong_body_is_refused(client, body, said):
    status, answer, _ = client.ask("POST", "/api/clips", body)
    assert (status, json.loads(answer)["error"]["message"][: len(said)]) == (400, said)


def test_a_clip_as_nothing_that_is_known_is_refused(client, drawing):
    status, answer = client.post("/api/clips", {"indices": in_base64(drawing.tobytes()), "as": "exe"})
    assert (status, json.loads(answer)["error"]["message"]) == (
        400,
        "as: 'exe' is none of map, mp4, webm, gif, webp, zip, annotated",
    )


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b"", "multipart/form-data", "form: Missing boundary in multipart."),
        (b"--edge", "multipart/form-data; boundary=edge", None),
        (b"\r\n--edge\r\nContent-Disposition: form-data\r\n\r\n", "multipart/form-data; boundary=edge", None),
        (form(settings=b"{")[0], "multipart/form-data; boundary=edge", "settings: not readable as JSON"),
        (form(indices=b"abc")[0], "multipart/form-data; boundary=edge", "map: not a file"),
        (form(settings=b"x" * 70_000)[0], "multipart/form-data; boundary=edge", "form: Part exceeded maximum size"),
        (form(**{f"part{n}": b"" for n in range(9)})[0], "multipart/form-data; boundary=edge", "form: Too many fields"),
    ],
)
def test_a_broken_form_is_refused(client, body, kind, said):
    status, answer, _ = client.ask("POST", "/api/clips", body, Content_Type=kind)
    message = json.loads(answer)["error"]["message"]
    assert status == 400
    assert said is None or message.startswith(said)
