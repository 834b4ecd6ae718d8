"""What was tried and how much of it went wrong, case by case, for the table at the end of the run."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

PROPERTY = "robustness"
"""Under which a test's report carries what it tried, from whichever process ran it."""
MOST_SHOWN = 5


@dataclass
class Tally:
    """One case: what was tried, and what was wrong."""

    tried: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, problem: str | None) -> None:
        """Count one more; None if nothing was wrong with it."""
        self.tried += 1
        if problem is not None:
            self.wrong.append(problem)


@contextmanager
def counting(case: str, node: pytest.Item) -> Iterator[Tally]:
    """Tally a case in the block of a test, which fails at its end if anything was wrong."""
    tally = Tally()
    yield tally
    node.user_properties.append((PROPERTY, (case, tally.tried, len(tally.wrong))))
    shown = "\n".join(tally.wrong[:MOST_SHOWN])
    assert not tally.wrong, f"{case}: {len(tally.wrong)} of {tally.tried} wrong:\n{shown}"


def table(reports: Iterable[pytest.TestReport]) -> list[str]:
    """Return the lines of the table, in Markdown; none if nothing was tried."""
    rows: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for report in reports:
        for name, value in report.user_properties:
            if name == PROPERTY:
                case, tried, wrong = value
                rows[case][0] += tried
                rows[case][1] += wrong
    if not rows:
        return []
    total = [sum(row[column] for row in rows.values()) for column in (0, 1)]
    lines = [("case", "tried", "wrong"), *((case, *row) for case, row in rows.items()), ("all", *total)]
    width = max(len(case) for case, _, _ in lines)
    head, *rest = (f"| {case:{width}} | {tried:>6} | {wrong:>5} |" for case, tried, wrong in lines)
    return [head, f"| {'-' * width} | {'-' * 5}: | {'-' * 4}: |", *rest]
