"""The test suite's own flags; pyproject.toml loads them, so that they are known before pytest looks for tests."""

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("seg2vid")
    group.addoption("--golden", type=Path, metavar="FOLDER", help="prove the networks on a whole golden.npz")
    group.addoption(
        "--models",
        type=Path,
        metavar="FOLDER",
        help="keep the exported test models there rather than in pytest's cache, to carry them to another machine; "
        "they are made anew where the code that makes them has changed",
    )
