"""Clips that are drawn again until one shows what it is meant to show."""

import math
from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from seg2vid_cli.generation.label_agreement import LabelAgreement
from seg2vid_cli.generation.scene_clip import SceneClip
from seg2vid_cli.outputs.clip_writer import ClipWriter
from seg2vid_cli.outputs.planned import PlannedOutput


@dataclass(frozen=True)
class Judging:
    """What `--judge` and `--tries` ask for."""

    wanted: float
    """The label agreement that will do, 0..1."""
    tries: int
    """The most clips that are drawn for one result."""

    def samples(self, result: int, results: int) -> range:
        """Return the sample numbers to try for result 1, 2, ... of a label map.

        They depend on nothing else, and no two results share one: all take steps of as many as there are results.
        """
        return range(result, result + self.tries * results, results)


@dataclass(frozen=True)
class Try:
    """One clip that was drawn."""

    sample: int
    label_agreement: float
    """0..1."""


@dataclass(frozen=True)
class Judged:
    """How a result was found, as JSON's `judged` gives it."""

    label_agreement: float
    """Of the clip that was kept."""
    passed: bool
    """Whether it is as high as was wanted; if not, it is the best of all tries."""
    tries: tuple[Try, ...]
    """In the order in which they were made."""

    @property
    def kept(self) -> Try:
        """The try that was kept: of equal ones the first."""
        return max(self.tries, key=lambda one: one.label_agreement)


Tries = Generator[str, None, tuple[Judged, list[Path]]]
"""Yields what the user should know while it goes on; returns how it went, and the files beside the video."""


def judged(tries: list[Try], judging: Judging) -> Judged:
    """Return what became of the tries, of which there is at least one."""
    best = max(one.label_agreement for one in tries)
    return Judged(best, best >= judging.wanted, tuple(tries))


def write_best(
    clip: SceneClip,
    output: PlannedOutput,
    judging: Judging,
    *,
    samples: range,
    backend: str,
    advance: Callable[[int], None],
) -> Tries:
    """Draw a clip until one will do, and write it, or else the best; all but the best so far is removed at once.

    Args:
        clip: of which only the sample number changes.
        output: the planned files.
        judging: what will do.
        samples: the numbers to try.
        backend: name of that which the session is of.
        advance: is told how many frames of a try are made.

    Yields how each try did.

    Raises:
        UsageError: the backend cannot tell labels.
        BackendError, OutputError: what `ClipWriter` raises; nothing is left behind.
    """
    tries: list[Try] = []
    best: ClipWriter | None = None
    with ExitStack() as writers:  # left in the end from the last to the first, which may have made the folder
        for number, sample in enumerate(samples, 1):
            agreement, tried = LabelAgreement(clip.card, clip.session, backend), replace(clip, sample=sample)
            writer = writers.enter_context(tried.writer(output, held=output.to_stdout and len(samples) > 1))
            tried.fill(writer, output, advance, agreement)
            writer.finish()
            tries.append(Try(sample, agreement.share))
            result = judged(tries, judging)
            if result.kept is tries[-1]:
                best, worse = writer, best
            else:
                worse = writer
            if worse is not None:
                worse.discard()
            yield f"{output.name}: {_message(result, judging, samples[number:])}"
            if result.passed:
                break
        assert best is not None  # or there would be no numbers to try
        return result, best.commit()


def _message(result: Judged, judging: Judging, left: range) -> str:
    last = f"label agreement {_text(result.tries[-1].label_agreement)}"
    if result.passed:
        return last
    if left:
        return f"{last}, below {judging.wanted:g}; drawn again as sample {left[0]}"
    if len(result.tries) == 1:
        return f"{last}, below {judging.wanted:g}"
    kept = result.kept
    return (
        f"{last}, below {judging.wanted:g}; of {len(result.tries)} tries the best is kept, sample {kept.sample} "
        f"with {_text(kept.label_agreement)}"
    )


def _text(share: float) -> str:
    return f"{math.floor(1000 * share) / 1000:.3f}"  # not rounded up to what it is said to be below
