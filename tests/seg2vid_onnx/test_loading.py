"""Graphs that are damaged where ONNX Runtime's Python looks, and providers that fail to start."""

from pathlib import Path

import pytest

from seg2vid_cli.model_store.store import BUNDLED_MODELS
from seg2vid_interface.errors import DeviceError, ModelError
from seg2vid_interface.graphs import METADATA_KEY, open_sides
from seg2vid_interface.model_card import FETCH_AGAIN, open_model_folder
from seg2vid_onnx import loading
from seg2vid_onnx.graph import OnnxGraph

STREET = BUNDLED_MODELS / "street"


def error_of(path: Path, device: str = "cpu") -> ModelError | DeviceError:
    card = open_model_folder(STREET).card
    with pytest.raises((ModelError, DeviceError)) as caught:
        OnnxGraph(path, "known", card, device=device, sides=open_sides(card, card.height, card.width))
    return caught.value


@pytest.mark.parametrize("name", [b"label_map", METADATA_KEY.encode()])
def test_names_that_are_no_text_are_damage_and_nothing_is_printed(tmp_path, capfd, name):
    path = tmp_path / "known.onnx"
    whole = (STREET / "known.onnx").read_bytes()
    assert name in whole
    path.write_bytes(whole.replace(name, b"\xff" + name[1:]))
    error = error_of(path)
    assert error.message.startswith(f"{path}: ")
    assert "'utf-8' codec can't decode byte 0xff" in error.message
    assert error.hint == FETCH_AGAIN
    assert capfd.readouterr() == ("", "")


def test_a_provider_that_fails_to_start_is_the_device_s_fault(monkeypatch, capfd):
    def fail(*_args: object, **_settings: object) -> None:
        raise RuntimeError("no such driver\nin provider.cc")

    monkeypatch.setattr(loading.onnxruntime.InferenceSession, "_create_inference_session", fail)
    error = error_of(STREET / "known.onnx", "cuda:0")
    reason = "ONNX Runtime could not start CUDAExecutionProvider: no such driver"
    assert (type(error), error.message) == (DeviceError, f"--device cuda:0: {reason}")
    assert error_of(STREET / "known.onnx").message.endswith("known.onnx: ONNX Runtime cannot load it: no such driver")
    assert capfd.readouterr() == ("", "")
