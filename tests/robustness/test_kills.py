"""Commands that a signal ends: what was there, or all that they make, and a next run that does its work."""

import hashlib
import random
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from loopback_server import content, loopback_server
from robustness.counts import counts
from robustness.killing import Command, try_kills
from robustness.training_files import state_difference
from seg2vid_torch.training.checkpoint import CHECKPOINT_NAME, read_checkpoint
from street_data import TINY_IMAGE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals")

STREET = Path(__file__).parents[2] / "examples" / "street.png"
GENERATE = ("generate", STREET, "--frames", 3, "--backend", "onnx", "--quiet")
CLIP = ("-o", "clip.mp4")
FOLDER = ("-o", "clips/", "--format", "png", "--save", "all")


def generating(tmp_path: Path, name: str, out: tuple[object, ...], *, overwrite: bool) -> Command:
    """Return the command; with `overwrite` a clip of another seed lies there."""
    cache = {"SEG2VID_CACHE": str(tmp_path / "cache")}
    older = Command("older", (*GENERATE, *out, "--seed", 1), tmp_path / "older", environment=cache)
    assert older.done
    before = older.home / "done" if overwrite else None
    words = (*GENERATE, *out, *(["--overwrite"] if overwrite else []))
    return Command(f"generate, {name}", words, tmp_path / "home", before, cache)


@pytest.mark.parametrize(
    ("out", "overwrite", "count"),
    [
        *((CLIP, True, each) for each in (2,)),
        *(pytest.param(CLIP, overwrite, 25, marks=pytest.mark.slow) for overwrite in (False, True)),
        *(pytest.param(FOLDER, overwrite, 25, marks=pytest.mark.slow) for overwrite in (False, True)),
    ],
)
def test_generate(tally, tmp_path, out, overwrite, count):
    with tally("kills of generate") as kills:
        try_kills(generating(tmp_path, f"{out[1]} {overwrite}", out, overwrite=overwrite), count, kills)


@pytest.mark.parametrize("count", counts(2, 25))
@pytest.mark.parametrize("overwrite", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_pull(tally, make_model, tmp_path, overwrite, count):
    archives = []
    for name in ("older", "newer"):
        folder = make_model("town")
        (folder / "README").write_bytes(name.encode())
        path = tmp_path / f"{name}.zip"
        with zipfile.ZipFile(path, "w") as file:
            for member in sorted(folder.iterdir()):
                file.write(member, f"town/{member.name}")
        archives.append(path.read_bytes())
        shutil.rmtree(folder)
    cache = {"SEG2VID_CACHE": "cache"}
    with loopback_server() as server, tally("kills of models pull") as kills:
        words = [
            (
                "models",
                "pull",
                server.answer(f"/{number}.zip", content(data)),
                "--sha256",
                sha256(data),
            )
            for number, data in enumerate(archives)
        ]
        older = Command("older", words[0], tmp_path / "older", environment=cache)
        before = older.home / "done" if overwrite and older.done else tmp_path / "empty"
        (before / "cache" / "models").mkdir(parents=True, exist_ok=True)
        last = (*words[1], *(["--overwrite"] if overwrite else []))
        try_kills(Command(f"pull {overwrite}", last, tmp_path / "home", before, cache), count, kills)


@pytest.mark.slow
@pytest.mark.parametrize("overwrite", [False, True])
def test_export(tally, runs, tmp_path, overwrite):
    words = ("export", runs["image"], runs["motion"], "-o", "model", "--no-verify")
    before = None
    if overwrite:
        older = Command("older", words, tmp_path / "older")
        assert older.done
        before = older.home / "done"
        card = before / "model" / "model.json"
        card.write_text(card.read_text().replace('"format_version": 2', '"format_version":  2'))
    command = Command(
        f"export {overwrite}", (*words, *(["--overwrite"] if overwrite else [])), tmp_path / "home", before
    )
    with tally("kills of export") as kills:
        try_kills(command, 12, kills)


@pytest.mark.slow
def test_train(tally, clips, tmp_path):
    """A training that was ended goes on, to the same numbers."""
    settings = [word for pair in {**TINY_IMAGE, "steps": "12"}.items() for word in ("--set", "=".join(pair))]
    words = ("train", "image", "--data", clips, "--out", "run", "--device", "cpu", *settings)
    command = Command("train", words, tmp_path / "home", goes_on=True)
    assert command.seconds
    wanted = read_checkpoint(command.home / "done" / "run" / CHECKPOINT_NAME)
    names = names_in(command.home / "done" / "run")
    rng = random.Random("train")
    with tally("kills of train") as kills:
        for _ in range(36):
            folder, _, problem = command.kill(rng)
            problem = problem or command.run(folder)
            if problem is None:
                found = read_checkpoint(folder / "run" / CHECKPOINT_NAME) | {"seconds": wanted["seconds"]}
                problem = state_difference(wanted, found)
            if problem is None and (left := names_in(folder / "run") - names):
                problem = f"train leaves {sorted(left)}"
            kills.add(problem)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
