"""The whole program on a drawn street: the bundled model, ONNX Runtime, real files."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

EXAMPLES = Path(__file__).parents[1] / "examples"


def generate(folder: Path, *arguments: str, example: str = "street.png") -> dict:
    """Run the program in `folder` and return its JSON object."""
    command = [sys.executable, "-c", "from seg2vid_cli.app import main; main()", "generate", str(EXAMPLES / example)]
    result = subprocess.run([*command, "--json", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def frames_of(folder: Path) -> np.ndarray:
    return np.stack([np.asarray(Image.open(path)) for path in sorted(folder.glob("*.png"))]).astype(float)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a clip of nine frames, and all that can be saved with it."""
    folder = tmp_path_factory.mktemp("clip")
    saved = "--save=labels,flow,occlusion,first-frame,frames"
    data = generate(folder, "-o", "out.mp4", "--frames", "9", "--backend", "onnx", "--device", "cpu", saved)["data"]
    assert (data["model"], data["backend"], data["device"], data["precision"]) == ("street", "onnx", "cpu", "fp32")
    return folder


def test_everything_asked_for_is_there(clip):
    names = {path.name for path in clip.iterdir()}
    videos = {f"out.{name}mp4" for name in ("", "labels.", "flow.", "occlusion.")}
    assert names == videos | {"out.labels", "out.flow", "out.occlusion", "out.frames", "out.first-frame.png"}
    counts = {name: len(list((clip / f"out.{name}").iterdir())) for name in ("labels", "flow", "occlusion", "frames")}
    assert counts == {"labels": 9, "flow": 8, "occlusion": 8, "frames": 9}


def test_the_scene_moves_and_stays_in_one_piece(clip):
    frames = frames_of(clip / "out.frames")
    assert frames.shape == (9, 128, 256, 3)
    changes = np.abs(np.diff(frames, axis=0)).mean((1, 2, 3))
    assert changes.min() > 0.5  # every frame differs from the one before ...
    assert changes.max() < 25  # ... but no frame is another scene
    assert frames.std((1, 2, 3)).min() > 0.5 * frames[0].std()


def test_the_flow_explains_the_next_frame_better_than_standing_still(clip):
    frames = frames_of(clip / "out.frames")
    y, x = np.mgrid[:128, :256]
    unmoved, explained = [], []
    for t, path in enumerate(sorted((clip / "out.flow").glob("*.npy"))):
        source = np.rint(np.stack([x, y], -1) - np.load(path)).astype(int)
        column, row = source[..., 0].clip(0, 255), source[..., 1].clip(0, 127)
        explained.append(np.abs(frames[t][row, column] - frames[t + 1]).mean())
        unmoved.append(np.abs(frames[t] - frames[t + 1]).mean())
    assert np.mean(explained) < 0.8 * np.mean(unmoved)


def test_labels_are_valid_input_again(clip):
    generate(clip, "-o", "again.mp4", "--frames", "1", example=str(clip / "out.labels" / "000008.png"))
    assert (clip / "again.mp4").stat().st_size > 0


def test_the_same_seed_gives_the_same_file_and_another_another_motion(tmp_path):
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        generate(tmp_path, "-o", f"{name}.mp4", "--frames", "5", "--seed", str(seed), "--save", "flow")
    a, b, c = (tmp_path.joinpath(f"{name}.mp4").read_bytes() for name in "abc")
    assert a == b
    assert a != c
    flow_a, flow_c = (np.load(tmp_path / f"{name}.flow" / "000002.npy") for name in "ac")
    assert np.linalg.norm(flow_a - flow_c, axis=-1).mean() > 0.1


@pytest.mark.parametrize("example", ["avenue.png", "crossing.png"])
def test_every_example_is_understood(tmp_path, example):
    generate(tmp_path, "--frames", "1", example=example)
    assert [path.name for path in tmp_path.iterdir()] == [f"{Path(example).stem}.mp4"]
