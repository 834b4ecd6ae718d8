"""Which of a model folder's files a backend uses, and that it checks them."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from seg2vid_interface.contract.subject import ContractFixtures, Subject
from seg2vid_interface.errors import MissingWeightsError, ModelError
from seg2vid_interface.model_card import ModelFolder


class FileContract(ContractFixtures):
    """A card may name files that a backend does not need; those that it uses have to be what the card says."""

    def test_the_files_it_uses_are_checked_and_no_others_needed(self, subject: Subject, tmp_path: Path) -> None:
        """`ModelFolder.file` does all of it: the errors name the file."""
        used = checked_files(subject)
        for name in used:
            shutil.copy(subject.model.path / name, tmp_path)
        copied = replace(subject, model=ModelFolder(tmp_path, subject.model.card))
        copied.open().close()
        for name in used:
            file = (tmp_path / name).rename(tmp_path / "elsewhere")
            with pytest.raises(MissingWeightsError, match=name):
                copied.open()
            file.rename(tmp_path / name)


def checked_files(subject: Subject) -> list[str]:
    """Return the files of the stages that the backend holds against the card: it refuses them for another hash."""
    hashes = {name: sha256 for stage in subject.model.card.stages.values() for name, sha256 in stage.files.items()}
    wrong = set(hashes)
    while True:
        given = {name: "0" * 64 if name in wrong else sha256 for name, sha256 in hashes.items()}
        try:
            with_hashes(subject, given).open().close()
        except ModelError as error:
            named = [name for name in sorted(wrong, key=len) if name in error.message]
            assert named, f"no altered file is named: {error.message}"
            wrong.remove(named[-1])
        else:
            return [name for name in hashes if name not in wrong]


def with_hashes(subject: Subject, hashes: Mapping[str, str]) -> Subject:
    """Return the same with other hashes of the stages' files on the card."""
    card = subject.model.card
    stages = {
        name: stage.model_copy(update={"files": {file: hashes[file] for file in stage.files}})
        for name, stage in card.stages.items()
    }
    return replace(subject, model=ModelFolder(subject.model.path, card.model_copy(update={"stages": stages})))
