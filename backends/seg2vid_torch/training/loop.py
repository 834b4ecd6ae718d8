"""The training loop of all stages, read from top to bottom.

To resume is to run the same command again.  On a CPU a resumed run ends with bit-identical weights to one that was
never stopped: randomness is a function of (seed, step), and the checkpoint holds all other state.

A run that is given more steps ends as one that had them from the start, save where a schedule depends on their number:
learning rates that fall (`decay_from`), which then rise again to what they are at this step of so many.  One that is
trained by the clock, for so many minutes, is as long as the machine is quick, and no two are the same.
"""

import json
import math
import time
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from seg2vid_interface.backend import TrainingMonitor, TrainingRequest, TrainingResult
from seg2vid_interface.documents import parse_json
from seg2vid_interface.errors import SettingsError, TrainingError
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_torch.data.datasets.opening import fingerprint, uncommon_formats
from seg2vid_torch.runtime.devices import PRECISIONS, choose_training_precision
from seg2vid_torch.runtime.memory import telling_out_of_memory
from seg2vid_torch.settings.loading import StageSettings, load_settings
from seg2vid_torch.training.build import TrainingData, build_stage, find_label_space, open_data
from seg2vid_torch.training.checkpoint import CHECKPOINT_NAME, restore
from seg2vid_torch.training.frozen_files import FrozenFiles
from seg2vid_torch.training.initial import InitialWeights, begin_from, read_initial
from seg2vid_torch.training.processes.equal_shares import refuse_unshareable
from seg2vid_torch.training.processes.joining import choose_own_device, joined
from seg2vid_torch.training.processes.processes import Processes
from seg2vid_torch.training.progress import Progress
from seg2vid_torch.training.run_folder import changes_of, find_checkpoint, go_on, is_run, make_run
from seg2vid_torch.training.run_lock import RunLock
from seg2vid_torch.training.run_record import RunRecord
from seg2vid_torch.training.stage import StageTraining

OUT_OF_MEMORY_HINT = "Use a smaller --set batch=N, or a smaller network."


def train(request: TrainingRequest, monitor: TrainingMonitor) -> TrainingResult:
    """Train one stage; see `seg2vid_interface.backend.Trainer`."""
    with joined() as processes, RunLock(request.out) as lock:
        return _train(request, monitor, lock, processes)


def _train(request: TrainingRequest, monitor: TrainingMonitor, lock: RunLock, processes: Processes) -> TrainingResult:
    # 1. Settings, and the run that they go on with: check them all before anything is written or fetched.
    settings = load_settings(request.stage, request.preset, request.settings or {})
    refuse_unshareable(settings, processes.count)
    device = choose_own_device(request.device, processes.place)
    precision = choose_training_precision(request.precision, device)
    label_space = find_label_space(settings)
    frozen = FrozenFiles.find(settings, request.cache)
    data = open_data(request, settings, label_space)
    header = _header(request, settings, label_space, precision, data) | frozen.digests()
    _refuse_other_processes(header, processes)
    checkpoint, initial = processes.of_first(lambda: _find_beginning(request, settings, header, frozen, lock))
    if not request.dry_run:
        processes.one_a_machine_first(frozen.fetch)
        header |= frozen.digests()

    # 2. Data and networks.
    with telling_out_of_memory(str(device), OUT_OF_MEMORY_HINT):
        stage = build_stage(
            request,
            settings,
            label_space,
            device,
            PRECISIONS[precision],
            data=data,
            frozen=frozen,
            processes=processes,
        )

    # 3. Resume, or begin.
    progress = Progress(steps=settings.steps, minutes=settings.minutes, agreed=processes.largest)
    summary: dict[str, object] = {"device": str(device), "precision": precision, "run": str(request.out)}
    summary |= {"processes": processes.count} if processes.count > 1 else {}
    summary |= {"labels": read_as} if (read_as := data.read_as()) else {}
    summary |= {"read_per_second": round(data.read_per_second)}
    summary |= stage.summary() | frozen.summary() | ({"minutes": settings.minutes} if settings.minutes else {})
    if checkpoint:
        restore(stage, checkpoint, request.out / CHECKPOINT_NAME)
        progress.step, progress.seconds = checkpoint["step"], checkpoint.get("seconds", 0.0)
    elif initial:
        summary |= begin_from(stage, initial)
    monitor.begin(step=progress.step, steps=progress.steps, share=progress.share, summary=summary)
    if request.dry_run:
        return TrainingResult(request.out, progress.step, progress.steps, progress.finished, {}, summary)

    record = None
    if processes.leads:  # which writes for all
        record = RunRecord(request.out, stage, header, progress)
        if checkpoint:
            go_on(request.out, header)  # which may ask for another number of steps
        else:
            make_run(request.out, header, lock)
            record.save()

    # 4. Steps.
    with (
        record or nullcontext(),
        telling_out_of_memory(str(device), OUT_OF_MEMORY_HINT),
        torch.backends.cudnn.flags(enabled=True, benchmark=True),  # all steps are of one size: take what is fastest
    ):
        metrics = _do_steps(stage, settings, progress, monitor=monitor, record=record, processes=processes)
    if data.streamed:
        data.streamed.close()

    # 5. Done, or stopped on request with everything saved.
    return TrainingResult(request.out, progress.step, progress.steps, progress.finished, metrics, summary)


def _do_steps(
    stage: StageTraining,
    settings: StageSettings,
    progress: Progress,
    *,
    monitor: TrainingMonitor,
    record: RunRecord | None,
    processes: Processes,
) -> dict[str, float]:
    """Do the steps that are left, or those until a stop is asked for; return the newest metrics."""
    metrics: dict[str, float] = {}
    pending: list[dict[str, Tensor]] = []  # losses not yet looked at: reading them makes a GPU wait
    stopped = False
    interval_start = time.perf_counter()
    while not progress.finished and not stopped:
        with progress.counted():
            pending.append(stage.step(progress.step, progress.share))
        progress.step += 1
        step = progress.step
        stopped = processes.any(monitor.stop_requested())
        saves = stopped or progress.finished or step % settings.checkpoint_interval == 0
        samples = progress.finished or step % settings.sample_interval == 0
        logs = saves or samples or step % settings.log_interval == 0
        if logs:
            with progress.counted():
                means = _mean_losses(pending, step, processes)  # waits for a GPU, so the time is taken after it
            speed = len(pending) * settings.batch / (time.perf_counter() - interval_start)
            metrics = means | {"samples_per_second": speed}
            pending.clear()
            if record:
                metrics = record.write(metrics, samples=samples, saves=saves)
            interval_start = time.perf_counter()
        monitor.advance(step=step, share=progress.share, metrics=metrics if logs else {})
    return metrics


def _find_beginning(
    request: TrainingRequest, settings: StageSettings, header: dict[str, Any], frozen: FrozenFiles, lock: RunLock
) -> tuple[dict[str, Any] | None, InitialWeights | None]:
    """Return the checkpoint that the run goes on from, or else the weights that it begins with; if any."""
    if is_run(request.out) and not request.dry_run:
        lock.take()
    checkpoint = find_checkpoint(request.out, header, overwrite=request.overwrite, unknown=frozen.to_fetch)
    return checkpoint, None if checkpoint else _read_initial(request, settings)


def _refuse_other_processes(header: dict[str, Any], processes: Processes) -> None:
    """Raise SettingsError if this process would train something else than the first, on another machine."""
    if changes := changes_of(processes.of_first(lambda: parse_json(json.dumps(header))), header):
        raise SettingsError(
            f"process {processes.place.rank} would train something else than process 0: {changes}",
            "Give all machines the same command, files and data.",
        )


def _read_initial(request: TrainingRequest, settings: StageSettings) -> InitialWeights | None:
    if settings.initial is None:
        return None
    return read_initial(request.models.get(settings.initial, Path(settings.initial)), request.stage)


def _header(
    request: TrainingRequest,
    settings: StageSettings,
    label_space: LabelSpace,
    precision: str,
    data: TrainingData,
) -> dict[str, Any]:
    """Return all that makes a run what it is; another run's checkpoint is not gone on with."""
    return {
        "stage": request.stage,
        "preset": Path(request.preset).stem,
        "seed": request.seed,
        "settings": settings.model_dump(mode="json"),
        "label_space": asdict(label_space),
        "precision": precision,
        "dataset": request.dataset,
        "data": fingerprint(data.all),
        **({"label_formats": formats} if (formats := uncommon_formats(data.all)) else {}),
    }


def _mean_losses(pending: list[dict[str, Tensor]], step: int, processes: Processes) -> dict[str, float]:
    """Return the mean of every loss term over the interval that ends with `step`, and over all processes.

    Raises:
        TrainingError: a loss was NaN or infinite; names the first such step and term.
    """
    collected: dict[str, list[float]] = {}
    first_step = step - len(pending) + 1
    named = [(first_step + i, name, loss) for i, losses in enumerate(pending) for name, loss in losses.items()]
    values = processes.mean(torch.stack([loss.float() for *_, loss in named]).cpu()).tolist()  # one wait for a GPU
    for (at, name, _), value in zip(named, values, strict=True):
        if not math.isfinite(value):
            raise TrainingError(
                f"step {at}: the loss term {name!r} is {value}",
                "The last checkpoint is kept. Try a lower learning_rate, or --precision fp32.",
            )
        collected.setdefault(name, []).append(value)
    return {name: sum(values) / len(values) for name, values in collected.items()}
