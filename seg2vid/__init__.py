"""seg2vid in Python: open a model, make clips from label maps, look at them as arrays, save them.

    import seg2vid

    with seg2vid.open("street") as model:
        clip = model.generate("map.png", frames=24, seed=0)
        for frame in clip:          # uint8 (H, W, 3), RGB, while they are made
            ...
        clip.flow                   # float32 (N - 1, H, W, 2)
        clip.save("out.mp4")

The same words as the command line's, and the same code below: the same seed gives the same clip, and `save` the same
file.  What goes wrong is a `Seg2VidError` with the message and the hint that the command line shows; what opening a
model and reading a label map have to say goes to the logger "seg2vid".

Shape symbols: N = frames of the clip, H, W = height and width of the model.
"""

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike, fspath
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from seg2vid_interface.errors import Seg2VidError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from seg2vid_cli.generation.look import Look
    from seg2vid_cli.generation.scene_clip import SceneClip
    from seg2vid_cli.generation.tries import Judging
    from seg2vid_cli.inputs.cameras import CameraSource
    from seg2vid_cli.inputs.styles import GivenStyle
    from seg2vid_cli.plugins import OpenedSession
    from seg2vid_interface.clips import Field
    from seg2vid_interface.model_card import ModelCard, ModelFolder

    Picture = str | PathLike[str] | Image.Image | NDArray[Any]
    """A file, or the picture itself; as an array (H, W) integers, or (H, W, 3) uint8 in RGB."""

__all__ = ["Clip", "Model", "Seg2VidError", "open"]

logger = logging.getLogger(__name__)


def open(  # noqa: A001  # seg2vid.open, like gzip.open
    model: str | PathLike[str] = "street",
    *,
    backend: str = "auto",
    device: str = "auto",
    precision: str = "auto",
    size: tuple[int, int] | None = None,
) -> "Model":
    """Open a model; close it, or use it as a context manager.

    Args:
        model: name of a bundled or pulled model, or a model folder (as text: ./NAME).
        backend: "auto", or one that `seg2vid backends` lists; "auto" takes the fastest for the device.
        device: "auto", "cpu", "cuda" or "cuda:N".
        precision: "auto", "fp32", "fp16" or "bf16".
        size: height and width in pixels; None = the model's own.

    Raises:
        Seg2VidError: no such model, backend, device, precision, or a size that the networks cannot take.
    """
    from seg2vid_cli.files.cache import graph_cache
    from seg2vid_cli.model_store.store import open_model
    from seg2vid_cli.plugins import open_session
    from seg2vid_interface.backend import OpenOptions

    folder = open_model(model if isinstance(model, str) else str(Path(model).absolute()))
    options = OpenOptions(device, precision, size, graph_cache())
    return Model(folder, open_session(backend, folder, options, logger.warning))


class Model:
    """A model opened on a device.  What is asked of it is made by one thread at a time."""

    def __init__(self, folder: "ModelFolder", opened: "OpenedSession") -> None:
        """Called by `open`."""
        self._folder = folder
        self._session = opened.session
        self.backend = opened.backend
        """Name of the backend that runs it."""

    @property
    def card(self) -> "ModelCard":
        """What is known of the model: licence, label space, training data, ..."""
        return self._folder.card

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the clips in pixels."""
        return self._session.height, self._session.width

    @property
    def device(self) -> str:
        """What runs it: "cpu" or "cuda:N"."""
        return self._session.device

    @property
    def precision(self) -> str:
        """Number format that the networks run in: "fp32", "fp16" or "bf16"."""
        return self._session.precision

    def generate(
        self,
        label_map: "Picture | None" = None,
        *,
        frames: int | None = None,
        fps: float | None = None,
        seed: int = 0,
        sample: int = 1,
        first_frame: "Picture | None" = None,
        instances: "Picture | None" = None,
        style: "int | Picture | None" = None,
        camera: "CameraSource | None" = None,
        label_format: str = "auto",
        judge: float | None = None,
        tries: int = 4,
    ) -> "Clip":
        """Read what a clip is made from; the clip itself is made when it is looked at or saved.

        With `judge` clips are made here, of the sample numbers from `sample` on, and looked at for their label
        agreement alone, until that of one is as high; this one, or else the best of all, is the clip.

        Args:
            label_map: in any encoding that `label_format` reads; None for a model without labels, or for one that tells
                them (`card.segments`) from the first frame.
            frames: length, the first frame included; None = the model's.
            fps: frames per second of the saved video, 0.1 to 240; None = the model's.
            seed: of the random numbers, 0 or more.
            sample: number of the clip, from 1: each has a motion of its own, like the command line's `--samples`.
            first_frame: start from this picture.
            instances: instance ids (H, W) of the label map's size, for a model that knows instances.
            style: seed of the first frame's look alone, or a picture to take it from; then all samples look the same.
            camera: the path that is driven, for a model that has a camera: text as the command line's, a file,
                {"forward": 8, "yaw": 3} in m/s and degrees/s, or rows (time, forward, yaw, pitch); None = as the seed
                says.
            label_format: "auto", a name of `seg2vid label-formats`, or a file: TOML, or CVAT's or labelme's .txt.
            judge: the label agreement, 0 to 1, that will do, for a model that tells labels; None = any.
            tries: the most clips to try, 1 or more.

        Raises:
            Seg2VidError: a picture or path cannot be read or understood, the model misses one or has no use for it, or
                it cannot judge.
            ValueError: a number out of its range.
        """
        from seg2vid_cli.generation.label_agreement import check_judge
        from seg2vid_cli.generation.scene_clip import SceneClip
        from seg2vid_cli.generation.tries import Judging
        from seg2vid_cli.inputs.cameras import check_camera, read_camera
        from seg2vid_cli.inputs.scenes import GivenScene, check_inputs, read_scene
        from seg2vid_cli.inputs.styles import check_style

        card = self.card
        frames = card.frames if frames is None else frames
        fps = card.frames_per_second if fps is None else fps
        if frames < 1 or sample < 1 or not 0 <= seed < 2**63 or not 0.1 <= fps <= 240:  # as documented
            raise ValueError(f"out of range: frames = {frames}, sample = {sample}, seed = {seed}, fps = {fps}")
        if tries < 1 or not (judge is None or 0 <= judge <= 1):
            raise ValueError(f"out of range: judge = {judge}, tries = {tries}")
        if isinstance(style, int) and not 0 <= style < 2**63:
            raise ValueError(f"out of range: style = {style}")
        given = GivenScene(
            _source("label_map", label_map), _source("first_frame", first_frame), _source("instances", instances)
        )
        maps = [] if given.label_map is None else [given.label_map]
        check_inputs(maps, given.first_frame, card, given.instances)
        given_style = style if style is None or isinstance(style, int) else _source("style", style)
        check_style(given_style, given.first_frame, card)
        check_camera(camera, card)
        if judge is not None:
            check_judge(card)
        given_camera = None if camera is None else read_camera(camera)
        scene = read_scene(given, label_format, card, *self.size)
        for message in scene.messages:
            logger.info(message)
        if scene.lacks_labels(card):
            scene = scene.with_labels(card, self._session, self.backend)
        sources = given.label_map, given.first_frame, given.instances, given_style, given_camera and given_camera.file
        read = tuple(source for source in sources if isinstance(source, Path))
        look = self._look(given_style)
        clip = SceneClip(self._session, card, scene, seed, sample, frames, fps, look, given_camera)
        if judge is not None:
            return self._judged(clip, read, Judging(judge, tries))
        return Clip(clip, read, self.backend)

    def _judged(self, clip: "SceneClip", read: tuple[Path, ...], judging: "Judging") -> "Clip":
        made: list[Clip] = []
        for sample in judging.samples(clip.sample, 1):
            made.append(Clip(replace(clip, sample=sample), read, self.backend))
            if made[-1].label_agreement >= judging.wanted:
                break
        return max(made, key=lambda clip: clip.label_agreement)

    def segment(self, picture: "Picture") -> "NDArray[np.uint8]":
        """Tell the labels of a picture, which is brought to the model's size.

        Args:
            picture: a photograph, say.

        Returns:
            Class indices (H, W) of the card's label space, "other" as 255: what `generate` takes as a label map.

        Raises:
            Seg2VidError: the picture cannot be read, or the model (`card.segments`) or the backend cannot tell labels.
        """
        from seg2vid_cli.inputs.first_frames import read_first_frame
        from seg2vid_cli.inputs.told_labels import check_segments, tell_labels
        from seg2vid_cli.outputs.fields import labels_in_files

        check_segments(self.card)
        array, message = read_first_frame(_source("picture", picture), *self.size, what="picture")
        if message:
            logger.info(message)
        assert self.card.label_space is not None  # or it would tell no labels
        return labels_in_files(tell_labels(array, self.card, self._session, self.backend), self.card.label_space)

    def _look(self, style: "GivenStyle | None") -> "Look":
        from seg2vid_cli.generation.look import Look, look_of
        from seg2vid_cli.inputs.styles import read_style_picture

        if style is None or isinstance(style, int):
            return Look(seed=style)
        name = style.name if isinstance(style, Path) else "picture"
        return look_of(read_style_picture(style, self.card), name, self._session, self.backend)

    def close(self) -> None:
        """Free the device; clips that are not made yet cannot be made afterwards."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        height, width = self.size
        return f"<seg2vid model {self.card.name}, {height}x{width}, {self.backend} on {self.device}, {self.precision}>"


@dataclass(frozen=True)
class Clip:
    """A clip, made when it is looked at: frame by frame with `for`, or as a whole by its arrays, which then stay."""

    _clip: "SceneClip"
    _read: tuple[Path, ...]
    """The files that it is made from, which `save` does not replace."""
    _backend: str

    @property
    def sample(self) -> int:
        """Number of the clip: what `Model.generate` was told, or with `judge` what it found."""
        return self._clip.sample

    def __len__(self) -> int:
        return self._clip.frames

    def __iter__(self) -> Iterator["NDArray[np.uint8]"]:
        """Yield the frames, uint8 (H, W, 3) in RGB, while they are made; memory does not grow with the length."""
        if "_arrays" in vars(self):
            yield from self.frames
            return
        for chunk in self._clip.chunks(frozenset()):
            yield from chunk.frames

    @property
    def frames(self) -> "NDArray[np.uint8]":
        """The frames, (N, H, W, 3) in RGB."""
        return self._arrays["frames"]

    @property
    def flow(self) -> "NDArray[np.float32]":
        """Flow between neighbouring frames, (N - 1, H, W, 2), x and y in pixels, on the later frame's grid.

        later(p) = earlier(p - flow(p)).
        """
        return self._arrays["flow"]

    @property
    def occlusion(self) -> "NDArray[np.float32]":
        """Of every frame but the first, (N - 1, H, W) in 0..1: 1 = visible in the frame that its chunk began with."""
        return self._arrays["occlusion"]

    @property
    def labels(self) -> "NDArray[np.uint8]":
        """Of every frame, (N, H, W): class indices of `Model.card`'s label space, "other" as 255; valid input again.

        Raises AttributeError for a model without labels.
        """
        if "labels" not in self._arrays:
            raise AttributeError("this model knows no labels")
        return self._arrays["labels"]

    @cached_property
    def label_agreement(self) -> float:
        """The share, 0 to 1, of all frames' pixels that the model takes for what they are meant to be.

        The clip is made for it, and nothing kept.  Raises Seg2VidError if the model (`card.segments`) or the backend
        cannot tell labels, or the label map has no classes.
        """
        from seg2vid_cli.inputs.told_labels import check_segments

        check_segments(self._clip.card)
        return self._clip.label_agreement(self._backend)

    @property
    def depth(self) -> "NDArray[np.float32]":
        """Of every frame, (N, H, W): metres ahead of the camera, the sky inf.

        Raises AttributeError for a model without a camera.
        """
        return self._of_camera("depth")

    @property
    def instances(self) -> "NDArray[np.uint16]":
        """Of every frame, (N, H, W): ids of the things, 0 = none.

        They are those that were given, or of the label map; else touching things of a kind share a number.
        Raises AttributeError for a model without a camera.
        """
        return self._of_camera("instances")

    def _of_camera(self, name: str) -> "NDArray[Any]":
        if name not in self._arrays:
            raise AttributeError("this model has no camera, by which it could tell depth and things")
        return self._arrays[name]

    def save(
        self,
        path: str | PathLike[str],
        *,
        save: Collection[str] = (),
        flow_format: str = "npy",
        sheet: str | PathLike[str] | None = None,
        overwrite: bool = False,
    ) -> list[Path]:
        """Write the clip as `seg2vid generate -o PATH` does; return all that was written, the video first.

        Args:
            path: .mp4, .webm, .gif, .webp or .rgb.
            save: what is written beside it: any of "labels", "flow", "occlusion", "depth", "instances", "boxes",
                "camera", "first-frame", "frames", or "all".
            flow_format: "npy", "flo" or "kitti".
            sheet: a .png, for an overview picture.
            overwrite: replace existing files of these names.

        Raises:
            Seg2VidError: files exist, cannot be written, or contradict each other, or the model or the label map cannot
                tell what is to be saved; nothing is left behind.
        """
        from seg2vid_cli.generation.things import check_things, fit_to_things
        from seg2vid_cli.outputs.checks import check_outputs
        from seg2vid_cli.outputs.existing import finish_killed_runs
        from seg2vid_cli.outputs.plan import plan_outputs
        from seg2vid_cli.outputs.save_names import names_to_save

        clip, session, card = self._clip, self._clip.session, self._clip.card
        has_labels, has_camera = card.label_space is not None, card.camera is not None
        asked = frozenset(save)
        outputs = plan_outputs(
            [None],
            fspath(path),
            kind=None,
            samples=1,
            save=names_to_save(asked, frames=clip.frames, has_labels=has_labels, has_camera=has_camera),
            sheet=None if sheet is None else Path(sheet),
            overwrite=overwrite,
            flow_format=flow_format,
        )
        finish_killed_runs(outputs)
        check_outputs(
            outputs,
            self._read,
            frames=clip.frames,
            height=session.height,
            width=session.width,
            frames_per_second=clip.frames_per_second,
            has_labels=has_labels,
            has_camera=has_camera,
        )
        for message in check_things(clip.scene, card, asked):
            logger.info(message)
        (output,) = outputs
        return [output.video, *clip.write(fit_to_things(output, clip.scene, card))]

    @cached_property
    def _arrays(self) -> dict[str, "NDArray[Any]"]:
        """All of the clip, made once."""
        import numpy as np

        from seg2vid_cli.outputs.fields import field_arrays

        session, card = self._clip.session, self._clip.card
        fields: dict[str, Field] = {"flow": "flow", "occlusion": "occlusion"}
        fields |= {"labels": "labels"} if card.label_space else {}
        fields |= {"depth": "depth", "instances": "objects"} if card.camera else {}
        parts: dict[str, list[Any]] = {name: [] for name in ("frames", *fields)}
        for chunk in self._clip.chunks(frozenset(fields.values())):
            parts["frames"] += [*chunk.frames]
            for name in fields:
                parts[name] += field_arrays(name, chunk, self._clip.names)
        nothing = np.zeros((0, session.height, session.width, 2), np.float32)  # a clip of one frame has no flow
        empty = {"flow": nothing, "occlusion": nothing[..., 0]}
        return {name: np.stack(arrays) if arrays else empty[name] for name, arrays in parts.items()}


def _source(name: str, picture: "Picture | None") -> Any:
    """Return what `inputs` reads: a path, or a picture with the name that messages call it."""
    if picture is None:
        return None
    if isinstance(picture, str | PathLike):
        return Path(picture)
    from seg2vid_cli.inputs.pictures.given import given_picture

    return given_picture(name, picture)
