"""Batches: folders of folders, in which some maps are bad, and runs that are stopped and go on."""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg2vid_cli.generation import making, report

pytestmark = pytest.mark.usefixtures("fake_backends")

BAD = ("empty", "truncated", "photograph", "unknown ids", "one pixel", "text", "animation")


@pytest.fixture
def make_maps(tmp_path: Path, street: Path) -> Callable[[int], Path]:
    """Lay so many label maps in folders of folders, all called alike, seven of them bad."""

    def make(count: int) -> Path:
        good, folder = street.read_bytes(), tmp_path / "maps"
        bad_numbers = np.linspace(0, count - 1, len(BAD)).astype(int).tolist()
        for number in range(count):
            path = folder / f"town{number % 7}" / f"{number // 7:03d}" / "map.png"
            path.parent.mkdir(parents=True)
            path.write_bytes(good)
            if number in bad_numbers:
                spoil(path, BAD[bad_numbers.index(number)])
        return folder

    return make


def spoil(path: Path, how: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (32, 64, 3), np.uint8)
    match how:
        case "empty":
            path.write_bytes(b"")
        case "truncated":
            path.write_bytes(path.read_bytes()[:-30])
        case "photograph":
            Image.fromarray(noise).save(path)
        case "unknown ids":
            Image.fromarray(np.full((32, 64), 77, np.uint8)).save(path)
        case "one pixel":
            Image.fromarray(np.zeros((1, 1), np.uint8)).save(path)
        case "text":
            path.write_text("<html>")
        case "animation":
            pictures = [Image.fromarray(np.full((32, 64), shade, np.uint8)) for shade in (0, 10)]
            pictures[0].save(path, "GIF", save_all=True, append_images=pictures[1:])


def below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("count", [40, pytest.param(500, marks=pytest.mark.slow)])
def test_bad_maps_in_a_folder_of_folders_do_not_stop_the_others(seg2vid, model, make_maps, count):
    maps = make_maps(count)
    flags = ("--model", model, "--frames", 2, "--json", "-o", "clips/")
    result = seg2vid("generate", maps, *flags)
    document = json.loads(result.stdout)
    assert (result.exit_code, document["ok"]) == (1, False)
    assert document["error"] == {"code": "inputs", "message": f"7 of {count} inputs failed", "hint": None}
    failed = {Path(failure["input"]).relative_to(maps).as_posix() for failure in document["data"]["failures"]}
    assert len(failed) == 7
    assert all(f"error: {failure['message']}\n" in result.stderr for failure in document["data"]["failures"])
    expected = {f"{Path(name).with_suffix('.mp4').as_posix()}" for name in below(maps) - failed}
    assert (len(expected), below(Path("clips"))) == (count - 7, expected)
    assert f"{maps}: {count} label maps\n" in result.stderr

    (maps / sorted(failed)[0]).write_bytes((maps / sorted(below(maps) - failed)[0]).read_bytes())  # mended
    result = seg2vid("generate", maps, *flags, "--skip-existing")
    data = json.loads(result.stdout)["data"]
    assert (result.exit_code, len(data["failures"]), len(data["outputs"])) == (1, 6, 1)
    assert {Path(skipped["output"]).relative_to("clips").as_posix() for skipped in data["skipped"]} == expected
    assert f"skipped {count - 7} of {count} results, which are there already\n" in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals")
@pytest.mark.parametrize(("count", "batch"), [(40, 1), (40, 4), pytest.param(500, 1, marks=pytest.mark.slow)])
def test_a_run_that_was_stopped_goes_on(*, start_seg2vid, seg2vid, make_model, make_maps, tmp_path, count, batch):
    maps, here = make_maps(count), tmp_path / "here"
    model = make_model(seconds_per_chunk=0.02)
    flags = ("--model", model, "--frames", 5, "--save", "labels,first-frame", "-o", "clips/", "--batch", batch)
    process = start_seg2vid("generate", maps, *flags, cwd=here)
    wanted = count // 3
    made = [process.stdout.readline().strip() for _ in range(wanted)]
    process.send_signal(signal.SIGTERM)
    stdout, stderr = process.communicate(timeout=30)
    made += stdout.splitlines()
    assert process.returncode == 143
    assert stderr.endswith("terminated\n")
    assert wanted <= len(made) < count - 7
    assert {path.as_posix() for path in Path("clips").rglob("map.mp4")} == {path.replace(os.sep, "/") for path in made}
    assert not [path for path in Path("clips").rglob("*") if path.name.startswith(".")]
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in Path("clips").rglob("*") if path.is_file()}

    result = seg2vid("generate", maps, *flags, "--skip-existing", "--json")
    data = json.loads(result.stdout)["data"]
    assert [len(data[name]) for name in ("skipped", "outputs", "failures")] == [len(made), count - 7 - len(made), 7]
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before} == before
    assert len(list(Path("clips").rglob("map.mp4"))) == count - 7
    assert len(list(Path("clips").rglob("map.labels/000004.png"))) == count - 7


def test_where_all_is_there_no_model_is_opened_and_no_map_read(seg2vid, model, street, monkeypatch):
    flags = ("generate", street, "--model", model, "--samples", 2, "-o", "new/", "--skip-existing")
    result = seg2vid(*flags, "--json")
    assert json.loads(result.stdout)["data"]["skipped"] == []
    assert "skipped" not in result.stderr
    street.write_text("no longer a label map")
    (model / "motion.weights").unlink()
    result = seg2vid(*flags)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "skipped 2 of 2 results, which are there already\n"
    assert seg2vid(*flags, "--label-format", "kitty").exit_code == 2
    document = json.loads(seg2vid(*flags, "--json").stdout)
    assert document["ok"] is True
    assert document["data"] == {
        "model": "tiny",
        "backend": None,
        "device": None,
        "precision": None,
        "outputs": [],
        "skipped": [
            {"input": str(street), "output": str(Path("new", name)), "sample": sample}
            for sample, name in enumerate(("street.mp4", "street_2.mp4"), 1)
        ],
    }


def test_a_sample_that_is_missing_is_made_alone(seg2vid, model, street):
    flags = ("generate", street, "--model", model, "--samples", 3, "-o", "new/", "--format", "png")
    assert seg2vid(*flags).exit_code == 0
    expected = Path("new/street_2/000005.png").read_bytes()
    for path in Path("new/street_2").iterdir():
        path.unlink()
    result = seg2vid(*flags, "--skip-existing")
    assert (result.exit_code, result.stdout.replace(os.sep, "/")) == (0, "new/street_2\n")
    assert Path("new/street_2/000005.png").read_bytes() == expected


def test_a_result_that_is_there_in_part_is_neither_skipped_nor_replaced(seg2vid, model, street):
    assert seg2vid("generate", street, "--model", model).exit_code == 0
    before = Path("street.mp4").read_bytes()
    result = seg2vid("generate", street, "--model", model, "--save", "labels", "--skip-existing")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[0] == (
        "error: street.mp4: exists already, but street.labels.mp4 does not, so it cannot be skipped"
    )
    assert (below(Path()), Path("street.mp4").read_bytes()) == ({"street.mp4"}, before)


@pytest.mark.parametrize("out", ["maps/", "maps/clips/"])
@pytest.mark.parametrize("kind", ["mp4", "png"])
def test_results_among_the_maps_are_not_read_when_it_goes_on(seg2vid, model, street, out, kind):
    for name in ("a", "deep/b"):
        path = Path(f"maps/{name}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(street.read_bytes())
    flags = ("maps", "--model", model, "-o", out, "--save", "all", "--format", kind, "--samples", 2)
    assert seg2vid("generate", *flags).exit_code == 0
    before = below(Path())
    result = seg2vid("generate", *flags, "--skip-existing")
    assert (result.exit_code, result.stdout, below(Path())) == (0, "", before)
    assert result.stderr.splitlines()[-1] == "skipped 4 of 4 results, which are there already"


def test_few_maps_are_read_before_their_clips_are_due(seg2vid, model, street, tmp_path, monkeypatch):
    folder = tmp_path / "maps"
    folder.mkdir()
    for number in range(16):
        (folder / f"{number:02d}.png").write_bytes(street.read_bytes())
    read, ahead = making.read_scene, list[int]()

    def noted(*args):
        ahead.append(len(ahead) - len(list(Path().rglob("*.mp4"))))
        return read(*args)

    monkeypatch.setattr(making, "read_scene", noted)
    assert seg2vid("generate", folder, "--model", model, "-o", "new/").exit_code == 0
    assert len(ahead) == 16
    assert max(ahead) <= 5  # one is made, one or two are written, two wait


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--label-format", "wrong.toml"), "wrong.toml"),
        (("--label-format", "kitty"), "--label-format: 'kitty' is not known"),
        (("--fps", 60, "--format", "gif"), "--fps 60: a gif shows at most"),
        (("--sheet", "s.png"), "--sheet s.png: one sheet cannot show 2 clips"),
        (("--camera", "left"), "--camera left: the camera of the model tiny"),
    ],
)
def test_wrong_usage_is_found_before_anything_is_made(*, seg2vid, model, street, tmp_path, flags, message):
    folder = tmp_path / "maps"
    folder.mkdir()
    (folder / "bad.png").write_text("which would be an error of its own")
    (folder / "good.png").write_bytes(street.read_bytes())
    Path("wrong.toml").write_text('name = "x"')
    result = seg2vid("generate", folder, "--model", model, "-o", "new/", *flags)
    assert (result.exit_code, result.stdout) == (2, "")
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert message in errors[0]
    assert below(Path()) == {"wrong.toml"}


def test_a_data_set_with_its_photographs(seg2vid, make_model, tmp_path):
    names = ("ulm/ulm_0", "bonn/bonn_0")
    for name in names:
        for kind in ("gtFine/{}_gtFine_labelIds", "gtFine/{}_gtFine_instanceIds", "leftImg8bit/{}_leftImg8bit"):
            path = tmp_path / "set" / f"{kind.format(name)}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            pixels = np.full((32, 64), 26, np.uint8) if "label" in kind else np.full((32, 64), 26003, np.uint16)
            Image.fromarray(np.full((32, 64, 3), 9, np.uint8) if "left" in kind else pixels).save(path)
    flags = ("--first-frame", tmp_path / "set/leftImg8bit", "--instances", tmp_path / "set/gtFine", "--frames", 2)
    driving = make_model("driving", camera={})
    result = seg2vid(
        "generate", tmp_path / "set/gtFine", *flags, "--model", driving, "-o", "new/", "--save", "first-frame,instances"
    )
    assert result.exit_code == 0, result.stderr
    assert result.stderr.startswith(f"{tmp_path / 'set/gtFine'}: 2 label maps; left out 2 *_gtFine_instanceIds\n")
    for name in names:
        clip = Path("new", f"{name}_gtFine_labelIds.mp4")
        assert clip.exists()
        assert np.unique(np.array(Image.open(clip.with_suffix(".first-frame.png")))) == [9]
        assert np.unique(np.array(Image.open(clip.with_suffix(".instances") / "000000.png"))) == [26003]


def test_the_bar_counts_all_clips_from_the_start(seg2vid, model, make_maps, monkeypatch):
    totals, done = list[int](), list[int]()
    progress = report.Console.progress

    def noted(console, description, total, *args):
        totals.append(total)
        return progress(console, description, total, *args)

    monkeypatch.setattr(report.Console, "progress", noted)
    monkeypatch.setattr(report.ProgressBar, "advance", lambda bar, completed, note="": done.append(completed))
    seg2vid("generate", make_maps(14), "--model", model, "--frames", 1, "-o", "new/")
    assert totals == [14]
    assert done == sorted(done)
    assert (len(done), done[-1]) == (7, 12)  # the last two are bad


def test_a_folder_without_label_maps_or_a_name_for_results(seg2vid, model, street, tmp_path):
    (tmp_path / "nothing").mkdir()
    result = seg2vid("generate", tmp_path / "nothing", "--model", model, "--json")
    error = json.loads(result.stdout)["error"]
    assert (result.exit_code, error["code"], error["message"]) == (
        1,
        "label_map",
        f"{tmp_path / 'nothing'}: no label maps in it",
    )
    (tmp_path / "nothing/a.png").write_bytes(street.read_bytes())
    assert seg2vid("generate", tmp_path / "nothing", "--model", model).stdout == "a.mp4\n"
    (tmp_path / "nothing/b.png").write_bytes(street.read_bytes())
    result = seg2vid("generate", tmp_path / "nothing/*.png", "--model", model)
    assert (result.exit_code, result.stderr.splitlines()[-2]) == (2, "error: no folder was given for several results")


def test_more_clips_than_the_disk_takes_are_refused_before_they_are_planned(seg2vid, model, street):
    result = seg2vid("generate", street, "--model", model, "--samples", 10**12, "-o", "new/")  # would not end
    assert result.exit_code == 1
    assert result.stderr.startswith("error: --frames 6: 1,000,000,000,000 clips take ")
