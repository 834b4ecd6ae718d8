"""What the program answers to a shell's completion."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from seg2vid_cli.app import app
from seg2vid_cli.completion.scripts import VARIABLE

FREE_TEXT = {
    "--batch",
    "--clips-per-shard",
    "--every",
    "--fps",
    "--frames",
    "--gpus-per-worker",
    "--host",
    "--judge",
    "--port",
    "--ray-address",
    "--samples",
    "--seed",
    "--set",
    "--sha256",
    "--shard",
    "--size",
    "--steps",
    "--threads",
    "--token",
    "--tolerance",
    "--tries",
    "--workers",
    "models pull",
}
"""Options, and commands' arguments, for which there is nothing to offer."""
HEAVY = {"numpy", "PIL", "av", "pydantic", "rich", "torch"}


@pytest.fixture
def offered(seg2vid, monkeypatch):
    """Return the lines that the program answers; the last word is the one to complete."""

    def complete(*words: str) -> list[str]:
        monkeypatch.setenv(VARIABLE, str(len(words) - 1))
        result = seg2vid(*words)
        assert (result.exit_code, result.stderr) == (0, "")
        return result.stdout.splitlines()

    return complete


def words_of(lines: list[str]) -> list[str]:
    return [line.split("\t")[0] for line in lines]


def places_for_values(command: Any, *names: str) -> Iterator[tuple[str, ...]]:
    """Yield the words up to every option's value, and up to every command's first argument."""
    for name, child in getattr(command, "commands", {}).items():
        yield from places_for_values(child, *names, name)
    for parameter in command.params:
        if parameter.param_type_name == "option" and not parameter.is_flag:
            yield (*names, parameter.opts[0])
    if any(parameter.param_type_name == "argument" for parameter in command.params):
        yield names


def test_commands_come_with_their_help(offered):
    assert offered("ba") == ["backends\tList the backends and what they can do."]
    assert words_of(offered("models", "s")) == ["show"]
    assert offered("nothing", "") == []


def test_options_come_with_their_help_and_once(offered):
    assert offered("generate", "--fr") == ["--frames\tLength of a clip, the first frame included."]
    assert "--out" in words_of(offered("generate", "-"))
    assert "--out" not in words_of(offered("generate", "-o", "x.mp4", "-"))
    assert words_of(offered("train", "--data", "a", "--dat")) == ["--data", "--dataset"]  # --data, several times


def test_an_option_is_no_longer_one_after_the_separator(offered):
    assert offered("generate", "--", "--fr") == [":files"]


def test_after_the_last_argument_only_options_are_left(offered):
    assert words_of(offered("backends", "")) == ["--json", "--quiet", "--debug", "--help"]
    assert offered("backends", "x") == []


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("generate", ""), [":files"]),
        (("generate", "a.png", "b.png", "c"), [":files"]),
        (("generate", "--out", ""), [":files"]),
        (("generate", "--first-frame=x"), [":files"]),
        (("generate", "--format", ""), ["mp4", "webm", "gif", "webp", "png", "raw", "webdataset"]),
        (("generate", "--precision=b"), ["bf16"]),
        (("generate", "--device", ""), ["auto", "cpu", "cuda"]),
        (("generate", "--camera", "st"), ["still", "straight"]),
        (("generate", "--camera=dr"), [":files"]),
        (("generate", "--label-format", "ca"), ["camvid", "camvid-12", "camvid-32", "carla", "carla-0.9.13"]),
        (("labels", "--label-format=kit"), ["kitti"]),
        (("labels", "--write", ""), ["ids", "colors"]),
        (("generate", "--label-format", "./c"), [":files"]),
        (("generate", "--save", "flow,f"), ["flow,first-frame", "flow,frames"]),
        (("generate", "--save", "a"), ["all"]),
        (("generate", "--frames", ""), []),
        (("generate", "--quiet="), []),
        (("generate", "--no-such-option="), []),
        (("generate", "--model", ""), ["street"]),
        (("generate", "--model", "./"), [":folders"]),
        (("models", "show", "str"), ["street"]),
        (("models", "verify", "street", "str"), ["street"]),
        (("train", "im"), ["image"]),
        (("train", "image", "--preset", "s"), ["street"]),
        (("train", "image", "--preset", "./s"), [":files"]),
        (("train", "image", "--data", ""), [":folders"]),
        (("train", "image", "-o", ""), [":folders"]),
        (("export", ""), ["street"]),
        (("export", "runs/"), [":files"]),
    ],
    ids=" ".join,
)
def test_values(offered, monkeypatch, tmp_path, words, answer):
    monkeypatch.setenv("SEG2VID_CACHE", str(tmp_path))
    assert offered(*words) == answer


def test_pulled_models_are_offered(offered, monkeypatch, tmp_path):
    (tmp_path / "models" / "strange").mkdir(parents=True)
    monkeypatch.setenv("SEG2VID_CACHE", str(tmp_path))
    assert offered("generate", "--model", "str") == ["street", "strange"]
    assert offered("models", "remove", "str") == ["strange"]


def test_presets_are_those_of_the_backend_that_trains(offered, fake_backends):
    assert offered("train", "image", "--preset", "") == ["calm", "wild"]
    assert "package_that_is_not_there" not in sys.modules


def test_backends_are_offered_broken_ones_too(offered, fake_backends):
    names = offered("generate", "--backend", "")
    assert {"auto", "broken", "fake", "nothing", "torch", "uninstalled"} <= set(names)
    assert names[0] == "auto"
    assert "package_that_is_not_there" not in sys.modules


def test_whatever_takes_a_value_offers_something(offered, tmp_path):
    (tmp_path / "cache" / "models" / "town").mkdir(parents=True)
    places = list(places_for_values(typer.main.get_command(app)))
    without = [words for words in places if words_of(offered(*words, ""))[:1] in ([], ["--json"])]
    assert {words[-1] if words[-1].startswith("-") else " ".join(words) for words in without} == FREE_TEXT


def test_an_unknown_shell_is_refused(seg2vid, monkeypatch):
    monkeypatch.setenv(VARIABLE, "tcsh")
    result = seg2vid("generate")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: _SEG2VID_COMPLETE=tcsh: no such shell\n       Known: bash, zsh, fish, powershell.\n"


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (("generate", "--model", ""), "street"),
        (("generate", "--camera", ""), "still"),
        (("generate", "--label-format", ""), "auto"),
        (("generate", "--save", ""), "labels"),
        (("generate", "--backend", ""), "auto"),
        (("train", "--preset", ""), "paper"),
    ],
    ids=str,
)
def test_tab_imports_nothing_heavy(monkeypatch, words, first):
    code = (
        "import sys\nfrom seg2vid_cli.app import app\n"
        "try:\n    app()\nfinally:\n    print(sorted(sys.modules), file=sys.stderr)"
    )
    monkeypatch.setenv(VARIABLE, "2")
    command = [sys.executable, "-c", code, *words]
    process = subprocess.run(command, capture_output=True, text=True, check=True)
    assert process.stdout.startswith(f"{first}\n")
    assert HEAVY.isdisjoint(eval(process.stderr))
