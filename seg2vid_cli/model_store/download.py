"""Fetches a file over https, bounded in size and time, from allowed addresses alone, redirects included."""

import hashlib
from contextlib import ExitStack
from http.client import responses
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from seg2vid_cli.terminal.console import Console, ProgressBar, program_version
from seg2vid_interface.errors import ModelError, OutputError, UsageError

if TYPE_CHECKING:
    from requests import Response

MAX_DOWNLOAD_BYTES = 2_000_000_000
TIMEOUT_SECONDS = 30.0
"""Longest wait for a connection, an answer, or the next bytes."""
_CHUNK_BYTES = 1 << 16
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
"""Hosts that are this machine: their http passes no network."""


def check_url(url: str) -> None:
    """Raise UsageError unless `url` is one that models may be fetched from."""
    problem = _address_problem(url)
    if problem is not None:
        hint = "Write https://HOST/NAME.zip (or http://localhost); a folder on disk needs no pull: --model ./FOLDER."
        raise UsageError(f"{url}: {problem}", hint)


def download(url: str, file: IO[bytes], console: Console) -> str:
    """Write what lies at `url` to `file`; return the SHA-256 of its bytes, in hexadecimal.

    Raises:
        ModelError: no connection, an error of the server, a redirect that is not allowed, a transfer that breaks off or
            is too long.
        OutputError: the disk takes no more.
    """
    from pooch import HTTPDownloader  # type: ignore[import-untyped]  # it has annotations, but does not say so

    with ExitStack() as cleanup:
        transfer = _Transfer(url, file, console, cleanup)
        downloader = HTTPDownloader(
            chunk_size=_CHUNK_BYTES,
            timeout=TIMEOUT_SECONDS,
            hooks={"response": transfer.check_response},
            # "identity": the bytes that are counted and hashed are those of the file.
            headers={"Accept-Encoding": "identity", "User-Agent": f"seg2vid/{program_version()}"},
            proxies={"http": ""},  # http is for this machine alone, so that a proxy has no part in it
        )
        try:
            downloader(url, transfer, None)
        except (OSError, ValueError) as error:  # the errors of requests are of these two kinds
            hint = "Check the address and the connection, then try again."
            raise ModelError(f"{url}: cannot be fetched: {_root_cause(error)}", hint) from error
    return transfer.sha256()


class _Transfer:
    """One download: judges the server's answers; as the file that the downloader writes to, counts and hashes."""

    def __init__(self, url: str, file: IO[bytes], console: Console, cleanup: ExitStack) -> None:
        self._url = url
        self._file = file
        self._console = console
        self._cleanup = cleanup
        self._hash = hashlib.sha256()
        self._bytes = 0
        self._bar: ProgressBar | None = None

    def check_response(self, response: "Response", **_settings: Any) -> None:
        """Look at an answer before its body is read, and before a redirect is followed.  Raises ModelError."""
        self._cleanup.callback(response.close)
        if response.is_redirect:
            self._check_redirect(response)
        elif response.status_code != 200:
            meaning = responses.get(response.status_code, "unknown")
            raise ModelError(f"{self._url}: the server answered {response.status_code} ({meaning})")
        elif (length := response.headers.get("Content-Length", "")).isdecimal():
            self._check_size(int(length))
            self._bar = self._cleanup.enter_context(
                self._console.progress("fetching", total=_megabytes(int(length)), unit="MB")
            )

    def write(self, chunk: bytes) -> None:
        """Take the next bytes of the file.  Raises ModelError if they are too many, OutputError for a full disk."""
        self._bytes += len(chunk)
        self._check_size(self._bytes)
        self._hash.update(chunk)
        try:
            self._file.write(chunk)
        except OSError as error:
            raise OutputError(f"{self._url}: its bytes cannot be kept: {error.strerror}", "Make room.") from error
        if self._bar is not None:
            self._bar.advance(_megabytes(self._bytes))

    def flush(self) -> None:
        """Do nothing: what the downloader asks for after every chunk would only make it slow."""

    def sha256(self) -> str:
        """Return the SHA-256 of the bytes until now, in hexadecimal."""
        return self._hash.hexdigest()

    def _check_redirect(self, response: "Response") -> None:
        target = urljoin(response.url, response.headers["Location"])
        problem = _address_problem(target)
        if problem is not None:
            raise ModelError(f"{self._url}: the server redirects to {target!r}: {problem}")
        response.close()  # its body, which may have no end, would be read otherwise

    def _check_size(self, size: int) -> None:
        if size > MAX_DOWNLOAD_BYTES:
            raise ModelError(f"{self._url}: longer than {_megabytes(MAX_DOWNLOAD_BYTES)} MB, the most that is fetched")


def _address_problem(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        return f"not a URL ({error})"
    if "\\" in url or not url.isprintable():  # libraries differ in what they take for the host
        return "not a URL (a backslash or control character)"
    if parts.scheme != "https" and (parts.scheme != "http" or host not in _LOOPBACK):
        return "not an https URL"
    if not host:
        return "a URL without a host"
    if parts.username is not None:
        return "a URL with a password, which messages would show (~/.netrc can hold it)"
    return None


def _megabytes(size: int) -> int:
    return round(size / 1e6)


def _root_cause(error: BaseException) -> str:
    """Return what the operating system or the connection said, without the layers around it, on one line."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return " ".join((getattr(error, "strerror", None) or str(error) or type(error).__name__).split())
