"""One clip of one scene: made chunk by chunk, and written while it is made."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.generation.label_agreement import LabelAgreement, check_judged
from seg2vid_cli.generation.look import OWN_LOOK, Look
from seg2vid_cli.inputs.cameras import GivenCamera
from seg2vid_cli.inputs.scenes import Scene
from seg2vid_cli.outputs.camera_file import camera_file
from seg2vid_cli.outputs.clip_writer import ClipMetadata, ClipWriter
from seg2vid_cli.outputs.fields import Names
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.terminal.console import program_version
from seg2vid_interface.backend import Session
from seg2vid_interface.clips import Chunk, ClipRequest, Field
from seg2vid_interface.driving.paths import drawn_path
from seg2vid_interface.driving.scene import DrivenScene, driven
from seg2vid_interface.graphs import motion_size
from seg2vid_interface.latents import chunk_noise, motion_latent
from seg2vid_interface.model_card import ModelCard
from seg2vid_interface.prefetch import prefetch


@dataclass(frozen=True)
class SceneClip:
    """A clip that a session can make, as often as it is asked to: the same numbers give the same clip."""

    session: Session
    card: ModelCard
    scene: Scene
    seed: int
    sample: int
    """1, 2, ...: each has a motion of its own, and a look unless that is given."""
    frames: int
    """The first one counts."""
    frames_per_second: float
    look: Look = OWN_LOOK
    camera: GivenCamera | None = None
    """The path that is driven, by a model that has a camera; None = as the motion says."""

    def chunks(self, fields: frozenset[Field], agreement: LabelAgreement | None = None) -> Generator[Chunk]:
        """Make the clip with these fields; a chunk is made, and seen by `agreement`, while the one before is used.

        Whoever stops early should close the generator, which waits for the chunk that is being made.
        """
        with closing(prefetch(self._made(fields, agreement))) as chunks:
            yield from chunks

    def _made(self, fields: frozenset[Field], agreement: LabelAgreement | None) -> Iterator[Chunk]:
        wanted = fields if agreement is None else fields | agreement.fields
        for (chunk,) in self.session.generate([self.request(wanted)]):
            if agreement is not None:  # here, as a session does one thing at a time
                agreement.see(chunk)
            yield chunk

    def label_agreement(self, backend: str) -> float:
        """Make the clip, keep nothing of it, and return how far it shows its labels: see `LabelAgreement`.

        Raises:
            UsageError: the backend, which is called so, cannot tell labels.
            LabelMapError: the label map is "other" everywhere.
        """
        check_judged(self.scene, self.card)
        agreement = LabelAgreement(self.card, self.session, backend)
        with closing(self.chunks(frozenset(), agreement)) as chunks:
            for _ in chunks:
                pass
        return agreement.share

    def write(self, output: PlannedOutput, advance: Callable[[int], None] = lambda _: None) -> list[Path]:
        """Make the clip and write its files; return those beside the video itself.

        Args:
            output: the planned files.
            advance: is told how many frames are written.

        Raises:
            BackendError, OutputError: what `ClipWriter` raises; nothing is left behind.
        """
        with self.writer(output) as writer:
            self.fill(writer, output, advance)
            return writer.commit()

    def writer(self, output: PlannedOutput, *, held: bool = False) -> ClipWriter:
        """Return what writes the clip's files; see `ClipWriter` for `held`."""
        return ClipWriter(
            output,
            frames=self.frames,
            frames_per_second=self.frames_per_second,
            label_map=self.scene.label_map,
            names=self.names,
            metadata=self._metadata(),
            camera=self._camera_file(),
            held=held,
        )

    def fill(
        self,
        writer: ClipWriter,
        output: PlannedOutput,
        advance: Callable[[int], None],
        agreement: LabelAgreement | None = None,
    ) -> None:
        """Make the clip, write it as far as it is made, and let `agreement` see it.  Raises what `write` raises."""
        with closing(self.chunks(output.fields, agreement)) as chunks:
            for chunk in chunks:
                writer.write(chunk)
                advance(chunk.start + len(chunk.frames))

    def request(self, fields: frozenset[Field]) -> ClipRequest:
        """Return what a session makes the clip from, with these fields."""
        session, scene = self.session, self.scene
        style, texture = self.look.draw(self.seed, self.sample, self.card, (session.height, session.width))
        return ClipRequest(
            label_map=scene.label_map,
            first_frame=scene.first_frame,
            latent=self._latent(),
            style=style,
            chunk_noise=chunk_noise(self.seed, self.sample, self.card.noise_shape(session.height, session.width)),
            frames=self.frames,
            fields=fields,
            image_label_map=scene.image.label_map,
            edges=scene.image.edges,
            texture=texture,
            **(self._driven.fields() if self._driven else {}),
        )

    @property
    def names(self) -> Names:
        """What the numbers in the clip's fields stand for."""
        return Names(self.card.label_space, self._driven.objects if self._driven else None)

    @cached_property
    def _driven(self) -> DrivenScene | None:
        """What the camera drives through, for a model that has one."""
        return driven(
            self.card,
            self.scene.label_map,
            self.scene.instances,
            drawn_path(self._latent()) if self.camera is None else self.camera.path,
            self.frames_per_second,
            seed=self.seed,
            sample=self.sample,
            on_road=self.camera is None,
        )

    def _latent(self) -> NDArray[np.float32]:
        return motion_latent(self.seed, self.sample, self.session.latent_size)

    def _metadata(self) -> ClipMetadata:
        look, camera = self.look.name(self.seed), None if self.camera is None else self.camera.title
        return ClipMetadata(self.card.name, self.seed, self.sample, look, program_version(), camera)

    def _camera_file(self) -> str | None:
        if self._driven is None or self.card.camera is None:
            return None
        size = self.session.height, self.session.width
        return camera_file(self._driven.drive, self.frames, self.card.camera, size, motion_size(self.card, *size)[0])
