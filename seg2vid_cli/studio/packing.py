"""Messages of the web socket: uint32 little-endian length of a JSON header, the header, then the payload's bytes."""

import json
import struct
from collections.abc import Mapping
from typing import Any

from seg2vid_cli.studio.failures import RequestError
from seg2vid_interface.documents import parse_json

LARGEST_HEADER = 65_536
"""Bytes of a header that is read."""
_LENGTH = struct.Struct("<I")


def pack(header: Mapping[str, Any], payload: bytes = b"") -> bytes:
    """Return a message."""
    text = json.dumps(header, separators=(",", ":")).encode()
    return _LENGTH.pack(len(text)) + text + payload


def unpack(message: bytes) -> tuple[dict[str, Any], bytes]:
    """Return header and payload.  Raises RequestError for what is no message."""
    if len(message) < _LENGTH.size:
        raise RequestError(f"a message of {len(message)} bytes has no header")
    (length,) = _LENGTH.unpack_from(message)
    end = _LENGTH.size + length
    if length > LARGEST_HEADER or end > len(message):
        raise RequestError(f"a header of {length} bytes in a message of {len(message)}")
    return parse_header(message[_LENGTH.size : end]), message[end:]


def parse_header(text: str | bytes) -> dict[str, Any]:
    """Return the header of a message that has it alone.  Raises RequestError for what is no JSON object."""
    if len(text) > LARGEST_HEADER:
        raise RequestError(f"a header of {len(text)} characters, more than {LARGEST_HEADER}")
    return parse_object(text, "header")


def parse_object(text: str | bytes, what: str) -> dict[str, Any]:
    """Return a JSON object.  Raises RequestError for anything else, which it calls `what`."""
    try:
        document = parse_json(text if isinstance(text, str) else text.decode())
    except ValueError as error:
        raise RequestError(f"{what}: not readable as JSON: {error}") from None
    if not isinstance(document, dict):
        raise RequestError(f"{what}: not a JSON object")
    return document
