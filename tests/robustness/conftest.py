"""The table of what was tried, at the end of the run."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import pytest

from robustness.tally import Tally, counting, table


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Callable[[str], AbstractContextManager[Tally]]:
    """Tally a case: `with tally("pictures") as pictures: pictures.add(problem or None)`."""
    return partial(counting, node=request.node)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for each in terminalreporter.stats.values() for report in each]
    lines = table(report for report in reports if getattr(report, "when", None) == "call")
    if lines:
        terminalreporter.section("robustness")
        for line in lines:
            terminalreporter.write_line(line)
