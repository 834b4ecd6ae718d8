"""What people must say about a model: the TOML file of `seg2vid export --card`, or a model made before."""

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from seg2vid_interface.errors import ModelError
from seg2vid_interface.validation import problems_of

UNSTATED_LICENCE = "LicenseRef-unstated"


class CardText(BaseModel):
    """The keys of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str = "Trained with seg2vid."
    licence: str = UNSTATED_LICENCE
    """SPDX expression of the weights' licence."""
    licence_file: Path | None = None
    """Text of the licence, beside the TOML file; copied into the model folder."""
    data: str = "not stated"
    data_licence: str = "not stated"


def read_card_text(path: Path) -> CardText:
    """Read the file; the licence's path becomes one that can be opened.

    Raises:
        ModelError: it cannot be read, is no TOML, has unknown keys or wrong values, or its licence is not beside it.
    """
    try:
        text = CardText.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ModelError(f"--card {path}: not readable: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelError(f"--card {path}: not TOML: {error}") from None
    except ValidationError as error:
        raise ModelError(f"--card {path}: {'; '.join(problems_of(error))}") from None
    if text.licence_file is None:
        return text
    licence = path.parent / text.licence_file
    if not licence.is_file():
        raise ModelError(f"--card {path}: the licence_file '{text.licence_file}' is not beside it")
    return text.model_copy(update={"licence_file": licence})
