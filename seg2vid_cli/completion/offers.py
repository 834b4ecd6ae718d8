"""What a shell offers for values on the command line: the `autocompletion` of options and arguments.

Each function takes the word as far as it is typed and returns the words it can become, for the caller to pick from.
Where a path is meant as well, and no word fits, it returns FILES or FOLDERS, and the shell completes that itself.
A single `Path` needs none of them to complete files.  Nothing heavy is imported here: Tab should answer at once.
"""

from collections.abc import Iterable

from seg2vid_cli.inputs.camera_names import CAMERA_NAMES
from seg2vid_cli.inputs.label_maps.format_names import label_formats
from seg2vid_cli.model_store.store import model_names, pulled_models
from seg2vid_cli.outputs.save_names import ALL, SAVE_NAMES

FILES = "files"
FOLDERS = "folders"
"""In the place of a word's help: the shell shall complete that word as the path of a file, or of a folder."""

Offers = list[str | tuple[str, str]]
"""Words, or words with their help."""


def files(incomplete: str) -> Offers:
    """For a text that is the path of a file."""
    return [(incomplete, FILES)]


def folders(incomplete: str) -> Offers:
    """For the path of a folder."""
    return [(incomplete, FOLDERS)]


def model_or_folder(incomplete: str) -> Offers:
    """For the name of a model, or a model folder."""
    return _matching(model_names(), incomplete) or folders(incomplete)


def model_or_file(incomplete: str) -> Offers:
    """For the name of a model, or a path."""
    return _matching(model_names(), incomplete) or files(incomplete)


def pulled_model(incomplete: str) -> Offers:
    """For the name of a pulled model."""
    return _matching(pulled_models(), incomplete)


def backend(_incomplete: str) -> Offers:
    """For the name of a backend; none of them is imported."""
    from seg2vid_cli.plugins import backend_names

    return ["auto", *backend_names()]


def preset(incomplete: str) -> Offers:
    """For the name of a preset, or its file."""
    from seg2vid_cli.plugins import preset_names

    return _matching(preset_names(), incomplete) or files(incomplete)


def device(_incomplete: str) -> Offers:
    """For a device, as far as that can be known without loading a runtime."""
    return ["auto", "cpu", "cuda"]


def camera(incomplete: str) -> Offers:
    """For the name of a camera's path, or its file."""
    return _matching(CAMERA_NAMES, incomplete) or files(incomplete)


def label_format(incomplete: str) -> Offers:
    """For a format of label maps, or a file that describes one."""
    return _matching(label_formats(), incomplete) or files(incomplete)


def label_space(incomplete: str) -> Offers:
    """For the name of a label space, or a file that describes one."""
    from seg2vid_interface.label_spaces import LABEL_SPACES

    return _matching(LABEL_SPACES, incomplete) or files(incomplete)


def save_names(incomplete: str) -> Offers:
    """For a list of names with commas: those that are not in it yet."""
    *chosen, _ = incomplete.split(",")
    return [",".join([*chosen, name]) for name in (*SAVE_NAMES, ALL) if name not in chosen]


def _matching(words: Iterable[str], incomplete: str) -> Offers:
    return [word for word in words if word.startswith(incomplete)]
