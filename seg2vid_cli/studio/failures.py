"""What the studio refuses, each with the HTTP status that says so; and errors as JSON.

Codes of its own, beside those of `seg2vid_interface.errors`: "request", "token", "foreign", "not_found", "slow",
"too_large", "busy", "cancelled" and "internal".
"""

from typing import Any, ClassVar

from seg2vid_cli.inputs.label_maps.choosing import UnclearError
from seg2vid_interface.errors import BackendError, OutputError, Seg2VidError


class RequestError(Seg2VidError):
    """A request or message that is not what it should be."""

    code = "request"
    status: ClassVar[int] = 400


class TokenError(RequestError):
    """The token is missing or wrong."""

    code = "token"
    status = 401


class ForeignError(RequestError):
    """The request comes from another site, or under a name that is not the studio's."""

    code = "foreign"
    status = 403


class NotFoundError(RequestError):
    """There is nothing of this name."""

    code = "not_found"
    status = 404


class SlowError(RequestError):
    """The body takes too long to come."""

    code = "slow"
    status = 408


class TooLargeError(RequestError):
    """More than is taken."""

    code = "too_large"
    status = 413


class BusyError(RequestError):
    """Others are to be served before."""

    code = "busy"
    status = 503


class CancelledError(RequestError):
    """Whoever asked for it wants it no more."""

    code = "cancelled"
    status = 409

    def __init__(self) -> None:
        super().__init__("cancelled")


class InternalError(RequestError):
    """A defect of seg2vid or of what it stands on."""

    code = "internal"
    status = 500

    def __init__(self, error: BaseException) -> None:
        super().__init__(
            " ".join(f"internal error: {type(error).__name__}: {error}".split()),
            "Run `seg2vid studio` again with --debug and report what it prints.",
        )
        self.__cause__ = error


def status_of(error: Seg2VidError) -> int:
    """Return the HTTP status of an error."""
    if isinstance(error, RequestError):
        return error.status
    if isinstance(error, UnclearError):
        return 422
    return 503 if isinstance(error, BackendError | OutputError) else 400


def described(error: Seg2VidError) -> dict[str, Any]:
    """Return what JSON says of an error."""
    said: dict[str, Any] = {"code": error.code, "message": error.message, "hint": error.hint}
    if isinstance(error, UnclearError):
        said["choices"] = [{"format": name, "title": title} for name, title in error.choices]
    return said
