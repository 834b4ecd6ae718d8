"""One run of `seg2vid evaluate`: every metric of every row, clip after clip."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch

from seg2vid_interface.errors import DatasetError, ModelError, SettingsError, UsageError
from seg2vid_interface.evaluation import (
    FEATURES,
    METRICS,
    OF_SETS,
    Advance,
    Column,
    Evaluation,
    EvaluationRequest,
    Row,
    Segmenter,
)
from seg2vid_interface.model_card import Camera
from seg2vid_torch.data.real_flow import require_opencv
from seg2vid_torch.evaluation.encoded_motion import reader_of
from seg2vid_torch.evaluation.feature_files import SOURCES, Network, fingerprint, open_features
from seg2vid_torch.evaluation.label_geometry import LabelGeometry
from seg2vid_torch.evaluation.lpips import Lpips
from seg2vid_torch.evaluation.measures import COLUMNS, scales_of
from seg2vid_torch.evaluation.model_clips import BestOf, ModelClips, Reconstruction
from seg2vid_torch.evaluation.onnx_segmenter import OnnxSegmenter
from seg2vid_torch.evaluation.predictors import Copy, Predictor, TrueFlow, TrueFrames
from seg2vid_torch.evaluation.ready_clips import ReadyClips, find_ready_clips
from seg2vid_torch.evaluation.ruler import Ruler
from seg2vid_torch.evaluation.sets import SetDistances
from seg2vid_torch.evaluation.truth import TrueClip, Truth, Window, windows_of
from seg2vid_torch.networks.features.i3d import SHORTEST
from seg2vid_torch.runtime.devices import choose_device

FEW_SAMPLES = 2048  # of Inception's 2,048 features no covariance of fewer is of full rank


@dataclass
class _Networks:
    """The networks that metrics look through."""

    lpips: Lpips | None
    features: dict[str, Network]
    segmenter: Segmenter | None


def evaluate(request: EvaluationRequest, advance: Advance) -> Evaluation:
    """Measure; see `seg2vid_interface.evaluation.Evaluator`."""
    _check(request)
    require_opencv()
    truth = Truth(request)
    dropped: dict[str, str] = {}
    networks = _open_networks(request, truth, dropped)
    metrics = [name for name in METRICS if name in request.metrics and name not in dropped]
    ready = find_ready_clips(request.videos, truth.files) if request.videos else []
    own: list[Predictor] = [*ready, *_of_model(request, dropped)]
    rows = [*_baselines(truth, request, dropped), *own]
    sets = SetDistances(networks.features, tuple(name for name in metrics if name in OF_SETS))
    ruler = Ruler(
        metrics,
        request.horizon,
        lpips=networks.lpips,
        segmenter=networks.segmenter,
        classes=truth.space.size,
        other=truth.space.other,
        sets=sets if sets.names else None,
    )
    # First what may be found faulty, before time goes into the others.
    measured = [*own, *(row for row in rows if row not in own)]
    _measure(measured, truth, partial(_windows, request, ready), ruler=ruler, advance=advance)
    columns = tuple(_column(name, request, networks.segmenter) for name in metrics)
    found = tuple(ruler.row(row.name) for row in rows)
    notes = tuple(_notes(found, truth, rows, sets))
    return Evaluation(_protocol(request, truth, networks, ready), columns, found, dropped, notes)


def _check(request: EvaluationRequest) -> None:
    """Raise UsageError for what no run can be asked for."""
    for flag, number in (("--samples", request.samples), ("--steps", request.horizon), ("--every", request.every)):
        if number < 1:
            raise UsageError(f"{flag} {number}: must be 1 or more")
    for flag, names, known in (("--metrics", request.metrics, METRICS), ("--features", request.features, FEATURES)):
        for name in names:
            if name not in known:
                raise UsageError(f"{flag} {name}: unknown", f"Known: {', '.join(known)}.")
    if (request.model is None) == (not request.videos):
        raise UsageError("evaluate: either a model or ready videos are measured", "Give --model or --videos.")
    if request.split not in ("train", "val"):
        raise UsageError(f"--split {request.split}: must be train or val")


def _open_networks(request: EvaluationRequest, truth: Truth, dropped: dict[str, str]) -> _Networks:
    """Open what is given and wanted; note what else is dropped.  Raises ModelError, DeviceError."""
    device = choose_device(request.device)
    for name, metrics in FEATURES.items():
        if name not in request.features:
            why = f"needs --features {name}=FILE: {SOURCES[name]}"
            dropped |= {metric: why for metric in metrics if metric in request.metrics}
    if request.horizon + 1 < SHORTEST and "fvd" in request.metrics:
        dropped["fvd"] = f"I3D sees clips of {SHORTEST} frames or more, and these have {request.horizon + 1}: --steps"
    wanted = {name: any(metric in request.metrics for metric in FEATURES[name]) for name in request.features}
    files = {name: path for name, path in request.features.items() if wanted[name]}
    lpips = Lpips(files.pop("vgg"), device) if "vgg" in files else None
    features = {name: open_features(name, path, device) for name, path in files.items()}
    return _Networks(lpips, features, _segmenter(request, truth, dropped, device))


def _segmenter(
    request: EvaluationRequest, truth: Truth, dropped: dict[str, str], device: torch.device
) -> Segmenter | None:
    if "labels" not in request.metrics:
        return None
    if truth.space.size == 0:
        dropped["labels"] = "the data have no label maps to compare with"
    elif request.segmenter is None:
        dropped["labels"] = "needs --segmenter, a model or network that segments pictures into the data's classes"
    elif isinstance(request.segmenter, Path):
        return OnnxSegmenter(request.segmenter, truth.space, device)
    elif request.segmenter.space not in (None, truth.space):
        dropped["labels"] = "needs another --segmenter: the data have other classes than this one tells"
    else:
        return request.segmenter
    return None


def _baselines(truth: Truth, request: EvaluationRequest, dropped: dict[str, str]) -> list[Predictor]:
    rows: list[Predictor] = [TrueFrames(), Copy()]
    card = None if request.model is None else request.model.folder.card
    if truth.space.size == 0:
        dropped["geometry"] = "the data have no label maps, which tell the depth"
    else:
        try:
            rows.append(LabelGeometry(truth.space, (card.camera if card else None) or Camera()))
        except SettingsError as error:
            dropped["geometry"] = error.message
    return [*rows, TrueFlow()]


def _of_model(request: EvaluationRequest, dropped: dict[str, str]) -> list[Predictor]:
    if request.model is None:
        return []
    flow = not {"warping", "flicker"}.isdisjoint(request.metrics)
    clips = ModelClips(request.model, request.seed, flow=flow)
    rows: list[Predictor] = []
    try:
        rows.append(Reconstruction(clips, reader_of(request.model, clips)))
    except ModelError as error:  # of another backend's network, or without weights for PyTorch
        dropped[f"{clips.card.name}, reconstruction"] = f"the encoder is in the weights for PyTorch; {error.message}"
    return [*rows, BestOf(clips, request.samples)]


def _windows(request: EvaluationRequest, ready: list[ReadyClips], clip: TrueClip) -> list[Window]:
    """Return the windows of a clip that are measured: all, or those that ready clips begin with."""
    windows = windows_of(clip, request.horizon, request.every)
    return [window for window in windows if not ready or (clip.name, window.start) in ready[0].samples]


def _measure(
    rows: list[Predictor],
    truth: Truth,
    windows: Callable[[TrueClip], list[Window]],
    *,
    ruler: Ruler,
    advance: Advance,
) -> None:
    """Hold the ruler against every row.  Raises DatasetError if there is nothing to measure."""
    measured = 0
    for number, clip in enumerate(truth.clips()):
        wanted = windows(clip)
        measured += len(wanted)
        for place, row in enumerate(rows if wanted else []):
            for at, (window, made) in enumerate(zip(wanted, row.predict(wanted), strict=True), 1):
                if made is not None:
                    ruler.measure(row.name, window, made)
                share = (place + at / len(wanted)) / len(rows)
                advance(min(1.0, (number + share) / len(truth)), f"{clip.name}: {row.name}")
    if measured == 0:
        raise DatasetError(f"{truth.description}: no clip of two frames or more", "Frames of a clip follow each other.")


def _column(name: str, request: EvaluationRequest, segmenter: Segmenter | None) -> Column:
    column = COLUMNS[name]
    about = column.about.format(
        scales=len(scales_of(request.height, request.width)),
        segmenter=segmenter.description if segmenter else "",
    )
    return replace(column, about=about)


def _protocol(
    request: EvaluationRequest, truth: Truth, networks: _Networks, ready: list[ReadyClips]
) -> Mapping[str, str | int]:
    found: dict[str, str | int] = {"data": truth.description, "size": f"{request.height}x{request.width}"}
    every = {1: "every frame", 2: "every 2nd frame", 3: "every 3rd frame"}.get(
        request.every, f"every {request.every}th frame"
    )
    found |= {"resized with": "LANCZOS", "starts": every, "steps": request.horizon}
    if request.model:
        session, card = request.model.session, request.model.folder.card
        found["model"] = f"{card.name}, {request.model.backend} on {session.device}, {session.precision}"
        found |= {"samples": request.samples, "seed": request.seed}
    for clips in ready:
        found[clips.name] = clips.description
    found |= {name: fingerprint(path) for name, path in request.features.items()}
    if networks.segmenter:
        found["segmenter"] = f"{networks.segmenter.description}; pixels whose true label is void count nowhere"
    return found


def _notes(found: tuple[Row, ...], truth: Truth, rows: list[Predictor], sets: SetDistances) -> Iterator[str]:
    if truth.is_lossy:
        yield "the true frames are JPEG files: what JPEG did to them counts as true, above all in detail and FID"
    for row in rows:
        if isinstance(row, BestOf | ReadyClips) and row.repeated:
            yield f"{row.name}: {row.repeated} samples are equal to another one of their start, so the best is of fewer"
    if len({row.starts for row in found}) > 1:
        told = ", ".join(f"{row.name} {row.starts}" for row in found)
        yield f"the rows are of different starts: {told}"
    network = {"fid": "inception", "kid": "inception", "fvd": "i3d"}
    for name in dict.fromkeys(network[metric] for metric in sets.names):
        what = "clips" if name == "i3d" else "frames"
        counts = {row.name: sets.samples(row.name, name) for row in found}
        told = ", ".join(f"{row} {different} of {given}" for row, (different, given) in counts.items())
        yield f"different {what} that {name} saw: {told}"
        if min(different for different, _ in counts.values()) < FEW_SAMPLES:
            metric = "FVD" if name == "i3d" else "FID"
            yield f"fewer than {FEW_SAMPLES:,} {what}: {metric} is comparable only between equal counts"
