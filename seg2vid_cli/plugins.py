"""Finds backends by their entry points; loads only what is asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from seg2vid_interface.backend import ENTRY_POINT_GROUP, Backend, BackendStatus, Exporter, Trainer
from seg2vid_interface.errors import BackendError, UsageError

AUTO_ORDER = ("torch",)
"""What `--backend auto` tries, best first."""

_INSTALL_HINT = "pip install 'seg2vid[train]'"


@dataclass(frozen=True)
class BackendReport:
    """A backend as `seg2vid backends` shows it."""

    name: str
    package: str
    """The distribution that brings it, e.g. "seg2vid"."""
    status: BackendStatus
    abilities: tuple[str, ...]
    """Among "generate", "train" and "export"; empty if it cannot be imported."""


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


def choose_backend() -> Backend:
    """Return the first backend of AUTO_ORDER that works here.

    Raises:
        BackendError: none does; the message gives each one's reason.
    """
    reasons = []
    known = _known_backends()
    for name in AUTO_ORDER:
        if name not in known:
            reasons.append(f"{name}: not installed")
            continue
        try:
            backend = _load(known[name])
        except BackendError as error:
            reasons.append(error.message)
            continue
        reason = backend.status().reason
        if reason is None:
            return backend
        reasons.append(f"{name}: {reason}")
    raise BackendError(f"no backend works here: {'; '.join(reasons)}", "`seg2vid backends` shows what is installed.")


def find_trainer() -> Trainer:
    """Return a backend that trains.  Raises BackendError if there is none or its runtime is missing."""
    for backend in _loadable_backends():
        if isinstance(backend, Trainer):
            _check_works(backend)
            return backend
    raise BackendError("no installed backend can train", _INSTALL_HINT)


def find_exporter() -> Exporter:
    """Return a backend that exports.  Raises BackendError if there is none or its runtime is missing."""
    for backend in _loadable_backends():
        if isinstance(backend, Exporter):
            _check_works(backend)
            return backend
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


def _check_works(backend: Backend) -> None:
    reason = backend.status().reason
    if reason is not None:
        raise BackendError(f"backend {backend.name}: {reason}")


def _report(entry_point: EntryPoint) -> BackendReport:
    try:
        backend = _load(entry_point)
    except BackendError as error:
        return BackendReport(entry_point.name, _package(entry_point), BackendStatus(None, (), (), error.message), ())
    protocols = {"generate": Backend, "train": Trainer, "export": Exporter}
    abilities = tuple(name for name, protocol in protocols.items() if isinstance(backend, protocol))
    return BackendReport(entry_point.name, _package(entry_point), backend.status(), abilities)


def _package(entry_point: EntryPoint) -> str:
    return entry_point.dist.name if entry_point.dist is not None else entry_point.module
