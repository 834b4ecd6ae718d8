"""The paper's networks at their full size, on a GPU in bf16: `pytest -m gpu -k full_size -s` prints their speed."""

import json
import math

import pytest

from recording_monitor import RecordingMonitor
from seg2vid_interface.backend import TrainingRequest
from seg2vid_torch.backend import TorchBackend
from vgg_file import write_vgg_file

STEPS = 30
FIRST_TERM = {"paper": "reconstruction", "pix2pixhd": "feature_matching"}


@pytest.mark.gpu
@pytest.mark.parametrize(("stage", "preset"), [("motion", "paper"), ("image", "pix2pixhd")])
def test_the_full_size_trains_in_bf16(stage, preset, clips, tmp_path, capsys):
    settings = {
        "steps": str(STEPS),
        "vgg_weights": str(write_vgg_file(tmp_path / "vgg.pth")),
        "log_interval": "10",
        "sample_interval": "1000",
        "checkpoint_interval": "1000",
    }
    request = TrainingRequest(
        stage, (clips,), tmp_path / "run", preset=preset, settings=settings, device="cuda", precision="bf16"
    )
    assert TorchBackend().train(request, RecordingMonitor()).finished
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    with capsys.disabled():  # the speed is wanted in the log of the run
        print(f"\n{preset}: {lines[-1]['samples_per_second']:.1f} samples/s in bf16")  # noqa: T201
    assert [line["step"] for line in lines] == [10, 20, 30]
    assert all(math.isfinite(value) for line in lines for value in line.values())
    assert lines[-1][FIRST_TERM[preset]] < lines[0][FIRST_TERM[preset]]
