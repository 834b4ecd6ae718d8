"""Graphs as ONNX Runtime has optimised them, kept on disk, so that a session starts in half the time.

What is kept fits one graph, size, version of ONNX Runtime and processor, for which it lays out weights and fuses
operators; the file's name says all of this, and the hash of its own bytes.
"""

import contextlib
import hashlib
import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from seg2vid_interface.model_card import file_sha256
from seg2vid_interface.staging.leftovers import put_right
from seg2vid_interface.staging.staging import Staging
from seg2vid_onnx.runtime import onnxruntime

FOLDER = "onnx"  # within the cache
CPU_INFO = Path("/proc/cpuinfo")
TELLING = ("model name", "flags", "Features")  # of a processor's lines there


@dataclass(frozen=True)
class CachedGraph:
    """Where one graph is kept."""

    folder: Path
    key: str

    @classmethod
    def of(cls, cache: Path, sha256: str, dimensions: Mapping[str, int]) -> "CachedGraph":
        """Say where the graph with this hash is kept, for dimensions of these sizes."""
        parts = (sha256, sorted(dimensions.items()), onnxruntime.__version__, platform.machine(), _processor())
        return cls(cache / FOLDER, hashlib.sha256(repr(parts).encode()).hexdigest()[:32])

    def find(self) -> Path | None:
        """Return the file; None if there is none, or a damaged one."""
        for file in self.folder.glob(f"{self.key}.*.onnx"):
            with contextlib.suppress(OSError):
                if file.name != self._name(file):
                    file.unlink()
                    continue
                os.utime(file)  # the oldest are the first to go
                return file
        return None

    @contextlib.contextmanager
    def making(self) -> Iterator[Path | None]:
        """Give the name to write the graph to, and keep it once that is done; None where nothing can be written."""
        staging = Staging(overwrite=True)
        try:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                put_right([self.folder])
                file = staging.scratch(self.folder) / "graph.onnx"
            except OSError:
                yield None
                return
            yield file
            with contextlib.suppress(OSError):
                file.rename(staging.add_file(self.folder / self._name(file)))
                staging.commit()
        finally:
            staging.discard()

    def _name(self, file: Path) -> str:
        return f"{self.key}.{file_sha256(file)[:32]}.onnx"


def _processor() -> str:
    """Return what tells processors apart."""
    try:
        first = CPU_INFO.read_text(encoding="utf-8", errors="replace").partition("\n\n")[0]
    except OSError:
        return platform.processor()
    return "\n".join(line for line in first.splitlines() if line.startswith(TELLING))
