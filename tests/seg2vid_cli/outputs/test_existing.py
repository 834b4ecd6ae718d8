"""What is there as a whole is skipped, what is there in part is refused."""

from pathlib import Path
from typing import Any

import pytest

from seg2vid_cli.outputs.existing import is_there, without_optional
from seg2vid_cli.outputs.plan import plan_outputs
from seg2vid_cli.outputs.save_names import ALL, SAVE_NAMES
from seg2vid_interface.errors import OutputError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def left(asked: frozenset[str] = frozenset(), frames: int = 3, **flags: Any) -> list[str]:
    """Return which clips of a.png and b.png are left to make."""
    save = frozenset(SAVE_NAMES) if ALL in asked else asked
    settings: dict[str, Any] = {"kind": None, "samples": 1, "sheet": None, "overwrite": False, "save": save}
    outputs = plan_outputs([Path("a.png"), Path("b.png")], "new/", **settings | flags)
    return [output.video.as_posix() for output in outputs if not is_there(without_optional(output, asked), frames)]


def lay(*names: str) -> None:
    for name in names:
        path = Path("new", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def numbered(folder: str, count: int, ending: str = "png") -> list[str]:
    return [f"{folder}/{number:06d}.{ending}" for number in range(count)]


def test_clips_that_are_there_are_not_made_again() -> None:
    assert left() == ["new/a.mp4", "new/b.mp4"]
    lay("a.mp4", "a_2.webm")
    assert left() == ["new/b.mp4"]
    assert left(samples=2, kind="webm") == ["new/a.webm", "new/b.webm", "new/b_2.webm"]
    lay("b.mp4")
    assert left() == []


def test_a_folder_of_frames_is_there_if_all_of_them_are() -> None:
    lay(*numbered("a", 3), *numbered("b", 4))
    assert left(kind="png") == []
    with pytest.raises(OutputError, match=r"^new.a.000000\.png: exists already, but new.a.000003\.png does not, so it"):
        left(kind="png", frames=4)


def test_everything_that_is_saved_must_be_there() -> None:
    asked = frozenset({"labels", "flow"})
    lay("a.mp4", "a.labels.mp4", *numbered("a.labels", 3), "a.flow.mp4", *numbered("a.flow", 2, "npy"))
    assert left(asked) == ["new/b.mp4"]
    Path("new/a.flow/000001.npy").unlink()
    with pytest.raises(
        OutputError, match=r"^new.a\.mp4: exists already, but new.a\.flow.000001\.npy does not"
    ) as caught:
        left(asked)
    assert "--overwrite in the place of --skip-existing" in str(caught.value.hint)


def test_of_all_that_can_be_saved_a_clip_without_things_lacks_theirs() -> None:
    lay("a.mp4", "a.first-frame.png", "a.camera.json", *numbered("a.frames", 3))
    lay(*(name for field in ("labels", "depth", "flow", "occlusion") for name in (f"a.{field}.mp4",)))
    lay(*numbered("a.labels", 3), *numbered("a.depth", 3, "npy"))
    lay(*numbered("a.flow", 2, "npy"), *numbered("a.occlusion", 2, "npy"))
    assert left(frozenset({ALL})) == ["new/b.mp4"]
    with pytest.raises(OutputError, match=r"but new.a\.boxes\.json does not"):
        left(frozenset({ALL, "boxes"}))
