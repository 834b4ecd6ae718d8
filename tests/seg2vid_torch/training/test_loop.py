"""The training loop: files, resuming, stopping and failing."""

import json
from pathlib import Path

import pytest
import torch

from recording_monitor import RecordingMonitor
from seg2vid_interface.errors import (
    DatasetError,
    DeviceError,
    ModelError,
    OutputError,
    SettingsError,
    TrainingError,
)
from seg2vid_torch.training.checkpoint import read_checkpoint
from street_data import write_clips

STAGES = ("image", "motion")


def weights(run: Path) -> dict[str, torch.Tensor]:
    state = read_checkpoint(run / "checkpoint.pt")
    return {**state["networks"], **{f"averaged.{k}": v for k, v in state["averaged"].items()}}


@pytest.mark.parametrize("stage", STAGES)
def test_a_run_holds_settings_metrics_samples_and_a_checkpoint(stage, runs):
    run = runs[stage]
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4]
    assert all(line["samples_per_second"] > 0 for line in lines)
    assert any(name.startswith("val_") for name in lines[-1])
    assert json.loads((run / "settings.json").read_text())["settings"]["steps"] == 4
    samples = sorted(path.name for path in (run / "samples").iterdir())
    assert samples == (["0000004.png"] if stage == "image" else ["0000004.png", "0000004.webp"])
    assert list((run / "tensorboard").iterdir())
    assert read_checkpoint(run / "checkpoint.pt")["step"] == 4


@pytest.mark.parametrize("stage", STAGES)
def test_a_stopped_and_resumed_run_ends_with_the_same_bits(stage, runs, train_tiny, tmp_path):
    stopped = train_tiny(stage, tmp_path / "run", steps=4, monitor=RecordingMonitor(stop_after=3))
    assert (stopped.step, stopped.finished) == (3, False)
    monitor = RecordingMonitor()
    resumed = train_tiny(stage, tmp_path / "run", steps=4, monitor=monitor)
    assert (monitor.begun_at, resumed.step, resumed.finished) == (3, 4, True)
    unbroken, broken = weights(runs[stage]), weights(tmp_path / "run")
    assert unbroken.keys() == broken.keys()
    assert all(torch.equal(unbroken[name], broken[name]) for name in unbroken)
    steps = [json.loads(line)["step"] for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert steps == [1, 2, 3, 4]


def test_a_killed_run_resumes_from_its_last_checkpoint_and_mends_the_metrics(train_tiny, tmp_path):
    train_tiny("image", tmp_path / "run", steps=4, monitor=RecordingMonitor(stop_after=2))
    with (tmp_path / "run" / "metrics.jsonl").open("a") as file:
        file.write('{"step": 3, "adversarial": 1.0}\n{"step": 4, "adver')  # written after the checkpoint, then cut off
    train_tiny("image", tmp_path / "run", steps=4)
    steps = [json.loads(line)["step"] for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert steps == [1, 2, 3, 4]


def test_another_seed_gives_other_weights(runs, train_tiny, tmp_path):
    train_tiny("image", tmp_path / "run", steps=4, seed=1)
    name = "generator.to_rgb.weight"
    assert not torch.equal(weights(tmp_path / "run")[name], weights(runs["image"])[name])


def test_other_settings_are_refused_by_name(train_tiny, tmp_path):
    train_tiny("image", tmp_path / "run", steps=1)
    with pytest.raises(SettingsError, match=r"settings\.learning_rate \(0\.0005 -> 0\.1\)"):
        train_tiny("image", tmp_path / "run", steps=1, settings={"learning_rate": "0.1"})
    assert train_tiny("image", tmp_path / "run", steps=1, settings={"learning_rate": "0.1"}, overwrite=True).finished


def test_overwrite_leaves_foreign_files_alone(train_tiny, tmp_path):
    train_tiny("image", tmp_path / "run", steps=1)
    foreign = [tmp_path / "run" / name for name in ("notes.txt", "samples/mine.png")]
    for path in foreign:
        path.write_text("mine")
    train_tiny("image", tmp_path / "run", steps=1, overwrite=True)
    assert [path.read_text() for path in foreign] == ["mine", "mine"]


def test_a_folder_of_something_else_is_not_taken_for_a_run(train_tiny, tmp_path):
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "0000001.png").write_text("mine")
    with pytest.raises(OutputError, match="samples: exists already"):
        train_tiny("image", tmp_path, steps=1)
    assert (tmp_path / "samples" / "0000001.png").read_text() == "mine"


def test_a_run_that_stopped_before_its_first_checkpoint_starts_at_step_0(train_tiny, tmp_path):
    train_tiny("image", tmp_path / "run", steps=1)
    (tmp_path / "run" / "checkpoint.pt").unlink()
    monitor = RecordingMonitor()
    assert train_tiny("image", tmp_path / "run", steps=1, monitor=monitor).finished
    assert monitor.begun_at == 0


def test_other_data_are_refused(train_tiny, tmp_path):
    train_tiny("image", tmp_path / "run", steps=1)
    other = write_clips(tmp_path / "other", train=13)
    with pytest.raises(SettingsError, match=r"other settings: data \("):
        train_tiny("image", tmp_path / "run", steps=1, data=(other,))


@pytest.mark.slow
def test_samples_come_at_their_own_interval(train_tiny, tmp_path):
    settings = {"log_interval": "3", "sample_interval": "2", "checkpoint_interval": "5"}
    train_tiny("image", tmp_path / "run", steps=5, settings=settings)
    assert sorted(path.stem for path in (tmp_path / "run" / "samples").iterdir()) == ["0000002", "0000004", "0000005"]
    steps = [json.loads(line)["step"] for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert steps == [2, 3, 4, 5]


def test_the_papers_configuration_trains(train_tiny, tmp_path):
    settings = {
        "network.camera_prior": "false",
        "network.masked_flow": "true",
        "network.residual_refinement": "false",
        "network.padding": "zeros",
        "network.flow_scale": "1.0",
        "refined_frames": "4",
        "rollout_probability": "0",
        "teacher.clips": "0",
        "teacher.stills": "[]",
    }
    result = train_tiny("motion", tmp_path / "run", steps=2, settings=settings)
    assert result.finished
    assert "teacher_flow" not in result.metrics


@pytest.mark.slow
def test_the_refinement_can_learn_from_the_teacher_alone(runs, train_tiny, tmp_path):
    settings = {"refined_from": "0", "teacher.clips": "2", "batch": "3"}
    ends = []
    for alone in ("false", "true"):
        train_tiny("motion", tmp_path / alone, steps=1, settings={**settings, "teacher.refines_alone": alone})
        ends.append(weights(tmp_path / alone)["img2vid.refinement.out.bias"])
    assert not torch.equal(*ends)


@pytest.mark.slow
def test_the_refinement_can_begin_later(train_tiny, tmp_path):
    result = train_tiny("motion", tmp_path / "run", steps=2, settings={"refined_from": "1"})
    first, second = (json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines())
    assert "reconstruction" not in first
    assert "reconstruction" in second
    assert result.finished


def test_a_label_space_of_ones_own(train_tiny, tmp_path):
    names = ["road", "walk", "house", *(f"thing-{i}" for i in range(7)), "sky", *(f"mover-{i}" for i in range(3))]
    path = tmp_path / "space.toml"
    classes = [f'[[classes]]\nname = "{name}"\ncolor = [{9 * i}, 0, 0]\n' for i, name in enumerate(names)]
    path.write_text('name = "mine"\nother = "walk"\n' + "".join(classes) + "foreground = true\n")
    result = train_tiny("image", tmp_path / "run", steps=1, settings={"label_space": str(path)})
    assert result.finished
    saved = json.loads((tmp_path / "run" / "settings.json").read_text())["label_space"]
    assert (saved["name"], len(saved["classes"]), saved["other"]) == ("mine", 14, 1)


@pytest.mark.parametrize("checkpoint_interval", ["1", "2"])
def test_diverging_stops_with_step_and_name_and_keeps_a_good_checkpoint(train_tiny, tmp_path, checkpoint_interval):
    settings = {"learning_rate": "1e30", "checkpoint_interval": checkpoint_interval}
    with pytest.raises(TrainingError, match=r"step \d: the (loss term|weight) [\w'.]+ is (nan|inf|no longer finite)"):
        train_tiny("image", tmp_path / "run", steps=4, settings=settings)
    state = read_checkpoint(tmp_path / "run" / "checkpoint.pt")
    assert all(torch.isfinite(value).all() for value in state["networks"].values())


@pytest.mark.parametrize("stage", STAGES)
def test_a_finished_run_can_be_given_more_steps_and_ends_with_the_same_bits(stage, runs, train_tiny, tmp_path):
    run = tmp_path / "run"
    assert train_tiny(stage, run, steps=2).finished
    monitor = RecordingMonitor()
    assert train_tiny(stage, run, steps=4, monitor=monitor).finished
    assert (monitor.begun_at, monitor.steps_seen) == (2, [3, 4])
    unbroken, extended = weights(runs[stage]), weights(run)
    assert unbroken.keys() == extended.keys()
    assert all(torch.equal(unbroken[name], extended[name]) for name in unbroken)
    assert (run / "settings.json").read_text() == (runs[stage] / "settings.json").read_text()
    assert read_checkpoint(run / "checkpoint.pt")["settings"]["steps"] == 4


def test_steps_may_be_fewer_than_planned_but_not_than_done(train_tiny, tmp_path):
    run = tmp_path / "run"
    train_tiny("image", run, steps=6, monitor=RecordingMonitor(stop_after=2))
    with pytest.raises(SettingsError, match=r"run: steps = 1, but 2 are done$") as caught:
        train_tiny("image", run, steps=1)
    assert "--set steps=N" in caught.value.hint
    assert json.loads((run / "settings.json").read_text())["settings"]["steps"] == 6
    assert train_tiny("image", run, steps=3).step == 3
    with pytest.raises(SettingsError, match=r"other settings: settings\.batch \(2 -> 3\)$"):
        train_tiny("image", run, steps=5, settings={"batch": "3"})


def test_many_other_settings_are_counted(train_tiny, tmp_path):
    train_tiny("image", tmp_path / "run", steps=0)
    names = ("class_weight_limit", "ema_decay", "learning_rate", "log_interval", "sample_interval", "batch")
    with pytest.raises(SettingsError, match=r"settings\.log_interval \([^)]*\) and 1 more$"):
        train_tiny("image", tmp_path / "run", steps=0, settings=dict.fromkeys(names, "7") | {"ema_decay": "0.7"})


@pytest.mark.parametrize("text", ["[]", "{", "3"])
def test_damaged_settings_are_named(train_tiny, tmp_path, text):
    train_tiny("image", tmp_path / "run", steps=0)
    (tmp_path / "run" / "settings.json").write_text(text)
    with pytest.raises(ModelError, match=r"settings\.json: not readable: "):
        train_tiny("image", tmp_path / "run", steps=0)


def files_of(folder: Path) -> dict[Path, bytes | None]:
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def test_a_dry_run_says_from_which_step_a_run_would_go_on(train_tiny, tmp_path):
    run = tmp_path / "run"
    train_tiny("image", run, steps=4, monitor=RecordingMonitor(stop_after=2))
    before = files_of(tmp_path)
    monitor = RecordingMonitor()
    result = train_tiny("image", run, steps=6, monitor=monitor, dry_run=True)
    assert (monitor.begun_at, result.step, result.steps, result.finished) == (2, 2, 6, False)
    anew = train_tiny("image", run, steps=6, dry_run=True, overwrite=True)
    assert anew.step == 0
    assert files_of(tmp_path) == before


def test_a_dry_run_refuses_what_the_real_one_refuses(train_tiny, tmp_path):
    run = tmp_path / "run"
    train_tiny("image", run, steps=1)
    (tmp_path / "notes").write_text("mine")
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "metrics.jsonl").write_text("mine")
    before = files_of(tmp_path)
    for out, steps, changed, error in (
        (run, 1, {"batch": "3"}, r"other settings: settings\.batch \(2 -> 3\)"),
        (run, 0, {}, "steps = 0, but 1 are done"),
        (foreign, 1, {}, r"metrics\.jsonl: exists already"),
        (tmp_path / "notes", 1, {}, r"--out \S+notes: is a file, not a folder"),
        (tmp_path / "notes" / "run", 1, {}, r"--out \S+run: \S+notes is a file, not a folder"),
    ):
        for dry_run in (True, False):
            with pytest.raises((SettingsError, OutputError), match=error):
                train_tiny("image", out, steps=steps, settings=changed, dry_run=dry_run)
    assert files_of(tmp_path) == before


@pytest.mark.parametrize("stage", STAGES)
def test_a_dry_run_writes_nothing(stage, train_tiny, tmp_path):
    monitor = RecordingMonitor()
    result = train_tiny(stage, tmp_path / "run", steps=4, monitor=monitor, dry_run=True)
    assert result.summary["pictures"] == 12
    assert monitor.steps_seen == []
    assert list(tmp_path.iterdir()) == []


def test_missing_data_leave_no_run_behind(train_tiny, tmp_path):
    with pytest.raises(DatasetError, match="no data set of the layout clips"):
        train_tiny("motion", tmp_path / "run", steps=1, settings={"teacher.stills": f'["{tmp_path}"]'})
    assert list(tmp_path.iterdir()) == []


def test_clips_shorter_than_a_chunk_are_named(train_tiny, tmp_path):
    with pytest.raises(DatasetError, match="13 consecutive frames"):
        settings = {"network.chunk_frames": "12", "rollout_probability": "0"}
        train_tiny("motion", tmp_path / "run", steps=1, settings=settings)


def test_a_damaged_checkpoint_is_named(train_tiny, tmp_path):
    train_tiny("image", tmp_path / "run", steps=1)
    (tmp_path / "run" / "checkpoint.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(ModelError, match=r"checkpoint\.pt: not a readable checkpoint"):
        train_tiny("image", tmp_path / "run", steps=1)


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_a_gpu_that_is_not_there_is_an_error(train_tiny, tmp_path):
    with pytest.raises(DeviceError, match="--device cuda: no CUDA device"):
        train_tiny("image", tmp_path / "run", steps=1, device="cuda")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.gpu
@pytest.mark.parametrize("stage", STAGES)
def test_training_on_a_gpu_in_bf16_resumes_and_learns(stage, train_tiny, tmp_path, capsys):
    settings = {"log_interval": "20", "checkpoint_interval": "100", "sample_interval": "1000", "batch": "8"}
    if stage == "motion":
        settings["rollout_probability"] = "0"
    arguments = {"steps": 120, "settings": settings, "device": "cuda", "precision": "bf16"}
    train_tiny(stage, tmp_path / "run", monitor=RecordingMonitor(stop_after=60), **arguments)
    monitor = RecordingMonitor()
    result = train_tiny(stage, tmp_path / "run", monitor=monitor, **arguments)
    assert monitor.begun_at == 60
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    with capsys.disabled():  # the speed is wanted in the log of the run
        print(f"\n{stage}: {lines[-1]['samples_per_second']:.1f} samples/s in bf16")  # noqa: T201
    assert result.finished
    loss, share = ("reconstruction", 0.8) if stage == "image" else ("teacher_mask", 0.9)
    assert lines[-1][loss] < share * lines[0][loss]


@pytest.mark.gpu
def test_a_captured_training_does_the_same_steps_and_resumes(train_tiny, tmp_path, caplog):
    settings = {"log_interval": "1", "checkpoint_interval": "100", "sample_interval": "100", "batch": "4"}
    arguments = {"steps": 8, "device": "cuda", "precision": "fp32"}
    train_tiny("image", tmp_path / "eager", settings=settings, **arguments)
    settings["cuda_graph"] = "true"
    with caplog.at_level("WARNING"):
        train_tiny("image", tmp_path / "graph", settings=settings, monitor=RecordingMonitor(stop_after=5), **arguments)
        assert train_tiny("image", tmp_path / "graph", settings=settings, **arguments).finished
    assert caplog.messages == []  # it was captured, twice
    eager, graph = (
        [json.loads(line) for line in (tmp_path / name / "metrics.jsonl").read_text().splitlines()]
        for name in ("eager", "graph")
    )
    for ours, theirs in zip(graph, eager, strict=True):
        for lines in (ours, theirs):
            del lines["samples_per_second"]
        assert ours == pytest.approx(theirs, rel=0.05)
