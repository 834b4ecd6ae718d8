"""`--format webdataset`: what WebDataset reads is what was made, whole, once, and in order, however a run ended."""

import json
import os
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
import webdataset

from seg2vid_cli.generation.made import FailedInput, MadeClip
from seg2vid_cli.generation.making import ClipMaker
from seg2vid_cli.inputs.scenes import Input
from seg2vid_cli.outputs.webdataset.lock import held
from seg2vid_cli.outputs.webdataset.names import ShardNames, members_in, split_name
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
    return list(dict.fromkeys(split_name(member)[0] for member in members_in(Path(shard))))


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


@pytest.mark.parametrize(("first", "then"), [("1/2", "1/3"), ("1/2", None), (None, "1/2")])
def test_the_label_maps_are_not_shared_out_anew(generate, first, then):
    """The clips in shards of other parts would not be found, and be made again."""

    def shard(part):
        return () if part is None else ("--shard", part)

    generate(*shard(first))
    for skipping in ((), ("--skip-existing",)):
        error = generate(*shard(then), *skipping, code=1)["error"]
        assert "and its clips would be made again" in error["message"]
        assert error["hint"].startswith("Go on with --shard I/2" if first else "Leave --shard out")
    assert len(list(Path("shards").iterdir())) == 1


@pytest.mark.parametrize("kind", ["mp4", "webdataset"])
def test_parts_know_of_the_names_in_other_parts(generate, maps, street, kind):
    (maps / "a_2.png").write_bytes(street.read_bytes())  # is called like the second clip of a.png
    for part in ("1/2", "2/2"):
        message = generate("--samples", 2, "--shard", part, "--format", kind, code=2)["error"]["message"]
        assert message == f"maps{os.sep}a.png and maps{os.sep}a_2.png: both results would be called a_2"


def test_a_clip_in_a_shard_must_have_all_that_is_asked_for(generate):
    generate()
    error = generate("--save", "labels,first-frame", "--skip-existing", code=1)["error"]
    shard = f"shards{os.sep}000000.tar"
    assert error["message"] == f"{shard}: holds a.flow.npz, but no a.first-frame.png, so it cannot be skipped"
    assert len(generate("--save", "labels", "--skip-existing")["data"]["skipped"]) == 3
    with tarfile.open(shard) as archive:
        end = archive.getmember("city/c.flow.npz").offset
    with Path(shard).open("r+b") as file:
        file.truncate(end)  # where a member ends, so that it is still a tar
    message = generate("--skip-existing", code=1)["error"]["message"]
    assert message == f"{shard}: holds city/c.labels.npz, but no city/c.flow.npz, so it cannot be skipped"


def test_what_was_saved_more_is_packed_with_a_clip(generate, monkeypatch):
    with monkeypatch.context() as patch:
        add_fails(patch)
        generate(code=1)
    before = below("shards/unpacked")
    error = generate("--save", "labels,first-frame", "--skip-existing", code=1)["error"]
    assert "first-frame.png does not, so it cannot be skipped" in error["message"]
    assert error["hint"].startswith("Ask for the same --save")
    generate("--save", "labels", "--skip-existing")
    assert not Path("shards/unpacked").exists()
    assert before.keys() <= set(members_in(Path("shards/000000.tar")))


def test_clips_that_nobody_asked_for_are_told_of(generate, seg2vid, model, maps, monkeypatch):
    with monkeypatch.context() as patch:
        add_fails(patch)
        generate("--samples", 2, code=1)
    for file in list(Path("shards/unpacked").glob("a.*")):
        shutil.copy(file, file.with_name(f"a_2{file.name.removeprefix('a')}"))
    flags = ("--frames", FRAMES, "--save", ",".join(SAVED), "--format", "webdataset", "--skip-existing")
    result = seg2vid("generate", maps, "--model", model, "-o", "shards/", *flags)
    assert result.exit_code == 0
    assert "are left there, of clips that this run was not asked for" in result.stderr
    assert generate("--samples", 2, "--skip-existing")["ok"]
    assert not Path("shards/unpacked").exists()


def test_clips_of_an_input_of_which_another_has_failed_are_packed(generate, monkeypatch):
    """Workers of other processes make the clips of one input in any order."""
    make = ClipMaker.make

    def failing(maker, tasks, *arguments):
        made = list(make(maker, tasks, *arguments))
        first = next(one for one in made if isinstance(one, MadeClip))
        made[made.index(first)] = FailedInput(Input(Path("maps/a.png"), None), OutputError("worker died"), 0)
        for file in (first.clip.output, *first.clip.saved):
            Path(file).unlink()
        yield from made

    with monkeypatch.context() as patch:
        patch.setattr(ClipMaker, "make", failing)
        data = generate("--samples", 2, code=1)["data"]
    assert keys("shards/000000.tar") == ["b_x", "b_x_2", "city/c", "city/c_2", "a_2"]
    assert (len(data["outputs"]), len(data["failures"])) == (5, 1)
    assert len(generate("--samples", 2, "--skip-existing")["data"]["outputs"]) == 1


def test_one_run_at_a_time_writes_the_same_shards(generate):
    with held(ShardNames(Path("shards"), "1-of-2-")):
        error = generate("--shard", "1/2", code=1)["error"]
        assert error["message"] == "-o shards: another run is writing the same shards there"
        generate("--shard", "2/2")
    generate("--shard", "1/2")
    assert {path.name for path in Path("shards").iterdir()} == {"1-of-2-000000.tar", "2-of-2-000000.tar"}
    with held(ShardNames(Path("deep/empty"))):
        assert Path("deep/empty/.lock").is_file()
    assert not Path("deep").exists()


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
