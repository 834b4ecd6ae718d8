"""`seg2vid benchmark`, with backends that take a known time, and once with the bundled model."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from benchmark_results import BASELINE, make_result
from seg2vid_cli.benchmark import rows, run, timing
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
Measure = Callable[..., Any]


def install(packages: Path, name: str, entry_points: str) -> None:
    distribution = packages / f"seg2vid_{name}-1.0.dist-info"
    distribution.mkdir()
    (distribution / "METADATA").write_text(f"Metadata-Version: 2.1\nName: seg2vid-{name}\nVersion: 1.0\n")
    (distribution / "entry_points.txt").write_text(entry_points)


@pytest.fixture
def timed_model(make_model) -> Path:
    return make_model(seconds_per_chunk=SECONDS_PER_CHUNK)


@pytest.fixture
def measure(fake_packages: Path, fake_backends: None, timed_model: Path, seg2vid) -> Measure:
    """Install the timed backends beside the fake ones; return the command, for clips of a few chunks."""
    install(fake_packages, "timed", ENTRY_POINTS)

    def run(*more: object, model: Path = timed_model, backend: str = "steady,steered") -> Any:
        return seg2vid("benchmark", "--model", model, "--backend", backend, "--quick", "--frames", 13, *more)

    return run


def change_card(model: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    card = json.loads((model / "model.json").read_text())
    change(card["stages"])
    (model / "model.json").write_text(json.dumps(card))
    return model


def test_json_holds_all_that_was_measured(measure, monkeypatch):
    monkeypatch.setattr(rows, "REFERENCES", ("absent", "steady"))
    result = measure("--batch", 2, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    document = json.loads(result.stdout)
    data = document.pop("data")
    assert document == {"ok": True, "command": "benchmark", "version": version("seg2vid")}
    assert list(data) == ["schema", "machine", "versions", "results", "unavailable", "core_share"]
    assert 0 < data["core_share"] <= 1
    assert (data["schema"], data["unavailable"], data["machine"]["cores"]) == (1, [], available_cores())
    assert data["versions"].items() >= {"seg2vid": version("seg2vid"), "steady": "1.0", "steered": "1.0"}.items()
    row, other = data["results"]
    # the reference is compared with nothing, least of all with itself
    assert (other["backend"], other["max_difference"], other["reference"]) == ("steered", 0, "steady")
    measured = {name: row.pop(name) for name in list(row) if isinstance(row[name], float | dict | list)}
    assert row == {
        "model": "tiny",
        "model_sha256": row["model_sha256"],
        "backend": "steady",
        "device": "cpu",
        "precision": "fp32",
        "height": 32,
        "width": 64,
        "frames": 13,
        "batch": 2,
        "device_memory_mb": None,
        "max_difference": None,
        "reference": None,
    }
    assert len(measured["rounds"]) == 6
    # three chunks of four frames of two clips, each with a little more than it sleeps
    assert 1 < measured["frames_per_s"] <= 2 * 4 / SECONDS_PER_CHUNK
    assert 1000 * SECONDS_PER_CHUNK <= measured["chunk_ms"]["p50"] <= measured["chunk_ms"]["p90"]
    assert 0 < measured["end_to_end_frames_per_s"] < measured["frames_per_s"]
    assert (measured["peak_gflops"], measured["gflop_per_frame"]) == (PEAK_GFLOPS, 0.5)
    assert measured["peak_fraction"] == pytest.approx(0.5 * measured["frames_per_s"] / PEAK_GFLOPS, abs=1e-4)
    assert measured["load_s"] >= 0
    assert measured["first_frame_ms"] > 0
    assert measured["peak_memory_mb"] > 10


def test_key_frames_are_counted_once_a_chunk(measure, make_model):
    model = make_model("driving", camera={}, seconds_per_chunk=SECONDS_PER_CHUNK)
    (row,) = json.loads(measure("--json", model=model, backend="steady").stdout)["data"]["results"]
    assert row["gflop_per_frame"] == 0.625  # of the motion stage, and a quarter of the image stage's
    assert row["peak_fraction"] == pytest.approx(0.625 * row["frames_per_s"] / PEAK_GFLOPS, abs=1e-4)


def test_the_table_has_a_row_for_each_and_the_reasons_of_those_that_do_not_work(measure):
    result = measure("-o", "b.md", backend="all")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].startswith(str(this_machine()))
    found = [line.split()[:5] for line in lines if line.startswith("tiny")]
    assert found == [["tiny", "32x64", name, "cpu", "fp32"] for name in ("fake", "steady", "steered")]
    start = "not available: tiny, "
    reasons = dict(line.removeprefix(start).split(", auto, auto: ") for line in lines if line.startswith(start))
    assert (reasons["failing"], reasons["uninstalled"]) == ("out of memory", "Fake is not installed: pip install fake")
    assert "ModuleNotFoundError" in reasons["broken"]
    assert "torch" in reasons  # it has no such network
    table = re.findall(
        r"^\| tiny +\| 32x64 +\| (\w+) +\| cpu +\| fp32 +\|.* \|$", Path("b.md").read_text(), re.MULTILINE
    )
    assert table == ["fake", "steady", "steered"]


def test_what_was_named_has_to_work(measure):
    result = measure(backend="steady,uninstalled")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "error: backend uninstalled: Fake is not installed: pip install fake\n"


def test_a_process_that_fails_is_told_of(measure, fake_packages):
    install(fake_packages, "dying", DYING)
    result = measure(backend="dying")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "error: backend dying: fails in a process of its own: no memory for two\n"


def test_models_without_labels_or_a_stage_work(measure, make_model):
    unlabelled = make_model("unlabelled", with_labels=False)
    imageless = change_card(make_model("imageless"), lambda stages: stages.pop("image"))
    motionless = change_card(make_model("motionless"), lambda stages: stages.pop("motion"))
    result = measure("--model", imageless, "--model", motionless, "--json", model=unlabelled, backend="fake")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)["data"]["results"]
    assert [(row["model"], row["frames"], row["chunk_ms"] is None) for row in found] == [
        ("unlabelled", 13, False),
        ("imageless", 13, False),
        ("motionless", 1, True),
    ]
    assert all(row["frames_per_s"] > 0 for row in found)


@pytest.mark.slow
def test_the_same_again_passes_and_a_backend_slower_by_30_percent_does_not(measure, timed_model, monkeypatch):
    monkeypatch.setattr(timing, "core_share", lambda: 1.0)  # the fakes sleep: it is no matter what else runs
    printed = measure("-o", "b.json", "--json")
    assert json.loads(Path("b.json").read_text()) == json.loads(printed.stdout)["data"]
    result = measure("--compare", "b.json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "against b.json, tolerance 10%:" in result.stdout.splitlines()

    change_card(
        timed_model, lambda stages: stages["motion"]["network"].update(seconds_per_chunk=SECONDS_PER_CHUNK / 0.7)
    )
    result = measure("--compare", "b.json", "-o", "now.json", "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    comparison, error = document["data"]["comparison"], document["error"]
    assert (comparison["baseline"], comparison["tolerance"]) == ("b.json", 10)
    assert [row["verdict"] for row in comparison["rows"]][1] == "regressed"
    assert result.stderr == f"error: {error['message']}\n       {error['hint']}\n"
    assert error["code"] == "regression"
    expected = "1 of 2 rows became slower by more than 10%: tiny 32x64 steered cpu fp32: its share of its peak is 0."
    assert error["message"].startswith(expected)
    assert json.loads(Path("now.json").read_text()) == document["data"]


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        *(
            (f"--compare b.json --tolerance {text}", "not a percentage from 0% to below 100%")
            for text in ("9", "x%", "100%")
        ),
        ("--tolerance 10%", "nothing to compare with"),
        ("--backend steady,,steered", "an empty name"),
        ("--backend all,steady", "all leaves nothing to add"),
        ("--backend stedy", "no such backend"),
        ("--batch 0", "must be 1 or more"),
        ("--frames 0", "must be 1 or more"),
        ("--size 7x100", "height and width must be 8 or more"),
        ("--device gpu", "unknown"),
        ("-o b.txt", "the ending is not .json or .md"),
        ("--plot b.json", "the ending is not .png or .svg"),
        ("--compare b.json -o b.json", "is the file of --compare too"),
        ("--model street --model street", "a second model of the name street"),
    ],
)
def test_wrong_usage(seg2vid, flags, problem):
    result = seg2vid("benchmark", *flags.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[0] == f"error: {' '.join(flags.split()[-2:])}: {problem}"


def baseline(**changes: Any) -> str:
    row = asdict(make_result(**{"model": "tiny"} | changes))
    return json.dumps(json.loads(BASELINE.read_text()) | {"results": [row]})


ROUND = {"frames_per_s": 1, "peak_gflops": None}
PART = "not a whole benchmark:"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (None, "cannot be read: No such file or directory"),
        ("not JSON", "not JSON: Expecting value: line 1 column 1 (char 0)"),
        ("[1]", "not a benchmark, it has no schema"),
        ('{"schema": 2}', "of schema 2, this seg2vid reads 1"),
        ('{"schema": 1}', f"{PART} machine: Field required"),
        (baseline(), "its model tiny has other files than {model}"),
        (baseline(model="street"), "is of other models: street"),
        (
            baseline(rounds=[ROUND]),
            f"{PART} results.0.rounds: Tuple should have at least 2 items after validation, not 1",
        ),
        (
            baseline(rounds=[ROUND, ROUND | {"frames_per_s": 0}]),
            f"{PART} results.0.rounds.1.frames_per_s: Input should be greater than or equal to 0.001",
        ),
        (
            baseline(rounds=[ROUND, ROUND | {"frames_per_s": float("inf")}]),
            "not JSON: Infinity is no number of JSON",
        ),
        (baseline(rounds=[ROUND, ROUND | {"frames_per_s": float("nan")}]), "not JSON: NaN is no number of JSON"),
        (
            baseline().replace('"frames_per_s": ', '"frames_per_s": 1e999, "x": '),
            "not JSON: 1e999 is too large a number",
        ),
        (
            baseline(rounds=[ROUND, ROUND | {"frames_per_s": 1e300}]),
            f"{PART} results.0.rounds.1.frames_per_s: Input should be less than or equal to 1000000000",
        ),
        (baseline().replace('"rounds"', '"round"'), f"{PART} results.0.rounds: Field required"),
    ],
)
def test_what_cannot_be_compared_with_is_refused_before_anything_is_measured(measure, timed_model, text, error):
    if text is not None:
        Path("b.json").write_text(text)
    result = measure("--compare", "b.json", "-o", "c.json", backend="failing")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[0] == f"error: --compare b.json: {error.format(model=timed_model)}"
    assert not Path("c.json").exists()


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_what_was_measured_is_not_lost_where_it_cannot_be_written(measure, monkeypatch, flags):
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run, "write_files", fail)
    result = measure("-o", "b.json", *flags, backend="steady")
    error = "b.json: cannot be written: No space left on device"
    assert (result.exit_code, result.stderr) == (1, f"error: {error}\n       See that the disk has room.\n")
    if flags:
        document = json.loads(result.stdout)
        assert (document["ok"], document["error"]["message"]) == (False, error)
        assert document["data"]["results"][0]["frames_per_s"] > 1
    else:
        assert re.search(r"^tiny +32x64 +steady ", result.stdout, re.MULTILINE)
    assert not Path("b.json").exists()


def test_nothing_is_replaced_unasked(measure):
    Path("b.json").write_text("{}")
    result = measure("-o", "b.json", backend="failing")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: b.json: exists already\n")


@pytest.mark.slow
def test_the_bundled_model(seg2vid):
    result = seg2vid("benchmark", "--backend", "onnx", "--quick", "--frames", 5, "--json")
    assert result.exit_code == 0, result.stderr
    (row,) = json.loads(result.stdout)["data"]["results"]
    names = "model", "backend", "precision", "height", "width", "reference"
    assert [row[name] for name in names] == ["street", "onnx", "fp32", 128, 256, "torch"]
    assert row["max_difference"] <= 2
    assert 0.02 < row["peak_fraction"] < 2
    assert 50 < row["peak_memory_mb"] < 2000
