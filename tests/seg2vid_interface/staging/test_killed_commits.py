"""Whatever moment a program is killed in, the next run makes the old results of it or the new ones, whole."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

SHARED_MEMORY = Path("/dev/shm")
PROGRAM = Path(__file__).with_name("killed_commits.py")
EMPTY_FOR_A_MOMENT = {
    "set": ["a.frames/000000.png", "a.mp4"],
    "files of a folder": ["model/model.json"],
    "whole folder": ["model/model.json"],
}
"""What systems replace in two renames that have no single one for it."""


@pytest.mark.skipif(sys.platform == "win32", reason="it forks")
@pytest.mark.parametrize("system", ["linux", "links", "bare"])
def test_a_kill_between_any_two_steps_loses_nothing(tmp_path: Path, system: str) -> None:
    if system == "linux" and sys.platform != "linux":
        pytest.skip("its renames are needed")
    quickest = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else tmp_path
    with tempfile.TemporaryDirectory(dir=quickest) as folder:
        command = [sys.executable, str(PROGRAM), folder, system]
        program = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(program.stdout)
    assert found.pop("race") == {"[0, 1] 1 writer's []": 20}  # one of the two exits with 0, and nothing is hidden
    assert {name: sorted(case) for name, case in found.items()} == {name: ["missing", "new", "old"] for name in found}
    assert all(min(case["old"], case["new"]) >= 4 for case in found.values())
    assert {name: case["missing"] for name, case in found.items() if case["missing"]} == (
        {} if system == "linux" else EMPTY_FOR_A_MOMENT
    )
