"""A comparison of two runs: it lets noise pass, and it finds what has become slower.

The runs are synthetic.  Their noise is like that of a shared machine of two cores: its speed drifts by a fifth, every
row and every peak wanders by 7% for some rounds at a time, and from run to run a row is off by 3% without any reason
that a round could show.
"""

from dataclasses import replace

import numpy as np
import pytest

from benchmark_results import make_result
from seg2vid_cli.benchmark.comparison import Comparison, _ratio, compare
from seg2vid_cli.benchmark.document import Document, Machine, Round

SPEEDS = {"onnx": 20.0, "openvino": 35.0, "torch": 12.0}
HERE = Machine("CPU", 2, 8.0, (), "Linux")
RUNS = 200


def make_run(
    seed: int, *, rounds=6, noise: float = 0.1, slower=(), slower_peak=(), machine: float = 1, names=SPEEDS, **versions
) -> Document:
    """Return a run; `slower` and `slower_peak` give backend -> factor of its speed, `machine` that of everything."""
    rng = np.random.default_rng(seed)
    drift = machine * np.exp(noise * 0.2 * np.cumsum(rng.normal(size=rounds)) / np.sqrt(rounds))
    results = []
    for name in names:
        own = SPEEDS[name] * dict(slower).get(name, 1) * np.exp(noise * 0.03 * rng.normal())
        speeds = own * drift * np.exp(noise * 0.07 * wander(rng, rounds))
        peaks = 100 * dict(slower_peak).get(name, 1) * drift * np.exp(noise * 0.07 * wander(rng, rounds))
        measured = tuple(Round(*pair) for pair in zip(speeds.tolist(), peaks.tolist(), strict=True))
        results.append(make_result(backend=name, rounds=measured))
    return Document(1, HERE, dict.fromkeys(SPEEDS, "1.0") | versions, tuple(results), (), core_share=0.97)


def wander(rng: np.random.Generator, rounds: int, correlation: float = 0.4) -> np.ndarray:
    """Return normal numbers of variance 1, each correlated with the one before."""
    steps = rng.normal(size=rounds)
    for number in range(1, rounds):
        steps[number] = correlation * steps[number - 1] + np.sqrt(1 - correlation**2) * steps[number]
    return steps


def compare_runs(old: Document, new: Document, tolerance: float = 0.1) -> Comparison:
    return compare(old, new, tolerance=tolerance, file="b.json")


def regressed(old: Document, new: Document, tolerance: float = 0.1) -> list[str]:
    return [row.name.split()[2] for row in compare_runs(old, new, tolerance).regressed]


@pytest.mark.parametrize("machine", [1, 0.4, 2])
@pytest.mark.parametrize("rounds", [6, 12])
def test_noise_and_a_slower_machine_pass(machine, rounds):
    alarms = sum(
        bool(regressed(*(make_run(2 * i + n, rounds=rounds, noise=1, machine=machine**n) for n in range(2))))
        for i in range(RUNS)
    )
    assert alarms <= RUNS * 0.01


@pytest.mark.parametrize(("rounds", "noise"), [(20, 1), (6, 0.5)])
def test_a_backend_that_became_slower_by_30_percent_is_found_and_no_other(rounds, noise):
    found = [
        regressed(*(make_run(2 * i + n, rounds=rounds, noise=noise, slower={"openvino": 0.7**n}) for n in range(2)))
        for i in range(RUNS)
    ]
    assert found.count(["openvino"]) >= 0.95 * RUNS


@pytest.mark.parametrize(
    ("change", "tolerance", "expected"),
    [
        ({"slower": dict.fromkeys(SPEEDS, 0.7)}, 0.1, list(SPEEDS)),
        ({"slower": {"torch": 1.6}}, 0.1, []),
        ({"slower": {"onnx": 0.8}}, 0.1, ["onnx"]),
        ({"slower": {"onnx": 0.8}}, 0.3, []),
        ({"slower": {"onnx": 0.7}, "names": ["onnx"]}, 0.1, ["onnx"]),
        ({"slower": {"torch": 0.6}, "slower_peak": {"torch": 0.6}}, 0.1, []),  # by its own peak it holds its speed
        ({"slower": {"torch": 0.6}, "slower_peak": {"torch": 0.6}, "torch": "2.0"}, 0.1, ["torch"]),
        ({"slower_peak": {"torch": 2}, "torch": "2.0"}, 0.1, []),  # the runtime only convolves faster
        ({"slower": {"onnx": 0.7}, "onnx": "2.0", "names": ["onnx"]}, 0.1, []),  # there is nothing to go by
    ],
)
def test_what_became_slower_is_found_and_nothing_else(change, tolerance, expected):
    assert regressed(make_run(0), make_run(1, **change), tolerance) == expected


def test_a_backend_that_cannot_tell_its_peak_is_judged_by_the_others():
    def without_peak(run: Document) -> Document:
        first, *others = run.results
        rounds = tuple(replace(measured, peak_gflops=None) for measured in first.rounds)
        return replace(run, results=(replace(first, rounds=rounds), *others))

    old, new = make_run(0), make_run(1, slower={"onnx": 0.7})
    assert regressed(without_peak(old), without_peak(new)) == ["onnx"]


@pytest.mark.parametrize("crowded", ["the baseline", "this run"])
def test_on_a_crowded_machine_nothing_is_said_to_have_regressed(crowded):
    runs = {"the baseline": make_run(0), "this run": make_run(1, slower={"torch": 0.2})}
    runs[crowded] = replace(runs[crowded], core_share=0.37)
    comparison = compare_runs(*runs.values())
    assert [row.verdict for row in comparison.rows] == ["ok", "ok", "unclear"]
    assert comparison.notes[0] == f"{crowded} got only 37% of the cores: no row is said to have become slower"


def test_what_limits_a_comparison_is_told():
    noisy = replace(make_run(1, noise=5, names=["onnx", "openvino"], onnx="2.0"), machine=replace(HERE, cpu="other"))
    comparison = compare_runs(make_run(0, noise=5, names=["onnx", "torch"]), noisy)
    assert [(row.name, row.verdict) for row in comparison.rows] == [("street 128x256 onnx cpu fp32", "unclear")]
    assert comparison.notes == (
        "another machine than the baseline's (CPU, 2 cores); a baseline made on this one tells more",
        "onnx 1.0 became 2.0: its rows are judged by the others' peaks, if there are any",
        "not compared, only in the baseline: street 128x256 torch cpu fp32",
        "not compared, not in the baseline: street 128x256 openvino cpu fp32",
        "unclear: a loss of this size would not be told from noise; use a quieter machine, or leave out --quick",
    )
    assert compare_runs(make_run(0), make_run(1)).notes == ()


def test_a_run_is_equal_to_itself():
    run = make_run(3)
    ratios = [row.share_of_peak for row in compare_runs(run, run).rows]
    assert all(ratio.low < ratio.ratio == 1 < ratio.high for ratio in ratios)


@pytest.mark.parametrize(("rounds", "correlation", "share"), [(6, 0, 0.99), (6, 0.4, 0.94), (20, 0.4, 0.91)])
def test_the_intervals_hold_the_truth(rounds, correlation, share):
    rng, held = np.random.default_rng(0), 0
    for _ in range(1000):
        old, new = np.exp(0.1 * wander(rng, rounds, correlation)), np.exp(0.2 + 0.1 * wander(rng, rounds, correlation))
        interval = _ratio(old.tolist(), new.tolist())
        held += interval.low <= np.exp(0.2) <= interval.high
    assert held / 1000 >= share
