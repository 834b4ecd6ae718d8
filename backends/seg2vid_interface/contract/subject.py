"""What the contract's tests have in hand: a backend, a model and requests for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from seg2vid_interface.backend import Backend, OpenOptions, Session, Stage
from seg2vid_interface.clips import Chunk, ClipRequest, Field
from seg2vid_interface.model_card import ModelFolder, open_model_folder
from seg2vid_interface.sample_scene import sample_picture, sample_request

SESSIONS = pytest.StashKey[dict[Path, Session]]()
"""Where a test class keeps its open sessions, by the folder of their model."""


@dataclass(frozen=True)
class Subject:
    """A backend under test."""

    backend: Backend
    model: ModelFolder
    device: str

    @property
    def fields(self) -> frozenset[Field]:
        """What can be asked for beside the frames."""
        fields: set[Field] = {"flow", "occlusion"}
        fields |= {"labels"} if self.model.card.label_space else set()
        return frozenset(fields | ({"depth", "objects"} if self.model.card.camera else set()))

    @property
    def several_chunks(self) -> int:
        """Length of a clip of the first frame, a whole chunk and one frame more; 1 if the model makes no more."""
        return self.model.card.chunk_frames + 2 if "motion" in self.model.card.stages else 1

    def needs(self, stage: Stage) -> None:
        """Skip the test if the model has not the stage."""
        if stage not in self.model.card.stages:
            pytest.skip(f"the model has no {stage} stage")

    def needs_labels(self) -> None:
        """Skip the test if the model has no labels."""
        if self.model.card.label_space is None:
            pytest.skip("the model has no labels")

    def needs_camera(self) -> None:
        """Skip the test if the model has no camera that drives through clips."""
        if self.model.card.camera is None or not {"image", "motion"} <= self.model.card.stages.keys():
            pytest.skip("the model has no camera")

    def needs_image_condition(self, name: str) -> None:
        """Skip the test if the image stage does not see it: "image_label_map", "edges" or "texture"."""
        card = self.model.card
        seen = {"image_label_map": card.sees_own_labels, "edges": card.instance_edges, "texture": card.texture}
        if "image" not in card.stages or not seen[name]:
            pytest.skip(f"the model's image stage sees no {name}")

    def without(self, stage: Stage) -> "Subject":
        """Return the same with a model that lacks a stage, and its camera with the motion stage."""
        card = self.model.card
        stages = {name: kept for name, kept in card.stages.items() if name != stage}
        changes = {"stages": stages, "camera": None if stage == "motion" else card.camera}
        return replace(self, model=ModelFolder(self.model.path, card.model_copy(update=changes)))

    def open(self, **options: Any) -> Session:
        """Open the model; OpenOptions say how, on the device of the test unless told otherwise."""
        return self.backend.open(self.model, OpenOptions(**{"device": self.device, **options}))

    def open_fp32(self) -> Session:
        """Open it for a comparison to within a few levels; skip the test if the backend has no fp32."""
        if "fp32" not in self.backend.status().precisions:
            pytest.skip("the backend does not run in fp32")
        return self.open(precision="fp32")

    def request(self, session: Session, sample: int = 1, **changes: Any) -> ClipRequest:
        """Return a request for several chunks with all fields; another sample has other numbers and labels."""
        plain = sample_request(session, self.model.card, sample, frames=self.several_chunks, fields=self.fields)
        return replace(plain, **changes)

    def picture(self, session: Session, sample: int = 1) -> NDArray[np.uint8]:
        """Return a first frame (H, W, 3) to be given."""
        return sample_picture(self.model.card, sample, (session.height, session.width))

    def clip(self, session: Session, sample: int = 1, **changes: Any) -> list[Chunk]:
        """Make one clip."""
        return [chunk for (chunk,) in session.generate([self.request(session, sample, **changes)])]


class ContractFixtures:
    """What a test class says of itself, and the fixtures that its tests take."""

    backend_class: ClassVar[type[Backend]]
    model_folder: Any
    """Path of a model folder, or a fixture that returns one, in the class, its module or a conftest.py."""
    device: ClassVar[str] = "cpu"
    """What the model is opened on, unless a test is about devices."""

    def __init_subclass__(cls) -> None:
        if isinstance(folder := cls.__dict__.get("model_folder"), str | Path):
            cls.model_folder = pytest.fixture(lambda _: folder, name="model_folder")

    @pytest.fixture
    def subject(self, model_folder: str | Path) -> Subject:
        """Return what is tested; skip the test if the backend cannot be used here."""
        backend = self.backend_class()
        if (reason := backend.status().reason) is not None:
            pytest.skip(reason)
        return Subject(backend, open_model_folder(Path(model_folder)), self.device)

    @pytest.fixture
    def session(self, subject: Subject, request: pytest.FixtureRequest) -> Iterator[Session]:
        """Open the model; tests of a class share the session, for that takes its time, until one of them fails."""
        owner, failures = request.node.getparent(pytest.Class), request.session.testsfailed
        sessions, folder = owner.stash.setdefault(SESSIONS, {}), subject.model.path
        if folder not in sessions:
            sessions[folder] = subject.open()
            owner.addfinalizer(sessions[folder].close)
        yield sessions[folder]
        if request.session.testsfailed > failures:
            sessions.pop(folder).close()


def first_of(session: Session, requests: Sequence[ClipRequest]) -> list[Chunk]:
    """Return what a batch yields first; errors of requests come here at the latest."""
    chunks: Iterator[list[Chunk]] = iter(session.generate(requests))
    return next(chunks)
