"""Folders that take long to make: made by the first process that asks for them, and used by all."""

import hashlib
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

TESTS = Path(__file__).parent
ROOT = TESTS.parent
MAKERS = ("backends/seg2vid_interface", "backends/seg2vid_torch", "tests/trained_models.py", "tests/seg2vid_torch/*.py")
"""What decides how the test models come out."""


@dataclass(frozen=True)
class MadeOnce:
    """A folder of folders; processes that run tests side by side share it."""

    root: Path

    def get(self, name: str, make: Callable[[Path], object]) -> Path:
        """Return the folder `name`; `make` is called with an empty folder to fill, unless that was done before."""
        self.root.mkdir(parents=True, exist_ok=True)
        path, unfinished = self.root / name, self.root / f"{name}.unfinished"
        with FileLock(self.root / f"{name}.lock"):
            if not path.exists():
                shutil.rmtree(unfinished, ignore_errors=True)
                unfinished.mkdir()
                make(unfinished)
                unfinished.rename(path)
        return path


def newest(parent: Path, name: str, kept: int = 5) -> Path:
    """Return the folder `name`, made if need be, and remove all but the newest few beside it."""
    with FileLock(f"{parent}.lock"):
        folder = parent / name
        folder.mkdir(exist_ok=True)
        folder.touch()
        for old in sorted(parent.iterdir(), key=lambda path: path.stat().st_mtime_ns)[:-kept]:
            shutil.rmtree(old)
    return folder


def digest(patterns: Iterable[str] = MAKERS, root: Path = ROOT) -> str:
    """Return a digest of the sources: of files, and of all Python and TOML files in folders."""
    matches = [path for pattern in patterns for path in root.glob(pattern)]
    files = [file for path in matches for file in (path.rglob("*") if path.is_dir() else [path])]
    sources = sorted(file for file in files if file.suffix in {".py", ".toml"})
    hashed = hashlib.sha256()
    for file in sources:
        hashed.update(f"{file.relative_to(root).as_posix()}\0{file.stat().st_size}\0".encode() + file.read_bytes())
    return hashed.hexdigest()[:16]
