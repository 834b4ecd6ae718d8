"""Whether a row has become slower than in an earlier run, on a machine that may be slower or faster as a whole.

Absolute speeds are not compared.  In every round a row's frames/s are divided by what its runtime reached in one large
convolution just before.  Each such share of this run is divided by each of the earlier one: the median of these ratios
is the change (Hodges and Lehmann), and as many are left out at both ends as Wilcoxon's test allows for an interval of
99% from independent rounds, whatever their distribution; a busy machine stays busy for some rounds, and what is left of
the 99% is about 95%.  A row has regressed if the whole interval lies beyond the tolerance.

A runtime of another version may convolve at another speed as well, and some backends cannot be asked: the yardstick is
then the mean of the other rows' peaks on that device.  Where other programs took much of the processor in either run no
row is said to have regressed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import geometric_mean, median
from typing import Literal

from seg2vid_cli.benchmark.document import Document, Machine, Result

ENOUGH = 0.8
"""Share of the cores from which on rows are judged."""
DEVIATIONS = 2.58
"""Standard deviations around the mean of a normal distribution that hold 99% of it."""

Verdict = Literal["ok", "unclear", "regressed"]
"""Unclear: the interval reaches to both sides of the tolerance, there is no yardstick, or the machine was crowded; a
regression may go unseen."""


@dataclass(frozen=True)
class Ratio:
    """New by old, with the limits of its 95% interval."""

    ratio: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.ratio:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True)
class ComparedRow:
    """A row that both runs have."""

    name: str
    baseline_frames_per_s: float
    frames_per_s: float
    share_of_peak: Ratio | None
    """None if there is no yardstick."""
    verdict: Verdict


@dataclass(frozen=True)
class Comparison:
    """A run against an earlier one."""

    baseline: str
    """The file."""
    tolerance: float
    """In percent."""
    rows: tuple[ComparedRow, ...]
    notes: tuple[str, ...]
    """What limits the comparison, in words."""

    @property
    def regressed(self) -> list[ComparedRow]:
        """The rows that are slower than the tolerance allows."""
        return [row for row in self.rows if row.verdict == "regressed"]


def compare(baseline: Document, document: Document, *, tolerance: float, file: str) -> Comparison:
    """Compare a run with an earlier one; `tolerance` is the share of the speed that may be lost."""
    old, new = ({result.name: result for result in run.results} for run in (baseline, document))
    both = [name for name in new if name in old]
    updates = {
        backend: f"{backend} {before} became {after}: its rows are judged by the others' peaks, if there are any"
        for backend in sorted({new[name].backend for name in both})
        if (before := baseline.versions.get(backend)) != (after := document.versions.get(backend))
    }
    steady = [name for name in both if new[name].backend not in updates and _has_peaks(old[name], new[name])]
    crowded = min(baseline.core_share, document.core_share) < ENOUGH
    rows = []
    for name in both:
        yardsticks = [name] if name in steady else [other for other in steady if new[other].device == new[name].device]
        ratio = _ratio(*(_shares(run, name, yardsticks) for run in (old, new))) if yardsticks else None
        verdict = _verdict(ratio, tolerance, crowded=crowded)
        rows.append(ComparedRow(name, old[name].frames_per_s, new[name].frames_per_s, ratio, verdict))
    notes = (
        *_machine_notes(baseline, document),
        *updates.values(),
        *(f"not compared, only in the baseline: {name}" for name in old if name not in new),
        *(f"not compared, not in the baseline: {name}" for name in new if name not in old),
        *_unclear_notes(rows),
    )
    return Comparison(file, round(100 * tolerance, 6), tuple(rows), notes)


def _has_peaks(*results: Result) -> bool:
    return all(measured.peak_gflops is not None for result in results for measured in result.rounds)


def _shares(run: Mapping[str, Result], name: str, yardsticks: Sequence[str]) -> list[float]:
    """Return frames/s / the yardsticks' mean peak of every round."""
    rounds = zip(run[name].rounds, *(run[yardstick].rounds for yardstick in yardsticks), strict=False)
    return [own.frames_per_s / geometric_mean(other.peak_gflops or 1 for other in others) for own, *others in rounds]


def _ratio(old: Sequence[float], new: Sequence[float]) -> Ratio:
    ratios = sorted(after / before for after in new for before in old)
    deviation = math.sqrt(len(ratios) * (len(old) + len(new) + 1) / 12)
    outside = max(0, int(len(ratios) / 2 - DEVIATIONS * deviation))
    return Ratio(median(ratios), ratios[outside], ratios[-1 - outside])


def _verdict(ratio: Ratio | None, tolerance: float, *, crowded: bool) -> Verdict:
    if ratio is not None and ratio.low >= 1 - tolerance:
        return "ok"
    return "unclear" if ratio is None or crowded or ratio.high >= 1 - tolerance else "regressed"


def _kind(machine: Machine) -> tuple[object, ...]:
    return machine.cpu, machine.cores, machine.gpus


def _machine_notes(old: Document, new: Document) -> list[str]:
    notes = []
    if _kind(old.machine) != _kind(new.machine):
        notes.append(f"another machine than the baseline's ({old.machine}); a baseline made on this one tells more")
    for run, share in (("the baseline", old.core_share), ("this run", new.core_share)):
        if share < ENOUGH:
            notes.append(f"{run} got only {share:.0%} of the cores: no row is said to have become slower")
    return notes


def _unclear_notes(rows: list[ComparedRow]) -> list[str]:
    if all(row.verdict != "unclear" for row in rows):
        return []
    return ["unclear: a loss of this size would not be told from noise; use a quieter machine, or leave out --quick"]
