"""`generate --judge` with a backend that spoils as many rows of all frames as a clip's style says."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import fake_backend
from seg2vid_cli.generation.tries import Judging
from seg2vid_interface.errors import BackendError
from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_interface.latents import image_style

COLORS = np.array([label_class.color for label_class in CITYSCAPES.classes], np.uint8)


def spoiled(style: np.ndarray) -> int:
    """Rows out of 32."""
    return min(31, int(16 * abs(style[0])))


class Spoiling(fake_backend.FakeSession):
    fails_at_sample = 0

    def generate(self, requests):
        [request] = requests
        rows = spoiled(request.style)
        for [chunk] in super().generate([replace(request, fields=request.fields | {"labels"})]):
            frames = COLORS[chunk.labels]
            frames[:, :rows] = COLORS[19]
            if chunk.start and np.array_equal(request.style, image_style(0, self.fails_at_sample, 3)):
                raise BackendError("out of memory")
            yield [replace(chunk, frames=frames)]


@pytest.fixture(autouse=True)
def _spoiling(fake_backends, monkeypatch):
    monkeypatch.setattr(fake_backend, "FakeSession", Spoiling)


@pytest.fixture
def teller(make_model):
    return make_model("teller", segments=True)


def agreement(sample: int) -> float:
    return 1 - spoiled(image_style(0, sample, 3)) / 32


def below(folder: Path = Path()) -> dict[str, bytes]:
    return {path.as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def outputs(result) -> list[dict]:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)["data"]["outputs"]


def test_a_clip_is_drawn_again_until_one_will_do(seg2vid, teller, street):
    command = ("generate", street, "--model", teller, "--save", "all")
    result = seg2vid(*command, "-o", "a.mp4", "--sheet", "a.png", "--judge", 0.9, "--json")
    [clip] = outputs(result)
    assert clip.pop("seconds") >= 0
    assert len(clip.pop("saved")) == 9
    assert clip == {
        "input": str(street),
        "output": "a.mp4",
        "frames": 6,
        "height": 32,
        "width": 64,
        "seed": 0,
        "sample": 2,
        "style": 0,
        "camera": None,
        "judged": {
            "label_agreement": 1.0,
            "passed": True,
            "tries": [{"sample": 1, "label_agreement": 0.78125}, {"sample": 2, "label_agreement": 1.0}],
        },
    }
    assert result.stderr.splitlines()[2:] == [
        "a.mp4: label agreement 0.781, below 0.9; drawn again as sample 2",
        "a.mp4: label agreement 1.000",
    ]
    judged = below()
    for path in list(judged):
        Path(path).unlink()
    outputs(seg2vid(*command, "--samples", 2, "-o", "./", "--json"))
    again = {path.replace("street_2", "a"): data for path, data in below().items() if "street_2" in path}
    assert {path: data for path, data in judged.items() if path != "a.png"} == again


def test_if_none_will_do_the_best_is_kept_and_nothing_else(seg2vid, teller, street):
    flags = ("--judge", 0.97, "--tries", 3, "--seed", 0, "--style", 0)
    result = seg2vid("generate", street, "--model", teller, *flags, "-o", "a/b/c.mp4/", "--json")
    [clip] = outputs(result)
    assert clip["judged"] == {
        "label_agreement": 0.78125,  # the first of equals, as all look alike
        "passed": False,
        "tries": [{"sample": sample, "label_agreement": 0.78125} for sample in (1, 2, 3)],
    }
    assert (clip["sample"], list(below())) == (1, ["a/b/c.mp4/street.mp4"])
    assert result.stderr.splitlines()[-1] == (
        "a/b/c.mp4/street.mp4: label agreement 0.781, below 0.97; of 3 tries the best is kept, sample 1 with 0.781"
    )
    assert [path.name for path in Path("a/b/c.mp4").iterdir()] == ["street.mp4"]


def test_no_two_samples_are_one_and_each_is_the_same_alone(seg2vid, teller, street):
    command = ("generate", street, "--model", teller, "--samples", 3, "--judge", 0.8, "-o", "clips/", "--json")
    clips = outputs(seg2vid(*command, "--tries", 2))
    tried = [[one["sample"] for one in clip["judged"]["tries"]] for clip in clips]
    assert tried == [[1, 4], [2], [3, 6]]
    assert [clip["sample"] for clip in clips] == [1, 2, 3]
    clips = outputs(seg2vid(*command, "--tries", 3, "--overwrite"))
    tried = [[one["sample"] for one in clip["judged"]["tries"]] for clip in clips]
    assert tried == [[1, 4, 7], [2], [3, 6, 9]]
    all_clips = below()
    assert list(all_clips) == ["clips/street.mp4", "clips/street_2.mp4", "clips/street_3.mp4"]
    Path("clips/street_3.mp4").unlink()
    assert outputs(seg2vid(*command, "--tries", 3, "--skip-existing"))[0]["sample"] == 3
    assert below() == all_clips


def test_several_maps_and_a_folder_of_frames(seg2vid, teller, street):
    other = street.with_name("other.png")
    other.write_bytes(street.read_bytes())
    Image.fromarray(np.full((32, 64), 255, np.uint8)).save(street.with_name("void.png"))
    flags = ("--model", teller, "--judge", 0.9, "--format", "png", "--label-format", "train-ids")
    result = seg2vid("generate", street, street.with_name("void.png"), other, *flags, "-o", "clips/", "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)["data"]
    assert [clip["judged"]["passed"] for clip in document["outputs"]] == [True, True]
    [failure] = document["failures"]
    assert failure["message"].endswith("void.png: none of its pixels has a class, by which clips could be judged")
    assert {path.parent.name for path in Path().rglob("*.png")} == {"street", "other"}
    assert len(below()) == 12


@pytest.mark.parametrize("kind", ["mp4", "webm", "webp", "raw"])
def test_standard_output_gets_the_clip_that_is_kept(seg2vid, teller, street, kind):
    command = ("generate", street, "--model", teller, "-o", "-", "--format", kind, "--judge")
    assert seg2vid(*command, 0.7, "--tries", 1).stdout_bytes == seg2vid(*command, 0.7).stdout_bytes
    judged = seg2vid(*command, 0.9)
    assert judged.exit_code == 0, judged.stderr
    alone = seg2vid("generate", street, "--model", teller, "-o", "-", "--format", kind)
    assert len(judged.stdout_bytes) > 500
    assert judged.stdout_bytes != alone.stdout_bytes == seg2vid(*command, 0.7).stdout_bytes
    assert "standard output: label agreement 0.781, below 0.9; drawn again as sample 2" in judged.stderr
    assert list(below()) == []


def test_a_failure_in_a_later_try_leaves_nothing(seg2vid, teller, street, monkeypatch):
    monkeypatch.setattr(Spoiling, "fails_at_sample", 5)
    flags = ("--judge", 0.95, "--tries", 5, "--samples", 2, "--save", "all", "-o", "a/b/")
    result = seg2vid("generate", street, "--model", teller, *flags)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-2:] == [
        "a/b/street.mp4: label agreement 0.781, below 0.95; drawn again as sample 5",
        "error: out of memory",
    ]
    assert list(Path().iterdir()) == []


def test_quiet_says_nothing_of_it(seg2vid, teller, street):
    result = seg2vid("generate", street, "--model", teller, "--judge", 0.9, "--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "street.mp4\n", "")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--tries", 2), "--tries 2: nothing judges the clips\n       Say how good they must be: --judge 0.6\n"),
        (("--judge", 60), "--judge 60.0: must be between 0 and 1\n"),
        (("--judge", "nan"), "--judge nan: must be between 0 and 1\n"),
        (("--judge", 0.6, "--tries", 0), "--tries 0: must be between 1 and 1000000\n"),
        (("--judge", 0.6), "--judge: the model tiny cannot tell the labels of its frames\n       Take a model whose"),
    ],
)
def test_wrong_usage(seg2vid, model, street, flags, message):
    result = seg2vid("generate", street, "--model", model, *flags)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {message}")
    assert list(Path().iterdir()) == []


def test_a_backend_that_cannot(seg2vid, teller, street, monkeypatch):
    class Blind(Spoiling):
        segment = None  # says to Python's protocols that it has none

    monkeypatch.setattr(fake_backend, "FakeSession", Blind)
    result = seg2vid("generate", street, "--model", teller, "--judge", 0.6, "-o", "clips/")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-2] == "error: --backend fake: cannot tell the labels of a picture"
    assert list(Path().iterdir()) == []


def test_samples():
    judging = Judging(0.6, 3)
    assert [list(judging.samples(result, 2)) for result in (1, 2)] == [[1, 3, 5], [2, 4, 6]]
    assert list(judging.samples(1, 1)) == [1, 2, 3]
