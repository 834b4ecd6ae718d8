"""Training by the clock."""

import json
import time

import pytest

from recording_monitor import RecordingMonitor
from seg2vid_interface.errors import SettingsError
from seg2vid_torch.training.checkpoint import read_checkpoint
from seg2vid_torch.training.spade_stage import SpadeStage

SECONDS = 0.4
LONG = {
    "height": "64",
    "width": "64",
    "checkpoint_interval": "1000",
    "sample_interval": "1000",
    "log_interval": "1000",
    "rolled": "0",  # drives take longer than all else in a step of so small networks
    "driven": "0",
}


def minutes(seconds: float) -> dict[str, str]:
    return {"minutes": str(seconds / 60), **LONG}


def lines_of(run) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_it_ends_when_the_time_is_over_saved_sampled_and_finished(train_tiny, tmp_path):
    run, monitor = tmp_path / "run", RecordingMonitor()
    result = train_tiny("image", run, steps=1, settings=minutes(SECONDS), monitor=monitor)
    assert (result.finished, result.steps, monitor.steps) == (True, None, None)
    assert result.step > 1  # their number does not count
    assert result.summary["minutes"] == pytest.approx(SECONDS / 60)
    state = read_checkpoint(run / "checkpoint.pt")
    assert state["step"] == result.step
    assert SECONDS <= state["seconds"] < 5 * SECONDS
    assert [path.name for path in (run / "samples").iterdir()] == [f"{result.step:07d}.png"]
    assert [line["step"] for line in lines_of(run)] == [result.step]
    assert "val_reconstruction" in result.metrics
    assert monitor.shares == sorted(monitor.shares)
    assert monitor.shares[-1] == 1


def test_the_rates_fall_with_the_time(train_tiny, tmp_path):
    run = tmp_path / "run"
    train_tiny("image", run, steps=1, settings=minutes(SECONDS) | {"decay_from": "0", "final_rate": "0"})
    rates = [x["param_groups"][0]["lr"] for x in read_checkpoint(run / "checkpoint.pt")["optimizers"].values()]
    assert all(0 < rate < 3e-4 for rate in rates)  # those of the last step


def test_a_finished_run_is_given_more_minutes_and_the_earlier_ones_count(train_tiny, tmp_path):
    run = tmp_path / "run"
    first = train_tiny("image", run, steps=1, settings=minutes(SECONDS))
    again = train_tiny("image", run, steps=1, settings=minutes(SECONDS))
    assert (again.step, again.finished) == (first.step, True)
    monitor = RecordingMonitor()
    more = train_tiny("image", run, steps=1, settings=minutes(2 * SECONDS), monitor=monitor)
    assert more.finished
    assert monitor.begun_at == first.step
    assert 0.4 < monitor.share_at_beginning < 1
    assert 2 * SECONDS <= read_checkpoint(run / "checkpoint.pt")["seconds"] < 6 * SECONDS
    with pytest.raises(SettingsError, match=r"run: minutes = 0\.001, but 0\.\d\d are done$") as caught:
        train_tiny("image", run, steps=1, settings=minutes(0.06))
    assert "--set minutes=M" in caught.value.hint
    by_steps = train_tiny("image", run, steps=more.step + 1, settings=LONG)
    assert (by_steps.step, by_steps.steps) == (more.step + 1, more.step + 1)


def test_a_stopped_run_goes_on_with_the_rest_of_its_time(train_tiny, tmp_path):
    run, settings = tmp_path / "run", minutes(SECONDS)
    stopped = train_tiny("image", run, steps=1, settings=settings, monitor=RecordingMonitor(stop_after=1))
    assert (stopped.step, stopped.finished) == (1, False)
    assert 0 < read_checkpoint(run / "checkpoint.pt")["seconds"] < SECONDS
    assert train_tiny("image", run, steps=1, settings=settings).finished


def test_validation_and_saving_take_none_of_the_time(train_tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(SpadeStage, "validate", lambda stage: time.sleep(0.4) or {})
    settings = minutes(SECONDS) | {"sample_interval": "1"}
    result = train_tiny("image", tmp_path / "run", steps=1, settings=settings, monitor=RecordingMonitor(stop_after=2))
    assert result.step == 2
    assert read_checkpoint(tmp_path / "run" / "checkpoint.pt")["seconds"] < SECONDS


@pytest.mark.parametrize("value", ["0", "-1"])
def test_no_time_is_refused_in_one_message(train_tiny, tmp_path, value):
    with pytest.raises(SettingsError) as caught:
        train_tiny("image", tmp_path / "run", steps=1, settings={"minutes": value})
    assert caught.value.message == "--preset street, stage image: minutes: Input should be greater than 0"
    assert list(tmp_path.iterdir()) == []
