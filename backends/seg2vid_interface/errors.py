"""Every error that seg2vid raises on purpose.

    Seg2VidError                  exit 1  "error"
    ├── UsageError                exit 2  "usage"         a flag or its value is wrong
    ├── LabelMapError             exit 1  "label_map"     a label map cannot be read or understood
    ├── ImageError                exit 1  "image"         a first frame or another picture cannot be read
    ├── CameraError               exit 1  "camera"        a file of a camera's path cannot be read or understood
    ├── OutputError               exit 1  "output"        a result cannot be written
    ├── DatasetError              exit 1  "dataset"       training data are missing or malformed
    ├── SettingsError             exit 2  "settings"      a preset or `--set` is wrong
    ├── ModelError                exit 1  "model"         a model folder, card or checkpoint is missing or altered
    │   └── MissingWeightsError   exit 1  "model"         it lacks the files that this backend or precision needs
    ├── BackendError              exit 1  "backend"       a backend is not installed or failed
    │   ├── OutOfMemoryError      exit 1  "backend"       memory does not suffice for what it was given at once
    │   └── DeviceError           exit 1  "device"        the device or precision asked for is not there
    └── TrainingError             exit 1  "training"      training cannot go on, e.g. a loss is NaN

Of several processes that train together the one that fails says why; all others end as it does, by ToldElsewhere.

The command line adds seven codes of its own: "inputs", "internal", "interrupted", "terminated", "hung_up", "baseline"
and "regression"; the studio's API has some more (`seg2vid_cli.studio.failures`).
A message names the file or flag and what is wrong with it; `hint` says what to do about it.  Both are plain text.
"""

from typing import ClassVar


class Seg2VidError(Exception):
    """Base of all errors shown to users without a traceback."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(Seg2VidError):
    """A flag or its value is wrong."""

    code = "usage"
    exit_code = 2


class LabelMapError(Seg2VidError):
    """A label map cannot be read or understood."""

    code = "label_map"


class ImageError(Seg2VidError):
    """A first frame or another picture cannot be read."""

    code = "image"


class CameraError(Seg2VidError):
    """A file of a camera's path cannot be read or understood."""

    code = "camera"


class OutputError(Seg2VidError):
    """A result cannot be written."""

    code = "output"


class DatasetError(Seg2VidError):
    """Training data are missing or malformed."""

    code = "dataset"


class SettingsError(Seg2VidError):
    """A preset or `--set` is wrong."""

    code = "settings"
    exit_code = 2


class ModelError(Seg2VidError):
    """A model folder, card or checkpoint is missing or altered."""

    code = "model"


class MissingWeightsError(ModelError):
    """A model folder lacks a file that this backend or precision needs; what is there may be enough for another."""


class BackendError(Seg2VidError):
    """A backend is not installed or failed."""

    code = "backend"


class OutOfMemoryError(BackendError):
    """Memory does not suffice for what a session was given at once; it may be enough for less."""


class DeviceError(BackendError):
    """The device or precision asked for is not there."""

    code = "device"


class TrainingError(Seg2VidError):
    """Training cannot go on."""

    code = "training"


class ToldElsewhere(SystemExit):
    """Another of several processes that train together has failed and says why: this one ends as it does, silently."""
