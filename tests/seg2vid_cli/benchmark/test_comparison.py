"""A comparison of two runs: it lets noise pass, and it finds what has become slower.

The runs are synthetic.  Their noise is like that of a shared machine of two cores: its speed drifts by a fifth, every
row and every peak wanders by 7% for some rounds at a time, and from run to run a row is off by 3% without any reason
that a round could show.
"""

from dataclasses import replace

import numpy as np
import pytest

from benchmark_results import make_result
from seg2vid_cli.benchmark.comparison import Comparison, compare
from seg2vid_cli.benchmark.document import Document, Machine, Round
from seg2vid_cli.benchmark.intervals import independent_rounds, ratio_of_means

SPEEDS = {"onnx": 20.0, "openvino": 35.0, "torch": 12.0}
HERE = Machine("CPU", 2, 8.0, (), "Linux")
RUNS = 200


def make_run(
    seed: int, *, rounds: int = 6, noise: float = 1, slower=(), slower_peak=(), machine: float = 1, names=SPEEDS
):
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
    return Document(1, HERE, {}, tuple(results), (), core_share=0.97)


def wander(rng: np.random.Generator, rounds: int, correlation: float = 0.4) -> np.ndarray:
    """Return normal numbers of variance 1, each correlated with the one before."""
    steps = rng.normal(size=rounds)
    for number in range(1, rounds):
        steps[number] = correlation * steps[number - 1] + np.sqrt(1 - correlation**2) * steps[number]
    return steps


def compare_runs(old: Document, new: Document, tolerance: float = 0.1) -> Comparison:
    return compare(old, new, tolerance=tolerance, file="b.json")


def regressed(old: Document, new: Document, tolerance: float = 0.1) -> list[str]:
    return [row.name.backend for row in compare_runs(old, new, tolerance).regressed]


@pytest.mark.parametrize("machine", [1, 0.4, 2])
@pytest.mark.parametrize("rounds", [6, 12])
def test_noise_and_a_slower_machine_pass(machine, rounds):
    alarms = sum(
        bool(regressed(make_run(2 * i, rounds=rounds), make_run(2 * i + 1, rounds=rounds, machine=machine)))
        for i in range(RUNS)
    )
    assert alarms <= RUNS * 0.01


@pytest.mark.parametrize(("rounds", "noise"), [(20, 1), (6, 0.5)])
def test_a_backend_that_became_slower_by_30_percent_is_found_and_no_other(rounds, noise):
    found = [
        regressed(
            make_run(2 * i, rounds=rounds, noise=noise),
            make_run(2 * i + 1, rounds=rounds, noise=noise, slower={"openvino": 0.7}),
        )
        for i in range(RUNS)
    ]
    assert found.count(["openvino"]) >= 0.95 * RUNS


def test_what_became_slower_in_all_rows_is_found_by_their_own_peaks():
    slower = dict.fromkeys(SPEEDS, 0.7)
    found = [regressed(make_run(2 * i, noise=0.3), make_run(2 * i + 1, noise=0.3, slower=slower)) for i in range(20)]
    assert found == [list(SPEEDS)] * 20


@pytest.mark.parametrize("names", [["onnx", "torch"], list(SPEEDS)])
def test_a_row_that_became_faster_does_not_make_the_others_slower(names):
    old, new = make_run(0, noise=0.1, names=names), make_run(1, noise=0.1, names=names, slower={"torch": 1.6})
    assert regressed(old, new) == []


def test_the_tolerance_counts():
    old, new = make_run(0, noise=0.1), make_run(1, noise=0.1, slower={"onnx": 0.8})
    assert {tolerance: regressed(old, new, tolerance) for tolerance in (0.05, 0.1, 0.3)} == {
        0.05: ["onnx"],
        0.1: ["onnx"],
        0.3: [],
    }


def test_another_machine_is_told():
    run = make_run(0)
    elsewhere = replace(run, machine=replace(HERE, cpu="another CPU"))
    comparison = compare_runs(run, elsewhere)
    note = "another machine than the baseline's (CPU, 2 cores); a baseline made on this one tells more"
    assert (comparison.same_machine, note in comparison.notes) == (False, True)


@pytest.mark.parametrize("crowded", ["the baseline", "this run"])
def test_on_a_crowded_machine_nothing_is_said_to_have_regressed(crowded):
    old, new = make_run(0, noise=0.1), make_run(1, noise=0.1, slower={"torch": 0.2})
    assert regressed(old, new) == ["torch"]
    runs = {"the baseline": old, "this run": new}
    runs[crowded] = replace(runs[crowded], core_share=0.37)
    comparison = compare_runs(*runs.values())
    assert [row.verdict for row in comparison.rows] == ["ok", "ok", "unclear"]
    assert comparison.notes[0] == f"{crowded} got only 37% of the cores: no row is said to have become slower"


def test_a_runtime_that_only_convolves_faster_has_not_regressed():
    assert regressed(make_run(0, noise=0.1), make_run(1, noise=0.1, slower_peak={"torch": 2})) == []


def test_noise_that_would_hide_a_regression_is_told():
    old, new = make_run(0, noise=5), make_run(1, noise=5)
    comparison = compare_runs(old, new)
    assert {row.verdict for row in comparison.rows} == {"unclear"}
    assert comparison.notes == (
        "unclear: a loss of this size would not be told from noise; use a quieter machine, or leave out --quick",
    )
    assert {row.verdict for row in compare_runs(make_run(0, noise=0.1), make_run(1, noise=0.1)).rows} == {"ok"}


def test_with_another_runtime_the_other_rows_decide():
    old, new = make_run(0, noise=0.1), make_run(1, noise=0.1, slower={"torch": 0.6}, slower_peak={"torch": 0.6})
    assert regressed(old, new) == []  # by its own peak it holds its speed
    *others, torch = new.results
    updated = replace(new, results=(*others, replace(torch, backend_version="2.0")))
    assert regressed(old, updated) == ["torch"]
    note = "torch 1.0 became 2.0: its rows are judged against the other rows, if there are any"
    assert compare_runs(old, updated).notes == (note,)


def test_a_single_row_is_judged_by_its_peak():
    old = make_run(0, noise=0.1, names=["onnx"])
    slower = make_run(1, noise=0.1, names=["onnx"], slower={"onnx": 0.7})
    assert (regressed(old, slower), regressed(old, make_run(2, noise=0.1, names=["onnx"]))) == (["onnx"], [])
    assert compare_runs(old, slower).rows[0].other_rows is None


def test_rows_without_a_peak_are_judged_by_the_others():
    def without_peaks(run: Document) -> Document:
        return replace(
            run,
            results=tuple(
                replace(result, rounds=tuple(replace(measured, peak_gflops=None) for measured in result.rounds))
                for result in run.results
            ),
        )

    old, new = make_run(0, noise=0.1), make_run(1, noise=0.1, slower={"onnx": 0.7})
    assert regressed(without_peaks(old), without_peaks(new)) == ["onnx"]


def test_rows_of_one_side_are_listed_and_not_failed():
    old = make_run(0, noise=0.1, names=["onnx", "torch"])
    new = make_run(0, noise=0.1, names=["onnx", "openvino"])
    comparison = compare_runs(old, new)
    assert [row.name.backend for row in comparison.rows] == ["onnx"]
    assert comparison.regressed == []
    assert comparison.notes == (
        "not compared, only in the baseline: street 128x256 torch cpu fp32",
        "not compared, not in the baseline: street 128x256 openvino cpu fp32",
    )


def test_a_run_is_equal_to_itself():
    run = make_run(3)
    for row in compare_runs(run, run).rows:
        assert row.own_peak is not None
        assert row.own_peak.ratio == 1
        assert row.own_peak.low < 1 < row.own_peak.high


def test_without_correlation_the_interval_is_welchs():
    old, new = [1.0, 3.0, 2.0, 4.0], [3.5, 2.0, 2.5]
    assert [independent_rounds(values) for values in (old, new)] == [4, 3]
    interval = ratio_of_means(old, new)
    error = np.sqrt((5 / 3) / 4 + (7 / 12) / 3)
    expected = 8 / 3 - 2.5 + np.array([0, -1, 1]) * 2.776 * error  # Student's, of the 4.9 degrees that Welch gives
    assert np.log([interval.ratio, interval.low, interval.high]) == pytest.approx(expected)


def test_rounds_that_are_like_the_one_before_count_for_less():
    assert independent_rounds([0.0, 1.0] * 6) == 12
    assert independent_rounds([0.0] * 6 + [1.0] * 6) == 12 * (1 - 0.7) / (1 + 0.7)


@pytest.mark.parametrize(
    ("rounds", "correlation", "share"), [(2, 0, 0.95), (6, 0, 0.95), (6, 0.4, 0.88), (20, 0.4, 0.92)]
)
def test_the_intervals_hold_the_truth(rounds, correlation, share):
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(2000):
        old, new = 0.1 * wander(rng, rounds, correlation), 0.2 + 0.2 * wander(rng, rounds, correlation)
        interval = ratio_of_means(old.tolist(), new.tolist())
        held += interval.low <= np.exp(0.2) <= interval.high
    assert held / 2000 >= share - 0.01
