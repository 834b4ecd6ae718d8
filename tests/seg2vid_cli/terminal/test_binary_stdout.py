import io
import subprocess
import sys
from pathlib import Path

import pytest

from seg2vid_cli.terminal.binary_stdout import check_stdout
from seg2vid_interface.errors import OutputError, UsageError

WRITING = """\
from seg2vid_cli.terminal.binary_stdout import ReaderGoneError, binary_stdout
import sys
stdout, gone = binary_stdout(), 0
for _ in range(1000):
    try:
        assert stdout.write(bytes(range(256)) * 256) == 65536
    except ReaderGoneError:
        gone += 1
print("after", gone)
sys.stderr.write(f"gone {gone}")
"""


def test_a_reader_that_goes_is_told_once():
    process = subprocess.Popen([sys.executable, "-c", WRITING], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.read(1000) == (bytes(range(256)) * 4)[:1000]
    process.stdout.close()
    process.stdout = None
    _, stderr = process.communicate(timeout=30)
    assert (process.returncode, stderr) == (0, b"gone 1")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_another_fault_is_an_error_of_the_system():
    with Path("/dev/full").open("w") as full:
        process = subprocess.run(
            [sys.executable, "-c", WRITING], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert "OSError: [Errno 28] No space left on device" in process.stderr


def test_bytes_do_not_go_to_a_terminal_nor_nowhere(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO()))
    check_stdout()
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with pytest.raises(UsageError, match=r"^-o -: standard output is a terminal"):
        check_stdout()
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OutputError, match=r"^-o -: standard output is closed$"):
        check_stdout()
