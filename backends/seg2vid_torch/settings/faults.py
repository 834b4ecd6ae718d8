"""What is wrong with a stage's settings, in words; for a key that there is not, which one may be meant."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from pydantic import BaseModel, ValidationError

from seg2vid_interface.validation import problems_of

Tables = Mapping[str, Sequence[str]]
"""Beginning of the keys of a table ("" or "network.") -> its own keys."""


def tell_faults(error: ValidationError, settings: type[BaseModel]) -> tuple[list[str], str]:
    """Return a text per fault of settings of this kind, and a hint that names the keys which there are."""
    tables = _tables(settings)
    faults, asked_of = [], dict[str, None]()
    for fault, text in zip(error.errors(), problems_of(error), strict=True):
        key = ".".join(map(str, fault["loc"]))
        if fault["type"] == "extra_forbidden":
            beginning, name = key[: key.rfind(".") + 1], key[key.rfind(".") + 1 :]
            meant = _meant(beginning, name, tables)
            faults.append(f"{key}: no such key" + (f", did you mean {meant}?" if meant else ""))
            asked_of[beginning] = None
        elif fault["type"] == "tuple_type":
            faults.append(f'{key}: a list is needed, such as [1, 2] or ["a", "b"]')
        else:
            faults.append(text)
    known = [f"Known keys: {', '.join(beginning + key for key in tables[beginning])}." for beginning in asked_of]
    return faults, " ".join(known) or "Mend the preset or the --set."


def _tables(settings: type[BaseModel], beginning: str = "") -> dict[str, list[str]]:
    tables = {beginning: sorted(settings.model_fields)}
    for name, field in settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            tables |= _tables(field.annotation, f"{beginning}{name}.")
    return tables


def _meant(beginning: str, name: str, tables: Tables) -> str | None:
    """Return the key that is probably meant: one of a name like this in its table, or else in another."""
    for table in (beginning, *tables):
        if close := get_close_matches(name, tables[table], n=1):
            return table + close[0]
    return None
