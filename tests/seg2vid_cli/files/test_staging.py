"""Whatever happens on the way, the folder ends up with all new files, or as it was."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from seg2vid_cli.files import staging as staging_module
from seg2vid_cli.files.staging import Staging, _Rename
from seg2vid_interface.errors import OutputError


def tree(folder: Path) -> dict[str, str | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() if path.is_file() else None for path in folder.rglob("*")
    }


def stage(staging: Staging, folder: Path) -> None:
    staging.add_file(folder / "a.mp4").write_text("new video")
    frames = staging.add_folder(folder / "a.frames", ".png")
    frames.mkdir()
    for number in range(2):
        (frames / f"{number:06d}.png").write_text(f"new {number}")


def old_results(folder: Path) -> None:
    (folder / "a.mp4").write_text("old video")
    (folder / "a.frames").mkdir()
    for name in ("000000.png", "000001.png", "000002.png", "notes.txt", "7.png", "000003.npy"):
        (folder / "a.frames" / name).write_text(f"old {name}")


@pytest.fixture(params=["links", "no links"])
def file_system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has hard links, or one that has none, like FAT."""
    if request.param == "no links":
        monkeypatch.setattr(Path, "hardlink_to", _no_links)


def _no_links(_self: Path, _target: Path) -> None:
    raise PermissionError(errno.EPERM, "Operation not permitted")


@pytest.mark.usefixtures("file_system")
def test_files_and_folders_take_their_names(tmp_path: Path) -> None:
    staging = Staging(overwrite=False)
    stage(staging, tmp_path)
    assert not (tmp_path / "a.mp4").exists()
    staging.commit()
    new = {"a.mp4": "new video", "a.frames": None, "a.frames/000000.png": "new 0", "a.frames/000001.png": "new 1"}
    assert tree(tmp_path) == new


def test_discard_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    old_results(tmp_path)
    before = tree(tmp_path)
    staging = Staging(overwrite=True)
    stage(staging, tmp_path)
    staging.discard()
    staging.discard()
    assert tree(tmp_path) == before


def test_overwriting_replaces_files_of_equal_name_and_takes_none_away(tmp_path: Path) -> None:
    old_results(tmp_path)
    expected = tree(tmp_path) | {"a.mp4": "new video", "a.frames/000000.png": "new 0", "a.frames/000001.png": "new 1"}
    staging = Staging(overwrite=True)
    stage(staging, tmp_path)
    staging.commit()
    assert tree(tmp_path) == expected


def test_what_was_added_first_gets_its_name_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    staging = Staging(overwrite=False)
    for name in ("a.mp4", "a.labels.mp4", "sheet.png"):
        staging.add_file(tmp_path / name).touch()
    apply, named = _Rename.apply, list[str]()

    def noted(rename: _Rename) -> None:
        apply(rename)
        named.append(rename.target.name)

    monkeypatch.setattr(_Rename, "apply", noted)
    staging.commit()
    assert named == ["sheet.png", "a.labels.mp4", "a.mp4"]


@pytest.mark.parametrize("when", range(3))
@pytest.mark.parametrize("after", [False, True])
def test_an_interrupt_between_any_two_renames_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: int, after: bool
) -> None:
    old_results(tmp_path)
    before = tree(tmp_path)
    staging = Staging(overwrite=True)
    stage(staging, tmp_path)
    apply, calls = _Rename.apply, iter(range(3))

    def interrupted(rename: _Rename) -> None:
        due = next(calls) == when
        if due and not after:
            rename.target.rename(rename.backup)  # half of what `apply` does
        else:
            apply(rename)
        if due:
            raise KeyboardInterrupt

    monkeypatch.setattr(_Rename, "apply", interrupted)
    with pytest.raises(KeyboardInterrupt):
        staging.commit()
    staging.discard()
    assert tree(tmp_path) == before


def test_a_result_that_came_to_exist_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    staging = Staging(overwrite=False)
    stage(staging, tmp_path)
    (tmp_path / "a.mp4").write_text("somebody else's")
    with pytest.raises(OutputError, match=r"a\.mp4: exists already"):
        staging.commit()
    staging.discard()
    assert tree(tmp_path) == {"a.mp4": "somebody else's"}


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Have something happen after the results' names were found free, and before they are taken."""

    def happen(action: Callable[[], object]) -> None:
        check, actions = staging_module._check_free, [action]

        def checked(renames: list[_Rename]) -> None:
            check(renames)
            if actions:
                actions.pop()()

        monkeypatch.setattr(staging_module, "_check_free", checked)

    return happen


@pytest.mark.usefixtures("file_system")
@pytest.mark.parametrize(
    ("name", "overwrite"),
    [
        ("b.mp4", False),
        ("a.frames", False),
        ("a.frames", True),
        ("a.frames/000001.png", False),
        ("a.frames/000001.png", True),
    ],
)
def test_nothing_that_comes_between_is_replaced_unasked(
    tmp_path: Path, between: Callable[[Callable[[], object]], None], name: str, overwrite: bool
) -> None:
    def come() -> None:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("somebody else's")

    staging = Staging(overwrite=overwrite)
    stage(staging, tmp_path)
    staging.add_file(tmp_path / "b.mp4").write_text("new b")
    between(come)
    with pytest.raises(OutputError, match=r"(b\.mp4|a\.frames): exists already"):
        staging.commit()
    staging.discard()
    parents = {"a.frames": None} if "/" in name else {}
    assert tree(tmp_path) == parents | {name: "somebody else's"}


@pytest.mark.usefixtures("file_system")
def test_a_file_that_comes_between_in_a_folder_that_exists_is_kept(
    tmp_path: Path, between: Callable[[Callable[[], object]], None]
) -> None:
    (tmp_path / "a.frames").mkdir()
    staging = Staging(overwrite=False)
    stage(staging, tmp_path)
    between(lambda: (tmp_path / "a.frames" / "000001.png").write_text("somebody else's"))
    with pytest.raises(OutputError, match=r"a\.frames.000001\.png: exists already"):
        staging.commit()
    staging.discard()
    assert tree(tmp_path) == {"a.frames": None, "a.frames/000001.png": "somebody else's"}


@pytest.mark.parametrize("function", ["hardlink_to", "touch", "replace", "unlink"])
@pytest.mark.parametrize("after", [False, True])
def test_an_interrupt_while_a_free_name_is_taken_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, after: bool
) -> None:
    do, calls = getattr(Path, function), []

    def interrupted(*args: object, **named: object) -> object:
        calls.append(args)
        if not after and len(calls) == 1:
            raise KeyboardInterrupt
        result = do(*args, **named)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return result

    staging = Staging(overwrite=False)
    stage(staging, tmp_path)
    if function in ("touch", "replace"):
        monkeypatch.setattr(Path, "hardlink_to", _no_links)
    monkeypatch.setattr(Path, function, interrupted)
    with pytest.raises(KeyboardInterrupt):
        staging.commit()
    staging.discard()
    assert tree(tmp_path) == {}


def test_a_new_folder_is_made_for_the_first_file_and_goes_again_if_nothing_lands_in_it(tmp_path: Path) -> None:
    new = tmp_path / "new"
    first, second = Staging(overwrite=False, new_folder=new), Staging(overwrite=False, new_folder=new)
    assert not new.exists()
    stage(first, new)
    second.add_file(new / "b.mp4").write_text("b")
    first.discard()
    assert new.exists()
    second.discard()
    assert not new.exists()


def test_a_new_folder_stays_with_what_landed_in_it(tmp_path: Path) -> None:
    new = tmp_path / "new"
    first, second = Staging(overwrite=False, new_folder=new), Staging(overwrite=False, new_folder=new)
    first.add_file(new / "a.mp4").write_text("a")
    second.add_file(new / "b.mp4").write_text("b")
    first.commit()
    second.discard()
    assert tree(tmp_path) == {"new": None, "new/a.mp4": "a"}


def test_a_new_folders_parents_come_and_go_with_it(tmp_path: Path) -> None:
    new = tmp_path / "a" / "b" / "c"
    (tmp_path / "a").mkdir()
    given_up, kept = Staging(overwrite=False, new_folder=new), Staging(overwrite=False, new_folder=new)
    given_up.add_file(new / "a.mp4").write_text("a")
    given_up.discard()
    assert tree(tmp_path) == {"a": None}
    kept.add_file(new / "b.mp4").write_text("b")
    kept.commit()
    assert tree(tmp_path) == {"a": None, "a/b": None, "a/b/c": None, "a/b/c/b.mp4": "b"}
