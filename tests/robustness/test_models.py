"""Damaged files of models: noticed by the card's hashes, and harmless where the card has the hash of the damage."""

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from robustness.counts import counts
from robustness.documents import STREET
from robustness.judging import problem_of
from robustness.mutation import LARGE, mutations
from seg2vid_cli.model_store.archive import unpack_model
from seg2vid_interface.model_card import ModelFolder, open_model_folder
from seg2vid_torch.weights.loading import load_motion_network

GRAPHS = ("fields.onnx", "between.onnx", "known.onnx")
WEIGHTS = "motion.safetensors"
TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("count", counts(30, 600))
def test_files_that_the_card_has_other_hashes_of(tally, tmp_path, count):
    model = ModelFolder(tmp_path, open_model_folder(STREET).card)
    names = {(STREET / name).read_bytes(): name for name in (*GRAPHS, WEIGHTS)}
    with tally("files of models") as files:
        for whole, damaged in mutations(list(names), LARGE, count, "files"):
            path = tmp_path / names[whole]
            path.write_bytes(damaged)
            files.add(problem_of(lambda path: model.file(path.name), path, lambda _: "is taken for whole"))


@pytest.mark.parametrize("count", counts(10, 300))
def test_weights_whose_hash_a_stranger_wrote(tally, tmp_path, count):
    card = open_model_folder(STREET).card
    path = tmp_path / WEIGHTS

    def load(path: Path) -> torch.nn.Module:
        stage = card.stages["motion"].model_copy(update={"files": {WEIGHTS: sha256(path.read_bytes())}})
        changed = card.model_copy(update={"stages": {"motion": stage}})
        return load_motion_network(ModelFolder(path.parent, changed), torch.device("cpu"))

    with tally("weights of strangers") as weights:
        for _, damaged in mutations([(STREET / WEIGHTS).read_bytes()], LARGE, count, "weights"):
            path.write_bytes(damaged)
            weights.add(problem_of(load, path, lambda network: None))


@pytest.mark.parametrize("count", counts(20, 600))
def test_archives(tally, make_model, tmp_path, count):
    folder = make_model()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for member in sorted(folder.iterdir()):
            file.write(member, f"tiny/{member.name}")
    wanted = {path.name: path.read_bytes() for path in folder.iterdir()}
    path = tmp_path / "model.zip"
    with tally("archives of models") as archives:
        for number, (_, damaged) in enumerate(mutations([packed.getvalue()], LARGE, count, "archives")):
            path.write_bytes(damaged)
            out = tmp_path / "out" / str(number)
            out.parent.mkdir(exist_ok=True)

            def difference(model: ModelFolder) -> str | None:
                found = {path.name: path.read_bytes() for path in model.path.rglob("*")}
                return None if found == wanted else "unpacked to something else"

            archives.add(problem_of(lambda path, out=out: unpack_model(path, out, str(path)), path, difference))
    assert {each.name for each in tmp_path.iterdir()} == {"tiny", "model.zip", "out"}  # nothing has escaped


@pytest.mark.parametrize("count", counts(6, 400))
@pytest.mark.parametrize("backend", ["onnx", pytest.param("openvino", marks=pytest.mark.slow)])
def test_graphs_whose_hash_a_stranger_wrote(tally, tmp_path, count, backend):
    names = {(STREET / name).read_bytes(): name for name in GRAPHS}
    with tally(f"graphs of strangers, {backend}") as graphs, reading(backend) as problem:
        for whole, damaged in mutations(list(names), LARGE, count, "graphs"):
            path = tmp_path / names[whole]
            path.write_bytes(damaged)
            graphs.add(problem(path))


@contextmanager
def reading(backend: str) -> Iterator[object]:
    """Give a function that says what is wrong with how a graph is taken; it outlives what it takes."""
    command = [sys.executable, "-m", "robustness.graph_reader", backend]
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    process = None

    def problem(path: Path) -> str | None:
        nonlocal process
        if process is None:
            process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        process.stdin.write(f"{path}\n")
        process.stdin.flush()
        if answer := process.stdout.readline():
            return json.loads(answer)
        _, said = process.communicate()
        code, process = process.returncode, None
        return f"ends the process with {code}: {said[-300:]}"

    try:
        yield problem
    finally:
        if process is not None:
            process.communicate()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
