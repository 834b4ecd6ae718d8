"""Nothing is ever sent anywhere: no runtime opens a connection, looks a name up or leaves an identity behind."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

STREET = Path(__file__).parents[1] / "examples" / "street.png"
BACKENDS = ("onnx", "openvino", "torch")
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
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY")  # which the tests' own imports have set
    return folder


def run(*words: object, prefix: tuple[str, ...] = ()) -> None:
    subprocess.run([*prefix, sys.executable, *map(str, words)], check=True, capture_output=True)


def generate(backend: str, folder: Path) -> list[object]:
    return ["-m", "seg2vid_cli", "generate", STREET, "-o", folder / "x.mp4", "--frames", 2, "--backend", backend]


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_is_left_in_the_home_folder(backend, home, tmp_path):
    run(*generate(backend, tmp_path))
    assert list(home.rglob("*")) == []


def test_listing_the_backends_leaves_nothing_either(home):
    run("-m", "seg2vid_cli", "backends")
    assert list(home.rglob("*")) == []


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
@pytest.mark.parametrize("backend", BACKENDS)
def test_no_connection_is_opened_and_no_name_looked_up(backend, home, tmp_path):
    trace = tmp_path / "trace"
    strace = ("strace", "-f", "-e", "trace=network,openat", "-o", str(trace))
    run(*generate(backend, tmp_path), prefix=strace)
    lines = trace.read_text(errors="replace").splitlines()
    assert any("x.mp4" in line for line in lines)  # the trace saw the program at work
    assert [line for line in lines if any(word in line for word in WATCHED)] == []


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_the_trace_would_show_a_look_up(home, tmp_path):
    trace = tmp_path / "trace"
    code = "import socket\ntry: socket.getaddrinfo('seg2vid.invalid', 443)\nexcept OSError: pass"
    run("-c", code, prefix=("strace", "-f", "-e", "trace=network,openat", "-o", str(trace)))
    assert any(word in trace.read_text(errors="replace") for word in WATCHED)


def test_the_variable_is_set_before_onnx_runtime_is_imported(home):
    code = "import os, seg2vid_onnx.providers; assert os.environ['ORT_DISABLE_TELEMETRY'] == '1'"
    run("-c", code)
    assert list(home.rglob("*")) == []
