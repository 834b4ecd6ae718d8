"""Odd surroundings of a command, and what is wrong with how it ends in them."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from robustness.killing import tree

PATIENCE = 120
"""Seconds; a command that waits for something that never comes takes longer."""
START = "from seg2vid_cli.__main__ import main\nmain()\n"
NO_PASSWD = """\
import os, pwd
os.environ.pop("HOME", None)
def nobody(number): raise KeyError(f"getpwuid(): uid not found: {number}")
pwd.getpwuid = nobody
"""


@dataclass(frozen=True)
class Surroundings:
    """What a command finds around itself."""

    name: str
    shell: str = 'exec "$@"'
    """How bash starts it."""
    variables: Mapping[str, str] = field(default_factory=dict)
    prelude: str = ""
    """Python that runs before the program."""
    done: bool | None = True
    """Whether it does its work; None if it may also say that it cannot."""
    silent: bool = False
    """Whether what it says is not to be had."""


PLAIN = Surroundings("plain")
UNSET = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "SEG2VID_CACHE", "LANG", "LC_ALL")
SURROUNDINGS = (
    Surroundings("no home", f'unset {" ".join(UNSET)}; exec "$@"'),
    Surroundings("no home and no passwd entry", prelude=NO_PASSWD),
    Surroundings("an empty environment", 'exec env -i "$@"'),
    Surroundings("a home that cannot be written", variables={"HOME": "/proc", "SEG2VID_CACHE": "/proc/cache"}),
    Surroundings("a home that is a file", variables={"HOME": "/dev/null", "SEG2VID_CACHE": "/dev/null/cache"}),
    Surroundings("a cache in a circle of links", 'ln -s b ../a; ln -s a ../b; SEG2VID_CACHE=../a exec "$@"'),
    Surroundings("stdin closed", 'exec "$@" <&-'),
    Surroundings("stdout closed", 'exec "$@" >&-'),
    Surroundings("stderr closed", 'exec "$@" 2>&-', silent=True),
    Surroundings("all streams closed", 'exec "$@" <&- >&- 2>&-', silent=True),
    Surroundings("stderr full", 'exec "$@" 2>/dev/full', silent=True),
    Surroundings("stdout full", 'exec "$@" >/dev/full', done=None),
    Surroundings("no reader", '"$@" | head -0; exit ${PIPESTATUS[0]}'),
    Surroundings("letters of C alone", variables={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
    Surroundings("letters of Latin 1", variables={"PYTHONIOENCODING": "latin-1"}),
    Surroundings("a dumb terminal", variables={"TERM": "dumb", "NO_COLOR": "1", "COLUMNS": "1", "LINES": "0"}),
    Surroundings(
        "no folder for temporary files", variables={"TMPDIR": "/nowhere", "TEMP": "/nowhere", "TMP": "/nowhere"}
    ),
    Surroundings("few open files", 'ulimit -n 24; exec "$@"', done=None),
    Surroundings("hardly any open files", 'ulimit -n 6; exec "$@"', done=None, silent=True),
    Surroundings("4 GB of addresses", 'ulimit -v 4000000; exec "$@"', done=None),
    Surroundings("1 GB of addresses", 'ulimit -v 1000000; exec "$@"', done=None),
    Surroundings("files of a kilobyte", 'ulimit -f 1; exec "$@"', done=None),
    Surroundings("no files at all", 'ulimit -f 0; exec "$@"', done=None),
    Surroundings("one core", 'exec taskset -c 0 "$@"'),
    Surroundings("odd numbers of threads", variables={"OMP_NUM_THREADS": "3", "MKL_NUM_THREADS": "many"}),
    Surroundings("every warning an error", variables={"PYTHONWARNINGS": "default", "PYTHONDEVMODE": ""}),
    Surroundings("without assertions", variables={"PYTHONOPTIMIZE": "2"}),
)


def run_in(surroundings: Surroundings, words: Sequence[object], folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run the program in a folder, and its surroundings.  Raises subprocess.TimeoutExpired."""
    program = [sys.executable, "-c", surroundings.prelude + START, *map(str, words)]
    return subprocess.run(
        ["bash", "-c", surroundings.shell, "bash", *program],
        cwd=folder,
        env=os.environ | {"SEG2VID_CACHE": str(folder.parent / "cache")} | surroundings.variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )


def problem_in(
    surroundings: Surroundings, words: Sequence[object], folder: Path, done: Mapping[str, str]
) -> str | None:
    """Run the program; say what is wrong with how it ends, or what it leaves; `done` is what it makes elsewhere."""
    folder.mkdir(parents=True)
    what = f"{' '.join(map(str, words[:2]))}, {surroundings.name}"
    try:
        process = run_in(surroundings, words, folder)
    except subprocess.TimeoutExpired:
        return f"{what}: hangs"
    said = process.stderr.decode(errors="replace")
    ending = f"{what}: ends with {process.returncode}: {said[-600:]}"
    if process.returncode not in (0, 1, 2) or "Traceback" in said or "internal error" in said:
        return ending
    if process.returncode == 0:
        found = tree(folder)
        return (
            None if found == done and surroundings.done is not False else f"{what}: made {sorted(found)}, {said[-300:]}"
        )
    if surroundings.done:
        return ending
    lines = [line for line in said.splitlines() if line.startswith("error: ")]
    if len(lines) != 1 and not surroundings.silent:
        return ending
    left = tree(folder)  # all of it, where no more than its name could not be told
    return None if left in ({}, done) else f"{what}: leaves {sorted(left)} behind"
