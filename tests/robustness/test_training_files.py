"""Damaged presets, checkpoints and run folders: read as they were written, or refused."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from robustness.counts import counts
from robustness.judging import problem_of
from robustness.mutation import LARGE, TEXT, mutations
from robustness.training_files import preset_problem, presets, read_stages_of_preset, state_difference
from seg2vid_torch.export.sources import read_stages
from seg2vid_torch.training.checkpoint import CHECKPOINT_NAME, read_checkpoint
from seg2vid_torch.training.light_checkpoint import read_light_checkpoint, save_light_checkpoint
from seg2vid_torch.training.metrics_log import METRICS_NAME, read_metrics
from seg2vid_torch.training.run_folder import SETTINGS_NAME, find_checkpoint

STAGES = ("image", "motion")


@pytest.mark.parametrize("count", counts(30, 1000))
def test_presets(tally, tmp_path, count):
    path = tmp_path / "preset.toml"
    with tally("presets") as texts:
        for _, damaged in mutations(presets(), TEXT, count, "presets"):
            path.write_bytes(damaged)
            texts.add(problem_of(read_stages_of_preset, path, lambda stages: preset_problem(path, stages)))


@pytest.mark.parametrize("count", counts(20, 600))
def test_checkpoints(tally, runs, tmp_path, count):
    path = tmp_path / "checkpoint.pt"
    files = {
        (runs[stage] / CHECKPOINT_NAME).read_bytes(): read_checkpoint(runs[stage] / CHECKPOINT_NAME) for stage in STAGES
    }
    with tally("checkpoints") as checkpoints:
        for whole, damaged in mutations(list(files), LARGE, count, "checkpoints"):
            path.write_bytes(damaged)
            written = files[whole]
            checkpoints.add(
                problem_of(read_checkpoint, path, lambda state, written=written: state_difference(written, state))
            )


@pytest.mark.parametrize("count", counts(20, 600))
def test_light_checkpoints(tally, runs, tmp_path, count):
    path = tmp_path / "light.safetensors"
    files = {}
    for stage in STAGES:
        save_light_checkpoint(runs[stage] / CHECKPOINT_NAME, path)
        files[path.read_bytes()] = read_light_checkpoint(path)
    with tally("light checkpoints") as checkpoints:
        for whole, damaged in mutations(list(files), LARGE, count, "light"):
            path.write_bytes(damaged)
            written = files[whole]
            checkpoints.add(
                problem_of(read_light_checkpoint, path, lambda state, written=written: state_difference(written, state))
            )


@pytest.mark.parametrize("count", counts(4, 100))
def test_what_export_reads(tally, runs, tmp_path, count):
    path = tmp_path / "checkpoint.pt"
    files = [(runs[stage] / CHECKPOINT_NAME).read_bytes() for stage in STAGES]
    with tally("checkpoints to export") as checkpoints:
        for _, damaged in mutations(files, LARGE, count, "export"):
            path.write_bytes(damaged)
            checkpoints.add(problem_of(lambda path: read_stages((path,)), path, lambda stages: None))


@pytest.mark.parametrize("count", counts(30, 1000))
def test_metrics(tally, runs, tmp_path, count):
    """A line that is damaged is left out; the others are all there."""
    path = tmp_path / METRICS_NAME
    whole = (runs["motion"] / METRICS_NAME).read_bytes()
    lines = {line: json.loads(line) for line in whole.splitlines()}
    with tally("metrics of runs") as logs:
        for _, damaged in mutations([whole], TEXT, count, "metrics"):
            path.write_bytes(damaged)

            def agrees(found: list[dict[str, float]], damaged: bytes = damaged) -> str | None:
                kept = [lines[line] for line in damaged.splitlines() if line in lines]
                return None if all(metrics in found for metrics in kept) else "a whole line is left out"

            logs.add(problem_of(lambda path: read_metrics(path.parent, 1 << 60), path, agrees))


@pytest.mark.parametrize("count", counts(20, 500))
def test_settings_of_runs(tally, runs, tmp_path, count):
    """A run goes on with its own settings alone."""
    run = tmp_path / "run"
    shutil.copytree(runs["image"], run)
    path = run / SETTINGS_NAME
    whole = path.read_bytes()
    header = json.loads(whole)

    def agrees(checkpoint: dict[str, Any] | None) -> str | None:
        now = json.loads(path.read_bytes())
        now["settings"] |= {"steps": header["settings"]["steps"], "minutes": header["settings"]["minutes"]}
        return None if now == header and checkpoint else "goes on with other settings"

    def go_on(path: Path) -> dict[str, Any] | None:
        return find_checkpoint(run, header, overwrite=False)

    with tally("settings of runs") as settings:
        for _, damaged in mutations([whole], TEXT, count, "settings"):
            path.write_bytes(damaged)
            settings.add(problem_of(go_on, path, agrees))
