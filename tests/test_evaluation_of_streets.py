"""`seg2vid evaluate` on real streets gives the numbers that were measured before it was written, by other means."""

import json
from pathlib import Path

import pytest

STREETS = Path(__file__).parents[2] / "shared" / "data" / "streets" / "clips"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not STREETS.is_dir(), reason="the street scenes are not part of the repository"),
    pytest.mark.usefixtures("fake_backends"),
]


@pytest.fixture
def rows(seg2vid, make_model):
    pytest.importorskip("torchmetrics")
    pytest.importorskip("cv2")
    flags = ("--size", "128x256", "--samples", "1", "--metrics", "psnr,ssim", "--json")
    result = seg2vid("evaluate", "--model", make_model(), "--data", STREETS / "val", *flags)
    assert (result.exit_code, result.stderr) == (0, "")
    return {row["name"]: row["steps"] for row in json.loads(result.stdout)["data"]["rows"]}


def test_the_rows_of_what_is_simple_are_known(rows):
    def at(row: str, step: int) -> tuple[float, float]:
        return rows[row]["psnr"][step - 1], rows[row]["ssim"][step - 1]

    for step, (psnr, ssim) in {1: (22.21, 0.607), 4: (19.57, 0.461), 16: (17.87, 0.395)}.items():
        assert at("copy", step) == (pytest.approx(psnr, abs=0.05), pytest.approx(ssim, abs=0.005))
    # These were measured on some of the starts, with another fit and another flow.
    assert at("geometry", 1) == (pytest.approx(26.2, abs=0.5), pytest.approx(0.815, abs=0.025))
    assert at("true flow", 1) == (pytest.approx(29.2, abs=0.5), pytest.approx(0.871, abs=0.01))
