"""`seg2vid evaluate` through the program: a model of the fake backend, and ready clips, against drawn streets."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg2vid_interface.evaluation import METRICS
from street_data import label_map, picture

pytest.importorskip("torchmetrics")
pytest.importorskip("cv2")
pytestmark = pytest.mark.usefixtures("fake_backends")
PLAIN = ("--steps", "2", "--every", "2", "--metrics", "psnr,ssim")


@pytest.fixture
def ready(tmp_path, clips):
    """Return a function that writes clips of a system, each of which repeats the frame that it begins with."""

    def write(name: str, starts: dict[str, int], *, size: tuple[int, int] = (64, 64)) -> Path:
        for stem, frames in starts.items():
            with Image.open(clips / "val" / "drive" / "images" / f"{stem[:6]}.png") as image:
                first = image.resize(size)
            (tmp_path / name / stem).mkdir(parents=True)
            for number in range(frames):
                first.save(tmp_path / name / stem / f"{number:06d}.png")
        return tmp_path / name

    return write


def test_a_model_of_any_backend_is_measured_beside_what_is_simple(seg2vid, make_model, clips):
    result = seg2vid("evaluate", "--model", make_model(), "--data", clips, *PLAIN, "--samples", "2", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    data = json.loads(result.stdout)["data"]
    assert data["schema"] == 1
    assert data["protocol"] == {
        "data": f"{clips}: val",
        "size": "32x64",
        "resized with": "LANCZOS",
        "starts": "every 2nd frame",
        "steps": 2,
        "model": "tiny, fake on cpu, fp32",
        "samples": 2,
        "seed": 0,
    }
    assert list(data["columns"]) == ["psnr", "ssim"]
    assert data["columns"]["psnr"]["better"] == "higher"
    rows = {row["name"]: row for row in data["rows"]}
    assert list(rows) == ["true frames", "copy", "geometry", "true flow", "tiny, best of 2"]
    assert {row["starts"] for row in rows.values()} == {3}
    assert rows["true frames"]["steps"] == {}, "nothing is compared with itself"
    copied = rows["copy"]["steps"]["psnr"]
    assert copied == pytest.approx(_copied(clips), abs=1e-4)
    assert rows["copy"]["whole"]["psnr"] == pytest.approx(sum(copied) / 2, abs=1e-5)
    assert rows["true flow"]["whole"]["psnr"] > rows["copy"]["whole"]["psnr"]
    assert list(data["dropped"]) == ["tiny, reconstruction"]
    assert data["notes"] == []


def _copied(clips: Path) -> list[float]:
    """Return the PSNR of the first frame at both steps, of the starts 0, 2 and 4 of the six frames."""
    files = sorted((clips / "val" / "drive" / "images").iterdir())
    frames = []
    for file in files:
        with Image.open(file) as image:
            frames.append(np.asarray(image.resize((64, 32), Image.Resampling.LANCZOS)).astype(float))
    by_step = [[(start, start + step) for start in (0, 2, 4) if start + step < 6] for step in (1, 2)]
    errors = [[((frames[a] - frames[b]) ** 2).mean() for a, b in pairs] for pairs in by_step]
    return [float(np.mean(10 * np.log10(255**2 / np.array(some)))) for some in errors]


def test_everything_is_printed_and_written(seg2vid, make_model, clips):
    model = make_model()
    flags = ("evaluate", "--model", model, "--data", clips / "val", "--steps", "3", "--samples", "1")
    result = seg2vid(*flags, "-o", "quality.md")
    assert result.exit_code == 0
    assert result.stderr.startswith("without label agreement by the model street: no backend can open the model: ")
    printed = result.stdout.splitlines()
    assert printed[0].startswith(
        f"data: {clips}: val; size: 32x64; resized with: LANCZOS; starts: every frame; steps: 3; "
    )
    assert printed[2] == "PSNR, dB / SSIM at step"
    assert printed[3].split() == ["t+1", "t+3"]
    assert [line.split("  ")[0] for line in printed[5:9]] == ["copy", "geometry", "true flow", "tiny, one sample"]
    columns = "PSNR SSIM MS-SSIM Detail Warping error Flicker Warping error (DIS) Flicker (DIS)"
    heading = printed.index("mean over all steps, or of the whole set:") + 1
    assert " ".join(printed[heading].split()) == f"starts {columns}"
    assert "MS-SSIM: of the luma, the same window, 2 scales; higher is better" in printed
    left_out = [line.partition(": ")[2] for line in printed if line.startswith("left out: ")]
    assert [line.partition(": needs ")[0] for line in left_out[:1]] == ["lpips"]
    assert left_out[0] == (
        "lpips: needs --features vgg=FILE: torchvision's VGG16, https://download.pytorch.org/models/vgg16-397923af.pth"
    )
    assert "fvd: I3D sees clips of 10 frames or more, and these have 4: --steps" in left_out
    text = Path("quality.md").read_text()
    assert text.startswith("### seg2vid evaluate\n\n")
    assert "| row              |   t+1 |   t+3 |" in text
    again = seg2vid(*flags, "-o", "quality.md")
    assert (again.exit_code, again.stderr.splitlines()[0]) == (1, "error: quality.md: exists already")


def test_quality_is_drawn_over_time(seg2vid, make_model, clips):
    pytest.importorskip("matplotlib")
    model = make_model()
    flags = ("evaluate", "--model", model, "--data", clips, *PLAIN, "--samples", "1")
    result = seg2vid(*flags, "--plot", "quality.svg", "-o", "quality.json")
    assert (result.exit_code, result.stderr) == (0, "")
    drawn = Path("quality.svg").read_text()
    assert all(f"<!-- {text} -->" in drawn for text in ("copy", "true flow", "tiny, one sample", "PSNR, dB", "SSIM"))
    assert list(json.loads(Path("quality.json").read_text())["columns"]) == ["psnr", "ssim"]


def test_ready_clips_of_several_systems_are_measured_by_the_same_ruler(seg2vid, clips, ready):
    ours, theirs = ready("ours", {"000000": 3, "000002": 3}), ready("theirs", {"000000": 3, "000002": 4})
    result = seg2vid(
        "evaluate",
        "--videos",
        ours,
        "--videos",
        theirs,
        "--data",
        clips,
        *PLAIN,
        "--every",
        "1",
        "--size",
        "32x64",
        "--json",
    )
    assert (result.exit_code, result.stderr) == (0, "")
    data = json.loads(result.stdout)["data"]
    assert data["protocol"]["ours"] == f"{ours}: 2 starts, one sample, 64x64"
    rows = {row["name"]: row for row in data["rows"]}
    assert list(rows) == ["true frames", "copy", "geometry", "true flow", "ours", "theirs"]
    assert {row["starts"] for row in rows.values()} == {2}, "only those starts count, in every row"
    assert rows["ours"]["steps"] == rows["theirs"]["steps"]
    assert rows["ours"]["whole"]["psnr"] == pytest.approx(rows["copy"]["whole"]["psnr"], abs=0.5), "resized twice"


def test_equal_samples_are_told_and_lossy_truth_too(seg2vid, tmp_path, ready):
    for split in ("train", "val"):
        for t in range(3):
            for folder, values, ending in (("images", picture(label_map(t)), "jpg"), ("labels", label_map(t), "png")):
                path = tmp_path / "jpeg" / split / "drive" / folder / f"{t:06d}.{ending}"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(values).save(path)
    made = ready("made", {"000000": 3, "000000_2": 3})
    result = seg2vid("evaluate", "--videos", made, "--data", tmp_path / "jpeg", *PLAIN, "--size", "64x64", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    data = json.loads(result.stdout)["data"]
    assert data["protocol"]["made"] == f"{made}: 1 starts, best of 2, 64x64"
    assert data["notes"] == [
        "the true frames are JPEG files: what JPEG did to them counts as true, above all in detail and FID",
        "made: 1 samples are equal to another one of their start, so the best is of fewer",
    ]
    copied = {row["name"]: row for row in data["rows"]}["copy"]["steps"]["psnr"][0]
    assert copied < 45, "of a street that stands still but for a car"


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (({"000000": 3}, {"000000": 3, "000001": 3}), "holds 1 starts and {theirs} 2; it lacks 000001"),
        (({"000000": 3, "000000_2": 3}, {"000000": 3}), "1 samples begin there, and 2 elsewhere"),
        (({"000000": 2}, {"000000": 2}), "2 frames, and with the first one 3 are compared"),
        (({}, {"000000": 3}), "no such folder"),
        (({"000000x": 3}, {"000000": 3}), "begins at no frame of the data: no true frame has that name"),
    ],
)
def test_ready_clips_that_do_not_fit_are_refused(seg2vid, clips, ready, made, message):
    ours, theirs = (ready(name, starts) for name, starts in zip(("ours", "theirs"), made, strict=True))
    result = seg2vid("evaluate", "--videos", ours, "--videos", theirs, "--data", clips, *PLAIN, "--every", "1")
    assert result.exit_code == 1
    line, hint = result.stderr.splitlines()
    assert line.startswith("error: ")
    assert line.endswith(message.format(theirs=theirs)), line
    assert hint.strip()


def test_clips_of_mixed_sizes_are_refused(seg2vid, clips, ready):
    made = ready("made", {"000000": 3})
    ready("made", {"000002": 3}, size=(32, 64))
    result = seg2vid("evaluate", "--videos", made, "--data", clips, *PLAIN)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[0] == (
        f"error: {made / '000002'}: frames of 64x32, after those of 64x64 in {made}"
    )


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--samples", "0"), "--samples 0: must be 1 or more"),
        (("--steps", "0"), "--steps 0: must be 1 or more"),
        (("--every", "0"), "--every 0: must be 1 or more"),
        (("--metrics", "psnr,sharpness"), "--metrics psnr,sharpness: sharpness is no metric"),
        (("--metrics", "psnr,"), "--metrics psnr,: an empty name is no metric"),
        (("--features", "alex=a.pth"), "--features alex=a.pth: alex is no such network"),
        (("--features", "vgg"), "--features vgg: not NET=FILE"),
        (("--features", "vgg=a", "--features", "vgg=b"), "--features vgg=b: vgg is given twice"),
        (("--videos", "x"), "--model tiny: not together with --videos"),
        (("-o", "quality.txt"), "-o quality.txt: the ending is not .json or .md"),
        (("--plot", "quality.gif"), "--plot quality.gif: the ending is not .png or .svg"),
        (("--split", "test"), "Invalid value for '--split': 'test' is not one of 'train', 'val'."),
    ],
)
def test_wrong_usage_is_named(seg2vid, clips, flags, message):
    result = seg2vid("evaluate", "--model", "tiny", "--data", clips, *flags)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[0] == f"error: {message}"


def test_samples_belong_to_a_model(seg2vid, clips):
    result = seg2vid("evaluate", "--videos", "x", "--samples", "2", "--data", clips)
    assert (result.exit_code, result.stderr.splitlines()[0]) == (
        2,
        "error: --samples 2: ready clips are as many as there are",
    )


def test_data_without_what_is_needed_are_refused(seg2vid, make_model, clips, tmp_path):
    model = make_model()

    def error(*flags: object) -> str:
        result = seg2vid("evaluate", "--model", model, *PLAIN, *flags)
        assert result.exit_code == 1
        return result.stderr.splitlines()[0].removeprefix("error: ")

    empty = tmp_path / "empty"
    empty.mkdir()
    assert error("--data", empty) == f"{empty}: no data set of the layout clips"
    (empty / "val").mkdir()
    assert error("--data", empty) == f"{empty / 'val'}: holds no clip with an images folder and pictures in it"
    assert error("--data", empty, "--split", "train") == f"{empty}: no folder 'train' in this dataset"
    for folder in ("images", "labels"):
        (empty / "val" / "still" / folder).mkdir(parents=True)
        source = clips / "val" / "drive" / folder / "000000.png"
        (empty / "val" / "still" / folder / "one.png").write_bytes(source.read_bytes())
    assert error("--data", empty) == f"{empty}: val: no clip of two frames or more"
    broken = tmp_path / "vgg.pth"
    broken.write_bytes(b"nothing")
    flags = ("--data", clips, "--metrics", "lpips", "--features", f"vgg={broken}")
    assert error(*flags).startswith(f"{broken}: not a readable file of weights: ")
    assert error("--data", clips, "--metrics", "labels", "--segmenter", broken).startswith(
        f"{broken}: not a readable ONNX"
    )


def test_without_matplotlib_or_torchmetrics_the_error_names_the_pip_line(seg2vid, make_model, clips, monkeypatch):
    from importlib import metadata

    import seg2vid_torch.backend as torch_backend

    def missing(name: str) -> str:
        if name == "torchmetrics":
            raise metadata.PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(torch_backend, "version", missing)
    result = seg2vid("evaluate", "--model", make_model(), "--data", clips, *PLAIN)
    assert result.exit_code == 1
    assert [line.strip() for line in result.stderr.splitlines()] == [
        "error: evaluate: torchmetrics is not installed",
        "Install it: pip install 'seg2vid[evaluate]'",
    ]
    monkeypatch.setattr("seg2vid_cli.files.result_files.find_spec", lambda _: None)
    result = seg2vid("evaluate", "--model", "tiny", "--data", clips, "--plot", "quality.png")
    assert result.stderr.splitlines()[0] == "error: --plot: matplotlib is not installed"


def test_every_metric_has_a_column():
    from seg2vid_torch.evaluation.measures import COLUMNS

    assert tuple(COLUMNS) == METRICS
