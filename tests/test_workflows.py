"""The workflows of .github run the documents' commands, and compare benchmarks as they should."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GITHUB = ROOT / ".github"


def test_they_run_the_commands_of_the_documents():
    steps = (GITHUB / "workflows" / "tests.yml").read_text(encoding="utf-8")
    pinned = "pip install -c .ci/constraints.txt"
    assert f"install: {pinned} }}" in steps
    for document, command, install in (
        ("README.md", "pip install . && seg2vid generate examples/street.png -o street.mp4", "pip install"),
        ("CONTRIBUTING.md", f"{pinned} -e '.[dev]' && pytest", pinned),
    ):
        assert command in (ROOT / document).read_text(encoding="utf-8")
        assert f"run: {command.replace(install, '$INSTALL')}\n" in steps
    assert "run: .ci/check\n" in steps


NO_COMMAND = "exit 2"
MEASURED = 'case "$*" in "benchmark --help") ;; "benchmark --quick -o base.json") touch base.json ;; *) exit 9 ;; esac'
NOT_MEASURED = '[ "$*" = "benchmark --help" ]'
HEAD = """\
case "$*" in
  "benchmark --quick --compare base.json --tolerance 10% -o head.md") [ -e base.json ]; {compared} ;;
  "benchmark --quick -o head.md") {alone} ;;
  *) exit 9 ;;
esac"""
WRITTEN, SLOWER, REFUSED = "echo table >head.md", "echo slower >head.md; exit 1", "exit 1"


@pytest.mark.skipif(sys.platform != "linux", reason="runs on Linux alone")
@pytest.mark.parametrize(
    ("base", "compared", "alone", "expected"),
    [
        (MEASURED, WRITTEN, REFUSED, (0, ["table"])),
        (MEASURED, SLOWER, WRITTEN, (1, ["slower"])),
        (MEASURED, REFUSED, WRITTEN, (0, ["The two cannot be compared (the log says why).", "", "table"])),
        (MEASURED, REFUSED, REFUSED, (1, ["The two cannot be compared (the log says why).", ""])),
        (
            NOT_MEASURED,
            REFUSED,
            WRITTEN,
            (0, ["Nothing to compare with: the base cannot be measured (the log says why).", "", "table"]),
        ),
        (
            NO_COMMAND,
            REFUSED,
            WRITTEN,
            (0, ["Nothing to compare with: the base has no `seg2vid benchmark`.", "", "table"]),
        ),
    ],
)
def test_two_benchmarks_are_compared(*, base, compared, alone, expected, tmp_path):
    programs = {"base": base, "head": HEAD.format(compared=compared, alone=alone)}
    for name, script in programs.items():
        (tmp_path / name).write_text(f"#!{shutil.which('bash')}\nset -e\n{script}\n")
        (tmp_path / name).chmod(0o755)
    command = [GITHUB / "compare_benchmarks", *(tmp_path / name for name in programs)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout.splitlines()) == expected, result.stderr
    assert {path.name for path in tmp_path.iterdir()} == programs.keys()
