"""Nothing is ever sent anywhere: no runtime opens a connection, looks a name up or leaves an identity behind."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

STREET = Path(__file__).parents[1] / "examples" / "street.png"
BACKENDS = ("onnx", "openvino", "torch")
HAS_STRACE = shutil.which("strace") is not None
WATCHED = ("AF_INET", "resolv.conf", "nsswitch.conf", "/etc/hosts")
"""What shows in a trace when a name is looked up or a connection opened."""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty home folder."""
    folder = tmp_path / "home"
    folder.mkdir()
    for variable in ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(variable, str(folder))
    monkeypatch.setenv("SEG2VID_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)  # the tests' own imports may have set it
    return folder


def run(*words: object, trace: Path | None = None) -> list[str]:
    """Run Python; return what shows in the trace that is written, if one is."""
    strace = [] if trace is None else ["strace", "-f", "-e", "trace=network,openat", "-o", str(trace)]
    subprocess.run([*strace, sys.executable, *map(str, words)], check=True, capture_output=True)
    lines = trace.read_text(errors="replace").splitlines() if trace else []
    return [line for line in lines if any(word in line for word in WATCHED)]


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_connection_is_opened_no_name_looked_up_and_nothing_left_in_the_home_folder(backend, home, tmp_path):
    trace = tmp_path / "trace" if HAS_STRACE else None
    words = ("-m", "seg2vid_cli", "generate", STREET, "-o", tmp_path / "x.mp4", "--frames", 2, "--backend", backend)
    assert run(*words, trace=trace) == []
    assert list(home.rglob("*")) == []
    assert trace is None or "x.mp4" in trace.read_text(errors="replace")  # it saw the program at work


@pytest.mark.skipif(not HAS_STRACE, reason="needs strace")
def test_the_trace_would_show_a_look_up(home, tmp_path):
    code = "import socket\ntry: socket.getaddrinfo('seg2vid.invalid', 443)\nexcept OSError: pass"
    assert run("-c", code, trace=tmp_path / "trace") != []


def test_listing_the_backends_leaves_nothing_either(home):
    run("-c", "import os, seg2vid_onnx.providers; assert os.environ['ORT_DISABLE_TELEMETRY'] == '1'")
    run("-m", "seg2vid_cli", "backends")
    assert list(home.rglob("*")) == []
