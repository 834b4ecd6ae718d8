"""What people must say about a model: the TOML file of `seg2vid export --card`, or a model made before."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from seg2vid_interface.documents import parse_toml, read_document
from seg2vid_interface.errors import ModelError
from seg2vid_interface.validation import problems_of
from seg2vid_torch.stages.licences import join_licences

UNSTATED_LICENCE = "LicenseRef-unstated"


def _listed(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value,)


class CardText(BaseModel):
    """The keys of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str = "Trained with seg2vid."
    licence: str = UNSTATED_LICENCE
    """SPDX expression of the weights' licence."""
    licence_files: Annotated[tuple[Path, ...], BeforeValidator(_listed)] = Field(default=(), alias="licence_file")
    """Texts of the licence, one or a list, beside the TOML file; copied into the model folder."""
    data: str = "not stated"
    data_licence: str = "not stated"


def joined_text(texts: Sequence[CardText]) -> CardText:
    """Return what several stages say together; their data each stage's own card names."""
    descriptions = dict.fromkeys(text.description for text in texts)  # each once
    return CardText(
        description=" ".join(descriptions),
        licence=join_licences(text.licence for text in texts),
        licence_file=tuple(file for text in texts for file in text.licence_files),
    )


def read_card_text(path: Path) -> CardText:
    """Read the file; the licences' paths become such as can be opened.

    Raises:
        ModelError: it cannot be read, is no TOML, has unknown keys or wrong values, or its licence is not beside it.
    """
    try:
        text = CardText.model_validate(parse_toml(read_document(path)))
    except OSError as error:
        raise ModelError(f"--card {path}: not readable: {error.strerror}") from None
    except ValidationError as error:
        raise ModelError(f"--card {path}: {'; '.join(problems_of(error))}") from None
    except ValueError as error:
        raise ModelError(f"--card {path}: not TOML: {error}") from None
    for file in text.licence_files:
        if not (path.parent / file).is_file():
            raise ModelError(f"--card {path}: the licence_file '{file}' is not beside it")
    return text.model_copy(update={"licence_files": tuple(path.parent / file for file in text.licence_files)})
