"""Whole clips from chunks to files, and what is left when something goes wrong on the way."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pycocotools.coco import COCO

from flow_reading import read_flow
from seg2vid_cli.outputs import clip_writer as writing
from seg2vid_cli.outputs.clip_writer import ClipMetadata, ClipWriter
from seg2vid_cli.outputs.fields import Names
from seg2vid_cli.outputs.plan import plan_outputs
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.outputs.save_names import SAVE_NAMES
from seg2vid_cli.outputs.video.kinds import Kind
from seg2vid_cli.outputs.visualize import depth_to_color, instances_to_color, labels_to_color
from seg2vid_interface.clips import Chunk
from seg2vid_interface.driving.objects import Objects
from seg2vid_interface.errors import BackendError, OutputError
from seg2vid_interface.label_spaces import CITYSCAPES

HEIGHT, WIDTH, CHUNK = 32, 64, 4
METADATA = ClipMetadata(model="street", seed=7, sample=1, style=7, version="0.1.0")
CAMERA = '{"camera": []}\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def frame(t: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([x * 3 + 2 * t, y * 4 + 4 * t, np.full_like(x, 200 - 5 * t)], axis=-1).astype(np.uint8)


def labels(t: int) -> NDArray[np.uint8]:
    columns = (np.arange(WIDTH) // 3 + t) % 20
    return np.repeat(columns[None], HEIGHT, axis=0).astype(np.uint8)


def occlusion(t: int) -> NDArray[np.float32]:
    return np.full((HEIGHT, WIDTH), 1 / (1 + t), np.float32)


def depth(t: int) -> NDArray[np.float32]:
    rows = np.arange(HEIGHT, 0, -1, dtype=np.float32)[:, None] + t
    return np.where(np.arange(WIDTH) < 4, np.float32(np.inf), rows)


def things(t: int) -> NDArray[np.uint8]:
    """Return a car that moves to the right, and a person before it, who is there from frame 2 on."""
    numbers = np.zeros((HEIGHT, WIDTH), np.uint8)
    numbers[10:20, 5 + t : 25 + t] = 1
    if t >= 2:
        numbers[12:26, 30:36] = 2
    return numbers


OBJECTS = Objects(things(0), ids=(26007, 24001), classes=(13, 11), things=())


def chunks(frames: int) -> Iterator[Chunk]:
    """Yield a clip that moves by (2, -1) pixels a frame."""
    start = 0
    while start < frames:
        times = range(start, min(start + (CHUNK if start else 1), frames))
        moved = np.arange(1, len(times) + 1, dtype=np.float32) if start else np.zeros(1, np.float32)
        flow = np.array((2, -1), np.float32) * moved[:, None, None, None] * np.ones((HEIGHT, WIDTH, 1), np.float32)
        yield Chunk(
            start=start,
            frames=np.stack([frame(t) for t in times]),
            forward_flow=flow,
            backward_flow=-flow,
            occlusion=np.stack([occlusion(t) for t in times]),
            labels=np.stack([labels(t) for t in times]),
            depth=np.stack([depth(t) for t in times]),
            objects=np.stack([things(t) for t in times]),
        )
        start += len(times)


def plan(out: str, save: frozenset[str] = frozenset(SAVE_NAMES), **flags: Any) -> PlannedOutput:
    settings: dict[str, Any] = {"kind": None, "samples": 1, "sheet": None, "overwrite": False}
    (output,) = plan_outputs([Path("street.png")], out, save=save, **settings | flags)
    return output


def clip_writer(output: PlannedOutput, frames: int, metadata: ClipMetadata = METADATA) -> ClipWriter:
    return ClipWriter(
        output,
        frames=frames,
        frames_per_second=17.0,
        label_map=labels(0),
        names=Names(CITYSCAPES, OBJECTS),
        metadata=metadata,
        camera=CAMERA,
    )


def write_clip(output: PlannedOutput, frames: int) -> list[Path]:
    with clip_writer(output, frames) as writer:
        for chunk in chunks(frames):
            writer.write(chunk)
        return writer.commit()


def tree(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")
    }


def decode(path: Path) -> list[NDArray[np.uint8]]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def picture(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image)


def names(folder: str | Path) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def test_everything_asked_for_is_written(folder: Path) -> None:
    saved = write_clip(plan("out.mp4", sheet=Path("sheet.png")), frames=7)
    folders = ["out.depth", "out.flow", "out.frames", "out.instances", "out.labels", "out.occlusion"]
    videos = [f"out.{name}.mp4" for name in ("depth", "flow", "instances", "labels", "occlusion")]
    files = ["out.boxes.json", "out.camera.json", "out.first-frame.png", *videos, "sheet.png"]
    assert sorted(str(path) for path in saved) == sorted([*folders, *files])
    assert names(folder) == sorted([*folders, *files, "out.mp4"])
    assert [len(decode(Path(name))) for name in ("out.mp4", *videos)] == [7, 7, 6, 7, 7, 6]
    assert Path("out.camera.json").read_bytes() == CAMERA.encode()
    pictures, arrays = [f"{t:06d}.png" for t in range(7)], [f"{t:06d}.npy" for t in range(7)]
    assert [names(name) for name in folders] == [arrays, arrays[:6], pictures, pictures, pictures, arrays[:6]]


def test_saved_numbers_are_exact() -> None:
    write_clip(plan("out.mp4"), frames=7)
    np.testing.assert_array_equal(picture(Path("out.first-frame.png")), frame(0))
    for t in range(7):
        np.testing.assert_array_equal(picture(Path(f"out.frames/{t:06d}.png")), frame(t))
        ids = labels(t)
        np.testing.assert_array_equal(picture(Path(f"out.labels/{t:06d}.png")), np.where(ids == 19, 255, ids))
        saved_depth = np.load(f"out.depth/{t:06d}.npy")
        np.testing.assert_array_equal(saved_depth, depth(t))
        assert saved_depth.dtype == np.float32
        saved_ids = picture(Path(f"out.instances/{t:06d}.png"))
        np.testing.assert_array_equal(saved_ids, expected_ids(t))
        assert saved_ids.dtype == np.uint16
    for t in range(1, 7):
        flow = np.load(f"out.flow/{t - 1:06d}.npy")
        assert (flow.dtype, flow.shape) == (np.float32, (HEIGHT, WIDTH, 2))
        # Between neighbours the motion is the same all along, also from one chunk to the next.
        np.testing.assert_allclose(flow, np.broadcast_to(np.float32((2, -1)), flow.shape), atol=1e-4)
        np.testing.assert_array_equal(np.load(f"out.occlusion/{t - 1:06d}.npy"), occlusion(t))


def test_saved_labels_are_8_bit_grey_pictures() -> None:
    write_clip(plan("out.mp4", frozenset({"labels"})), frames=1)
    with Image.open("out.labels/000000.png") as image:
        assert image.mode == "L"


@pytest.mark.parametrize(("flow_format", "ending"), [("flo", "flo"), ("kitti", "png")])
def test_flow_of_the_benchmarks_leads_on_from_the_earlier_frame(flow_format: str, ending: str) -> None:
    write_clip(plan("out.mp4", frozenset({"flow"}), flow_format=flow_format), frames=7)
    assert names("out.flow") == [f"{t:06d}.{ending}" for t in range(6)]
    valid = np.ones((HEIGHT, WIDTH), bool)
    valid[:1] = valid[:, -2:] = False  # by (2, -1) they leave the picture
    for t in range(6):
        flow, known = read_flow(Path(f"out.flow/{t:06d}.{ending}"))
        np.testing.assert_array_equal(known, valid)
        np.testing.assert_allclose(flow[known], np.broadcast_to((2, -1), flow[known].shape), atol=1e-4)
    shown = decode(Path("out.flow.mp4"))
    assert len(shown) == 6
    assert np.abs(shown[0][4:, :-8].astype(int) - (255, 219, 249)).max() <= 8
    assert shown[0][:, -1].max() < 60  # nothing is known there


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools' decoder
def test_boxes_are_a_coco_file(capsys: pytest.CaptureFixture[str]) -> None:
    write_clip(plan("out.mp4", frozenset({"boxes"})), frames=4)
    coco = COCO("out.boxes.json")
    capsys.readouterr()  # it prints
    made_by = {name: value for name, value in asdict(METADATA).items() if value is not None}
    assert json.loads(coco.dataset["info"]["description"]) == made_by
    assert coco.loadImgs(range(4)) == [
        {"id": t, "file_name": f"out.frames/{t:06d}.png", "height": HEIGHT, "width": WIDTH} for t in range(4)
    ]
    categories = {category["id"]: category["name"] for category in coco.loadCats(coco.getCatIds())}
    moving = ["person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle"]
    assert categories == dict(enumerate(moving, 11))
    annotations = coco.loadAnns(coco.getAnnIds())
    assert [(a["id"], a["image_id"], a["track_id"], a["category_id"]) for a in annotations] == [
        (1, 0, 26007, 13),
        (2, 1, 26007, 13),
        (3, 2, 26007, 13),
        (4, 2, 24001, 11),
        (5, 3, 26007, 13),
        (6, 3, 24001, 11),
    ]
    assert [a["bbox"] for a in annotations[2:4]] == [[7, 10, 20, 10], [30, 12, 6, 14]]
    assert [(a["area"], a["iscrowd"]) for a in annotations[2:4]] == [(200, 0), (84, 0)]
    for annotation in annotations:
        number = OBJECTS.ids.index(annotation["track_id"]) + 1
        np.testing.assert_array_equal(coco.annToMask(annotation), things(annotation["image_id"]) == number)


def test_boxes_of_a_clip_without_things_are_a_file_of_frames() -> None:
    output = plan("new/", frozenset({"boxes"}), kind="png")
    with clip_writer(output, 1) as writer:
        writer.write(replace(next(chunks(1)), objects=np.zeros((1, HEIGHT, WIDTH), np.uint8)))
        assert writer.commit() == [Path("new/street.boxes.json")]
    document = json.loads(Path("new/street.boxes.json").read_text())
    assert document["annotations"] == []
    assert document["images"] == [{"id": 0, "file_name": "street/000000.png", "height": HEIGHT, "width": WIDTH}]


def test_coloured_videos_show_the_fields() -> None:
    write_clip(plan("out.mp4"), frames=3)
    painted = labels_to_color(labels(0), CITYSCAPES).astype(int)
    assert np.abs(decode(Path("out.labels.mp4"))[0] - painted).mean() < 12  # halved chroma blurs stripes of 3 pixels
    assert np.abs(decode(Path("out.occlusion.mp4"))[1].astype(int) - 85).max() <= 3
    for name, colors in (("depth", depth_to_color(depth(2))), ("instances", instances_to_color(expected_ids(2)))):
        assert np.abs(decode(Path(f"out.{name}.mp4"))[2].astype(int) - colors).mean() < 8, name
    # (2, -1) points to the wheel's hue 50, (255, 0, 212), and is sqrt(5) / 16 of the full length
    flow = decode(Path("out.flow.mp4"))[0].astype(int)
    assert np.abs(flow - (255, 219, 249)).max() <= 4


def expected_ids(t: int) -> NDArray[np.uint16]:
    return np.array([0, *OBJECTS.ids], np.uint16)[things(t)]


@pytest.mark.parametrize("kind", Kind)
def test_the_same_clip_gives_the_same_files(folder: Path, kind: Kind) -> None:
    for name in ("first", "second"):
        (folder / name).mkdir()
        write_clip(plan(f"{name}/", kind=kind, sheet=folder / name / "sheet.png"), frames=6)
    assert len(tree(folder / "first")) > 30
    assert tree(folder / "first") == tree(folder / "second")


def test_every_picture_and_video_says_what_made_it() -> None:
    expected = {"model": "street", "seed": 7, "sample": 1, "style": 7, "version": "0.1.0"}
    write_clip(plan("out.mp4", sheet=Path("sheet.png")), frames=2)
    for name in ("out.first-frame.png", "out.frames/000001.png", "out.labels/000001.png", "sheet.png"):
        with Image.open(name) as image:
            assert json.loads(image.info["Comment"]) == expected
    for name in ("out.mp4", "out.flow.mp4"):
        with av.open(name) as container:
            assert json.loads(container.metadata["comment"]) == expected


def test_a_camera_that_was_given_is_among_what_made_it() -> None:
    with clip_writer(plan("out.mp4", frozenset({"first-frame"})), 1, replace(METADATA, camera="left")) as writer:
        writer.write(next(chunks(1)))
        writer.commit()
    with Image.open("out.first-frame.png") as image:
        assert json.loads(image.info["Comment"])["camera"] == "left"


def test_a_clip_for_a_shard_has_an_array_of_each_field(folder: Path) -> None:
    output = replace(plan("clip.mp4"), in_shard=True)
    saved = write_clip(output, 9)
    arrays = ("labels", "flow", "occlusion", "depth", "instances", "frames")
    others = ("boxes.json", "camera.json", "first-frame.png", "json")
    expected = {f"clip.{name}" for name in ("mp4", *(f"{array}.npz" for array in arrays), *others)}
    assert {path.name for path in [output.video, *saved]} == expected == set(tree(folder))
    write_clip(plan("single.mp4"), 9)
    for name in arrays:
        with np.load(f"clip.{name}.npz") as file:
            singles = sorted(Path(f"single.{name}").iterdir())
            single = [np.load(path) if path.suffix == ".npy" else picture_as_it_is(path) for path in singles]
            np.testing.assert_array_equal(file[name], np.stack(single))
    assert json.loads(Path("clip.json").read_text()) == {k: v for k, v in asdict(METADATA).items() if v is not None}


def picture_as_it_is(path: Path) -> NDArray[Any]:
    return np.array(Image.open(path))


def test_a_png_clip_is_a_folder_of_frames(folder: Path) -> None:
    write_clip(plan("new/", frozenset({"flow"}), kind="png"), frames=3)
    assert names("new") == ["street", "street.flow", "street.flow.mp4"]
    assert names("new/street") == ["000000.png", "000001.png", "000002.png"]
    np.testing.assert_array_equal(picture(folder / "new/street/000002.png"), frame(2))


def test_the_sheet_shows_the_label_map_and_frames_up_to_the_last() -> None:
    write_clip(plan("out.mp4", frozenset(), sheet=Path("sheet.png")), frames=21)
    sheet = picture(Path("sheet.png"))
    cell_height, cell_width = HEIGHT + 16 + 4, WIDTH + 4
    assert sheet.shape == (3 * cell_height + 4, 4 * cell_width + 4, 3)
    shown = [labels_to_color(labels(0), CITYSCAPES), *(frame(index) for index in range(0, 21, 2))]
    for number, expected in enumerate(shown):
        top, left = 4 + number // 4 * cell_height + 16, 4 + number % 4 * cell_width
        np.testing.assert_array_equal(sheet[top : top + HEIGHT, left : left + WIDTH], expected)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("fault", [KeyboardInterrupt, RuntimeError])
def test_a_fault_between_two_chunks_leaves_the_folder_as_it_was(
    folder: Path, kind: Kind, fault: type[BaseException]
) -> None:
    (folder / "notes.txt").write_text("mine")
    output = plan("new/", kind=kind, sheet=Path("sheet.png"))
    before = tree(folder)
    with pytest.raises(fault), clip_writer(output, 9) as writer:
        for chunk in chunks(9):
            writer.write(chunk)
            assert list(folder.rglob(".seg2vid-*"))
            if chunk.start == 1:
                raise fault
    assert tree(folder) == before


def test_leaving_without_commit_removes_everything(folder: Path) -> None:
    with clip_writer(plan("out.mp4"), 5) as writer:
        for chunk in chunks(5):
            writer.write(chunk)
    assert tree(folder) == {}


def test_discarding_after_commit_harms_nothing(folder: Path) -> None:
    with clip_writer(plan("out.mp4"), 5) as writer:
        for chunk in chunks(5):
            writer.write(chunk)
        writer.commit()
        before = tree(folder)
        writer.discard()
    assert tree(folder) == before
    assert len(decode(Path("out.mp4"))) == 5


def test_overwriting_replaces_the_clip_and_nothing_else() -> None:
    write_clip(plan("out.mp4"), frames=2)
    Path("out.labels/notes.txt").write_text("mine")
    write_clip(plan("out.mp4", overwrite=True), frames=3)
    assert names("out.labels") == ["000000.png", "000001.png", "000002.png", "notes.txt"]
    assert names("out.flow") == ["000000.npy", "000001.npy"]
    assert len(decode(Path("out.mp4"))) == 3


def test_a_fault_while_overwriting_keeps_the_old_clip(folder: Path) -> None:
    write_clip(plan("out.mp4"), frames=3)
    before = tree(folder)
    with pytest.raises(KeyboardInterrupt), clip_writer(plan("out.mp4", overwrite=True), 9) as writer:
        writer.write(next(chunks(9)))
        raise KeyboardInterrupt
    assert tree(folder) == before


def test_a_sheet_that_cannot_be_written_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, *_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "write_png", fail)
    sheet = Path("elsewhere/sheet.png")
    sheet.parent.mkdir()
    with pytest.raises(OutputError, match=r"^elsewhere.sheet\.png: cannot be written: No space left on device$"):
        write_clip(plan("out.mp4", frozenset(), sheet=sheet), frames=2)
    assert tree(folder) == {"elsewhere": None}


def test_a_folder_that_vanishes_is_an_output_error(folder: Path) -> None:
    (folder / "results").mkdir()
    output = plan("results/")
    shutil.rmtree(folder / "results")
    with pytest.raises(OutputError, match=r"^results.street.mp4: cannot be written: "):
        write_clip(output, frames=2)
    assert tree(folder) == {}


@pytest.mark.parametrize("kind", Kind)
def test_a_disk_that_takes_no_more_is_an_output_error(folder: Path, kind: Kind) -> None:
    resource = pytest.importorskip("resource")
    output = plan("new/", kind=kind)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(OutputError, match=r"^new.street.*: cannot be written"):
            write_clip(output, frames=5)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert tree(folder) == {}


def test_what_a_session_gets_wrong_is_said(folder: Path) -> None:
    first, second = chunks(5)
    spoilt = np.full_like(second.occlusion, np.nan)
    zero = np.zeros_like(second.depth)
    for wrong, message in [
        (replace(second, start=3), "frame 3 where frame 1 was due"),
        (replace(second, labels=None), "left out the labels of frame 1"),
        (replace(second, backward_flow=None), "left out the flow of frame 1"),
        (replace(second, occlusion=spoilt), "occlusion from frame 1 on holds NaN"),
        (replace(second, depth=None), "left out the depth of frame 1"),
        (replace(second, depth=spoilt), "depth from frame 1 on holds NaN"),
        (replace(second, depth=zero), "depth from frame 1 on holds NaN, or numbers that are not above 0"),
        (replace(second, objects=None), "left out the objects of frame 1"),
        (replace(second, objects=second.objects + 1), "objects from frame 1 on hold thing 3 of 2"),
    ]:
        with pytest.raises(BackendError, match=message), clip_writer(plan("out.mp4"), 5) as writer:
            writer.write(first)
            writer.write(wrong)
    with pytest.raises(BackendError, match="after 1 of 5 frames"), clip_writer(plan("out.mp4"), 5) as writer:
        writer.write(first)
        writer.commit()
    assert tree(folder) == {}
