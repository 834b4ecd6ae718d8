"""How much is tried: a little in every run of the tests, and all of it where it was asked for with `-m slow`."""

import pytest


def counts(little: int, whole: int) -> list[object]:
    """Return the parameters of a test that is tried `little` and, as a slow one, `whole` times."""
    return [pytest.param(little, id="little"), pytest.param(whole, id="whole", marks=pytest.mark.slow)]
