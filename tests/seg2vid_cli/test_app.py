import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from seg2vid_cli import plugins
from seg2vid_cli.app import ErrorReportingGroup
from seg2vid_cli.terminal.signals import Stopped
from seg2vid_interface.errors import DatasetError

HEAVY = {"numpy", "PIL", "av", "imageio", "pydantic", "rich", "torch", "importlib.metadata"}
COMMANDS = [(), ("generate",), ("train",), ("export",), ("studio",), ("models",), ("models", "list")]


def test_version(seg2vid):
    result = seg2vid("--version")
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"seg2vid {version('seg2vid')}\n", "")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_lists_the_flags_and_imports_nothing_heavy(command):
    code = (
        "import sys\nfrom seg2vid_cli.app import app\n"
        "try:\n    app()\nfinally:\n    print(sorted(name for name in sys.modules), file=sys.stderr)"
    )
    process = subprocess.run(
        [sys.executable, "-c", code, *command, "--help"], capture_output=True, text=True, check=True
    )
    assert process.stdout.startswith("Usage: ")
    assert "-h, --help" in process.stdout
    assert HEAVY.isdisjoint(eval(process.stderr))


@pytest.mark.parametrize("command", [("generate",), ("train",), ("export",), ("backends",), ("models", "show")])
def test_every_command_has_the_common_flags(seg2vid, command):
    text = seg2vid(*command, "--help").stdout
    assert [flag for flag in ("--json", "--quiet", "--debug", "--help") if flag not in text] == []


def test_without_a_command_the_help_goes_to_stderr(seg2vid):
    result = seg2vid()
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == seg2vid("--help").stdout


@pytest.mark.parametrize(
    ("args", "message", "command"),
    [
        (("gnerate",), "No such command 'gnerate'. Did you mean 'generate'?", "seg2vid"),
        (("--jsno",), "No such option: --jsno", "seg2vid"),
        (("generate", "--frame", "3"), "No such option: --frame", "seg2vid generate"),
        (("generate", "--frames", "many"), "Invalid value for '--frames': not a whole number", "seg2vid generate"),
        (("generate", "--fps", "many"), "Invalid value for '--fps': not a number", "seg2vid generate"),
        (("models",), "Missing command.", "seg2vid models"),
        (("train",), "Missing argument 'stage'. Choose from: image, motion, labels", "seg2vid train"),
        (
            ("train", "sound"),
            "Invalid value for 'stage': 'sound' is not one of 'image', 'motion', 'labels'.",
            "seg2vid train",
        ),
        (("train", "image", "--data"), "Option '--data' requires an argument.", "seg2vid train"),
        (("export", "--out"), "Option '--out' requires an argument.", "seg2vid export"),
    ],
)
def test_wrong_usage_found_by_the_parser(seg2vid, args, message, command):
    result = seg2vid(*args)
    hint = f"`{command} --help` shows how it is used."
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"error: {message}\n       {hint}\n")
    result = seg2vid(*args, "--json")
    assert result.exit_code == 2
    document = json.loads(result.stdout)
    assert (document["ok"], document["version"], document["error"]["code"]) == (False, version("seg2vid"), "usage")


def test_json_names_the_command_even_if_it_cannot_be_parsed(seg2vid):
    assert json.loads(seg2vid("models", "show", "--json").stdout) == {
        "ok": False,
        "command": "models show",
        "version": version("seg2vid"),
        "error": {
            "code": "usage",
            "message": "Missing argument 'NAME'.",
            "hint": "`seg2vid models show --help` shows how it is used.",
        },
    }
    assert json.loads(seg2vid("--json").stdout)["command"] is None


def test_words_after_the_separator_are_no_flags(seg2vid):
    result = seg2vid("models", "show", "--", "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: --json: no such model and no such folder\n")


def raising(error: BaseException):
    """Return a program whose only command ends in `error`."""
    failing = typer.Typer(
        name="seg2vid", cls=ErrorReportingGroup, rich_markup_mode=None, pretty_exceptions_enable=False
    )

    @failing.callback()
    def program() -> None:
        pass

    @failing.command()
    def fail(debug: bool = False, json: bool = False) -> None:
        raise error

    return lambda *args: CliRunner().invoke(failing, ["fail", *args])


def test_errors_are_one_line_or_two_and_keep_their_brackets():
    result = raising(DatasetError("data: empty", "pip install 'seg2vid[train]'"))()
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "error: data: empty\n       pip install 'seg2vid[train]'\n"
    assert raising(DatasetError("data: empty"))().stderr == "error: data: empty\n"


def test_debug_shows_the_traceback():
    result = raising(DatasetError("data: empty"))("--debug")
    assert result.stderr.startswith("Traceback (most recent call last):\n")
    assert result.stderr.endswith("DatasetError: data: empty\nerror: data: empty\n")


def test_an_unexpected_error_is_one_line():
    result = raising(ZeroDivisionError("by\nzero"))()
    assert result.exit_code == 1
    assert result.stderr == (
        "error: internal error: ZeroDivisionError: by zero\n"
        "       Run it again with --debug and report what it prints.\n"
    )
    assert "ZeroDivisionError: by\nzero" in raising(ZeroDivisionError("by\nzero"))("--debug").stderr
    assert json.loads(raising(ZeroDivisionError("by zero"))("--json").stdout)["error"]["code"] == "internal"


def test_an_error_of_the_system_names_the_file():
    result = raising(OSError(28, "No space left on device", "out.mp4"))()
    assert (result.exit_code, result.stderr) == (1, "error: out.mp4: No space left on device\n")


@pytest.mark.parametrize(
    ("error", "exit_code", "code"),
    [(KeyboardInterrupt(), 130, "interrupted"), (Stopped(2), 130, "interrupted"), (Stopped(15), 143, "terminated")],
)
def test_signals(error, exit_code, code):
    result = raising(error)()
    assert (result.exit_code, result.stdout, result.stderr) == (exit_code, "", f"{code}\n")
    assert json.loads(raising(error)("--json").stdout)["error"] == {"code": code, "message": code, "hint": None}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no POSIX shell")
@pytest.mark.parametrize("args", [("models", "list", "--json", "--quiet"), ("--help",), ("--version",)])
def test_a_reader_that_goes_away_is_no_error_message(args):
    words = " ".join(args)
    command = (
        f"{sys.executable} -c 'from seg2vid_cli.app import main; main()' {words} | head -0; exit ${{PIPESTATUS[0]}}"
    )
    process = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")


MAIN = [sys.executable, "-c", "from seg2vid_cli.app import main; main()"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize(
    ("args", "error"),
    [
        (("backends",), "error: standard output: No space left on device\n"),
        (("models", "list", "--json", "--quiet"), "error: standard output: No space left on device\n"),
        (("--help",), "error: No space left on device\n"),
        (("--camera", "--json"), "error: No such option: --camera\n"),
    ],
)
def test_a_full_stdout_is_one_error(args, error):
    with Path("/dev/full").open("w") as full:
        process = subprocess.run([*MAIN, *args], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert process.returncode == (2 if "--camera" in args else 1)
    assert process.stderr.splitlines(keepends=True)[0] == error
    assert "Traceback" not in process.stderr
    assert "Exception" not in process.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no POSIX shell")
@pytest.mark.parametrize(
    ("closed", "args"), [(">&-", "models list --json --quiet"), ("2>&-", "models show"), (">&-", "--version")]
)
def test_a_closed_stream_is_no_error_of_its_own(closed, args):
    command = f"{sys.executable} -c 'from seg2vid_cli.app import main; main()' {args} {closed}"
    process = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (process.returncode, process.stdout, process.stderr) == (2 if "show" in args else 0, "", "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other links")
@pytest.mark.usefixtures("fake_backends")
@pytest.mark.parametrize(
    "words",
    [
        "generate loop.png -o a.mp4",
        "generate street.png -o loop/",
        "generate street.png -o loop/a.mp4",
        "generate street.png -o loop.mp4",
        "generate street.png -o a.mp4 --model ./loop",
        "generate street.png -o a.mp4 --sheet loop.png",
        "generate street.png -o a.mp4 --first-frame loop.png",
        "generate street.png -o a.mp4 --instances loop.png",
        "generate street.png -o a.mp4 --style loop.png",
        "generate street.png -o a.mp4 --camera loop.csv",
        "generate street.png -o a.mp4 --label-format loop.toml",
        "export loop -o model",
        "export loop.pt -o model",
        "export loop.safetensors -o model",
        "export street -o loop",
        "export street -o model --card loop.toml",
        "train image --data . --out loop",
        "train image --data loop --out run",
        "train image --data . --out run --preset loop.toml",
        "train image --data . --out run --set label_space=loop.toml",
        "benchmark --quick -o loop.json",
        "benchmark --quick --compare loop.json",
        "benchmark --quick --plot loop.png",
        "models show ./loop",
        "models verify ./loop",
        "labels loop.png",
        "labels loop",
    ],
)
def test_links_in_a_circle_are_paths_like_others(seg2vid, model, street, monkeypatch, words):
    street.rename("street.png")
    for ending in ("", ".png", ".mp4", ".csv", ".toml", ".pt", ".safetensors", ".json"):
        Path(f"loop{ending}").symlink_to(f"loop{ending}")
    generates = words.startswith("generate")
    monkeypatch.setattr(plugins, "AUTO_ORDER", ("fake" if generates else "torch",))
    flags = ("--model", model) if generates and "--model" not in words else ()
    result = seg2vid(*words.split(), *flags)
    assert result.exit_code in (1, 2)
    assert (result.stdout, "internal error" in result.stderr) == ("", False)
    assert re.search(r"^error: .*(?:loop|no data set of the layout clips)", result.stderr, re.MULTILINE)
    made = {path.name for path in Path().iterdir()} - {"street.png"}
    assert all(name.startswith("loop") for name in made)


@pytest.mark.usefixtures("fake_backends")
def test_the_parser_leaves_unreadable_paths_to_the_code_that_reads(seg2vid, model, street, monkeypatch, tmp_path):
    Image.new("RGB", (64, 32)).save(tmp_path / "first.png")
    for name in ("s.png", "card.toml"):
        Path(name).touch()
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.R_OK and access(path, mode))
    for args in (
        ("generate", street, "--model", model, "--first-frame", tmp_path / "first.png", "--sheet", "s.png"),
        ("train", "image", "--data", tmp_path, "--out", tmp_path),
        ("export", tmp_path, "-o", tmp_path, "--card", "card.toml"),
    ):
        result = seg2vid(*args, "--overwrite")
        assert (result.exit_code, result.stderr) == (0, result.stderr)
