"""Commands that a signal ends at a moment drawn from a seed, and what they may leave behind."""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from robustness.tally import Tally
from seg2vid_interface.staging.leftovers import put_right

SIGNALS = tuple(getattr(signal, name) for name in ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name))
PATIENCE = 120
"""Seconds that any command may take, on a machine with other things to do."""

Tree = Mapping[str, str]
"""Path within a folder -> hash of the file, or "" for a folder."""


def tree(folder: Path) -> Tree:
    """Return what lies in a folder."""
    return {
        path.relative_to(folder).as_posix(): "" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
    }


def files(found: Tree) -> Tree:
    """Return it without the folders."""
    return {name: content for name, content in found.items() if content}


def visible(found: Tree) -> Tree:
    """Return what does not lie in a hidden folder, nor is one."""
    return {name: content for name, content in found.items() if not any(p.startswith(".") for p in Path(name).parts)}


@dataclass
class Command:
    """One command in a folder of its own, where something may lie already."""

    name: str
    words: Sequence[object]
    """Of the command line; paths in it are seen from the folder."""
    home: Path
    """Where its folders are made; the same for no other command."""
    before: Path | None = None
    """A folder of what lies there before it."""
    environment: Mapping[str, str] = field(default_factory=dict)
    goes_on: bool = False
    """Whether the same words go on with what lies there."""

    @property
    def replaces(self) -> bool:
        """Whether it may replace what lies there."""
        return "--overwrite" in self.words

    def fresh(self, name: str) -> Path:
        """Make a folder as it is before the command."""
        folder = self.home / name
        shutil.rmtree(folder, ignore_errors=True)
        if self.before is None:
            folder.mkdir(parents=True)
        else:
            shutil.copytree(self.before, folder)
        return folder

    def start(self, folder: Path, *more: str) -> subprocess.Popen[str]:
        """Start it in a folder, with the handlers that a program has under no shell in particular."""
        return subprocess.Popen(
            [sys.executable, "-c", STARTER, *map(str, self.words), *more],
            cwd=folder,
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, folder: Path, *, again: bool = False) -> str | None:
        """Run it to its end, `again` over what it may have made; return what it says if it fails."""
        process = self.start(folder, *(["--overwrite"] if again and not self.replaces and not self.goes_on else []))
        _, said = process.communicate(timeout=PATIENCE)
        return None if process.returncode == 0 else f"{self.name} ended with {process.returncode}: {said}"

    @cached_property
    def seconds(self) -> float:
        """How long it takes when nothing comes between."""
        begun = time.monotonic()
        assert self.done
        return time.monotonic() - begun

    @cached_property
    def done(self) -> Tree:
        """What lies there when it has done its work."""
        folder = self.fresh("done")
        problem = self.run(folder)
        assert problem is None, problem
        return tree(folder)

    def kill(self, rng: random.Random) -> tuple[Path, int, str | None]:
        """Run it until a signal comes; return its folder, the signal, and what is wrong with how it ended."""
        folder, number = self.fresh("killed"), rng.choice(SIGNALS)
        begun = folder.with_name("begun")
        begun.unlink(missing_ok=True)
        delay = rng.uniform(0.02, 1.05) * self.seconds
        process = self.start(folder)
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
        _, said = process.communicate(timeout=PATIENCE)
        # The shell says 128 + N of both: what the program ends with, and of a signal that comes as Python shuts down.
        if not begun.exists() or (process.returncode in (0, -number, 128 + number) and "Traceback" not in said):
            return folder, number, None
        return folder, number, f"{self.name}: signal {number} after {delay:.2f} s: {process.returncode}: {said[-500:]}"


STARTER = """\
import signal
for name in ("SIGHUP", "SIGTERM"):
    if hasattr(signal, name):
        signal.signal(getattr(signal, name), signal.SIG_DFL)  # tests may run under nohup
from pathlib import Path
from seg2vid_cli.__main__ import main
Path("../begun").touch()  # until then Python itself is starting, and has no handlers of the program's
main()
"""


def try_kills(command: Command, count: int, tally: Tally) -> None:
    """Kill a command `count` times; it leaves what was there, or all that it makes, and the next run does its work."""
    rng = random.Random(command.name)
    before = tree(command.fresh("before"))
    for _ in range(count):
        folder, number, problem = command.kill(rng)
        found = tree(folder)
        if problem is None and number != signal.SIGKILL and found not in (before, command.done):
            problem = f"{command.name}: signal {number} left {unlike(found, before)}"
        if problem is None and number == signal.SIGKILL:
            problem = half_made(command, found, before) or not_put_right(command, folder, before)
            problem = problem or command.run(folder, again=True) or unlike_done(command, folder)
        tally.add(problem)


def half_made(command: Command, found: Tree, before: Tree) -> str | None:
    """Say which file that SIGKILL left is neither an old nor a new one, or which is gone that was to stay."""
    done = command.done
    half = [name for name, content in visible(found).items() if content not in (before.get(name), done.get(name))]
    if half:
        return f"{command.name}: SIGKILL left half made {half[:6]}"
    gone = [name for name in before if name not in found]
    return f"{command.name}: SIGKILL took away {gone[:6]}" if gone and not command.replaces else None


def not_put_right(command: Command, folder: Path, before: Tree) -> str | None:
    """Put right what a killed command left, as the next run does first; say what is neither all as before, nor done."""
    if command.goes_on:  # what it has made so far is what the next run begins with
        return None
    put_right([folder, *(path for path in folder.rglob("*") if path.is_dir())])
    found = files(tree(folder))  # an empty folder, that was to take them, is nobody's loss
    right = found in (files(before), files(command.done))
    return None if right else f"{command.name}: put right are not {unlike(found, files(before))}"


def unlike_done(command: Command, folder: Path) -> str | None:
    """Say what the run that follows a killed one left otherwise than one that nothing comes between."""
    found = tree(folder)
    return None if found == command.done else f"{command.name}: another run made {unlike(found, command.done)}"


def unlike(found: Tree, wanted: Tree) -> list[str]:
    """Return the first names that differ."""
    return sorted({name for name, _ in set(found.items()) ^ set(wanted.items())})[:6]
