"""`seg2vid benchmark`, with backends that take a known time, and once with the bundled model."""

import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from seg2vid_cli.benchmark import rounds
from seg2vid_cli.benchmark.machine import this_machine
from seg2vid_interface.cores import available_cores
from timed_backends import PEAK_GFLOPS, SECONDS_PER_CHUNK

ENTRY_POINTS = """\
[seg2vid.backends]
steady = timed_backends:SteadyBackend
steered = timed_backends:SteeredBackend
failing = timed_backends:FailingBackend
"""
DYING = "[seg2vid.backends]\ndying = timed_backends:DyingBackend\n"
QUICK = ("--quick", "--frames", 13)
NAMES = "backend", "device", "precision"


@pytest.fixture(autouse=True)
def timed_backends(fake_packages: Path, fake_backends: None) -> None:
    """Install the timed backends beside the fake ones."""
    install(fake_packages, "timed", ENTRY_POINTS)


def install(packages: Path, name: str, entry_points: str) -> None:
    distribution = packages / f"seg2vid_{name}-1.0.dist-info"
    distribution.mkdir()
    (distribution / "METADATA").write_text(f"Metadata-Version: 2.1\nName: seg2vid-{name}\nVersion: 1.0\n")
    (distribution / "entry_points.txt").write_text(entry_points)


@pytest.fixture
def timed_model(make_model) -> Path:
    return make_model(seconds_per_chunk=SECONDS_PER_CHUNK)


def set_seconds(model: Path, seconds: float) -> None:
    """Make the steered backend take this long for a chunk."""
    card = json.loads((model / "model.json").read_text())
    card["stages"]["motion"]["network"]["seconds_per_chunk"] = seconds
    (model / "model.json").write_text(json.dumps(card))


def measure(seg2vid, model: Path, *more: object, backend: str = "steady,steered") -> Any:
    return seg2vid("benchmark", "--model", model, "--backend", backend, *QUICK, *more)


def test_json_holds_all_that_was_measured(seg2vid, timed_model):
    result = measure(seg2vid, timed_model, "--batch", 2, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    document = json.loads(result.stdout)
    data = document.pop("data")
    assert document == {"ok": True, "command": "benchmark", "version": version("seg2vid")}
    assert list(data) == ["schema", "machine", "versions", "results", "unavailable", "core_share"]
    assert 0 < data["core_share"] <= 1
    assert data["schema"] == 1
    assert data["machine"]["cores"] == available_cores()
    assert data["versions"].items() >= {"seg2vid": version("seg2vid"), "steady": "1.0", "steered": "1.0"}.items()
    assert data["unavailable"] == []
    assert [row["backend"] for row in data["results"]] == ["steady", "steered"]
    row = data["results"][0]
    rounds = row.pop("rounds")
    measured = {name: row.pop(name) for name in list(row) if isinstance(row[name], float | dict)}
    assert row == {
        "model": "tiny",
        "model_sha256": row["model_sha256"],
        "backend": "steady",
        "backend_version": "1.0",
        "device": "cpu",
        "precision": "fp32",
        "height": 32,
        "width": 64,
        "frames": 13,
        "batch": 2,
        "threads": available_cores(),
        "device_memory_mb": None,
        "max_difference": None,
        "reference": None,
    }
    assert 4 <= len(rounds) <= 10
    # three chunks of four frames of two clips, each with a little more than it sleeps
    assert 1 < measured["frames_per_s"] <= 2 * 4 / SECONDS_PER_CHUNK
    assert 1000 * SECONDS_PER_CHUNK <= measured["chunk_ms"]["p50"] <= measured["chunk_ms"]["p90"]
    assert 0 < measured["end_to_end_frames_per_s"] < measured["frames_per_s"]
    assert measured["peak_gflops"] == PEAK_GFLOPS
    assert measured["gflop_per_frame"] == 0.5
    assert measured["peak_fraction"] == pytest.approx(0.5 * measured["frames_per_s"] / PEAK_GFLOPS, abs=1e-4)
    assert measured["load_s"] >= 0
    assert measured["peak_memory_mb"] > 10


def test_the_table_has_a_row_for_each_and_the_reasons_of_those_that_do_not_work(seg2vid, timed_model):
    result = measure(seg2vid, timed_model, backend="all")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].startswith(f"{this_machine().cpu}, {available_cores()} cores")
    rows = [line.split()[:5] for line in lines if line.startswith("tiny")]
    assert rows == [["tiny", "32x64", name, "cpu", "fp32"] for name in ("fake", "steady", "steered")]
    start = "not available: tiny, "
    reasons = dict(line.removeprefix(start).split(", auto, auto: ") for line in lines if line.startswith(start))
    assert (
        reasons.items()
        >= {"failing": "out of memory", "uninstalled": "Fake is not installed: pip install fake"}.items()
    )
    assert "ModuleNotFoundError" in reasons["broken"]
    assert "torch" in reasons  # it has no such network


def test_what_was_named_has_to_work(seg2vid, timed_model):
    result = measure(seg2vid, timed_model, backend="steady,uninstalled")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "error: backend uninstalled: Fake is not installed: pip install fake\n"


def test_a_process_that_fails_is_told_of(seg2vid, timed_model, fake_packages):
    install(fake_packages, "dying", DYING)
    result = measure(seg2vid, timed_model, backend="dying")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith(
        "fails in a process of its own: seg2vid_interface.errors.BackendError: no memory for two\n"
    )


def test_models_without_labels_or_an_image_stage_work(seg2vid, make_model):
    unlabelled = make_model("unlabelled", with_labels=False)
    imageless = make_model("imageless")
    card = json.loads((imageless / "model.json").read_text())
    del card["stages"]["image"]
    (imageless / "model.json").write_text(json.dumps(card))
    motionless = make_model("motionless")
    card = json.loads((motionless / "model.json").read_text())
    del card["stages"]["motion"]
    (motionless / "model.json").write_text(json.dumps(card))
    more = ("--model", imageless, "--model", motionless, "--json")
    result = measure(seg2vid, unlabelled, *more, backend="fake")
    assert result.exit_code == 0, result.stderr
    rows = json.loads(result.stdout)["data"]["results"]
    found = [(row["model"], row["frames"], row["chunk_ms"] is None) for row in rows]
    assert found == [("unlabelled", 13, False), ("imageless", 13, False), ("motionless", 1, True)]
    assert all(row["frames_per_s"] > 0 for row in rows)


def test_files_hold_what_was_printed(seg2vid, timed_model):
    assert measure(seg2vid, timed_model, "-o", "b.md", "--frames", 5).exit_code == 0
    text = Path("b.md").read_text()
    assert text.startswith("### seg2vid benchmark\n\n")
    rows = re.findall(r"^\| tiny \| 32x64 \| (\w+) \| cpu \| fp32 \|.* \|$", text, re.MULTILINE)
    assert rows == ["steady", "steered"]
    printed = measure(seg2vid, timed_model, "-o", "b.json", "--frames", 5, "--json")
    assert json.loads(Path("b.json").read_text()) == json.loads(printed.stdout)["data"]
    assert sorted(path.name for path in Path().iterdir()) == ["b.json", "b.md"]


def test_the_same_again_passes_and_a_backend_slower_by_30_percent_does_not(seg2vid, timed_model, monkeypatch):
    monkeypatch.setattr(rounds, "core_share", lambda: 1.0)  # the fakes sleep: it is no matter what else runs
    assert measure(seg2vid, timed_model, "-o", "b.json").exit_code == 0
    result = measure(seg2vid, timed_model, "--compare", "b.json", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    comparison = json.loads(result.stdout)["data"]["comparison"]
    assert (comparison["baseline"], comparison["tolerance"], comparison["same_machine"]) == ("b.json", 10, True)
    assert len(comparison["rows"]) == 2

    set_seconds(timed_model, SECONDS_PER_CHUNK / 0.7)
    result = measure(seg2vid, timed_model, "--compare", "b.json", "-o", "now.json", "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["error"]["code"] == "regression"
    assert result.stderr == f"error: {document['error']['message']}\n       {document['error']['hint']}\n"
    assert document["error"]["message"].startswith(
        "1 of 2 rows became slower by more than 10%: tiny 32x64 steered cpu fp32: its share of its own peak is 0."
    )
    assert document["data"]["comparison"]["rows"][1]["verdict"] == "regressed"
    assert json.loads(Path("now.json").read_text()) == document["data"]


def test_rows_of_one_side_alone_are_listed(seg2vid, timed_model):
    assert measure(seg2vid, timed_model, "-o", "b.json", "--frames", 5, backend="fake").exit_code == 0
    result = measure(seg2vid, timed_model, "--compare", "b.json", "--frames", 5)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-3:] == [
        "not compared, only in the baseline: tiny 32x64 fake cpu fp32",
        "not compared, not in the baseline: tiny 32x64 steady cpu fp32",
        "not compared, not in the baseline: tiny 32x64 steered cpu fp32",
    ]


@pytest.mark.parametrize(
    ("flags", "error"),
    [
        (("--tolerance", "10%"), "--tolerance 10%: nothing to compare with"),
        *(
            (
                ("--compare", "b.json", "--tolerance", text),
                f"--tolerance {text}: not a percentage from 0% to below 100%",
            )
            for text in ("10", "abc", "-3%", "100%", "250%", "")
        ),
        (("--backend", "steady,,steered"), "--backend steady,,steered: an empty name"),
        (("--backend", "all,steady"), "--backend all,steady: all leaves nothing to add"),
        (("--backend", "stedy"), "--backend stedy: no such backend"),
        (("--batch", "0"), "--batch 0: must be 1 or more"),
        (("--frames", "0"), "--frames 0: must be 1 or more"),
        (("--size", "7x100"), "--size 7x100: height and width must be 8 or more"),
        (("--device", "gpu"), "--device gpu: unknown"),
        (("-o", "b.txt"), "-o b.txt: the ending is not .json or .md"),
        (("--plot", "b.json"), "--plot b.json: the ending is not .png or .svg"),
        (("-o", "b.json", "--compare", "b.json"), "-o b.json: is the file of --compare too"),
        (("--model", "street", "--model", "street"), "--model street: a second model of the name street"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage(seg2vid, flags, error):
    result = seg2vid("benchmark", *flags)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[0] == f"error: {error}"


def baseline(model_sha256: str = "0" * 64, model: str = "tiny", **more: object) -> str:
    machine = {"cpu": "CPU", "cores": 2, "memory_gb": None, "gpus": [], "system": "Linux"}
    row = {
        "model": model,
        "model_sha256": model_sha256,
        **{"backend": "steady", "backend_version": "1.0", "device": "cpu", "precision": "fp32"},
        **{"height": 32, "width": 64, "frames": 13, "batch": 1, "threads": 2, "load_s": 1, "first_frame_ms": 1},
        **{"chunk_ms": None, "frames_per_s": 1, "end_to_end_frames_per_s": 1, "peak_memory_mb": None},
        **{"device_memory_mb": None, "gflop_per_frame": 1, "peak_gflops": None, "peak_fraction": None},
        **{"max_difference": None, "reference": None, "rounds": [{"frames_per_s": 1, "peak_gflops": None}] * 2},
    }
    document = {"schema": 1, "machine": machine, "versions": {}, "results": [row | more], "unavailable": []}
    return json.dumps(document | {"core_share": 1})


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (None, "cannot be read: No such file or directory"),
        ("not JSON", "not JSON: Expecting value: line 1 column 1 (char 0)"),
        ("[1]", "not a benchmark, it has no schema"),
        ('{"schema": 2}', "of schema 2, this seg2vid reads 1"),
        ('{"schema": 1}', "not a whole benchmark: machine: Field required"),
        (baseline(), "its model tiny has other files than {model}"),
        (baseline(model="street"), "is of other models: street"),
        (
            baseline(rounds=[{"frames_per_s": 1, "peak_gflops": None}]),
            "tiny 32x64 steady cpu fp32 has fewer than 2 rounds, or speeds of zero",
        ),
    ],
)
def test_what_cannot_be_compared_with_is_refused_before_anything_is_measured(seg2vid, timed_model, text, error):
    if text is not None:
        Path("b.json").write_text(text)
    result = measure(seg2vid, timed_model, "--compare", "b.json", "-o", "c.json", backend="failing")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[0] == f"error: --compare b.json: {error.format(model=timed_model)}"
    assert not Path("c.json").exists()


def test_nothing_is_replaced_unasked(seg2vid, timed_model):
    Path("b.json").write_text("{}")
    result = measure(seg2vid, timed_model, "-o", "b.json", backend="failing")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: b.json: exists already\n")
    assert measure(seg2vid, timed_model, "-o", "b.json", "--overwrite", backend="fake").exit_code == 0
    assert json.loads(Path("b.json").read_text())["schema"] == 1


def test_the_bundled_model(seg2vid):
    result = seg2vid("benchmark", "--backend", "onnx", "--quick", "--frames", 5, "--json")
    assert result.exit_code == 0, result.stderr
    (row,) = json.loads(result.stdout)["data"]["results"]
    assert (row["model"], row["backend"], row["precision"], row["height"], row["width"]) == (
        "street",
        "onnx",
        "fp32",
        128,
        256,
    )
    assert row["max_difference"] <= 2
    assert 0.02 < row["peak_fraction"] < 2
    assert 50 < row["peak_memory_mb"] < 2000
