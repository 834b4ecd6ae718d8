"""`--format webdataset`: what WebDataset reads is what was made, whole, once, and in order, however a run ended."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import webdataset

from seg2vid_cli.outputs.webdataset.names import keys_in
from seg2vid_cli.outputs.webdataset.packing import ShardPacker
from seg2vid_interface.errors import OutputError

pytestmark = pytest.mark.usefixtures("fake_backends")

SAVED = ("labels", "flow", "occlusion", "frames")
FRAMES = 5


@pytest.fixture
def maps(street):
    for name in ("b.x", "a", "city/c"):
        path = Path(f"maps/{name}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(street.read_bytes())
    return Path("maps")


@pytest.fixture
def generate(seg2vid, model, maps):
    def run(*flags, out="shards/", code=0):
        asked = ("--model", model, "--frames", FRAMES, "--save", ",".join(SAVED), "--format", "webdataset", "--json")
        result = seg2vid("generate", maps, "-o", out, *asked, *flags)
        assert result.exit_code == code, result.stderr
        return json.loads(result.stdout)

    return run


def keys(shard) -> list[str]:
    return list(dict.fromkeys(keys_in(Path(shard))))


def below(folder) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in Path(folder).rglob("*")}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # WebDataset leaves its file open
def test_webdataset_reads_what_a_folder_holds(generate, seg2vid, model, maps):
    outputs = generate("--samples", 2)["data"]["outputs"]
    names = [name for key in ("a", "b_x", "city/c") for name in (key, f"{key}_2")]
    assert keys("shards/000000.tar") == names
    assert [(output["output"], output["saved"][0]) for output in outputs] == [
        ("shards/000000.tar", f"{name}.mp4") for name in names
    ]
    samples = list(webdataset.WebDataset("shards/000000.tar", shardshuffle=False, empty_check=False).decode())
    assert [sample["__key__"] for sample in samples] == names
    assert seg2vid(
        "generate", maps, "--model", model, "--frames", FRAMES, "--samples", 2, "--save", "flow", "-o", "files/"
    ).exit_code == 0  # fmt: skip
    for sample, stem in zip(samples, ("a", "a_2", "b.x", "b.x_2", "city/c", "city/c_2"), strict=True):
        assert {name for name in sample if not name.startswith("__")} == {
            "mp4", "json", *(f"{name}.npz" for name in SAVED)
        }  # fmt: skip
        assert sample["frames.npz"]["frames"].shape[0] == sample["labels.npz"]["labels"].shape[0] == FRAMES
        flow = np.stack([np.load(path) for path in sorted(Path(f"files/{stem}.flow").iterdir())])
        np.testing.assert_array_equal(sample["flow.npz"]["flow"], flow)
        assert sample["json"]["sample"] == (2 if stem.endswith("_2") else 1)


def test_a_shard_takes_no_more_clips_than_it_is_to(generate, seg2vid, model, maps):
    generate("--clips-per-shard", 2)
    assert [keys(shard) for shard in sorted(Path("shards").iterdir())] == [["a", "b_x"], ["city/c"]]
    result = seg2vid("generate", maps, "--model", model, "--frames", 1, "-o", "more/", "--format", "webdataset")
    assert result.stdout.splitlines() == ["more/000000.tar"]


def test_a_run_that_was_stopped_goes_on(generate, monkeypatch):
    """Every clip is there once, whether the run was stopped between two clips, or before or after a shard was whole."""
    whole = below("shards") if generate("--clips-per-shard", 2) else None
    for stopping in (add_fails, unlink_fails):
        with monkeypatch.context() as patch:
            stopping(patch)
            generate("--clips-per-shard", 2, out="new/", code=1)
        assert Path("new/unpacked").is_dir()
        made = generate("--clips-per-shard", 2, "--skip-existing", out="new/")["data"]
        assert len(made["outputs"]) + len(made["skipped"]) == 3
        assert below("new") == whole
        for path in Path("new").iterdir():
            path.unlink()


def add_fails(patch):
    add = ShardPacker.add

    def failing(packer, files):
        if add(packer, files) is None:
            raise OutputError("stopped")

    patch.setattr(ShardPacker, "add", failing)


def unlink_fails(patch):
    unlink = Path.unlink

    def failing(path, **how):
        if path.parent.name == "unpacked" and path.suffix == ".json":
            raise OSError(5, "Input/output error")
        unlink(path, **how)

    patch.setattr(Path, "unlink", failing)


def test_inputs_that_fail_are_left_out(generate, maps):
    (maps / "b.x.png").write_bytes(b"no picture")
    answer = generate(code=1)
    assert [failure["input"] for failure in answer["data"]["failures"]] == ["maps/b.x.png"]
    assert keys("shards/000000.tar") == ["a", "city/c"]


def test_parts_of_a_run_lie_side_by_side(generate):
    for part in ("1/2", "2/2"):
        generate("--shard", part)
    assert {path.name: keys(path) for path in Path("shards").iterdir()} == {
        "1-of-2-000000.tar": ["a", "city/c"],
        "2-of-2-000000.tar": ["b_x"],
    }


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--overwrite",), "--overwrite: shards are not replaced"),
        (("--sheet", "sheet.png"), "--sheet sheet.png: clips in shards have no sheet"),
        (("--flow-format", "flo"), "--flow-format flo: in shards, flow is one array a clip"),
        (("-o", "shards.tar"), "--format webdataset: shards need a folder, but -o shards.tar is none"),
        (("--clips-per-shard", 0), "--clips-per-shard 0"),
    ],
)
def test_flags_that_do_not_go_with_shards(generate, flags, message):
    assert message in generate(*flags, code=2)["error"]["message"]
    assert not Path("shards").exists()


def test_shards_are_not_added_to_without_being_asked(generate):
    generate()
    message = generate(code=1)["error"]["message"]
    assert message == f"shards{os.sep}000000.tar: exists already"


def test_clips_of_one_key_are_refused(generate, maps, street):
    (maps / "b_x.png").write_bytes(street.read_bytes())
    assert "both results would be called b_x" in generate(code=2)["error"]["message"]


def test_without_shards_there_is_no_number_of_their_clips(seg2vid, model, maps):
    result = seg2vid("generate", maps, "--model", model, "-o", "clips/", "--clips-per-shard", 3)
    assert result.exit_code == 2
    assert "Add --format webdataset." in result.stderr
