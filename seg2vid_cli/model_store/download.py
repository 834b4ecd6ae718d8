"""Fetches a file with pooch: from allowed addresses alone, redirects included, and bounded in size and time."""

import queue
import threading
import time
from contextlib import nullcontext
from http.client import HTTPException, responses
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from seg2vid_cli.terminal.console import Console, harmless, program_version
from seg2vid_interface.errors import ModelError, UsageError

if TYPE_CHECKING:
    from requests import Response

MAX_DOWNLOAD_BYTES = 2_000_000_000
TIMEOUT_SECONDS = 30.0
"""Longest wait for a connection or the next bytes."""
TOTAL_SECONDS = 3600.0
"""Longest time that all of it may take, so that a server that sends byte by byte comes to an end too."""
_LONGEST_WORDS = 200
"""Letters of what a server says that are shown."""
_CHUNK_BYTES = 1 << 16
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
"""Hosts that are this machine: their http passes no network."""


def check_url(url: str) -> None:
    """Raise UsageError unless `url` is one that models may be fetched from."""
    problem = _address_problem(url)
    if problem is not None:
        hint = "Write https://HOST/NAME.zip (or http://localhost); a folder on disk needs no pull: --model ./FOLDER."
        raise UsageError(f"{url}: {problem}", hint)


def download(url: str, sha256: str, folder: Path, console: Console) -> Path:
    """Fetch what lies at `url`, whose SHA-256 is known, into `folder`; return the file.

    Raises:
        ModelError: no connection, an error of the server, a redirect that is not allowed, a transfer that breaks off or
            is too long, another file than the one meant.
        OSError: the file cannot be written.
    """
    import pooch  # type: ignore[import-untyped]  # it has annotations, but does not say so

    pooch.get_logger().setLevel("ERROR")  # what it does is not for stderr

    def fetch(url: str, file: str, _pooch: object) -> None:
        _fetch(url, Path(file), console)

    try:
        return Path(pooch.retrieve(url, f"sha256:{sha256}", "model.zip", folder, downloader=fetch))
    except ValueError as error:  # the hash's: others do not leave `fetch`
        hint = "It is another file than the one meant; nothing of it was kept."
        raise ModelError(f"--sha256 {sha256}: not the SHA-256 of {url}", hint) from error


def _fetch(url: str, path: Path, console: Console) -> None:
    """Write what lies at `url` to a file.  Raises ModelError, OSError."""
    import requests
    from urllib3.exceptions import HTTPError

    deadline = time.monotonic() + TOTAL_SECONDS
    try:
        with _ask(url, deadline) as answer:
            _write_body(answer, url, path, deadline, console)
    except (requests.RequestException, HTTPError, HTTPException, TimeoutError, ValueError) as error:
        hint = "Check the address and the connection, then try again."
        raise ModelError(f"{url}: cannot be fetched: {_root_cause(error)}", hint) from error


def _ask(url: str, deadline: float) -> "Response":
    """Return the answer, its body still to be read; a server that has not answered in time is left to itself.

    Raises what requests raises, and TimeoutError.
    """
    import requests

    found: queue.Queue[Response | BaseException] = queue.Queue()
    waits = threading.Event()

    def ask() -> None:
        try:
            got: Response | BaseException = requests.get(
                url,
                stream=True,
                timeout=TIMEOUT_SECONDS,
                hooks={"response": _check_redirect},
                headers={"Accept-Encoding": "identity", "User-Agent": f"seg2vid/{program_version()}"},
                proxies={"http": ""},  # http is for this machine alone, so that a proxy has no part in it
            )
        except BaseException as error:  # noqa: BLE001  # raised again, where it is waited for
            got = error
        if waits.is_set():
            found.put(got)
        elif not isinstance(got, BaseException):
            got.close()

    waits.set()
    threading.Thread(target=ask, daemon=True).start()
    answer: Response | BaseException
    try:
        answer = found.get(timeout=max(0, deadline - time.monotonic()))
    except queue.Empty:
        waits.clear()
        answer = TimeoutError(_too_slow())
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _too_slow() -> str:
    return f"not done after {TOTAL_SECONDS / 60:g} minutes"


def _check_redirect(response: "Response", **_settings: Any) -> None:
    """Look at an answer before the redirect that it may be is followed."""
    if not response.is_redirect:
        return
    response.close()  # its body, which may have no end, would be read otherwise
    target = urljoin(response.url, response.headers["Location"])
    problem = _address_problem(target)
    if problem is not None:
        raise ModelError(f"{response.url}: the server redirects to {_shown(repr(target))}: {problem}")


def _write_body(answer: "Response", url: str, path: Path, deadline: float, console: Console) -> None:
    if answer.status_code != 200:
        meaning = responses.get(answer.status_code, "unknown")
        raise ModelError(f"{url}: the server answered {answer.status_code} ({meaning})")
    stated = answer.headers.get("Content-Length", "")
    size, length = 0, int(stated) if stated.isdecimal() else 0
    progress = console.progress("fetching", _megabytes(length), "MB") if length else nullcontext()
    with progress as bar, path.open("wb") as file:
        _check_size(url, length)
        while chunk := answer.raw.read1(_CHUNK_BYTES):  # whatever has come, be it one byte
            if time.monotonic() > deadline:
                raise TimeoutError(_too_slow())
            size += len(chunk)
            _check_size(url, size)
            file.write(chunk)
            if bar is not None:
                bar.advance(_megabytes(size))


def _check_size(url: str, size: int) -> None:
    if size > MAX_DOWNLOAD_BYTES:
        raise ModelError(f"{url}: longer than {_megabytes(MAX_DOWNLOAD_BYTES)} MB, the most that is fetched")


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
    return _shown(" ".join((getattr(error, "strerror", None) or str(error) or type(error).__name__).split()))


def _shown(words: str) -> str:
    """Return what of a server's words is shown."""
    return harmless(words if len(words) <= _LONGEST_WORDS else f"{words[:_LONGEST_WORDS]}...")
