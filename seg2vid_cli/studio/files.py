"""Files that were made and wait to be fetched, in a folder of the studio's own; names come from here, never a page."""

import secrets
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from seg2vid_cli.studio.failures import NotFoundError

KEPT_SECONDS: Final = 600
MOST_KEPT: Final = 8


@dataclass(frozen=True)
class KeptFile:
    """One file, alone in a folder of its own."""

    path: Path
    media_type: str
    made: float


class KeptFiles:
    """Makes folders for jobs, and keeps a few of their results for some minutes; may be used from any thread."""

    def __init__(self) -> None:
        """Make the folder that all of it lies in."""
        self.folder = Path(tempfile.mkdtemp(prefix="seg2vid-studio-"))
        self._kept: dict[str, KeptFile] = {}
        self._lock = threading.Lock()

    def new_folder(self) -> Path:
        """Return an empty folder."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    def keep(self, path: Path, media_type: str) -> str:
        """Keep a file of a `new_folder`; return the name by which it can be found."""
        name = secrets.token_urlsafe(12)
        with self._lock:
            self._kept[name] = KeptFile(path, media_type, time.monotonic())
            self._drop_old()
        return name

    def find(self, name: str) -> KeptFile:
        """Return a file that is kept.  Raises NotFoundError."""
        with self._lock:
            self._drop_old()
            if name not in self._kept:
                raise NotFoundError("this file is not kept any more", "Make it again.")
            return self._kept[name]

    def close(self) -> None:
        """Remove all of it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _drop_old(self) -> None:
        oldest = time.monotonic() - KEPT_SECONDS
        for name, file in list(self._kept.items()):
            if file.made < oldest or len(self._kept) > MOST_KEPT:
                del self._kept[name]
                shutil.rmtree(file.path.parent, ignore_errors=True)
