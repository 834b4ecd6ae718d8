""".ci/run and .ci/check, with programs in the place of the real ones that only say that they were called."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CI = Path(__file__).parents[1] / ".ci"
PROGRAMS = ("pip", "seg2vid", "pytest", "ruff", "mypy", "lint-imports", "chromium")
TESTS = ["pytest"]
CHECKS = ["ruff check .", "ruff format --check .", "mypy", "lint-imports"]
INSTALLED_BASE = ["pip install -q -c .ci/constraints.txt .", "seg2vid generate examples/street.png"]
INSTALLED_DEV = "pip install -q -c .ci/constraints.txt -e .[dev]"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="runs on Linux alone")


def run(script: str, folder: Path, faults: dict[str, int]) -> tuple[int, list[str], str]:
    """Run a script of .ci; return its exit code, the calls in their order, and what it printed."""
    bin_folder, calls = folder / "bin", folder / "calls"
    bin_folder.mkdir()
    for name in PROGRAMS:
        text = f'echo "{name} $*" >>"{calls}"\necho "{name} speaks"\nexit {faults.get(name, 0)}\n'
        (bin_folder / name).write_text(f"#!{shutil.which('bash')}\n{text}")
    (bin_folder / "python3").write_text(f'#!{shutil.which("bash")}\nmkdir -p "$3/bin"\n')
    (bin_folder / "python").write_text(f"#!{shutil.which('bash')}\nexit {faults.get('torch', 1)}\n")
    for path in bin_folder.iterdir():
        path.chmod(0o755)
    environment = os.environ | {"PATH": f"{bin_folder}:{os.environ['PATH']}", "TMPDIR": str(folder)}
    result = subprocess.run(
        [CI / script], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert {path.name for path in folder.iterdir()} == {"bin", "calls"}  # nothing is left behind
    called = [line.partition(" -o ")[0].strip() for line in calls.read_text().splitlines()]
    return result.returncode, called, result.stdout


def test_everything_is_run(tmp_path):
    code, called, printed = run("run", tmp_path, {})
    assert code == 0
    beside = [call for call in called if call not in (*TESTS, *CHECKS)]
    assert beside == [*INSTALLED_BASE, INSTALLED_DEV]
    assert [call for call in called if call in CHECKS] == CHECKS
    assert [call for call in called if call in TESTS] == TESTS
    assert "mypy" not in printed


@pytest.mark.parametrize(
    ("faults", "code"),
    [({"pytest": 3}, 3), ({"mypy": 2}, 1), ({"ruff": 1, "lint-imports": 1}, 1), ({"pytest": 3, "ruff": 1}, 1)],
)
def test_a_fault_of_either_is_the_run_s(faults, code, tmp_path):
    found, called, printed = run("run", tmp_path, faults)
    assert found == code
    assert {*TESTS, *CHECKS} <= set(called)
    assert "pytest speaks" in printed
    said = [f"{call.split()[0]} speaks" for call in CHECKS] if set(faults) != {"pytest"} else []
    assert [line for line in printed.splitlines() if line in {f"{call.split()[0]} speaks" for call in CHECKS}] == said


def test_a_base_installation_with_torch_ends_it(tmp_path):
    code, called, printed = run("run", tmp_path, {"torch": 0})
    assert (code, called) == (1, INSTALLED_BASE)
    assert printed.endswith("the base installation brings PyTorch\n")


@pytest.mark.parametrize(("faults", "code"), [({}, 0), ({"ruff": 1}, 1), ({"lint-imports": 1}, 1)])
def test_every_check_is_made(faults, code, tmp_path):
    assert run("check", tmp_path, faults)[:2] == (code, CHECKS)
