"""Model folders made from runs."""

import errno
import json
import signal
from collections import Counter
from pathlib import Path

import onnx
import pytest
import torch
from safetensors import SafetensorError

from seg2vid_interface.backend import ExportRequest
from seg2vid_interface.errors import BackendError, ModelError, OutputError
from seg2vid_interface.graphs import INPUTS, OUTPUTS, graph_file, tensors
from seg2vid_interface.model_card import ModelCard, ModelFolder, open_model_folder
from seg2vid_interface.sizes import SizeRule
from seg2vid_interface.staging.moves import Move
from seg2vid_torch import backend
from seg2vid_torch.backend import TorchBackend
from seg2vid_torch.export import exporting


def export(*sources: Path, out: Path, **rest):
    return TorchBackend().export(ExportRequest(sources, out, **rest))


def test_the_card_says_what_the_model_is(model, runs):
    card = model.card
    assert (card.name, card.height, card.width, card.chunk_frames, card.frames) == ("tiny", 128, 128, 4, 24)
    assert (card.latent_size, card.style_size, card.texture, card.hints) == (8 * 8 * 8, 4, True, True)
    assert card.reads_styles
    assert card.label_space.name == "cityscapes"
    assert list(card.stages) == ["image", "motion"]
    motion = card.stages["motion"]
    assert (motion.preset, motion.steps, motion.seed) == ("first_street", 4, 0)
    assert set(motion.quality) == {"val_psnr_1", "val_psnr_T", "val_psnr_copy_T"}
    assert motion.gflop_per_frame > 0
    assert {path.name for path in model.path.iterdir()} == {
        "model.json",
        "image.safetensors",
        "style.safetensors",
        "motion.safetensors",
    }


def test_the_order_of_the_runs_does_not_matter(model, runs, tmp_path):
    result = export(runs["motion"], runs["image"] / "checkpoint.pt", out=tmp_path / "tiny")
    assert result.stages == ("image", "motion")
    assert open_model_folder(tmp_path / "tiny").card.all_files() == model.card.all_files()


def test_one_stage_alone(runs, tmp_path):
    export(runs["motion"], out=tmp_path / "motion-only")
    card = open_model_folder(tmp_path / "motion-only").card
    assert list(card.stages) == ["motion"]
    assert (card.style_size, card.texture, card.hints) == (0, False, False)


def test_the_text_of_the_card(runs, tmp_path):
    (tmp_path / "TERMS").write_text("For research only.")
    text = tmp_path / "card.toml"
    text.write_text(
        'description = "Streets."\nlicence = "LicenseRef-research"\nlicence_file = "TERMS"\n'
        'data = "my drives"\ndata_licence = "own"\n'
    )
    result = export(runs["image"], out=tmp_path / "model", card=text)
    card = open_model_folder(tmp_path / "model").card
    assert (card.description, card.licence) == ("Streets.", "LicenseRef-research")
    assert card.stages["image"].data == "my drives"
    assert (tmp_path / "model" / "LICENSE").read_text() == "For research only."
    assert set(result.files) == {"model.json", "LICENSE", "image.safetensors", "style.safetensors"}


@pytest.mark.parametrize(
    ("text", "message"),
    [("description = 3", "description"), ("licens = 'x'", "licens"), ("[", "not TOML"), ("licence_file='no'", "'no'")],
)
def test_a_faulty_text_leaves_nothing(runs, tmp_path, text, message):
    (tmp_path / "card.toml").write_text(text)
    with pytest.raises(ModelError, match=message):
        export(runs["image"], out=tmp_path / "model", card=tmp_path / "card.toml")
    assert [path.name for path in tmp_path.iterdir()] == ["card.toml"]


def test_a_model_gives_the_stages_that_no_run_gives(model, runs, tmp_path):
    for sources in ((runs["image"], model.path), (model.path, runs["image"])):
        result = export(*sources, out=tmp_path / "mixed", overwrite=True)
        assert result.stages == ("image", "motion")
    assert open_model_folder(tmp_path / "mixed").card.all_files() == model.card.all_files()
    with pytest.raises(ModelError, match="a second image stage"):
        export(model.path, model.path, out=tmp_path / "twice")


def test_two_runs_of_one_stage_are_refused(runs, tmp_path):
    with pytest.raises(ModelError, match="a second image stage"):
        export(runs["image"], runs["image"], out=tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_stages_of_different_sizes_are_refused(runs, train_tiny, tmp_path):
    train_tiny("image", tmp_path / "run", steps=0, settings={"height": "64"})
    with pytest.raises(ModelError, match="different sizes"):
        export(tmp_path / "run", runs["motion"], out=tmp_path / "model")


def test_an_untrained_run_can_be_exported(train_tiny, tmp_path):
    train_tiny("motion", tmp_path / "run", steps=0)
    export(tmp_path / "run", out=tmp_path / "model")
    assert open_model_folder(tmp_path / "model").card.stages["motion"].steps == 0


def test_what_exists_is_replaced_only_when_told(runs, tmp_path):
    out = tmp_path / "model"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        export(runs["image"], out=out)
    export(runs["image"], out=out, overwrite=True)
    assert (out / "notes.txt").read_text() == "mine"
    assert open_model_folder(out).card.name == "model"


@pytest.mark.parametrize("content", [b"", b"\x80\x04x", b"PK\x03\x04"])
def test_a_file_that_is_no_checkpoint(tmp_path, content):
    (tmp_path / "file.pt").write_bytes(content)
    with pytest.raises(ModelError, match=r"file\.pt: not a readable checkpoint"):
        export(tmp_path / "file.pt", out=tmp_path / "model")


def test_a_checkpoint_of_another_program_or_version(runs, tmp_path):
    torch.save({"state_dict": {}}, tmp_path / "other.pt")
    with pytest.raises(ModelError, match="not a checkpoint written by seg2vid train"):
        export(tmp_path / "other.pt", out=tmp_path / "model")
    state = torch.load(runs["image"] / "checkpoint.pt", weights_only=True)
    torch.save(state | {"settings": {"size": 3}}, tmp_path / "old.pt")
    with pytest.raises(ModelError, match=r"old\.pt: of another version of seg2vid"):
        export(tmp_path / "old.pt", out=tmp_path / "model")


def test_a_stage_that_is_exported_no_more_leaves_no_file(runs, tmp_path):
    export(runs["image"], runs["motion"], out=tmp_path / "model")
    export(runs["motion"], out=tmp_path / "model", overwrite=True)
    assert {path.name for path in (tmp_path / "model").iterdir()} == {"model.json", "motion.safetensors"}


@pytest.mark.parametrize("failing", ["image.safetensors", "motion.safetensors", "model.json"])
def test_a_fault_while_one_model_takes_the_place_of_another_leaves_the_old_one(runs, tmp_path, monkeypatch, failing):
    """A stage less: a file goes, one comes, and the card, which comes last, is replaced."""
    out, do = tmp_path / "model", Move.do
    export(runs["image"], out=out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def fail(move: Move) -> None:
        if move.name == f"model/{failing}":
            raise OSError(errno.EIO, "Input/output error")
        do(move)

    monkeypatch.setattr(Move, "do", fail)
    with pytest.raises(OutputError, match="cannot be written: Input/output error"):
        export(runs["motion"], out=out, overwrite=True)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_signal_waits_until_a_model_has_taken_the_place_of_another(runs, tmp_path, monkeypatch):
    out, do = tmp_path / "model", Move.do
    export(runs["image"], out=out)

    def interrupted(move: Move) -> None:
        signal.raise_signal(signal.SIGINT)
        do(move)

    monkeypatch.setattr(Move, "do", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export(runs["motion"], out=out, overwrite=True)
    assert list(open_model_folder(out).card.stages) == ["motion"]
    assert {path.name for path in out.iterdir()} == {"model.json", "motion.safetensors"}
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_model_that_comes_to_exist_meanwhile_is_kept(runs, tmp_path, monkeypatch):
    out, write = tmp_path / "model", exporting._write_weights

    def late(*args, **named) -> None:
        out.mkdir(exist_ok=True)
        (out / "notes.txt").write_text("mine")
        write(*args, **named)

    monkeypatch.setattr(exporting, "_write_weights", late)
    with pytest.raises(OutputError, match="model: exists already"):
        export(runs["motion"], out=out)
    assert [path.name for path in out.iterdir()] == ["notes.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_folder_that_is_no_run(tmp_path):
    with pytest.raises(ModelError, match="no checkpoint there"):
        export(tmp_path, out=tmp_path / "model")


def test_an_altered_file_is_noticed(runs, tmp_path):
    export(runs["image"], out=tmp_path / "model")
    weights = tmp_path / "model" / "image.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(ModelError, match=r"image\.safetensors: altered"):
        export(tmp_path / "model", out=tmp_path / "copy")


def test_a_missing_file_and_a_card_of_another_format_are_noticed(runs, tmp_path):
    export(runs["image"], out=tmp_path / "model")
    card_path = tmp_path / "model" / "model.json"
    card = json.loads(card_path.read_text())
    card_path.write_text(json.dumps({**card, "format_version": 1}))
    with pytest.raises(ModelError, match="format version 1"):
        open_model_folder(tmp_path / "model")
    card_path.write_text(json.dumps(card))
    (tmp_path / "model" / "image.safetensors").unlink()
    with pytest.raises(ModelError, match=r"image\.safetensors is missing"):
        export(tmp_path / "model", out=tmp_path / "copy")


def test_a_model_can_be_exported_again(model, tmp_path):
    result = export(model.path, out=tmp_path / "copy")
    assert result.stages == ("image", "motion")
    card = open_model_folder(tmp_path / "copy").card
    assert card == model.card.model_copy(update={"name": "copy"})


def test_a_model_s_own_words_stay_unless_others_are_given(runs, tmp_path):
    (tmp_path / "TERMS").write_text("For research only.")
    text = tmp_path / "card.toml"
    text.write_text('description = "Streets."\nlicence = "L"\nlicence_file = "TERMS"\ndata = "my drives"\n')
    export(runs["image"], out=tmp_path / "first", card=text)
    with_graph = tmp_path / "first" / "image.onnx"  # which this export does not need
    card = json.loads((tmp_path / "first" / "model.json").read_text())
    card["stages"]["image"]["files"][with_graph.name] = "0" * 64
    (tmp_path / "first" / "model.json").write_text(json.dumps(card))
    export(tmp_path / "first", out=tmp_path / "second")
    card = open_model_folder(tmp_path / "second").card
    assert (card.description, card.licence, card.stages["image"].data) == ("Streets.", "L", "my drives")
    assert (tmp_path / "second" / "LICENSE").read_text() == "For research only."
    (tmp_path / "second" / "LICENSE").unlink()
    with pytest.raises(ModelError, match="the model's file LICENSE is missing"):
        export(tmp_path / "second", out=tmp_path / "third")


def test_two_stages_under_two_licences_keep_both(runs, tmp_path):
    for stage, licence in (("image", "MIT OR Zlib"), ("motion", "LicenseRef-mine")):
        (tmp_path / "TERMS").write_text(f"Terms of {licence}.")
        (tmp_path / "card.toml").write_text(
            f'description = "About {stage}."\nlicence = "{licence}"\nlicence_file = "TERMS"\n'
            f'data = "{stage} data"\ndata_licence = "{stage} terms"\n'
        )
        export(runs[stage], out=tmp_path / stage, card=tmp_path / "card.toml")
    export(tmp_path / "motion", tmp_path / "image", out=tmp_path / "both")
    export(tmp_path / "both", out=tmp_path / "again")
    for folder in (tmp_path / "both", tmp_path / "again"):
        card = open_model_folder(folder).card
        assert (card.licence, card.description) == ("(MIT OR Zlib) AND LicenseRef-mine", "About image. About motion.")
        assert {name: (folder / name).read_text() for name in card.licence_files} == {
            "LICENSE-1": "Terms of MIT OR Zlib.",
            "LICENSE-2": "Terms of LicenseRef-mine.",
        }
        said = {name: (stage.data, stage.data_licence) for name, stage in card.stages.items()}
        assert said == {"image": ("image data", "image terms"), "motion": ("motion data", "motion terms")}


def test_a_stage_without_a_stated_licence_is_not_given_the_others(runs, tmp_path):
    (tmp_path / "card.toml").write_text('licence = "MIT"\n')
    export(runs["motion"], out=tmp_path / "motion", card=tmp_path / "card.toml")
    export(tmp_path / "motion", runs["image"], out=tmp_path / "both")
    assert open_model_folder(tmp_path / "both").card.licence == "LicenseRef-unstated AND MIT"


def test_a_card_s_text_may_name_several_licence_files(runs, tmp_path):
    (tmp_path / "A").write_text("a")
    (tmp_path / "B").write_text("b")
    (tmp_path / "card.toml").write_text('licence = "MIT AND Zlib"\nlicence_file = ["A", "B"]\n')
    export(runs["image"], out=tmp_path / "model", card=tmp_path / "card.toml")
    assert {name: (tmp_path / "model" / name).read_text() for name in ("LICENSE-1", "LICENSE-2")} == {
        "LICENSE-1": "a",
        "LICENSE-2": "b",
    }


def test_the_card_says_which_sizes_the_networks_take(model, runs, tmp_path):
    assert model.card.sizes == SizeRule(multiple=32, smallest=128, area_multiple=4096)
    export(runs["image"], out=tmp_path / "image")
    assert open_model_folder(tmp_path / "image").card.sizes == SizeRule(multiple=4, smallest=8)


def test_a_failed_check_leaves_nothing(runs, tmp_path):
    seen = []

    def check(folder: ModelFolder) -> None:
        seen.append(open_model_folder(folder.path).card.name)  # whole, and readable
        raise ModelError("no")

    with pytest.raises(ModelError, match="no"):
        export(runs["image"], out=tmp_path / "model", check=check)
    assert seen == ["model"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("precision", "folder"), [("fp32", "graph_model"), pytest.param("fp16", "half_graph_model", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("stage", ["image", "motion"])
def test_graphs_follow_the_format(request, stage, precision, folder):
    model = request.getfixturevalue(folder)
    graph = onnx.load(model.path / graph_file(stage, precision))
    assert 18 <= graph.opset_import[0].version <= 20
    names = [[value.name for value in values] for values in (graph.graph.input, graph.graph.output)]
    assert names == [[t.name for t in tensors(formats[stage], model.card)] for formats in (INPUTS, OUTPUTS)]
    frame = graph.graph.output[0] if stage == "image" else graph.graph.input[0]
    sides = [side.dim_param or side.dim_value for side in frame.type.tensor_type.shape.dim]
    assert sides == ["batch", 3, "height", "width"]
    (entry,) = graph.metadata_props
    assert ModelCard.model_validate_json(entry.value).label_space == model.card.label_space
    assert str(Path.home()).encode() not in graph.SerializeToString()
    assert b"seg2vid_torch" not in graph.SerializeToString()  # no stack traces


@pytest.mark.slow
def test_half_precision_keeps_the_warp_in_float32(half_graph_model):
    graph = onnx.load(half_graph_model.path / "motion.fp16.onnx")
    types = Counter(weight.data_type for weight in graph.graph.initializer if weight.dims)
    assert types[onnx.TensorProto.FLOAT16] > 100
    shapes = onnx.shape_inference.infer_shapes(graph).graph
    kinds = {value.name: value.type.tensor_type.elem_type for value in (*shapes.value_info, *shapes.input)}
    samples = [node for node in graph.graph.node if node.op_type == "GridSample"]
    assert samples
    assert {kinds[name] for node in samples for name in node.input} == {onnx.TensorProto.FLOAT}


@pytest.mark.parametrize("missing", ["onnx", "onnxscript"])
def test_a_package_that_graphs_need_is_named_with_the_extra(monkeypatch, runs, tmp_path, missing):
    installed = backend.version

    def version(package: str) -> str:
        if package == missing:
            raise backend.PackageNotFoundError
        return installed(package)

    monkeypatch.setattr(backend, "version", version)
    with pytest.raises(BackendError) as caught:
        export(runs["image"], out=tmp_path / "model", graphs=("fp32",))
    assert (caught.value.message, caught.value.hint) == (
        f"--onnx: {missing} is not installed",
        "Install it: pip install 'seg2vid[train]'",
    )
    assert not (tmp_path / "model").exists()
    assert export(runs["image"], out=tmp_path / "model").stages == ("image",)


def test_a_full_disk_is_told_and_leaves_nothing(monkeypatch, runs, tmp_path):
    def fail(*_: object) -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(exporting, "save_file", fail)
    with pytest.raises(OutputError) as caught:
        export(runs["image"], out=tmp_path / "model")
    assert caught.value.message == (
        f"-o {tmp_path / 'model'}: cannot be written: "
        "Error while serializing: I/O error: No space left on device (os error 28)"
    )
    assert list(tmp_path.iterdir()) == []
