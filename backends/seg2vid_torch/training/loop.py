"""The training loop of both stages, read from top to bottom.

To resume is to run the same command again.  On a CPU a resumed run ends with bit-identical weights to one that was
never stopped: randomness is a function of (seed, step), and the checkpoint holds all other state.

A run that is given more steps ends as one that had them from the start, save where a schedule depends on their number:
the learning rate of pix2pixHD alone (`decay_from`), which then rises again to what it is at this step of so many.
"""

import math
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from seg2vid_interface.backend import TrainingMonitor, TrainingRequest, TrainingResult
from seg2vid_interface.errors import TrainingError
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_interface.model_card import file_sha256
from seg2vid_torch.data.frame_store import fingerprint
from seg2vid_torch.runtime.devices import PRECISIONS, choose_device, choose_training_precision
from seg2vid_torch.runtime.memory import telling_out_of_memory
from seg2vid_torch.settings.loading import StageSettings, load_settings
from seg2vid_torch.settings.motion import MotionSettings
from seg2vid_torch.settings.stage import PerceptualSettings
from seg2vid_torch.training.build import build_stage, find_label_space
from seg2vid_torch.training.checkpoint import CHECKPOINT_NAME, restore, save_checkpoint
from seg2vid_torch.training.metrics_log import MetricsLog
from seg2vid_torch.training.run_folder import SAMPLES_NAME, find_checkpoint, make_run, write_settings
from seg2vid_torch.weights.vgg19 import DOWNLOAD_SIZE, fetch_vgg_weights, find_vgg_weights

OUT_OF_MEMORY_HINT = "Use a smaller --set batch=N, or a smaller network."


def train(request: TrainingRequest, monitor: TrainingMonitor) -> TrainingResult:
    """Train one stage; see `seg2vid_interface.backend.Trainer`."""
    # 1. Settings, and the run that they go on with: check them all before anything is written or fetched.
    settings = load_settings(request.stage, request.preset, request.settings or {})
    device = choose_device(request.device)
    precision = choose_training_precision(request.precision, device)
    label_space = find_label_space(settings)
    vgg_weights, fetches = _find_vgg_weights(settings, request.cache)
    header = _header(request, settings, label_space, precision, vgg_weights)
    checkpoint = find_checkpoint(
        request.out, header, overwrite=request.overwrite, unknown={"vgg_weights"} if fetches else ()
    )
    if fetches and request.cache and not request.dry_run:
        vgg_weights = fetch_vgg_weights(request.cache)
        header["vgg_weights"] = file_sha256(vgg_weights)

    # 2. Data and networks.
    with telling_out_of_memory(str(device), OUT_OF_MEMORY_HINT):
        stage = build_stage(request, settings, label_space, device, PRECISIONS[precision], vgg_weights=vgg_weights)

    # 3. Resume.
    if checkpoint:
        restore(stage, checkpoint, request.out / CHECKPOINT_NAME)
    step: int = checkpoint["step"] if checkpoint else 0
    summary = {"device": str(device), "precision": precision, "run": str(request.out)} | stage.summary()
    if fetches and request.dry_run:
        summary["VGG19's weights"] = f"to be fetched ({DOWNLOAD_SIZE})"
    monitor.begin(step=step, steps=settings.steps, summary=summary)
    if request.dry_run:
        return TrainingResult(request.out, step, settings.steps, step == settings.steps, {}, summary)
    if checkpoint:
        write_settings(request.out, header)  # which may ask for another number of steps
    else:
        make_run(request.out, header)
        save_checkpoint(request.out, stage, header | {"step": 0})

    # 4. Steps.
    metrics: dict[str, float] = {}
    pending: list[dict[str, Tensor]] = []  # losses not yet looked at: reading them makes a GPU wait
    stopped = False
    with MetricsLog(request.out, step) as log, telling_out_of_memory(str(device), OUT_OF_MEMORY_HINT):
        interval_start = time.perf_counter()
        while step < settings.steps and not stopped:
            pending.append(stage.step(step))
            step += 1
            stopped = monitor.stop_requested()
            finished = step == settings.steps
            saves = stopped or finished or step % settings.checkpoint_interval == 0
            samples = finished or step % settings.sample_interval == 0
            logs = saves or samples or step % settings.log_interval == 0
            if logs:
                metrics = _mean_losses(pending, step) | {  # waits for a GPU, so the time is taken after it
                    "samples_per_second": len(pending) * settings.batch / (time.perf_counter() - interval_start)
                }
                pending.clear()
                if samples:
                    metrics |= stage.validate()
                    stage.write_samples(request.out / SAMPLES_NAME, step)
                log.write(step, metrics)
                if saves:
                    save_checkpoint(request.out, stage, header | {"step": step})
                interval_start = time.perf_counter()
            monitor.advance(step=step, metrics=metrics if logs else {})

    # 5. Done, or stopped on request with everything saved.
    return TrainingResult(request.out, step, settings.steps, step == settings.steps, metrics, summary)


def _find_vgg_weights(settings: StageSettings, cache: Path | None) -> tuple[Path | None, bool]:
    """Return the file of VGG19's weights, if a loss needs them and they are here, and whether they must be fetched."""
    if not isinstance(settings, PerceptualSettings) or not settings.weights.perceptual or settings.vgg_weights is None:
        return None, False
    path = find_vgg_weights(settings.vgg_weights, cache)
    return path, path is None


def _header(
    request: TrainingRequest,
    settings: StageSettings,
    label_space: LabelSpace,
    precision: str,
    vgg_weights: Path | None,
) -> dict[str, Any]:
    """Return all that makes a run what it is; another run's checkpoint is not gone on with."""
    stills = [Path(root) for root in settings.teacher.stills] if isinstance(settings, MotionSettings) else []
    return {
        "stage": request.stage,
        "preset": Path(request.preset).stem,
        "seed": request.seed,
        "settings": settings.model_dump(mode="json"),
        "label_space": asdict(label_space),
        "precision": precision,
        "dataset": request.dataset,
        "data": fingerprint([*request.data, *stills], label_space),
        "vgg_weights": file_sha256(vgg_weights) if vgg_weights else None,
    }


def _mean_losses(pending: list[dict[str, Tensor]], step: int) -> dict[str, float]:
    """Return the mean of every loss term over the interval that ends with `step`.

    Raises:
        TrainingError: a loss was NaN or infinite; names the first such step and term.
    """
    collected: dict[str, list[float]] = {}
    first_step = step - len(pending) + 1
    for offset, losses in enumerate(pending):
        values = torch.stack([loss.float() for loss in losses.values()]).tolist()
        for name, value in zip(losses, values, strict=True):
            if not math.isfinite(value):
                raise TrainingError(
                    f"step {first_step + offset}: the loss term {name!r} is {value}",
                    "The last checkpoint is kept. Try a lower learning_rate, or --precision fp32.",
                )
            collected.setdefault(name, []).append(value)
    return {name: sum(values) / len(values) for name, values in collected.items()}
