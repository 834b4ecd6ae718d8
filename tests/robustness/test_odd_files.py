"""Links in a circle, pipes, devices, folders and strange names in every place of the command line that takes a file."""

import os
import socket
import stat
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import Result

from robustness.judging import TookTooLong, bounded
from seg2vid_cli import plugins

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="makes files that Linux has")

GENERATE = ("generate", "street.png", "--model", "../tiny", "--backend", "fake")
PLACES: Mapping[str, tuple[str, ...]] = {
    "LABEL": ("generate", "odd", "--model", "../tiny", "--backend", "fake"),
    "-o": (*GENERATE, "-o", "odd.mp4"),
    "-o FOLDER": (*GENERATE, "-o", "odd/"),
    "--model": ("generate", "street.png", "--model", "./odd", "--backend", "fake"),
    "--first-frame": (*GENERATE, "--first-frame", "odd"),
    "--instances": (*GENERATE, "--instances", "odd"),
    "--style": (*GENERATE, "--style", "./odd"),
    "--camera": (*GENERATE, "--camera", "./odd"),
    "--label-format": (*GENERATE, "--label-format", "./odd"),
    "--sheet": (*GENERATE, "--sheet", "odd.png"),
    "labels": ("labels", "odd"),
    "labels --sheet": ("labels", "street.png", "--sheet", "odd.png"),
    "train --data": ("train", "image", "--data", "odd", "--out", "run"),
    "train --preset": ("train", "image", "--data", "CLIPS", "--preset", "./odd", "--out", "run"),
    "train --out": ("train", "image", "--data", "CLIPS", "--out", "odd"),
    "data check": ("data", "check", "odd"),
    "export": ("export", "odd", "-o", "made"),
    "export --card": ("export", "street", "-o", "made", "--card", "odd"),
    "benchmark -o": ("benchmark", "--quick", "-o", "odd.json"),
    "benchmark --compare": ("benchmark", "--quick", "--compare", "odd"),
    "models show": ("models", "show", "./odd"),
    "models verify": ("models", "verify", "./odd"),
}
NAMES = (
    *("-dash.png", "new\nline.png", os.fsdecode(b"\xff\xfe.png"), " space .png", ".hidden.png", "\u00fcn\u0131.png"),
    *(
        "a%d{b}.png",
        "[glob]*?.png",
        "~.png",
        "$HOME.png",
        "x" * 240 + ".png",
        "\u202egnp.png",
        "a\x1b[2J.png",
        "a:b.png",
    ),
)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path)) if len(str(path)) < 100 else path.touch()


def _loop(path: Path) -> None:
    path.symlink_to("other")
    path.with_name("other").symlink_to(path.name)


def _endless(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


ODD: Mapping[str, Callable[[Path], object]] = {
    "a circle of links": _loop,
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "a pipe": os.mkfifo,
    "an empty folder": Path.mkdir,
    "an empty file": Path.touch,
    "a terabyte of nothing": _endless,
    "a socket": _socket,
    "zeros without end": lambda path: path.symlink_to("/dev/zero"),
    "a full device": lambda path: path.symlink_to("/dev/full"),
    "bytes": lambda path: path.write_bytes(bytes(range(256))),
}
MAY_BE_DONE = {("-o", "an empty folder"), ("-o FOLDER", "an empty folder"), ("export --card", "an empty file")}
UNTRIED = {("train --out", "an empty folder")}
"""It would train."""
QUICK = tuple(place for place in PLACES if place.split()[0] not in ("train", "data", "export", "benchmark"))


def said(result: Result) -> str | None:
    """Say what is wrong with how a command tells that it cannot."""
    if result.exit_code not in (1, 2) or "internal error" in result.stderr:
        return f"ends with {result.exit_code}, {result.exception!r}: {result.stderr[-300:]}"
    lines = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    return None if len(lines) == 1 else f"says {result.stderr[-300:]!r}"


@dataclass(frozen=True)
class Place:
    """Where odd files are tried."""

    folder: Path
    files: Mapping[str, Path]
    run: Callable[..., Result]

    def problem(self, place: str, kind: str) -> str | None:
        """Say what is wrong with how a command takes an odd file there."""
        words = [word.replace("CLIPS", str(self.files["clips"])) for word in PLACES[place]]
        here = self.folder / f"{place} {kind}".replace(" ", "-").replace("/", "")
        here.mkdir()
        (here / "street.png").write_bytes(self.files["street"].read_bytes())
        ODD[kind](here / next(word for word in words if "odd" in word).removeprefix("./").rstrip("/"))
        before = kinds_in(here)
        os.chdir(here)
        try:
            with bounded():
                result = self.run(*words)
        except TookTooLong:
            return "hangs"
        if (place, kind) in MAY_BE_DONE and result.exit_code == 0:
            return None
        return said(result) or (None if kinds_in(here) == before else f"leaves {sorted(kinds_in(here))}")


def kinds_in(folder: Path) -> Mapping[str, int]:
    return {path.name: stat.S_IFMT(path.lstat().st_mode) for path in folder.iterdir()}


@pytest.fixture
def place(*, seg2vid, fake_backends, model, street, clips, tmp_path, monkeypatch) -> Place:
    (tmp_path / "places").mkdir()
    (tmp_path / "places" / "tiny").symlink_to(model)
    monkeypatch.chdir(tmp_path)  # and back again at the end
    monkeypatch.setattr(plugins, "AUTO_ORDER", ("torch",))  # trains and exports
    return Place(tmp_path / "places", {"street": street, "clips": clips}, seg2vid)


@pytest.mark.parametrize(
    ("places", "kinds"),
    [
        pytest.param(QUICK, ("a circle of links", "a pipe"), id="little"),
        pytest.param(tuple(PLACES), tuple(ODD), id="whole", marks=pytest.mark.slow),
    ],
)
def test_odd_files(tally, place, places, kinds):
    with tally("odd files") as found:
        for name in places:
            for kind in kinds:
                if (name, kind) in UNTRIED:
                    continue
                problem = place.problem(name, kind)
                found.add(problem and f"{name}, {kind}: {problem}")


def test_strange_names(tally, place):
    with tally("strange names") as found:
        for number, name in enumerate(NAMES):
            here = place.folder / str(number)
            here.mkdir()
            os.chdir(here)
            (here / name).write_bytes(place.files["street"].read_bytes())
            result = place.run("generate", "--model", "../tiny", "--backend", "fake", "--json", "--", name)
            made = {path.name for path in here.iterdir()} - {name}
            wanted = {f"{name.removesuffix('.png')}.mp4"}
            found.add(None if (result.exit_code, made) == (0, wanted) else f"{name!r}: {result.stdout} {made}")
