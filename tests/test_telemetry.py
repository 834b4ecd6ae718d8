"""Nothing is ever sent anywhere: no runtime opens a connection, looks a name up or leaves an identity behind."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from street_data import TINY_IMAGE

STREET = Path(__file__).parents[1] / "examples" / "street.png"
BACKENDS = ("onnx", "openvino", "torch")
HAS_STRACE = shutil.which("strace") is not None
WATCHED = ("AF_INET", "resolv.conf", "/etc/hosts")  # nsswitch.conf is read for the names of users as well
"""What shows in a trace when a name is looked up or a connection opened."""
RECORDING = Path(__file__).parent / "robustness" / "recording"
"""What Python itself is asked for is noted there, on systems that have no strace too."""


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


def run(*words: object, trace: Path) -> list[str]:
    """Run Python; return what shows of the network in what was traced and recorded."""
    strace = ["strace", "-f", "-e", "trace=network,openat", "-o", str(trace)] if HAS_STRACE else []
    record = trace.with_name("record")
    environment = os.environ | {"PYTHONPATH": str(RECORDING), "SEG2VID_TEST_RECORD": str(record)}
    subprocess.run([*strace, sys.executable, *map(str, words)], check=True, capture_output=True, env=environment)
    lines = trace.read_text(errors="replace").splitlines() if HAS_STRACE else []
    recorded = record.read_text().splitlines() if record.exists() else []
    return recorded + [line for line in lines if any(word in line for word in WATCHED)]


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_connection_is_opened_no_name_looked_up_and_nothing_left_in_the_home_folder(backend, home, tmp_path):
    trace = tmp_path / "trace"
    words = ("-m", "seg2vid_cli", "generate", STREET, "-o", tmp_path / "x.mp4", "--frames", 2, "--backend", backend)
    assert run(*words, trace=trace) == []
    assert list(home.rglob("*")) == []
    assert not HAS_STRACE or "x.mp4" in trace.read_text(errors="replace")  # it saw the program at work


@pytest.mark.parametrize(
    "words",
    [
        ("models", "list"),
        pytest.param(("benchmark", "--quick", "--backend", "torch", "-o", "speed.json"), marks=pytest.mark.slow),
        pytest.param(("train", "image", "--data", "CLIPS", "--out", "run"), marks=pytest.mark.slow),
        pytest.param(("export", "street", "-o", "model"), marks=pytest.mark.slow),
    ],
    ids=lambda words: words[0],
)
def test_other_commands_do_not_either(words, home, clips, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = {"steps": "2", "weights.perceptual": "0"}
    flags = [word for pair in (TINY_IMAGE | settings).items() for word in ("--set", "=".join(pair))]
    words = [clips if word == "CLIPS" else word for word in words]
    more = flags if words[0] == "train" else []
    assert run("-m", "seg2vid_cli", *words, *more, trace=tmp_path / "trace") == []
    assert list(home.rglob("*")) == []


def test_a_look_up_and_a_connection_would_show(home, tmp_path):
    looks = "import socket\ntry: socket.getaddrinfo('seg2vid.invalid', 443)\nexcept OSError: pass\n"
    connects = "try: socket.socket().connect(('127.0.0.1', 9))\nexcept OSError: pass"
    shown = run("-c", looks + connects, trace=tmp_path / "trace")
    assert [line.split()[0] for line in shown[:2]] == ["socket.getaddrinfo", "socket.connect"]
    assert len(shown) > 2 or not HAS_STRACE


def test_listing_the_backends_leaves_nothing_either(home, tmp_path):
    off = "import os, seg2vid_onnx.providers; assert os.environ['ORT_DISABLE_TELEMETRY'] == '1'"
    assert run("-c", off, trace=tmp_path / "trace") == []
    assert run("-m", "seg2vid_cli", "backends", trace=tmp_path / "trace") == []
    assert list(home.rglob("*")) == []
