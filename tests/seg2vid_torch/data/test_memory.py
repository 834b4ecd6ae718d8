"""A data set that is larger than memory is trained on in little."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from seg2vid_interface.data_tools import DataRequest
from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_torch.data.packed import INDEX_NAME, SHARD_BYTES, open_packed
from seg2vid_torch.data.packing import _ShardWriter, _write_index
from seg2vid_torch.data.reading import ReadFrames
from street_data import TINY_IMAGE

SIDE, BYTES = 64, 5 << 30
SCRIPT = """
import json, sys
from pathlib import Path
import torch
from recording_monitor import RecordingMonitor
from seg2vid_interface.backend import TrainingRequest
from seg2vid_torch.backend import TorchBackend
from seg2vid_torch.data.packed import open_packed
from seg2vid_torch.data.streaming import Stream
root, out, settings = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
TorchBackend().train(TrainingRequest("image", (root,), out, settings=settings, device="cpu"), RecordingMonitor())
stream = Stream([open_packed(root)], batch=64, seed=0, device=torch.device("cpu"))
shapes = {tuple(stream.at(step).images.shape[1:]) for step in range(0, 200, 10)}
stream.close()
status = Path("/proc/self/status").read_text()  # the peak of getrusage counts that of the process that started this one
print(json.dumps([stream.frames, sorted(shapes), int(status.split("VmHWM:")[1].split()[0])]))
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Path:
    """A packed data set of five gigabytes, but for all of its shards being one file of many names."""
    folder = tmp_path_factory.mktemp("large")
    request = DataRequest(folder, "clips", CITYSCAPES, height=SIDE, width=SIDE)
    count = SHARD_BYTES // (SIDE * SIDE * 4)
    stripes = (np.arange(count) % 19).astype(np.uint8)[:, None, None]
    labels = np.broadcast_to(stripes, (count, SIDE, SIDE))
    with _ShardWriter(folder, "train", request, labelled=True) as writer:
        writer.write(ReadFrames(np.repeat(labels[:, None] * 9, 3, axis=1), labels, cuts=[0]))
    _write_index(folder / INDEX_NAME, request, {"train": writer.shards}, "drawn")
    document = json.loads((folder / INDEX_NAME).read_text())
    (shard,) = document["splits"]["train"]
    names = [f"train-{number:06d}.tar" for number in range(BYTES // SHARD_BYTES)]
    for name in names[1:]:
        (folder / name).hardlink_to(folder / names[0])
    document["splits"]["train"] = [shard | {"name": name} for name in names]
    (folder / INDEX_NAME).write_text(json.dumps(document))
    return folder


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted in kilobytes on Linux alone")
def test_five_gigabytes_are_trained_on_in_less_than_one(large, tmp_path):
    assert open_packed(large).bytes_of(open_packed(large).frames("train")) == BYTES
    settings = TINY_IMAGE | {"height": "64", "width": "64", "rolled": "0", "driven": "0", "steps": "2"}
    tests = Path(__file__).parents[2]
    completed = subprocess.run(
        [sys.executable, "-c", SCRIPT, large, tmp_path / "run", json.dumps(settings)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tests), str(tests / "seg2vid_torch")])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    frames, shapes, kilobytes = json.loads(completed.stdout.splitlines()[-1])
    assert (frames, shapes) == (BYTES // (SIDE * SIDE * 4), [[3, SIDE, SIDE]])
    assert kilobytes < 1_000_000
