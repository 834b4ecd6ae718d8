"""The training loop of both stages, read from top to bottom.

To resume is to run the same command again.  On a CPU a resumed run ends with bit-identical weights to one that was
never stopped: randomness is a function of (seed, step), and the checkpoint holds all other state.
"""

import json
import math
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from seg2vid_interface.backend import TrainingMonitor, TrainingRequest, TrainingResult
from seg2vid_interface.errors import ModelError, OutputError, SettingsError, TrainingError
from seg2vid_torch.devices import PRECISIONS, choose_device, choose_training_precision
from seg2vid_torch.settings import load_settings
from seg2vid_torch.training.build import build_stage, find_label_space
from seg2vid_torch.training.checkpoint import CHECKPOINT_NAME, read_checkpoint, restore, save_checkpoint
from seg2vid_torch.training.metrics_log import METRICS_NAME, MetricsLog

SETTINGS_NAME = "settings.json"
SAMPLES_NAME = "samples"


def train(request: TrainingRequest, monitor: TrainingMonitor) -> TrainingResult:
    """Train one stage; see `seg2vid_interface.backend.Trainer`."""
    # 1. Settings: check them all before anything is read or written.
    settings = load_settings(request.stage, request.preset, request.settings or {})
    device = choose_device(request.device)
    precision = choose_training_precision(request.precision, device)
    label_space = find_label_space(settings.label_space)
    header = {
        "stage": request.stage,
        "preset": Path(request.preset).stem,
        "seed": request.seed,
        "settings": settings.model_dump(mode="json"),
        "label_space": asdict(label_space),
        "precision": precision,
        "dataset": request.dataset,
    }
    checkpoint = None if request.dry_run else _find_checkpoint(request, header)

    # 2. Data and networks.
    stage = build_stage(request, settings, label_space, device, PRECISIONS[precision])

    # 3. Resume.
    step = 0
    if checkpoint is not None:
        restore(stage, checkpoint)
        step = checkpoint["step"]
    summary = {"device": str(device), "precision": precision, "run": str(request.out)} | stage.summary()
    monitor.begin(step=step, steps=settings.steps, summary=summary)
    if request.dry_run:
        return TrainingResult(request.out, step, settings.steps, False, {}, summary)

    # 4. Steps.
    metrics: dict[str, float] = {}
    pending: list[dict[str, Tensor]] = []  # losses not yet looked at: reading them makes a GPU wait
    stopped = False
    if checkpoint is None:
        _make_run(request, header)
    with MetricsLog(request.out, step) as log:
        if checkpoint is None:
            save_checkpoint(request.out, stage, header | {"step": step})
        interval_start = time.perf_counter()
        while step < settings.steps and not stopped:
            pending.append(stage.step(step))
            step += 1
            stopped = monitor.stop_requested()
            last = stopped or step == settings.steps
            saves = last or step % settings.checkpoint_interval == 0
            if saves or step % settings.log_interval == 0:
                metrics = _mean_losses(pending, step)
                elapsed = time.perf_counter() - interval_start
                metrics["samples_per_second"] = len(pending) * settings.batch / elapsed
                pending.clear()
                if step % settings.sample_interval == 0 or (last and not stopped):
                    metrics |= stage.validate()
                    stage.write_samples(request.out / SAMPLES_NAME, step)
                log.write(step, metrics)
                if saves:
                    save_checkpoint(request.out, stage, header | {"step": step})
                interval_start = time.perf_counter()
            monitor.advance(step=step, metrics=metrics)

    # 5. Done, or stopped on request with everything saved.
    return TrainingResult(request.out, step, settings.steps, step == settings.steps, metrics, summary)


def _find_checkpoint(request: TrainingRequest, header: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the checkpoint to resume from; None if the run starts anew."""
    run = request.out
    if run.exists() and not run.is_dir():
        raise OutputError(f"--out {run}: is a file, not a folder", "Name a folder for the run.")
    if request.overwrite or not (run / SETTINGS_NAME).exists():
        return None
    _compare_settings(run, header)
    return read_checkpoint(run / CHECKPOINT_NAME)


def _make_run(request: TrainingRequest, header: Mapping[str, Any]) -> None:
    """Make the run's folder, without what an earlier run left there."""
    run = request.out
    _remove_run(run)
    try:
        (run / SAMPLES_NAME).mkdir(parents=True)
        (run / SETTINGS_NAME).write_text(json.dumps(header, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"--out {run}: cannot be made: {error.strerror}") from None


def _remove_run(run: Path) -> None:
    """Remove the files that a run writes, and nothing else."""
    for name in (SETTINGS_NAME, CHECKPOINT_NAME, METRICS_NAME):
        (run / name).unlink(missing_ok=True)
    for name in (SAMPLES_NAME, "tensorboard"):
        shutil.rmtree(run / name, ignore_errors=True)


def _compare_settings(run: Path, header: Mapping[str, Any]) -> None:
    try:
        saved = json.loads((run / SETTINGS_NAME).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise ModelError(f"{run / SETTINGS_NAME}: not readable: {error}", "Start anew with --overwrite.") from None
    before, now = _flat(saved), _flat(json.loads(json.dumps(header)))
    changed = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
    if changed:
        listed = ", ".join(f"{key} ({_short(before.get(key))} -> {_short(now.get(key))})" for key in changed[:5])
        raise SettingsError(
            f"--out {run}: this run was started with other settings: {listed}",
            "Give the same settings to resume it, another --out, or --overwrite to start anew.",
        )


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{prefix}{key}"
        flat |= _flat(value, f"{name}.") if isinstance(value, dict) else {name: value}
    return flat


def _mean_losses(pending: list[dict[str, Tensor]], step: int) -> dict[str, float]:
    """Return the mean of every loss term over the interval that ends with `step`.

    Raises:
        TrainingError: a loss was NaN or infinite; names the first such step and term.
    """
    collected: dict[str, list[float]] = {}
    first_step = step - len(pending) + 1
    for offset, losses in enumerate(pending):
        values = torch.stack([loss.detach().float() for loss in losses.values()]).tolist()
        for name, value in zip(losses, values, strict=True):
            if not math.isfinite(value):
                raise TrainingError(
                    f"step {first_step + offset}: the loss term {name!r} is {value}",
                    "The last checkpoint is kept. Try a lower learning_rate, or --precision fp32.",
                )
            collected.setdefault(name, []).append(value)
    return {name: sum(values) / len(values) for name, values in collected.items()}
