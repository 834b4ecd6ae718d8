"""The scripts in completions/ are what the program prints, and they work: keys typed into real shells.

`python tests/test_completions.py` writes them anew.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from seg2vid_cli.completion.scripts import SHELLS, VARIABLE, completion_script

FOLDER = Path(__file__).parents[1] / "completions"
FILES = {"bash": "seg2vid.bash", "zsh": "_seg2vid", "fish": "seg2vid.fish", "powershell": "seg2vid.ps1"}
PROGRAM = Path(sys.executable).parent / "seg2vid"

START = {"bash": "bash --norc --noprofile -i", "zsh": "zsh -f -i", "fish": "fish --no-config -i"}
LOAD = {
    "bash": f"source '{FOLDER}/seg2vid.bash'",
    "zsh": f"fpath=('{FOLDER}' $fpath); autoload -Uz compinit; compinit -D -u",
    "fish": f"source '{FOLDER}/seg2vid.fish'",
}
IN_TERMINAL = "import pty, sys; pty.spawn(sys.argv[1:])"
TO_LINE_START, TO_LINE_END = "\x01", "\x05"  # in every shell's usual key bindings

COMPLETED = {
    "seg2vid gen": ["generate"],
    "seg2vid models ver": ["models", "verify"],
    "seg2vid models show st": ["models", "show", "street"],
    "seg2vid generate --model ": ["generate", "--model", "street"],
    "seg2vid generate --model=": ["generate", "--model=street"],
    "seg2vid generate --model=st": ["generate", "--model=street"],
    "seg2vid generate --model ./a": ["generate", "--model", "./a folder"],
    "seg2vid generate --backend unin": ["generate", "--backend", "uninstalled"],
    "seg2vid generate --device cuda:0 --prec": ["generate", "--device", "cuda:0", "--precision"],
    "seg2vid generate --precision=bf": ["generate", "--precision=bf16"],
    "seg2vid generate --save labels,occ": ["generate", "--save", "labels,occlusion"],
    "seg2vid generate 'a file.png' --fr": ["generate", "a file.png", "--frames"],
    "seg2vid generate a\\ fi": ["generate", "a file.png"],
    "seg2vid generate --out=a\\ fi": ["generate", "--out=a file.png"],
    "seg2vid generate --frames a\\ fi": ["generate", "--frames", "a fi"],  # no file's place
    "seg2vid train image --data a": ["train", "image", "--data", "a folder"],
    "seg2vid train image --data=a": ["train", "image", "--data=a folder"],
    "~/bin/seg2vid gen": ["generate"],
}
"""Line -> the words after the program's name that stand there after Tab."""


@pytest.mark.parametrize("shell", SHELLS)
def test_the_folder_holds_what_the_program_prints(shell):
    printed = subprocess.run([PROGRAM], env=os.environ | {VARIABLE: shell}, capture_output=True, check=True)
    assert printed.stderr == b""
    assert (FOLDER / FILES[shell]).read_bytes() == printed.stdout


@pytest.mark.parametrize("shell", START)
def test_tab_completes(shell, tmp_path, fake_packages):
    if os.name == "nt" or shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    (tmp_path / "here" / "a folder").mkdir(parents=True)
    (tmp_path / "here" / "a file.png").touch()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "seg2vid").symlink_to(PROGRAM)

    assert press_tab(shell, list(COMPLETED), tmp_path, fake_packages) == COMPLETED


def press_tab(shell: str, lines: Sequence[str], home: Path, packages: Path) -> dict[str, list[str]]:
    """Type each line and Tab into a shell.

    Return line -> the words after the program's name; without a slash at the end, which not every shell adds.
    """
    results = [home / str(number) for number in range(len(lines))]
    keys = [f"{LOAD[shell]}\n"]
    for line, result in zip(lines, results, strict=True):
        keys.append(f"{line}\t{TO_LINE_START}printf '%s\\n' {TO_LINE_END} >'{result}'\n")
    environment = {
        "HOME": str(home),
        "PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(packages),
        "TERM": "dumb",
    }
    subprocess.run(
        [sys.executable, "-c", IN_TERMINAL, *START[shell].split()],
        input="".join(keys) + "exit\n",
        cwd=home / "here",
        env=environment,
        stdout=subprocess.DEVNULL,
        text=True,
        check=True,
        timeout=120,
    )
    typed = [result.read_text().splitlines()[1:] for result in results]
    return dict(zip(lines, [[word.removesuffix("/") for word in words] for words in typed], strict=True))


if __name__ == "__main__":
    for name, file in FILES.items():
        (FOLDER / file).write_text(completion_script(name), encoding="utf-8", newline="\n")
