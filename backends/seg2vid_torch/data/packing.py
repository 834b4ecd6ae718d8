"""Writing packed data sets; see `packed`."""

import hashlib
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seg2vid_interface.data_tools import Advance, DataRequest, PackResult
from seg2vid_interface.errors import OutputError
from seg2vid_interface.staging.leftovers import put_right
from seg2vid_interface.staging.staging import Staging
from seg2vid_torch.data.looking_through import description_of, open_for_request, read_split
from seg2vid_torch.data.packed import FORMAT, INDEX_NAME, SHARD_BYTES, Shard, is_packed, library
from seg2vid_torch.data.reading import ReadFrames


def pack_data(request: DataRequest, out: Path, advance: Advance, *, overwrite: bool = False) -> PackResult:
    """Write a data set into a folder of shards; see `DataTools.pack_data`."""
    library()
    put_right([Path(os.path.realpath(out)).parent])
    _refuse_existing(out, overwrite=overwrite)
    data = open_for_request(request, whole=True)
    total = sum(len(clip.files) for clips in data.clips.values() for clip in clips)
    faults: list[str] = []
    labels = description_of(data, request)
    target = Path(os.path.realpath(out))
    staging = Staging(overwrite=overwrite, new_folder=target.parent)
    try:
        folder = staging.add_folder(target)
        folder.mkdir()
        splits: dict[str, list[Shard]] = {}
        done = 0
        for split in data.found:
            with _ShardWriter(folder, split, request, labelled=labels is not None) as writer:
                for read in read_split(data, split, request, tolerant=False):
                    faults += read.faults
                    writer.write(read)
                    done += len(read.images)
                    advance(done, max(done, total))
            splits[split] = writer.shards
        _write_index(folder / INDEX_NAME, request, splits, labels)
        for path in _packed_files(target):
            if not (folder / path.name).exists():  # of an earlier, larger one
                staging.take_away(path)
        staging.commit()
    except OSError as error:
        raise OutputError(f"{out}: cannot be written: {error.strerror or error}") from None
    finally:
        staging.discard()
    shards = [shard for some in splits.values() for shard in some]
    frames = {split: sum(shard.frames for shard in some) for split, some in splits.items()}
    return PackResult(out, frames, len(shards), sum(shard.size for shard in shards), tuple(faults))


class _ShardWriter:
    """Writes a split's shards, one after another."""

    def __init__(self, folder: Path, split: str, request: DataRequest, *, labelled: bool) -> None:
        self._folder, self._split = folder, split
        self._most = max(1, SHARD_BYTES // (request.height * request.width * (4 if labelled else 3)))
        self.shards: list[Shard] = []
        """What is written."""
        self._clips: list[int] = []
        self._file: BinaryIO | None = None
        self._tar: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    @property
    def _path(self) -> Path:
        return self._folder / f"{self._split}-{len(self.shards):06d}.tar"

    def write(self, read: ReadFrames) -> None:
        """Write frames, in a new shard when one is full."""
        for number, image in enumerate(read.images):
            if number in read.cuts and self._clips and self._clips[-1]:
                self._clips.append(0)
            if sum(self._clips) == self._most:
                self._close()
            if self._file is None:
                self._file, self._clips = self._path.open("wb"), [0]
                self._tar = library().TarWriter(self._file, encoder=False, mtime=0)
            key = f"{len(self._clips) - 1:06d}/{self._clips[-1]:06d}"
            sample = {"__key__": key, "png": _encoded(image.transpose(1, 2, 0))}
            if read.labels is not None:
                sample["labels.png"] = _encoded(read.labels[number])
            self._tar.write(sample)
            self._clips[-1] += 1
        if len(read.images) in read.cuts and self._clips and self._clips[-1]:
            self._clips.append(0)

    def _close(self) -> None:
        if self._file is None:
            return
        self._tar.close()
        self._file.close()
        with self._path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        clips = tuple(length for length in self._clips if length)
        self.shards.append(Shard(self._path.name, clips, self._path.stat().st_size, digest))
        self._file, self._clips = None, []


def _write_index(path: Path, request: DataRequest, splits: Mapping[str, Sequence[Shard]], labels: str | None) -> None:
    document = {
        "format": FORMAT,
        "dataset": request.dataset,
        "height": request.height,
        "width": request.width,
        "frames_per_second": request.frames_per_second,
        "labels": labels,
        "label_space": request.label_space.name if labels else None,
        "classes": request.label_space.size if labels else 0,
        "splits": {split: [asdict(shard) for shard in shards] for split, shards in splits.items()},
    }
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _encoded(picture: NDArray[np.uint8]) -> bytes:
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "PNG", compress_level=1)
    return data.getvalue()


def _refuse_existing(out: Path, *, overwrite: bool) -> None:
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out}: is a file, not a folder", "Choose another -o.")
    if is_packed(out) and not overwrite:
        raise OutputError(
            f"{out}: holds a packed data set already", "Replace it with --overwrite, or choose another -o."
        )
    if out.is_dir() and not is_packed(out) and any(out.iterdir()):
        raise OutputError(f"{out}: holds other files", "Choose another -o.")


def _packed_files(folder: Path) -> Iterable[Path]:
    return [*folder.glob("train-??????.tar"), *folder.glob("val-??????.tar"), *folder.glob(INDEX_NAME)]
