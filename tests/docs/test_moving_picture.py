import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

DOCS = Path(__file__).parents[2] / "docs"
DISSOLVING = 6  # frames in which the label map becomes the first frame


def test_the_picture_is_one_that_a_page_can_bear() -> None:
    assert (DOCS / "street.webp").stat().st_size < 1.5e6
    with Image.open(DOCS / "street.webp") as picture:
        assert (picture.n_frames, picture.size, picture.info["loop"]) == (DISSOLVING + 24, (776, 410), 0)


@pytest.mark.slow
def test_the_script_makes_it(tmp_path: Path) -> None:
    """Three frames of it: which pixels they have, depends on the versions of the runtime and of the encoder."""
    out = tmp_path / "street.webp"
    subprocess.run([sys.executable, DOCS / "moving_picture.py", "--out", out, "--frames", "3"], check=True)

    assert [path.name for path in tmp_path.iterdir()] == ["street.webp"]
    with Image.open(out) as picture:
        assert (picture.n_frames, picture.size) == (DISSOLVING + 3, (776, 410))
