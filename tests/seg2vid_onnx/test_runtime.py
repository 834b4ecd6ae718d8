"""An ONNX Runtime that is broken, or talks of what does not matter here."""

import subprocess
import sys

import pytest

from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.errors import BackendError
from seg2vid_interface.model_card import open_model_folder
from seg2vid_onnx import backend
from seg2vid_onnx.backend import OnnxBackend

WITHOUT_FILES = """\
import sys, types
sys.modules["onnxruntime"] = types.ModuleType("onnxruntime")  # what is left of a package: a folder
from seg2vid_cli.app import main
main()
"""
WARNS = """\
import warnings
warnings.warn("Failed to register bundled CUDA plugin EP from libonnxruntime_providers_cuda.so: libcudart.so.13")
def set_default_logger_severity(severity):
    assert severity == 4
"""


def run(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)


def test_a_package_whose_files_another_s_uninstall_took_along_says_how_to_mend_it():
    remedy = f"pip install --force-reinstall {backend._installed_package()}"
    gone = "its files are gone; another package of it was uninstalled after it, and took them along"
    listed = run(WITHOUT_FILES, "backends")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert f"onnx: cannot be used: ONNX Runtime cannot be loaded ({gone}): {remedy}\n" in listed.stdout
    generated = run(WITHOUT_FILES, "generate", "examples/street.png", "--backend", "onnx")
    assert generated.returncode == 1
    assert generated.stderr.splitlines()[-2:] == [
        f"error: --backend onnx: ONNX Runtime cannot be loaded: {gone}",
        f"       {remedy}",
    ]


@pytest.mark.parametrize(
    ("installed", "remedy"),
    [
        ({"onnxruntime-gpu", "onnxruntime"}, "pip install --force-reinstall onnxruntime-gpu"),
        ({"onnxruntime"}, "pip install --force-reinstall onnxruntime"),
        (set(), backend.INSTALL),
    ],
)
def test_the_package_that_is_there_is_the_one_to_install_again(monkeypatch, model, installed, remedy):
    def version(package: str) -> str:
        if package not in installed:
            raise backend.PackageNotFoundError
        return "1.0"

    monkeypatch.setattr(backend, "version", version)
    monkeypatch.setitem(sys.modules, "seg2vid_onnx.session", None)
    monkeypatch.setitem(sys.modules, "seg2vid_onnx.providers", None)
    with pytest.raises(BackendError, match="--backend onnx: ONNX Runtime cannot be loaded") as caught:
        OnnxBackend().open(open_model_folder(model), OpenOptions())
    assert caught.value.hint == remedy
    assert OnnxBackend().status().reason.endswith(f": {remedy}")


def test_what_it_says_of_cuda_s_plug_ins_does_not_reach_the_user(tmp_path):
    (tmp_path / "onnxruntime.py").write_text(WARNS)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import seg2vid_onnx.runtime as r; print(r.onnxruntime)"
    process = run(code)
    assert (process.returncode, process.stderr) == (0, "")
    assert str(tmp_path) in process.stdout
