"""Finds backends by their entry points; loads only what is asked for."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, TypeVar

from seg2vid_interface.backend import (
    ENTRY_POINT_GROUP,
    Backend,
    BackendStatus,
    Exporter,
    OpenOptions,
    Session,
    Trainer,
)
from seg2vid_interface.data_tools import DataTools
from seg2vid_interface.devices import gpu_count
from seg2vid_interface.errors import BackendError, DeviceError, MissingWeightsError, Seg2VidError, UsageError
from seg2vid_interface.evaluation import Evaluator

if TYPE_CHECKING:
    from seg2vid_interface.model_card import ModelFolder

AnyBackend = TypeVar("AnyBackend", bound=Backend)

AUTO_ORDER = ("openvino", "onnx", "torch")
"""What `--backend auto` tries on a CPU, the fastest first."""
CUDA_ORDER = ("onnx", "torch")
"""What it tries on a GPU."""

_INSTALL_HINT = "pip install 'seg2vid[train]'"


class _NotInstalledError(BackendError):
    """A backend or its runtime is not there at all."""


@dataclass(frozen=True)
class OpenedSession:
    """A session and the name of the backend that opened it."""

    backend: str
    session: Session


@dataclass(frozen=True)
class BackendReport:
    """A backend as `seg2vid backends` shows it."""

    name: str
    package: str
    """The distribution that brings it, e.g. "seg2vid"."""
    status: BackendStatus
    abilities: tuple[str, ...]
    """Among "generate", "train" and "export"; empty if it cannot be imported."""


def backend_names() -> list[str]:
    """Return the names of the installed backends, those that "auto" tries first; none is imported."""
    return list(_known_backends())


def load_backend(name: str) -> Backend:
    """Load the backend called `name`; nothing of the others is imported.

    Raises:
        UsageError: there is none of this name.
        BackendError: its package cannot be loaded.
    """
    known = _known_backends()
    if name not in known:
        raise UsageError(f"--backend {name}: no such backend", f"Known: {', '.join(['auto', *known])}.")
    return _load(known[name])


def working_backend(name: str) -> Backend:
    """Load the backend called `name`.  Raises what `load_backend` raises, and BackendError if it does not work here."""
    return _working(load_backend(name))


def open_session(name: str, model: "ModelFolder", options: OpenOptions, tell: Callable[[str], None]) -> OpenedSession:
    """Open a model with the backend called `name`; "auto" takes the fastest for the device that can.

    Args:
        name: of the backend.
        model: to be opened.
        options: how.
        tell: is given what the backends log, and which of those that are installed "auto" passes over.

    Raises:
        UsageError: there is no such backend, or an option is wrong.
        BackendError, DeviceError, ModelError: it cannot open the model; for "auto": none can, with each one's reason.
    """
    if name != "auto":
        return _open(load_backend(name), model, options, tell)
    known, failures = _known_backends(), dict[str, Seg2VidError]()
    for candidate, candidate_options in _attempts(options):
        try:
            if candidate not in known:
                raise _NotInstalledError(f"backend {candidate}: not installed")
            opened = _open(_working(_load(known[candidate])), model, candidate_options, tell)
        except (BackendError, MissingWeightsError) as error:
            failures[f"{candidate}: {error.message.removeprefix(f'backend {candidate}: ')}"] = error
            continue
        for reason, failure in failures.items():
            if not isinstance(failure, _NotInstalledError):  # of what nobody installed nobody wants to hear
                tell(f"passed over {reason}")
        return opened
    kind = DeviceError if all(isinstance(error, DeviceError) for error in failures.values()) else BackendError
    hints = [error.hint for error in failures.values() if error.hint]
    raise kind(
        f"no backend can open the model: {'; '.join(failures)}", *hints[:1] or ["`seg2vid backends` shows them all."]
    )


def _attempts(options: OpenOptions) -> list[tuple[str, OpenOptions]]:
    """Return which backends to try and on which device, the fastest first: any on a GPU before any on the CPU."""
    if options.device == "cpu" or (options.device == "auto" and gpu_count() == 0):
        return [(name, options) for name in AUTO_ORDER]
    if options.device == "auto":
        on_gpu, on_cpu = replace(options, device="cuda"), replace(options, device="cpu")
        return [*((name, on_gpu) for name in CUDA_ORDER), *((name, on_cpu) for name in AUTO_ORDER)]
    return [(name, options) for name in dict.fromkeys((*CUDA_ORDER, *AUTO_ORDER))]  # each once


def _open(backend: Backend, model: "ModelFolder", options: OpenOptions, tell: Callable[[str], None]) -> OpenedSession:
    with listening(backend, tell):
        return OpenedSession(backend.name, backend.open(model, options))


@contextmanager
def listening(backend: object, tell: Callable[[str], None]) -> Iterator[None]:
    """Pass on what the backend's package logs as a warning."""
    logger = logging.getLogger(type(backend).__module__.partition(".")[0])
    handler = _Listener(tell)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class _Listener(logging.Handler):
    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Pass a record on."""
        self._tell(record.getMessage())


def find_trainer() -> Trainer:
    """Return a backend that trains.  Raises BackendError if there is none or its runtime is missing."""
    for backend in _loadable_backends():
        if isinstance(backend, Trainer):
            return _working(backend)
    raise BackendError("no installed backend can train", _INSTALL_HINT)


def preset_names() -> list[str]:
    """Return the names of the presets of the backend that trains, if there is one; no runtime is imported."""
    for backend in _loadable_backends():
        if isinstance(backend, Trainer):
            return list(backend.presets())
    return []


def find_data_tools() -> DataTools:
    """Return a backend that looks data sets through.

    Raises BackendError if there is none or its runtime is missing.
    """
    for backend in _loadable_backends():
        if isinstance(backend, DataTools):
            return _working(backend)
    raise BackendError("no installed backend can read data sets", _INSTALL_HINT)


def find_evaluator() -> Evaluator:
    """Return a backend that measures quality.  Raises BackendError if there is none or its runtime is missing."""
    for backend in _loadable_backends():
        if isinstance(backend, Evaluator):
            return _working(backend)
    raise BackendError("no installed backend can measure quality", "pip install 'seg2vid[evaluate]'")


def find_exporter() -> Exporter:
    """Return a backend that exports.  Raises BackendError if there is none or its runtime is missing."""
    for backend in _loadable_backends():
        if isinstance(backend, Exporter):
            return _working(backend)
    raise BackendError("no installed backend can export", _INSTALL_HINT)


def report_backends() -> list[BackendReport]:
    """Say of every installed backend what it can do here; one that cannot be imported is reported with the reason."""
    return [_report(entry_point) for entry_point in _known_backends().values()]


def _known_backends() -> dict[str, EntryPoint]:
    """Return name -> entry point: those of AUTO_ORDER first, then the others by name."""
    found = {entry_point.name: entry_point for entry_point in entry_points(group=ENTRY_POINT_GROUP)}
    names = [name for name in AUTO_ORDER if name in found] + sorted(found.keys() - set(AUTO_ORDER))
    return {name: found[name] for name in names}


def _loadable_backends() -> Iterator[Backend]:
    for entry_point in _known_backends().values():
        try:
            yield _load(entry_point)
        except BackendError:
            continue  # `seg2vid backends` tells of it


def _load(entry_point: EntryPoint) -> Backend:
    try:
        backend = entry_point.load()()
    except Exception as error:
        raise BackendError(
            f"backend {entry_point.name}: the package {_package(entry_point)} cannot be loaded: "
            f"{type(error).__name__}: {error}",
            "Install the package again, or remove it.",
        ) from error
    if not isinstance(backend, Backend):
        raise BackendError(
            f"backend {entry_point.name}: {entry_point.value} of the package {_package(entry_point)} is no backend",
            "It lacks a part of the protocol seg2vid_interface.backend.Backend.",
        )
    return backend


def _working(backend: AnyBackend) -> AnyBackend:
    """Return the backend if its runtime works here; raise BackendError with the reason if not."""
    status = _status(backend)
    if status.reason is not None:
        kind = BackendError if status.version else _NotInstalledError
        raise kind(f"backend {backend.name}: {status.reason}")
    return backend


def _report(entry_point: EntryPoint) -> BackendReport:
    package, mend = _package(entry_point), f"pip install --upgrade --force-reinstall {_package(entry_point)}"
    try:
        backend = _load(entry_point)
        status = _status(backend)
    except BackendError as error:
        reason = error.message.removeprefix(f"backend {entry_point.name}: ")
        return BackendReport(entry_point.name, package, BackendStatus(None, (), (), f"{reason}: {mend}"), ())
    protocols = {"generate": Backend, "train": Trainer, "export": Exporter}
    abilities = tuple(name for name, protocol in protocols.items() if isinstance(backend, protocol))
    return BackendReport(entry_point.name, package, status, abilities)


def _status(backend: Backend) -> BackendStatus:
    """Ask for a backend's status; raise BackendError if it breaks its promise to give one."""
    try:
        status = backend.status()
    except Exception as error:
        raise BackendError(f"backend {backend.name}: its status() raised {type(error).__name__}: {error}") from error
    if not isinstance(status, BackendStatus):
        raise BackendError(f"backend {backend.name}: its status() gave {status!r}")
    return status


def _package(entry_point: EntryPoint) -> str:
    return entry_point.dist.name if entry_point.dist is not None else entry_point.module
