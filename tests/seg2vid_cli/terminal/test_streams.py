"""stdin, stdout and stderr that are closed, full, or cannot write every letter."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no POSIX shell")


@pytest.fixture
def here(tmp_path) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


@pytest.fixture
def run(fake_packages, here):
    """Run the program in a shell, with what is redirected and in the environment; give what came of it, in bytes."""

    def run(*words: object, redirected: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
        path = os.pathsep.join([str(fake_packages), str(Path(__file__).parents[2])])
        return subprocess.run(
            ["bash", "-c", f'exec "$0" "$@" {redirected}', sys.executable, "-m", "seg2vid_cli", *map(str, words)],
            cwd=here,
            env=os.environ | {"PYTHONPATH": path} | environment,
            capture_output=True,
            check=False,
        )

    return run


@pytest.mark.parametrize("redirected", ["2>&-", ">&-", "<&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_a_closed_or_full_stream_does_not_stop_a_clip(run, here, model, street, redirected):
    process = run("generate", street, "--model", model, "--backend", "fake", redirected=redirected)
    assert process.returncode == 0
    assert process.stdout == (b"" if ">&-" in redirected.replace("2>&-", "") else b"street.mp4\n")
    assert b"fake" in process.stderr or "2>" in redirected
    assert [path.name for path in here.iterdir()] == ["street.mp4"]


def test_with_a_runtime_a_closed_stream_changes_nothing(run, here, street):
    clips = []
    for redirected in ("", "<&- >&- 2>&-"):
        words = ("generate", street, "-o", "clip.mp4", "--frames", 2, "--backend", "onnx", "--overwrite")
        assert run(*words, redirected=redirected).returncode == 0
        clips.append((here / "clip.mp4").read_bytes())
    assert clips[0] == clips[1]


@pytest.mark.parametrize(
    ("encoding", "printed"),
    [("cp1252", b"stra\xdfe\\u2603"), ("ascii", b"stra\\xdfe\\u2603"), ("utf-8", "straße☃".encode())],
)
def test_letters_that_an_encoding_lacks_are_escaped(*, run, here, model, street, encoding, printed):
    name = street.rename(here / "straße☃.png").name
    words = ("generate", name, "--model", model, "--backend", "fake")
    process = run(*words, PYTHONIOENCODING=encoding, PYTHONUTF8="1")
    assert (process.returncode, process.stdout) == (0, printed + b".mp4\n")
    assert process.stderr.startswith(printed + b".png: Cityscapes train ids\n")
    process = run(*words, "--json", "--overwrite", PYTHONIOENCODING=encoding, PYTHONUTF8="1")
    assert json.loads(process.stdout)["data"]["outputs"][0]["output"] == "straße☃.mp4"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are no text")
@pytest.mark.parametrize("environment", [{}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_a_name_that_is_no_text_is_printed_as_it_is(run, here, model, street, environment):
    name = os.fsdecode(b"stra\xdfe.png")
    street.rename(here / name)
    process = run("generate", name, "--model", model, "--backend", "fake", **environment)
    assert (process.returncode, process.stdout) == (0, b"stra\xdfe.mp4\n")
    assert process.stderr.startswith(b"stra\xdfe.png: Cityscapes train ids\n")
