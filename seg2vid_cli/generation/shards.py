"""`--shard`: a part of the inputs, so that any scheduler can split a job.

2/8            the second of eight parts
env            as the scheduler says: the index and the number of a Kubernetes Indexed Job or of a SLURM array
env/8          the scheduler's index, counted from 0, of eight parts
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from seg2vid_interface.errors import UsageError

Item = TypeVar("Item")

KUBERNETES_INDEX: Final = "JOB_COMPLETION_INDEX"
KUBERNETES_COUNT: Final = "JOB_COMPLETION_COUNT"
"""Kubernetes sets the index alone; who writes the job sets this."""
SLURM_INDEX: Final = "SLURM_ARRAY_TASK_ID"
SLURM_FORM: Final = tuple(f"SLURM_ARRAY_TASK_{name}" for name in ("COUNT", "MIN", "MAX"))
SLURM_STEP: Final = "SLURM_ARRAY_TASK_STEP"
MOST: Final = 10**9

_FORMS = "For example --shard 1/4, 2/4, 3/4 and 4/4 on four machines, or --shard env/4 in a job of four."


@dataclass(frozen=True)
class Shard:
    """One of some parts of equal size, or nearly so."""

    number: int
    """1, 2, ..., `count`."""
    count: int

    def of(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return every `count`-th item: neighbours, which are often alike, are shared out evenly."""
        return items[self.number - 1 :: self.count]

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def parse_shard(text: str, environment: Mapping[str, str] = os.environ) -> Shard:
    """Return the part that `--shard` means.

    Raises:
        UsageError: it is none, or the environment does not say which.
    """
    found = re.fullmatch(r"(env|[0-9]{1,10})(?:/([0-9]{1,10}))?", text)
    if found is None or (found[1] != "env" and found[2] is None):
        raise UsageError(f"--shard {text}: neither I/N nor env nor env/N", _FORMS)
    count = None if found[2] is None else int(found[2])
    if count is not None and not 1 <= count <= MOST:
        raise UsageError(f"--shard {text}: there must be 1 to {MOST:,} shards", _FORMS)
    if found[1] == "env":
        return _of_environment(text, count, environment)
    assert count is not None
    return _checked(text, int(found[1]), count, _FORMS)


def _of_environment(text: str, count: int | None, environment: Mapping[str, str]) -> Shard:
    if KUBERNETES_INDEX in environment:
        if count is None and KUBERNETES_COUNT not in environment:
            raise UsageError(
                f"--shard {text}: {KUBERNETES_INDEX} is set, but not {KUBERNETES_COUNT}",
                "Set it to the job's completions, or write --shard env/N.",
            )
        index = _number(text, KUBERNETES_INDEX, environment)
        return _counted_from_0(text, index, count or _number(text, KUBERNETES_COUNT, environment), KUBERNETES_INDEX)
    if SLURM_INDEX in environment:
        index = _number(text, SLURM_INDEX, environment)
        return (
            _of_slurm(text, index, environment) if count is None else _counted_from_0(text, index, count, SLURM_INDEX)
        )
    raise UsageError(
        f"--shard {text}: neither {KUBERNETES_INDEX} (Kubernetes) nor {SLURM_INDEX} (SLURM) is set", _FORMS
    )


def _of_slurm(text: str, index: int, environment: Mapping[str, str]) -> Shard:
    if missing := [name for name in SLURM_FORM if name not in environment]:
        raise UsageError(
            f"--shard {text}: {SLURM_INDEX} is set, but not {missing[0]}",
            "Number the array's tasks from 0 and write --shard env/N.",
        )
    count, first, last = (_number(text, name, environment) for name in SLURM_FORM)
    step = _number(text, SLURM_STEP, environment) if SLURM_STEP in environment else 1
    if step < 1 or count < 1 or last - first != (count - 1) * step or (index - first) % step or first > 1:
        what = f"begins at {first}" if first > 1 else "has gaps"
        raise UsageError(
            f"--shard {text}: the SLURM array {what}, so its tasks are not all parts of a whole",
            "Number them from 0 and write --shard env/N, which means the same part whichever tasks run.",
        )
    return _checked(text, (index - first) // step + 1, count, f"As {SLURM_INDEX} and {SLURM_FORM[0]} say.")


def _counted_from_0(text: str, index: int, count: int, name: str) -> Shard:
    return _checked(text, index + 1, count, f"{name} is {index}; it counts from 0, so that {count - 1} is the last.")


def _checked(text: str, number: int, count: int, hint: str) -> Shard:
    if not 1 <= number <= count:
        raise UsageError(f"--shard {text}: there is no shard {number} of {count}", hint)
    return Shard(number, count)


def _number(text: str, name: str, environment: Mapping[str, str]) -> int:
    value = environment[name]
    if re.fullmatch(r"[0-9]{1,10}", value) is None:
        raise UsageError(f"--shard {text}: {name} is {value!r}, no number", _FORMS)
    return int(value)
