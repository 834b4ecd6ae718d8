"""Files that `torch.save` wrote, and those that only seem so."""

import argparse
import os
import random
import sys
import zipfile

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from seg2vid_interface.errors import ModelError
from seg2vid_torch.training.light_checkpoint import read_light_weights
from seg2vid_torch.weights.entries import read_entries
from seg2vid_torch.weights.torch_files import PLAIN_HINT, read_torch_file

PAGES = [
    b"<!DOCTYPE html>\n<html>...",
    b"\xef\xbb\xbf \n<html lang='en'>",
    b'<?xml version="1.0"?><html>',
    b"<!-- login -->",
]


def numbers(state: object) -> list[float]:
    return [value for name in sorted(state) for value in state[name].flatten().tolist()]


def test_no_bit_that_has_changed_is_read_as_another_number(tmp_path):
    path = tmp_path / "a.pt"
    torch.manual_seed(0)
    torch.save({"a": torch.randn(40, 40), "b": torch.arange(1000)}, path)
    content, own = path.read_bytes(), numbers(torch.load(path))
    draw, refused = random.Random(0), 0
    for _ in range(400):
        changed = bytearray(content)
        changed[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        path.write_bytes(changed)
        try:
            state = read_torch_file(path, "checkpoint")
        except ModelError as error:
            refused += 1
            assert error.message.startswith(f"{path}: ")
        else:
            assert numbers(state) == own
    assert refused > 300


def test_the_member_that_has_changed_is_named(tmp_path):
    path = tmp_path / "a.pt"
    torch.save({"a": torch.ones(1000)}, path)
    content = path.read_bytes()
    ones = torch.ones(1000).numpy().tobytes()
    path.write_bytes(content.replace(ones, ones[:-1] + b"\0"))
    with pytest.raises(ModelError) as caught:
        read_torch_file(path, "checkpoint")
    assert caught.value.message == f"{path}: damaged: the checksum of its a/data/0 is another"
    assert caught.value.hint == "Copy or fetch it again."


def changed_members(path, change):
    """Write the archive of a tensor anew, with `change`d members."""
    torch.save({"a": torch.ones(100)}, path)
    with zipfile.ZipFile(path) as archive:
        members = [(member, archive.read(member)) for member in archive.infolist()]
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in change(members):
            archive.writestr(member, content)


def marked_as_folders(members):
    for member, _ in members:
        member.external_attr |= 0x10
    return members


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("change", [marked_as_folders, lambda members: [members[1], *members]])
def test_members_that_pytorch_would_read_otherwise_are_refused(tmp_path, change):
    path = tmp_path / "a.pt"
    changed_members(path, lambda members: members)
    assert torch.equal(read_torch_file(path, "checkpoint")["a"], torch.ones(100))
    changed_members(path, change)
    with pytest.raises(ModelError) as caught:
        read_torch_file(path, "checkpoint")
    assert caught.value.message == f"{path}: damaged: its list of members is not PyTorch's"


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", ["a.pt", "a.safetensors"])
def test_a_web_page_is_called_one(tmp_path, page, name):
    path = tmp_path / name
    path.write_bytes(page)
    read = {"a.pt": lambda path: read_torch_file(path, "checkpoint"), "a.safetensors": read_light_weights}[name]
    for call, kind in ((read, {"a.pt": "checkpoint"}.get(name, "light checkpoint")), (read_entries, "file of weights")):
        with pytest.raises(ModelError) as caught:
            call(path)
        assert caught.value.message == f"{path}: a web page, not a {kind}"
        assert caught.value.hint == "What was fetched is a page about the file; fetch the file itself."


@pytest.mark.parametrize("archive", [True, False])
@pytest.mark.parametrize(
    ("state", "name"),
    [
        (nn.Linear(1, 1), "torch.nn.modules.linear.Linear"),
        ({"a": torch.ones(1), "args": argparse.Namespace(a=1)}, "argparse.Namespace"),
    ],
)
def test_python_objects_are_named_with_the_way_out(tmp_path, archive, state, name):
    path = tmp_path / "a.pth"
    torch.save(state, path, _use_new_zipfile_serialization=archive)
    with pytest.raises(ModelError) as caught:
        read_torch_file(path, "checkpoint")
    assert caught.value.message == f"{path}: holds Python objects ({name}), code that is not run here"
    assert caught.value.hint == PLAIN_HINT
    torch.save(nn.Linear(1, 1).state_dict(), path)  # what the hint says
    assert read_torch_file(path, "checkpoint").keys() == {"weight", "bias"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    for name in ("a.pt", "a.safetensors", "a.h5"):
        os.mkfifo(tmp_path / name)
        for read in (lambda path: read_torch_file(path, "checkpoint"), read_entries, read_light_weights):
            with pytest.raises(ModelError, match="a pipe or device, not a "):
                read(tmp_path / name)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other links")
def test_a_link_to_itself_is_refused(tmp_path):
    (tmp_path / "a.pt").symlink_to("a.pt")
    for read in (lambda path: read_torch_file(path, "checkpoint"), read_entries, read_light_weights):
        with pytest.raises(ModelError, match=r"a\.pt: not a readable .*: .*Too many levels of symbolic links"):
            read(tmp_path / "a.pt")


def test_a_light_checkpoint_of_before_there_were_hashes_is_read(tmp_path):
    save_file({"networks.a": torch.ones(1)}, tmp_path / "a.safetensors")
    assert read_light_weights(tmp_path / "a.safetensors")["networks"] == {"a": torch.ones(1)}
