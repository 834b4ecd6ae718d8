import json
import os
import subprocess
import sys

import pytest

from seg2vid_cli.terminal.console import Console
from seg2vid_interface.errors import DeviceError

WORK = """\
import time
from seg2vid_cli.terminal import console
console.BAR_DELAY = {delay}
speaker = console.Console("work", quiet={quiet})
with speaker.progress("working", 4, "steps") as bar:
    for step in range(1, 5):
        time.sleep(0.02)
        bar.advance(step, "loss [red] 0.5")
        speaker.say("message [red]")
        speaker.write_lines([f"result {{step}}"])
"""


def run_work(stderr: int, *, delay: float = 0.03, quiet: bool = False) -> str:
    """Run WORK with `stderr`; return its stdout."""
    process = subprocess.run(
        [sys.executable, "-c", WORK.format(delay=delay, quiet=quiet)],
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120"},
        text=True,
        check=True,
    )
    return process.stdout


def on_terminal(**options: float) -> tuple[str, str]:
    """Run WORK with stderr on a terminal; return stdout and what the terminal got."""
    import pty  # Windows has none

    terminal, stderr = pty.openpty()
    stdout = run_work(stderr, **options)
    os.close(stderr)
    written = b""
    while True:
        try:
            written += os.read(terminal, 65536)
        except OSError:  # the end, on Linux
            break
    os.close(terminal)
    return stdout, written.decode()


RESULTS = "result 1\nresult 2\nresult 3\nresult 4\n"


@pytest.mark.skipif(sys.platform != "linux", reason="pseudo-terminals end differently elsewhere")
def test_a_bar_on_a_terminal_keeps_messages_and_results_whole():
    stdout, written = on_terminal()
    assert stdout == RESULTS
    assert "working" in written
    assert "4/4" in written
    assert "steps/s" in written
    assert "loss [red] 0.5" in written
    assert written.count("message [red]\r\n") == 4


@pytest.mark.skipif(sys.platform != "linux", reason="pseudo-terminals end differently elsewhere")
def test_no_bar_for_short_work_or_if_quiet():
    assert on_terminal(delay=60) == (RESULTS, "message [red]\r\n" * 4)
    assert on_terminal(quiet=True) == (RESULTS, "")


def test_no_bar_where_stderr_is_no_terminal(tmp_path):
    with (tmp_path / "stderr").open("w") as file:
        assert run_work(file.fileno()) == RESULTS
    assert (tmp_path / "stderr").read_text() == "message [red]\n" * 4


def test_succeed_writes_lines_or_json(capsys):
    Console("models list").succeed(["a", "b"], {"names": ["a", "b"]})
    assert capsys.readouterr() == ("a\nb\n", "")
    Console("models list", json=True).succeed(["a", "b"], {"names": ["a", "b"]})
    document = json.loads(capsys.readouterr().out)
    assert (document["ok"], document["command"], document["data"]) == (True, "models list", {"names": ["a", "b"]})


def test_fail_writes_to_stderr_and_as_json_to_stdout_too(capsys):
    error = DeviceError("--device cuda: none", "Use --device cpu.")
    Console("generate", quiet=True).fail(error)
    assert capsys.readouterr() == ("", "error: --device cuda: none\n       Use --device cpu.\n")
    Console("generate", json=True).fail(error, {"outputs": []})
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert document["ok"] is False
    assert document["data"] == {"outputs": []}
    assert document["error"] == {"code": "device", "message": "--device cuda: none", "hint": "Use --device cpu."}
    assert err == "error: --device cuda: none\n       Use --device cpu.\n"
