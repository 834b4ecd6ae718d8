"""Whatever happens on the way, the folder ends up with all new files, or as it was."""

import errno
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seg2vid_interface.errors import OutputError
from seg2vid_interface.staging import moves, renames
from seg2vid_interface.staging import staging as staging_module
from seg2vid_interface.staging.hidden_folder import HiddenFolder
from seg2vid_interface.staging.leftovers import put_right
from seg2vid_interface.staging.moves import Move
from seg2vid_interface.staging.staging import Staging


def tree(folder: Path) -> dict[str, str | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() if path.is_file() else None for path in folder.rglob("*")
    }


def stage(staging: Staging, folder: Path) -> None:
    staging.add_file(folder / "a.mp4").write_text("new video")
    frames = staging.add_folder(folder / "a.frames")
    frames.mkdir()
    for number in range(2):
        (frames / f"{number:06d}.png").write_text(f"new {number}")


def old_results(folder: Path) -> None:
    (folder / "a.mp4").write_text("old video")
    (folder / "a.frames").mkdir()
    for name in ("000000.png", "000001.png", "000002.png", "notes.txt", "7.png", "000003.npy"):
        (folder / "a.frames" / name).write_text(f"old {name}")


NEW_IN_OLD = {"a.mp4": "new video", "a.frames/000000.png": "new 0", "a.frames/000001.png": "new 1"}
NEW = NEW_IN_OLD | {"a.frames": None}


@pytest.fixture(params=["linux", "links", "bare"])
def file_system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Linux's own; one that has hard links alone; or one that has neither links nor renames with flags."""
    if request.param != "linux":
        monkeypatch.setattr(renames, "_renameat2", lambda: None)
    if request.param == "bare":
        for module in (moves, renames):
            monkeypatch.setattr(module, "link", lambda path, name: False)
    return request.param


@pytest.mark.usefixtures("file_system")
def test_files_and_folders_take_their_names(tmp_path: Path) -> None:
    staging = Staging(overwrite=False)
    stage(staging, tmp_path)
    assert not (tmp_path / "a.mp4").exists()
    staging.commit()
    assert tree(tmp_path) == NEW


def test_discard_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    old_results(tmp_path)
    before = tree(tmp_path)
    staging = Staging(overwrite=True)
    stage(staging, tmp_path)
    staging.discard()
    staging.discard()
    assert tree(tmp_path) == before


@pytest.mark.usefixtures("file_system")
def test_overwriting_replaces_files_of_equal_name_and_takes_none_away(tmp_path: Path) -> None:
    old_results(tmp_path)
    expected = tree(tmp_path) | NEW_IN_OLD
    staging = Staging(overwrite=True)
    stage(staging, tmp_path)
    staging.commit()
    assert tree(tmp_path) == expected


@pytest.mark.usefixtures("file_system")
def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    old_results(tmp_path)
    (tmp_path / "b.mp4").symlink_to("a.frames/notes.txt")
    staging = Staging(overwrite=True)
    for name in ("a.mp4", "b.mp4"):
        staging.add_file(tmp_path / name).write_text("new")
    staging.commit()
    assert not (tmp_path / "b.mp4").is_symlink()
    assert (tmp_path / "b.mp4").read_text() == "new"
    assert (tmp_path / "a.frames" / "notes.txt").read_text() == "old notes.txt"


@pytest.mark.usefixtures("file_system")
def test_a_whole_folder_takes_the_place_of_another(tmp_path: Path) -> None:
    for _ in range(2):
        old_results(tmp_path)
        staging = Staging(overwrite=True)
        (staging.add_folder(tmp_path / "a.frames", whole=True)).mkdir()
        staging.commit()
        assert tree(tmp_path) == {"a.mp4": "old video", "a.frames": None}
        (tmp_path / "a.frames").rmdir()


def test_what_is_there_no_more_goes_with_what_replaces_it(tmp_path: Path) -> None:
    old_results(tmp_path)
    staging = Staging(overwrite=True)
    stage(staging, tmp_path)
    staging.take_away(tmp_path / "a.frames" / "7.png")
    (staging.scratch(tmp_path) / "notes").touch()
    expected = tree(tmp_path / "a.frames") | {"000000.png": "new 0", "000001.png": "new 1"}
    del expected["7.png"]
    staging.commit()
    assert tree(tmp_path / "a.frames") == expected
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_what_was_added_first_gets_its_name_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    staging = Staging(overwrite=False)
    for name in ("a.mp4", "a.labels.mp4", "sheet.png"):
        staging.add_file(tmp_path / name).touch()
    do, named = Move.do, list[str]()

    def noted(move: Move) -> None:
        do(move)
        named.append(move.name)

    monkeypatch.setattr(Move, "do", noted)
    staging.commit()
    assert named == ["sheet.png", "a.labels.mp4", "a.mp4"]


STEPS = ("rename", "replace", "unlink")


@pytest.fixture
def at_step(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., list[str]]]:
    """Have something happen at one step of those that change names, before it or after; return the steps' names."""

    def happen(number: int, act: Callable[[], object], *, after: bool = False) -> list[str]:
        seen: list[str] = []

        def stepping(name: str, function: Callable[..., object]) -> Callable[..., object]:
            def step(*args: object, **named: object) -> object:
                seen.append(name)
                due = len(seen) == number
                if due and not after:
                    act()
                result = function(*args, **named)
                if due and after:
                    act()
                return result

            return step

        for name in STEPS:
            monkeypatch.setattr(Path, name, stepping(name, getattr(Path, name)))
        monkeypatch.setattr(renames, "_rename", stepping("_rename", renames._rename))
        monkeypatch.setattr(moves, "link", stepping("link", moves.link))
        return seen

    yield happen
    monkeypatch.undo()


def broken() -> None:
    raise OSError(errno.EIO, "Input/output error")


@pytest.mark.usefixtures("file_system")
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("number", range(1, 10))
def test_a_fault_in_any_step_changes_nothing(
    tmp_path: Path, at_step: Callable[..., list[str]], number: int, after: bool
) -> None:
    old_results(tmp_path)
    before = tree(tmp_path)
    staging = Staging(overwrite=True)
    stage(staging, tmp_path)
    (staging.add_folder(tmp_path / "b")).mkdir()
    at_step(number, broken, after=after)
    try:
        staging.commit()
    except OSError as error:
        assert error.errno == errno.EIO
        staging.discard()
        assert tree(tmp_path) == before
    else:
        assert tree(tmp_path) == before | NEW_IN_OLD | {"b": None}


def interrupt_twice() -> None:
    """Send what a second Ctrl-C, or a service that ends, sends while the first is being dealt with."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.raise_signal(number)


@pytest.fixture
def terminated() -> Iterator[None]:
    """Let SIGTERM raise what the program's own handlers raise."""

    def stop(_number: int, _frame: object) -> None:
        raise SystemExit(143)

    previous = signal.signal(signal.SIGTERM, stop)
    yield
    signal.signal(signal.SIGTERM, previous)


@pytest.mark.usefixtures("terminated")
@pytest.mark.parametrize("number", range(1, 9))
def test_signals_wait_until_all_have_their_names(
    tmp_path: Path, at_step: Callable[..., list[str]], number: int
) -> None:
    old_results(tmp_path)
    expected = tree(tmp_path) | NEW_IN_OLD
    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    staging = Staging(overwrite=True)
    stage(staging, tmp_path)
    seen = at_step(number, interrupt_twice)
    with pytest.raises(SystemExit, match="143"):
        staging.commit()
    assert len(seen) >= number
    assert tree(tmp_path) == expected
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == handlers


@pytest.mark.usefixtures("terminated")
def test_signals_wait_while_a_fault_is_undone(tmp_path: Path, at_step: Callable[..., list[str]]) -> None:
    old_results(tmp_path)
    before = tree(tmp_path)
    staging = Staging(overwrite=True)
    stage(staging, tmp_path)
    do, undo = Move.do, Move.undo
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Move, "do", lambda move: broken() if move.name == "a.mp4" else do(move))
        patch.setattr(Move, "undo", lambda move: (interrupt_twice(), undo(move))[1])
        with pytest.raises(SystemExit, match="143"):
            staging.commit()
    assert tree(tmp_path) | before == tree(tmp_path)
    staging.discard()
    assert tree(tmp_path) == before


def test_elsewhere_than_in_the_main_thread_signals_are_nobody_s(tmp_path: Path) -> None:
    staging = Staging(overwrite=False)
    stage(staging, tmp_path)
    thread = threading.Thread(target=staging.commit)
    thread.start()
    thread.join()
    assert tree(tmp_path) == NEW


def test_what_cannot_be_undone_is_kept_for_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old_results(tmp_path)
    before = tree(tmp_path)
    staging = Staging(overwrite=True)
    stage(staging, tmp_path)
    do = Move.do
    with monkeypatch.context() as patch:
        patch.setattr(Move, "do", lambda move: broken() if move.name == "a.mp4" else do(move))
        patch.setattr(Move, "undo", lambda _: broken())
        with pytest.raises(OSError, match="Input/output error"):
            staging.commit()
        staging.discard()
    assert (tmp_path / "a.frames" / "000001.png").read_text() == "new 1"
    put_right([tmp_path])
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

        def checked(planned: list[Move]) -> None:
            check(planned)
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


@pytest.mark.skipif(sys.platform != "linux", reason="of Linux's renames")
def test_on_linux_an_empty_folder_is_not_replaced_either(
    tmp_path: Path, between: Callable[[Callable[[], object]], None]
) -> None:
    staging = Staging(overwrite=False)
    (staging.add_folder(tmp_path / "model", whole=True)).mkdir()
    between((tmp_path / "model").mkdir)
    with pytest.raises(OutputError, match="model: exists already"):
        staging.commit()
    staging.discard()
    assert tree(tmp_path) == {"model": None}


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


def test_a_new_folder_that_another_takes_along_just_then_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = tmp_path / "new"
    first, second = Staging(overwrite=False, new_folder=new), Staging(overwrite=False, new_folder=new)
    first.add_file(new / "a.mp4")
    make, calls = HiddenFolder.make, list[HiddenFolder]()

    def overtaken(folder: HiddenFolder, *arguments: HiddenFolder) -> None:
        if not calls:
            first.discard()  # by another thread or process, as it comes to nothing
        calls.append(folder)
        make(folder, *arguments)

    monkeypatch.setattr(HiddenFolder, "make", overtaken)
    second.add_file(new / "b.mp4").write_text("b")
    second.commit()
    assert len(calls) == 2
    assert [path.name for path in new.iterdir()] == ["b.mp4"]


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
