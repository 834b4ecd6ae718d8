"""Sizes that do not fit into memory are refused before anything is computed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from seg2vid_cli.model_store.store import open_model
from seg2vid_interface import memory
from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.errors import BackendError
from seg2vid_interface.memory import MB, MemoryNeed, check_memory, free_memory
from seg2vid_interface.model_card import read_card
from seg2vid_interface.sizes import SizeRule
from seg2vid_onnx.backend import OnnxBackend
from seg2vid_openvino.backend import OpenVinoBackend
from seg2vid_torch.backend import TorchBackend

NEED = MemoryNeed("Abacus", resident=500 * MB, address_space=2000 * MB, data=700 * MB, pixel=10_000)
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="Linux says what is free, and limits address space")


@pytest.fixture
def street():
    return open_model("street").card


def limit(monkeypatch, free: float | None = None, **letters: float) -> None:
    monkeypatch.setattr(memory, "free_memory", lambda: None if free is None else int(free))
    monkeypatch.setattr(memory, "_process_limit", letters.get)


def test_what_fits_is_let_through(monkeypatch, street):
    for limits in ({}, {"free": 1e9, "v": 3e9, "d": 2e9}):
        limit(monkeypatch, **limits)
        check_memory(NEED, street, (128, 256))


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"free": 10e9}, "21.5 GB of memory for it, and 10.0 GB are free"),
        ({"free": 99e9, "v": 10e9}, "23.0 GB of memory for it, and `ulimit -v` allows 10.0 GB"),
        ({"d": 10e9}, "21.7 GB of memory for it, and `ulimit -d` allows 10.0 GB"),
    ],
)
def test_what_does_not_is_told_with_the_number_and_the_nearest_that_does(monkeypatch, street, limits, said):
    limit(monkeypatch, **limits)
    with pytest.raises(BackendError) as caught:
        check_memory(NEED, street, (1024, 2048))
    assert caught.value.message == f"1024x2048: Abacus needs about {said}"
    nearest = tuple(map(int, re.findall(r"(\d+)x(\d+)", caught.value.hint)[0]))
    assert street.sizes.problem(*nearest) is None
    assert 512 < nearest[0] < 1024
    check_memory(NEED, street, nearest)


def test_where_no_size_fits_another_way_out_is_named(monkeypatch, street):
    limit(monkeypatch, free=1e8)
    with pytest.raises(BackendError) as caught:
        check_memory(NEED, street, (128, 256))
    assert caught.value.hint == "No size fits: free memory or raise the limit, or take another --backend."


def test_a_network_that_does_less_is_taken_to_need_less(monkeypatch, street):
    limit(monkeypatch, free=1.5e9)
    stages = {name: stage.model_copy(update={"gflop_per_frame": 0.001}) for name, stage in street.stages.items()}
    check_memory(NEED, street.model_copy(update={"stages": stages}), (1024, 2048))
    with pytest.raises(BackendError, match="needs about 21"):
        check_memory(NEED, street, (1024, 2048))


def test_a_first_frame_that_is_made_larger_needs_more(monkeypatch, street):
    limit(monkeypatch, free=9e9)
    check_memory(NEED, street, (512, 1024))
    with pytest.raises(BackendError, match=r"needs about 21\.5 GB"):
        check_memory(NEED, street.model_copy(update={"image_scale": 2}), (512, 1024))


def test_the_size_that_is_recommended_follows_the_model_s_rule(monkeypatch, street):
    limit(monkeypatch, free=1e9)
    rule = SizeRule(multiple=32, smallest=128, area_multiple=4096)
    with pytest.raises(BackendError) as caught:
        check_memory(NEED, street.model_copy(update={"sizes": rule}), (256, 512))
    height, width = map(int, re.findall(r"(\d+)x(\d+)", caught.value.hint)[0])
    assert rule.problem(height, width) is None


@pytest.mark.parametrize("backend", [OnnxBackend, OpenVinoBackend, TorchBackend])
def test_every_backend_refuses_before_it_loads(monkeypatch, backend):
    limit(monkeypatch, free=20e9)
    with pytest.raises(BackendError, match=r"^2048x4096: .* needs about \d\d\.\d GB of memory for it, and 20\.0 GB"):
        backend().open(open_model("street"), OpenOptions("cpu", "fp32", (2048, 4096)))


@LINUX
@pytest.mark.parametrize(("backend", "allowed"), [("openvino", 1_500_000), ("onnx", 900_000), ("torch", 1_000_000)])
def test_a_limit_of_the_shell_is_told_before_the_runtime_aborts(backend, allowed, tmp_path):
    label_map = Path(__file__).parents[2] / "examples" / "street.png"
    command = f"ulimit -v {allowed}; exec {sys.executable} -m seg2vid_cli generate {label_map} --backend {backend}"
    process = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert process.returncode == 1
    assert re.search(
        r"error: 128x256: .* needs about \d\.\d GB of memory for it, and `ulimit -v` allows", process.stderr
    )
    assert list(tmp_path.iterdir()) == []


@LINUX
def test_a_container_s_limit_counts(monkeypatch, tmp_path):
    system = tmp_path / "meminfo"
    system.write_text("MemTotal: 32000000 kB\nMemAvailable: 16000000 kB\n")
    group = tmp_path / "memory.max", tmp_path / "memory.current"
    monkeypatch.setattr(memory, "MEMORY_INFO", system)
    monkeypatch.setattr(memory, "GROUP_FILES", ((str(group[0]), str(group[1])),))
    assert free_memory() == 16_000_000 * 1024
    group[1].write_text("3000000000\n")
    for most, free in (("max", 16_000_000 * 1024), ("4000000000", 1_000_000_000)):
        group[0].write_text(f"{most}\n")
        assert free_memory() == free
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 500000000\n")
    assert free_memory() == 1_500_000_000
    system.unlink()
    group[0].write_text("max\n")
    assert free_memory() is None


def test_tiny_models_fit_everywhere(model, monkeypatch):
    limit(monkeypatch, free=1e9)
    check_memory(NEED, read_card(model), (32, 64))
