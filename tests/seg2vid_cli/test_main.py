import subprocess
import sys
from importlib.metadata import entry_points, version

import pytest

SIGNAL_DURING_IMPORTS = """\
import signal
import sys


class Interrupting:
    def find_spec(self, name, path, target=None):
        if name == "seg2vid_cli.commands":
            signal.raise_signal({number})


sys.meta_path.insert(0, Interrupting())
from seg2vid_cli.__main__ import main
main()
"""


@pytest.mark.parametrize(
    ("number", "exit_code", "line"),
    [(2, 130, "interrupted"), (15, 143, "terminated"), *([] if sys.platform == "win32" else [(1, 129, "hung up")])],
)
def test_a_signal_during_the_imports_is_one_line(number, exit_code, line):
    # A signal that was ignored where the tests were started stays so, as under nohup.
    signal_counts = f"import signal; signal.signal({number}, signal.SIG_DFL);"
    command = [sys.executable, "-c", signal_counts + SIGNAL_DURING_IMPORTS.format(number=number)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stdout, process.stderr) == (exit_code, "", f"{line}\n")


def test_python_runs_the_package():
    process = subprocess.run(
        [sys.executable, "-m", "seg2vid_cli", "--version"], capture_output=True, text=True, check=True
    )
    assert (process.stdout, process.stderr) == (f"seg2vid {version('seg2vid')}\n", "")


def test_the_console_script_is_the_small_module():
    (script,) = entry_points(group="console_scripts", name="seg2vid")
    assert script.value == "seg2vid_cli.__main__:main"
