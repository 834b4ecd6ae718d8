"""Whether a row has become slower than in an earlier run, on a machine that may be slower or faster as a whole.

Absolute speeds are not compared.  In every round a row's frames/s are divided by two yardsticks that were measured in
the same round:

own peak     what its backend reached in one large convolution, just before
other rows   the geometric mean of the rows that hold their speed against their own peak

The logarithms of these ratios are averaged over the rounds of each run, and the difference between the runs gets a 95%
interval.  A row has regressed if the whole interval lies beyond the tolerance, by both yardsticks: either alone also
moves with how busy the machine is, as calculating suffers less from that than waiting for threads or memory.  Where all
rows have become slower there are no others to go by, and a row's own peak decides.  Where the runtime is of another
version than in the baseline its peak may be another too, and the other rows decide.  Where other programs took much of
the processor in either run (see `crowding`) no row is said to have regressed.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from seg2vid_cli.benchmark.crowding import ENOUGH
from seg2vid_cli.benchmark.document import Document, Machine, Result, RowName
from seg2vid_cli.benchmark.intervals import Ratio, ratio_of_means

Verdict = Literal["ok", "unclear", "regressed"]
"""Unclear: the intervals reach to both sides of the tolerance, there is no yardstick, or the machine was crowded; a
regression may go unseen."""


@dataclass(frozen=True)
class ComparedRow:
    """A row that both runs have."""

    name: RowName
    baseline_frames_per_s: float
    frames_per_s: float
    own_peak: Ratio | None
    """None if the backend cannot measure it."""
    other_rows: Ratio | None
    """None if there is no other row that holds its speed."""
    verdict: Verdict


@dataclass(frozen=True)
class Comparison:
    """A run against an earlier one."""

    baseline: str
    """The file."""
    tolerance: float
    """In percent."""
    same_machine: bool
    """As far as the processor's name, its cores and GPUs tell."""
    rows: tuple[ComparedRow, ...]
    only_in_baseline: tuple[RowName, ...]
    only_here: tuple[RowName, ...]
    notes: tuple[str, ...]
    """What limits the comparison, in words."""

    @property
    def regressed(self) -> list[ComparedRow]:
        """The rows that are slower than the tolerance allows."""
        return [row for row in self.rows if row.verdict == "regressed"]


@dataclass(frozen=True)
class _Pair:
    """A row in both runs."""

    old: Result
    new: Result

    @property
    def same_runtime(self) -> bool:
        return self.old.backend_version == self.new.backend_version

    def own_peak(self) -> Ratio | None:
        old, new = (_logs_of_shares(result) for result in (self.old, self.new))
        return None if old is None or new is None else ratio_of_means(old, new)

    def against(self, others: list["_Pair"]) -> Ratio | None:
        if not others:
            return None
        old = _logs_against(self.old, [pair.old for pair in others])
        new = _logs_against(self.new, [pair.new for pair in others])
        return ratio_of_means(old, new)


def compare(baseline: Document, document: Document, *, tolerance: float, file: str) -> Comparison:
    """Compare a run with an earlier one; `tolerance` is the share of the speed that may be lost."""
    old, new = ({result.name: result for result in run.results} for run in (baseline, document))
    pairs = {name: _Pair(old[name], result) for name, result in new.items() if name in old}
    own_peaks = {name: pair.own_peak() for name, pair in pairs.items()}
    same_machine = _kind(baseline.machine) == _kind(document.machine)
    crowded = min(baseline.core_share, document.core_share) < ENOUGH
    rows: list[ComparedRow] = []
    for name, pair in pairs.items():
        steady = [
            other
            for other_name, other in pairs.items()
            if other_name != name and other.same_runtime and _is_steady(own_peaks[other_name], tolerance)
        ]
        own_peak, other_rows = own_peaks[name], pair.against(steady)
        yardsticks = [ratio for ratio in (own_peak, other_rows) if ratio is not None]
        verdict = _verdict(yardsticks if pair.same_runtime else yardsticks[-1:], tolerance)
        verdict = "unclear" if crowded and verdict == "regressed" else verdict
        speeds = pair.old.frames_per_s, pair.new.frames_per_s
        rows.append(ComparedRow(name, *speeds, own_peak, other_rows, verdict))
    absent = tuple(name for name in old if name not in new), tuple(name for name in new if name not in old)
    notes = (
        *_machine_notes(baseline.machine, document.machine),
        *_crowding_notes(baseline.core_share, document.core_share),
        *_runtime_notes(pairs),
        *_absence_notes(*absent),
        *_unclear_notes(rows),
    )
    return Comparison(file, round(100 * tolerance, 6), same_machine, tuple(rows), *absent, notes)


def _logs_of_shares(result: Result) -> list[float] | None:
    """Return log(frames/s / peak) of every round; None without a peak."""
    peaks = [measured.peak_gflops for measured in result.rounds]
    known = [peak for peak in peaks if peak is not None]
    if len(known) < len(peaks):
        return None
    return [math.log(measured.frames_per_s / peak) for measured, peak in zip(result.rounds, known, strict=True)]


def _logs_against(result: Result, others: list[Result]) -> list[float]:
    """Return log(frames/s / geometric mean of the others') of every round."""
    return [
        math.log(measured.frames_per_s) - fmean(math.log(other.rounds[number].frames_per_s) for other in others)
        for number, measured in enumerate(result.rounds)
    ]


def _is_steady(own_peak: Ratio | None, tolerance: float) -> bool:
    return own_peak is None or 1 - tolerance <= own_peak.ratio <= 1 / (1 - tolerance)


def _verdict(yardsticks: list[Ratio], tolerance: float) -> Verdict:
    if yardsticks and all(ratio.high < 1 - tolerance for ratio in yardsticks):
        return "regressed"
    return "ok" if any(ratio.low >= 1 - tolerance for ratio in yardsticks) else "unclear"


def _kind(machine: Machine) -> tuple[object, ...]:
    return machine.cpu, machine.cores, machine.gpus


def _machine_notes(old: Machine, new: Machine) -> list[str]:
    if _kind(old) == _kind(new):
        return []
    name = ", ".join([f"{old.cpu}, {old.cores} cores", *old.gpus])
    return [f"another machine than the baseline's ({name}); a baseline made on this one tells more"]


def _crowding_notes(old: float, new: float) -> list[str]:
    shares = {"the baseline": old, "this run": new}
    return [
        f"{run} got only {share:.0%} of the cores: no row is said to have become slower"
        for run, share in shares.items()
        if share < ENOUGH
    ]


def _runtime_notes(pairs: Mapping[RowName, _Pair]) -> list[str]:
    changes = {
        f"{pair.new.backend} {pair.old.backend_version} became {pair.new.backend_version}"
        for pair in pairs.values()
        if not pair.same_runtime
    }
    return [f"{change}: its rows are judged against the other rows, if there are any" for change in sorted(changes)]


def _absence_notes(only_old: tuple[RowName, ...], only_new: tuple[RowName, ...]) -> list[str]:
    return [f"not compared, only in the baseline: {name}" for name in only_old] + [
        f"not compared, not in the baseline: {name}" for name in only_new
    ]


def _unclear_notes(rows: list[ComparedRow]) -> list[str]:
    if all(row.verdict != "unclear" for row in rows):
        return []
    return ["unclear: a loss of this size would not be told from noise; use a quieter machine, or leave out --quick"]
