import time

import pytest

from seg2vid_cli.studio import files as module
from seg2vid_cli.studio.failures import NotFoundError
from seg2vid_cli.studio.files import MOST_KEPT, KeptFiles


@pytest.fixture
def files():
    files = KeptFiles()
    yield files
    files.close()
    assert not files.folder.exists()


def kept(files: KeptFiles) -> str:
    path = files.new_folder() / "clip.mp4"
    path.write_bytes(b"clip")
    return files.keep(path, "video/mp4")


def test_a_few_are_kept_and_the_oldest_go(files):
    names = [kept(files) for _ in range(MOST_KEPT + 1)]
    assert files.find(names[-1]).path.read_bytes() == b"clip"
    with pytest.raises(NotFoundError):
        files.find(names[0])
    assert len(list(files.folder.iterdir())) == MOST_KEPT


def test_none_is_kept_for_long(files, monkeypatch):
    name = kept(files)
    now = time.monotonic()
    monkeypatch.setattr(module.time, "monotonic", lambda: now + module.KEPT_SECONDS + 1)
    with pytest.raises(NotFoundError):
        files.find(name)
    assert list(files.folder.iterdir()) == []
