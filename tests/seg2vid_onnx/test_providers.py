"""Choosing a device, and why CUDA cannot be had."""

import logging
from pathlib import Path

import onnxruntime
import pytest

from seg2vid_interface.errors import DeviceError, UsageError
from seg2vid_onnx import providers
from seg2vid_onnx.providers import CPU, CUDA, choose_device, gpu_count, provider_of, usable_devices

has_gpu = gpu_count() > 0
has_cuda_build = CUDA in onnxruntime.get_available_providers()


def refusal(device: str) -> tuple[str, str]:
    with pytest.raises(DeviceError) as caught:
        choose_device(device)
    return caught.value.message, caught.value.hint


@pytest.mark.parametrize("device", ["gpu", "cuda:x", "cpu:0", "mps"])
def test_words_that_are_no_device(device):
    with pytest.raises(UsageError, match=f"--device {device}: unknown"):
        choose_device(device)


def test_the_cpu_is_always_there():
    assert choose_device("cpu") == "cpu"
    assert usable_devices()[-1] == "cpu"


def test_cuda_is_not_left_to_guess_its_convolutions():
    name, options = provider_of("cuda:1")
    assert (name, options["device_id"], options["cudnn_conv_algo_search"], options["use_tf32"]) == (
        CUDA,
        1,
        "HEURISTIC",
        0,
    )
    assert provider_of("cpu") == (CPU, {})


@pytest.mark.skipif(has_gpu or not has_cuda_build, reason="is about a machine without a GPU")
def test_without_a_driver():
    assert usable_devices() == ("cpu",)
    assert choose_device("auto") == "cpu"
    assert refusal("cuda") == (
        "--device cuda: no NVIDIA driver with a GPU is found",
        "Install the driver, or give the container its GPU. Or use --device cpu.",
    )


@pytest.mark.skipif(not has_cuda_build, reason="needs the package with CUDA")
def test_a_gpu_that_is_not_there(monkeypatch):
    monkeypatch.setattr(providers, "gpu_count", lambda: 1)
    assert refusal("cuda:1") == (
        "--device cuda:1: there are only 1 CUDA devices, counted from 0",
        "Or use --device cpu.",
    )


@pytest.mark.skipif(has_gpu or not has_cuda_build, reason="is about a machine without CUDA's libraries")
def test_missing_cuda_libraries_are_named(monkeypatch, caplog, capfd):
    """The driver is feigned; that the libraries are missing is true."""
    monkeypatch.setattr(providers, "gpu_count", lambda: 1)
    message, hint = refusal("cuda")
    assert message.startswith("--device cuda: ONNX Runtime's CUDA libraries cannot be loaded: lib")
    assert hint == "pip install 'seg2vid[cuda]'. Or use --device cpu."
    with caplog.at_level(logging.WARNING):
        assert choose_device("auto") == "cpu"
    assert caplog.messages[0].startswith("there is a GPU, but ONNX Runtime's CUDA libraries cannot be loaded")
    assert capfd.readouterr() == ("", "")


def test_a_build_without_cuda(monkeypatch):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CPU])
    monkeypatch.setattr(providers, "_installed", lambda package: package == "onnxruntime")
    message, hint = refusal("cuda")
    assert message == "--device cuda: this ONNX Runtime is a CPU-only build"
    assert hint.startswith("pip uninstall -y onnxruntime && pip install 'onnxruntime-gpu[cuda,cudnn]'.")


def test_both_packages_installed(monkeypatch, tmp_path: Path):
    """Each overwrites the other's files; the one installed last wins."""
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CPU])
    for package in ("onnxruntime", "onnxruntime-gpu"):
        distribution = tmp_path / f"{package.replace('-', '_')}-1.0.dist-info"
        distribution.mkdir()
        (distribution / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    message, hint = refusal("cuda")
    assert message.endswith("onnxruntime and onnxruntime-gpu are both installed, and the one without CUDA has won")
    assert "pip uninstall -y onnxruntime onnxruntime-gpu && pip install onnxruntime-gpu" in hint
