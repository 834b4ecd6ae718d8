"""What people send: label maps, photographs, and what is to be made of them, as JSON or as a form."""

import base64
import binascii
import json
from typing import Any, Final
from urllib.parse import unquote

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from seg2vid_cli.inputs.pictures.reading import PictureBytes, PictureSource
from seg2vid_cli.studio.clips import INDICES, drawn_map
from seg2vid_cli.studio.failures import RequestError
from seg2vid_cli.studio.guard import MOST_BODY
from seg2vid_cli.studio.packing import parse_object
from seg2vid_cli.terminal.console import harmless

_KEYS: Final = ("map", "indices", "label_format", "settings", "as")
_LONGEST_NAME = 100


class _InMemoryParser(MultiPartParser):
    spool_max_size = MOST_BODY  # nothing that is uploaded touches the disk

    def close(self) -> None:
        """Close all files, also one that breaks off, which is not among the results."""
        for file in self._files_to_close_on_error:
            file.close()


async def read_document(request: Request) -> dict[str, Any]:
    """Return what a body of JSON or of a form says, by its keys; a map is bytes already.  Raises RequestError."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        document = await _form(request)
    else:
        document = parse_object(await request.body(), "body")
        for key in {"map", "indices"} & document.keys():
            document[key] = _decoded(key, document[key])
    if unknown := sorted(document.keys() - set(_KEYS)):
        raise RequestError(f"{unknown[0][:40]!r}: not known", f"Known: {', '.join(_KEYS)}.")
    return document


async def _form(request: Request) -> dict[str, Any]:
    parser = _InMemoryParser(
        request.headers, request.stream(), max_files=2, max_fields=len(_KEYS), max_part_size=65_536
    )
    try:
        form = await parser.parse()
        document: dict[str, Any] = {
            key: await value.read() if isinstance(value, UploadFile) else value for key, value in form.multi_items()
        }
    except MultiPartException as error:
        raise RequestError(f"form: {error.message}") from None
    finally:
        parser.close()
    if isinstance(document.get("settings"), str | bytes):
        document["settings"] = parse_object(document["settings"], "settings")
    if any(isinstance(document.get(key), str) for key in ("map", "indices")):
        raise RequestError("map: not a file", "With curl: -F map=@map.png")
    return document


def _decoded(key: str, text: Any) -> bytes:
    try:
        return base64.b64decode(text if isinstance(text, str) else "?", validate=True)
    except (binascii.Error, ValueError):
        raise RequestError(f"{key}: not in base64") from None


def map_of(document: dict[str, Any], size: tuple[int, int]) -> tuple[PictureSource, str]:
    """Return the label map of a document, and what it says of its format.  Raises RequestError."""
    label_format = document.get("label_format", "auto")
    if ("map" in document) == ("indices" in document) or not isinstance(label_format, str):
        raise RequestError(
            "either map or indices are needed", "map: a picture; indices: a class index for every pixel."
        )
    if "indices" in document:
        return drawn_map(document["indices"], size), INDICES
    return PictureBytes("map.png", document["map"]), label_format


def picture_of(request: Request, body: bytes, name: str) -> PictureBytes:
    """Return the picture that a body holds, by the name that X-File-Name gives it, which may tell its format."""
    given = unquote(request.headers.get("x-file-name", "")).replace("\\", "/").rpartition("/")[2]
    return PictureBytes(harmless(given)[-_LONGEST_NAME:] or name, body)


def line(document: dict[str, Any]) -> bytes:
    """Return a line of NDJSON."""
    return json.dumps(document).encode() + b"\n"
