"""What a shell offers for values on the command line: the `autocompletion` of options and arguments.

Each function takes the word as far as it is typed and returns the words it can become, for the caller to pick from.
Where a path is meant as well, and no word fits, it returns FILES or FOLDERS, and the shell completes that itself.
A `Path` needs none of them to complete files.  Nothing heavy is imported here: Tab should answer at once.
"""

from collections.abc import Iterable

from seg2vid_cli.model_store.store import bundled_models, model_names, pulled_models

FILES = "files"
FOLDERS = "folders"
"""In the place of a word's help: the shell shall complete that word as the path of a file, or of a folder."""

LABEL_FORMATS = ("auto", "train-ids", "label-ids", "colors", "camvid")
SAVE_NAMES = ("labels", "flow", "occlusion", "first-frame", "frames")
"""What `label_encodings` and `outputs` know; repeated because they take NumPy's time to import."""

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
    return _models(incomplete) or folders(incomplete)


def model_or_file(incomplete: str) -> Offers:
    """For the name of a model, or a path."""
    return _models(incomplete) or files(incomplete)


def pulled_model(incomplete: str) -> Offers:
    """For the name of a pulled model."""
    try:
        return _matching(pulled_models(), incomplete)
    except OSError:
        return []


def _models(incomplete: str) -> Offers:
    try:
        names: Iterable[str] = model_names()
    except OSError:  # the folder of the pulled ones
        names = bundled_models()
    return _matching(names, incomplete)


def backend(_incomplete: str) -> Offers:
    """For the name of a backend; none of them is imported."""
    from importlib.metadata import entry_points

    from seg2vid_interface.backend import ENTRY_POINT_GROUP

    return ["auto", *sorted(entry_point.name for entry_point in entry_points(group=ENTRY_POINT_GROUP))]


def device(_incomplete: str) -> Offers:
    """For a device, as far as that can be known without loading a runtime."""
    return ["auto", "cpu", "cuda"]


def label_format(incomplete: str) -> Offers:
    """For an encoding of label maps, or a label space's file."""
    return _matching(LABEL_FORMATS, incomplete) or files(incomplete)


def save_names(incomplete: str) -> Offers:
    """For a list of names with commas: those that are not in it yet."""
    *chosen, _ = incomplete.split(",")
    return [",".join([*chosen, name]) for name in SAVE_NAMES if name not in chosen]


def _matching(words: Iterable[str], incomplete: str) -> Offers:
    return [word for word in words if word.startswith(incomplete)]
