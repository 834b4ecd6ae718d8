"""Commands in odd surroundings, and with odd files: their work done all the same, or a line that says why not."""

import sys
from pathlib import Path

import pytest

from robustness.killing import tree
from robustness.surroundings import PLAIN, SURROUNDINGS, problem_in, run_in

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what is around a command is Linux's here")

STREET = Path(__file__).parents[2] / "examples" / "street.png"
GENERATE = ("generate", STREET, "-o", "clip.mp4", "--frames", 2, "--quiet", "--backend")
COMMANDS = {
    "version": ("--version",),
    "formats": ("label-formats",),
    "list": ("models", "list"),
    "labels": ("labels", STREET, "-o", "maps/"),
    "onnx": (*GENERATE, "onnx"),
    "openvino": (*GENERATE, "openvino"),
    "torch": (*GENERATE, "torch"),
}
QUICK = ("no home and no passwd entry", "all streams closed", "letters of C alone", "files of a kilobyte", "no reader")


@pytest.mark.parametrize(
    ("command", "where"),
    [
        pytest.param("version", [each for each in SURROUNDINGS if each.name == "no reader"], id="quick"),
        pytest.param("labels", [each for each in SURROUNDINGS if each.name in QUICK], id="quick"),
        *(pytest.param(command, SURROUNDINGS, id=command, marks=pytest.mark.slow) for command in COMMANDS),
    ],
)
def test_surroundings(tally, tmp_path, command, where):
    words = COMMANDS[command]
    with tally("surroundings") as found:
        plain = tmp_path / "plain" / "here"
        plain.mkdir(parents=True)
        process = run_in(PLAIN, words, plain)
        assert process.returncode == 0, process.stderr
        done = tree(plain)
        for number, surroundings in enumerate(where):
            found.add(problem_in(surroundings, words, tmp_path / str(number) / "here", done))
