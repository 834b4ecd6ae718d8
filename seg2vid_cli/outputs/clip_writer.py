"""Everything that one clip leaves on disk, written while the clip streams from the session."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.files.numbered_files import (
    NumberedFilesWriter,
    array_folder_writer,
    numbered_name,
    png_folder_writer,
    write_png,
)
from seg2vid_cli.outputs.boxes import BoxesWriter
from seg2vid_cli.outputs.fields import Names, field_arrays, field_picture, onward_flows, thing_numbers
from seg2vid_cli.outputs.flow_files import write_flo, write_kitti_flow
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.outputs.video.kinds import Kind, open_video
from seg2vid_cli.outputs.visualize import contact_sheet, labels_to_color, sheet_indices
from seg2vid_cli.terminal.binary_stdout import HeldStdout, binary_stdout
from seg2vid_interface.clips import Chunk
from seg2vid_interface.errors import BackendError, OutputError
from seg2vid_interface.staging.staging import Staging


@dataclass(frozen=True)
class ClipMetadata:
    """What made a clip; goes into its files as one line of JSON."""

    model: str
    seed: int
    sample: int
    style: int | str
    """Seed of the first frame's look, or the name of the picture that it was read from."""
    version: str
    """Of seg2vid."""
    camera: str | None = None
    """The camera's path as it was given, a file by its name alone; None = it was not."""


class _Writer(Protocol):
    """Takes a clip's frames, or what goes with them, one after another; `VideoWriter` is one."""

    def write(self, frame: Any, /) -> None:
        """Write the next.  Raises OSError."""
        ...

    def close(self) -> None:
        """Finish what is written.  Raises OSError."""
        ...

    def abort(self) -> None:
        """Close what is open; harmless twice and after `close`."""
        ...


class ClipWriter:
    """Writes a clip chunk by chunk; leaving the context without `commit` removes all of it.

    with ClipWriter(output, ...) as writer:
        for chunk in chunks:
            writer.write(chunk)
        saved = writer.commit()
    """

    def __init__(
        self,
        output: PlannedOutput,
        *,
        frames: int,
        frames_per_second: float,
        label_map: NDArray[np.uint8] | None,
        names: Names,
        metadata: ClipMetadata,
        camera: str | None = None,
        held: bool = False,
    ) -> None:
        """Touch nothing on disk yet.

        Args:
            output: the planned files.
            frames: length of the whole clip.
            frames_per_second: its speed.
            label_map: class indices (H, W), 0..K-1, for the contact sheet; None if the model knows no labels.
            names: what the numbers in the fields stand for.
            metadata: what goes into the files' metadata.
            camera: text of the file that `camera` saves; None if the model has none.
            held: whether standard output, if the clip goes there, gets it when it is committed, not as it is made.
        """
        self._output = output
        self._frames = frames
        self._frames_per_second = frames_per_second
        self._label_map = label_map
        self._names = names
        self._comment = json.dumps({name: value for name, value in asdict(metadata).items() if value is not None})
        self._camera = camera
        self._held = HeldStdout() if held else None
        self._staging = Staging(
            overwrite=output.overwrite, new_folder=output.video.parent if output.makes_folder else None
        )
        self._writers: dict[Path, _Writer] = {}
        self._sheet_frames: dict[int, NDArray[np.uint8]] = {}
        self._written = 0
        self._finished = False

    def write(self, chunk: Chunk) -> None:
        """Write the next frames and their fields.

        Raises:
            BackendError: the chunk is not the next one, or lacks a field.
            OutputError: something cannot be written.
        """
        if chunk.start != self._written:
            raise BackendError(f"The session yielded frame {chunk.start} where frame {self._written} was due.")
        with self._output_errors():
            for index, frame in enumerate(chunk.frames, chunk.start):
                self._write_frame(index, frame)
            for name in self._output.series:
                self._write_field(name, chunk)
            if "boxes" in self._output.save:
                self._write_boxes(chunk)
        self._written += len(chunk.frames)

    def finish(self) -> None:
        """Write what is left of all files, which holds no more memory then; harmless twice.

        Raises:
            BackendError: frames are missing.
            OutputError: something cannot be written.
        """
        if self._finished:
            return
        if self._written != self._frames:
            raise BackendError(f"The session ended after {self._written} of {self._frames} frames.")
        with self._output_errors():
            for writer in self._writers.values():
                writer.close()
            if "camera" in self._output.save:
                assert self._camera is not None  # or it would have been refused
                self._staging.add_file(self._output.camera).write_text(self._camera, encoding="utf-8", newline="\n")
            if self._output.sheet is not None:
                with self._output_errors(self._output.sheet):
                    write_png(self._staging.add_file(self._output.sheet), self._contact_sheet(), self._comment)
        self._writers.clear()
        self._sheet_frames.clear()
        self._finished = True

    def commit(self) -> list[Path]:
        """Give all files their names, finished if they are not yet; return those beside the video, folders as one.

        Raises:
            BackendError: frames are missing.
            OutputError: something cannot be written, or has come to exist meanwhile; all is as it was before.
        """
        self.finish()
        with self._output_errors():
            if self._held is not None:
                self._held.release()
            self._staging.commit()
        return self._output.saved

    @property
    def is_committed(self) -> bool:
        """Whether all files have their names."""
        return self._staging.is_committed

    def discard(self) -> None:
        """Remove everything that was not committed; harmless twice and after `commit`."""
        for writer in self._writers.values():
            writer.abort()
        if self._held is not None:
            self._held.discard()
        self._staging.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()

    def _write_frame(self, index: int, frame: NDArray[np.uint8]) -> None:
        output = self._output
        self._video(output.video, output.kind, frame).write(frame)
        if "frames" in output.save:
            self._folder(output.saved_folder("frames")).write(frame)
        if "first-frame" in output.save and index == 0:
            write_png(self._staging.add_file(output.first_frame), frame, self._comment)
        if output.sheet is not None and index in sheet_indices(self._frames):
            self._sheet_frames[index] = frame.copy()

    def _write_field(self, name: str, chunk: Chunk) -> None:
        output = self._output
        is_onward = name == "flow" and output.flow_format != "npy"
        for array in onward_flows(chunk) if is_onward else field_arrays(name, chunk, self._names):
            picture = field_picture(name, array, self._names)
            self._video(output.saved_video(name), output.saved_kind, picture).write(picture)
            self._folder(output.saved_folder(name)).write(array)

    def _write_boxes(self, chunk: Chunk) -> None:
        space, objects, target = self._names.label_space, self._names.objects, self._output.boxes
        assert space is not None and objects is not None  # or boxes could not be asked for
        if target not in self._writers:
            folder = self._output.video if self._output.kind is Kind.PNG else self._output.saved_folder("frames")
            images = [f"{folder.name}/{numbered_name(index, '.png')}" for index in range(self._frames)]
            path = self._staging.add_file(target)
            self._writers[target] = BoxesWriter(path, space, objects, images, self._comment)
        for numbers in thing_numbers(chunk, len(objects.ids)):
            self._writers[target].write(numbers)

    def _video(self, target: Path, kind: Kind, frame: NDArray[np.uint8]) -> _Writer:
        """Return the video's writer, opened with the size of its first frame."""
        if kind is Kind.PNG:
            return self._folder(target)
        if target not in self._writers:
            height, width, _ = frame.shape
            is_streamed = self._output.to_stdout and target == self._output.video
            self._writers[target] = open_video(
                self._stdout() if is_streamed else self._staging.add_file(target),
                kind,
                height=height,
                width=width,
                frames_per_second=self._frames_per_second,
                comment=self._comment,
            )
        return self._writers[target]

    def _stdout(self) -> BinaryIO:
        return binary_stdout() if self._held is None else self._held.binary()

    def _folder(self, target: Path) -> _Writer:
        if target not in self._writers:
            ending = self._output.folders[target]
            self._writers[target] = self._folder_writer(target, self._staging.add_folder(target), ending)
        return self._writers[target]

    def _folder_writer(self, target: Path, folder: Path, ending: str) -> NumberedFilesWriter:
        if target == self._output.saved_folder("flow") and ending != ".npy":
            return NumberedFilesWriter(folder, ending, write_flo if ending == ".flo" else write_kitti_flow)
        return png_folder_writer(folder, self._comment) if ending == ".png" else array_folder_writer(folder)

    def _contact_sheet(self) -> NDArray[np.uint8]:
        pictures = [(f"frame {index}", frame) for index, frame in self._sheet_frames.items()]
        if self._label_map is not None and self._names.label_space is not None:
            pictures.insert(0, ("label map", labels_to_color(self._label_map, self._names.label_space)))
        return contact_sheet(pictures)

    @contextmanager
    def _output_errors(self, path: Path | None = None) -> Iterator[None]:
        """Tell what cannot be written, by the clip's name where it is not of a file elsewhere."""
        try:
            yield
        except OSError as error:
            raise OutputError(
                f"{path or self._output.name}: cannot be written: {error.strerror or error}",
                None if self._output.to_stdout else "See that the disk has room and the folder is still there.",
            ) from error
