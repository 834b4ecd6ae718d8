"""Kills a program at every step of putting its results in place, and prints what the next run makes of it.

A program of its own, as it forks: python killed_commits.py FOLDER SYSTEM.
"""

import itertools
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import filelock  # noqa: F401  # or every child would

from seg2vid_interface.errors import OutputError
from seg2vid_interface.staging import moves, renames
from seg2vid_interface.staging.leftovers import put_right
from seg2vid_interface.staging.staging import Staging

STEPS = ("rename", "replace", "link", "unlink", "mkdir", "rmdir")


def tree(folder: Path) -> dict[str, str | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def be(system: str) -> None:
    """Pretend a system: linux, one with hard links alone, or one with neither links nor renames that take flags."""
    if system != "linux":
        renames._renameat2 = lambda: None
    if system == "bare":
        renames.link = moves.link = lambda path, name: False


def at_step(number: int, act: Callable[[], None]) -> Callable[[], int]:
    """Act before the step of that number of those that change names; return how many steps there were."""
    steps = itertools.count(1)
    done = [0]

    def counted(function: Callable) -> Callable:
        def call(*args, **named):
            done[0] = next(steps)
            if done[0] == number:
                act()
            return function(*args, **named)

        return call

    for name in STEPS:
        setattr(os, name, counted(getattr(os, name)))
    renames._rename = counted(renames._rename)
    return lambda: done[0]


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def write_set(folder: Path, *, overwrite: bool, name: str = "new") -> None:
    staging = Staging(overwrite=overwrite)
    try:
        fill(staging, folder, name)
        staging.commit()
    finally:
        staging.discard()


def fill(staging: Staging, folder: Path, name: str) -> None:
    staging.add_file(folder / "a.mp4").write_text(f"{name} video")
    frames = staging.add_folder(folder / "a.frames")
    frames.mkdir()
    for number in range(2):
        (frames / f"{number:06d}.png").write_text(f"{name} {number}")
    staging.add_file(folder / "a.json").write_text(f"{name} text")


def write_apart(folder: Path) -> None:
    staging = Staging(overwrite=True)
    for name in ("a.mp4", "sheets/sheet.png"):
        staging.add_file(folder / name).write_text(f"new {name}")
    staging.commit()


def write_file(folder: Path, *, overwrite: bool) -> None:
    staging = Staging(overwrite=overwrite)
    staging.add_file(folder / "a.mp4").write_text("new video")
    staging.commit()


def write_model(folder: Path) -> None:
    """Write files into a folder, in which another is there no more."""
    staging = Staging(overwrite=True)
    model = staging.add_folder(folder / "model")
    model.mkdir()
    for name in ("model.json", "motion.onnx"):
        (model / name).write_text(f"new {name}")
    staging.take_away(folder / "model" / "image.onnx")
    staging.commit()


def replace_whole(folder: Path) -> None:
    staging = Staging(overwrite=True)
    model = staging.add_folder(folder / "model", whole=True)
    model.mkdir()
    (model / "model.json").write_text("new model")
    staging.commit()


def old_clip(folder: Path) -> None:
    (folder / "a.mp4").write_text("old video")
    (folder / "a.frames").mkdir()
    for name in ("000000.png", "notes.txt"):
        (folder / "a.frames" / name).write_text(f"old {name}")
    (folder / "sheets").mkdir()
    (folder / "sheets" / "sheet.png").write_text("old sheet")


def old_model(folder: Path) -> None:
    (folder / "model").mkdir()
    for name in ("model.json", "image.onnx", "notes.txt"):
        (folder / "model" / name).write_text(f"old {name}")


@dataclass(frozen=True)
class Case:
    """Results to write where others may be, and what is there, whole, in whatever moment the program dies."""

    prepare: Callable[[Path], None]
    write: Callable[[Path], None]
    never_missing: tuple[str, ...] = ()
    mended_from: tuple[str, ...] = (".",)
    """The folders that the next runs write to, one after another."""
    mending_dies: bool = False
    """Whether the next runs are killed as well, each a step later than the one before."""


CASES = {
    "new file": Case(lambda _: None, lambda folder: write_file(folder, overwrite=False)),
    "file": Case(old_clip, lambda folder: write_file(folder, overwrite=True), ("a.mp4",)),
    "new set": Case(lambda _: None, lambda folder: write_set(folder, overwrite=False)),
    "set": Case(old_clip, lambda folder: write_set(folder, overwrite=True), ("a.mp4", "a.frames/000000.png")),
    "set in two folders": Case(old_clip, write_apart, mended_from=(".", "sheets")),
    "set mended from its other folder": Case(old_clip, write_apart, mended_from=("sheets", ".")),
    "set whose mending is killed": Case(old_clip, write_apart, mended_from=(".", "sheets"), mending_dies=True),
    "files of a folder": Case(old_model, write_model, ("model/model.json", "model/notes.txt")),
    "whole folder": Case(old_model, replace_whole, ("model/model.json",)),
}


def in_child(act: Callable[[], None], at: int) -> bool:
    """Have a process do it that is killed at a step; return whether it came so far."""
    child = os.fork()
    if child == 0:
        at_step(at, kill)
        act()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL), status
    return status != 0


def fresh(folder: Path, case: Case) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    case.prepare(folder)


def found(case: Case, folder: Path) -> dict[str, object]:
    """Return what is there after every kill and the next run: how often the old, the new, and what else."""
    fresh(folder, case)
    old = tree(folder)
    case.write(folder)
    new = tree(folder)
    counts: dict[str, object] = {"old": 0, "new": 0}
    missing = set()
    for step in itertools.count(1):
        fresh(folder, case)
        came = in_child(lambda: case.write(folder), step)
        missing |= {name for name in case.never_missing if not (folder / name).exists()}
        for beside in case.mended_from:
            is_half_done = any(folder.glob(".*/journal.json"))
            for mending in itertools.count(1) if case.mending_dies and is_half_done else ():
                if not in_child(lambda beside=beside: put_right([folder / beside]), mending):
                    break
            put_right([folder / beside])
        state = tree(folder)
        kind = "new" if state == new else "old" if state == old else json.dumps([step, state])
        counts[kind] = counts.get(kind, 0) + 1
        if not came:
            return counts | {"missing": sorted(missing)}
    raise AssertionError


def race(folder: Path, rounds: int) -> dict[str, int]:
    """Have two programs write the same results at once, neither of which may replace anything; count the ends."""
    ends: dict[str, int] = {}
    for _ in range(rounds):
        fresh(folder, CASES["new set"])
        reader, writer = os.pipe()
        children = []
        for name in ("one", "two"):
            children.append(os.fork())
            if children[-1] == 0:
                os.close(writer)
                os.read(reader, 1)  # until all ends of the pipe are closed
                try:
                    write_set(folder, overwrite=False, name=name)
                except OutputError as error:
                    os._exit(1 if "exists already" in error.message else 3)
                os._exit(0)
        os.close(writer)
        os.close(reader)
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        words = {text.split()[0] for text in tree(folder).values() if text}
        hidden = [path.name for path in folder.glob(".*")]
        key = f"{sorted(codes)} {len(words)} writer's {hidden}"
        ends[key] = ends.get(key, 0) + 1
    return ends


def main(folder: Path, system: str) -> None:
    be(system)
    document: dict[str, object] = {name: found(case, folder / "a") for name, case in CASES.items()}
    sys.stdout.write(json.dumps(document | {"race": race(folder / "a", 20)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
