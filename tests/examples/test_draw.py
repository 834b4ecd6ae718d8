import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg2vid_cli.inputs.label_maps.reading import read_label_map
from seg2vid_interface.label_spaces import CITYSCAPES

EXAMPLES = Path(__file__).parents[2] / "examples"
ENCODINGS = {
    "street.png": "Cityscapes label ids",
    "crossing.png": "Cityscapes colours",
    "avenue.png": "Cityscapes train ids",
}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    subprocess.run([sys.executable, EXAMPLES / "draw.py", "--out", folder], check=True)
    return folder


def test_the_script_draws_every_label_map(drawn: Path) -> None:
    names = {path.name for path in drawn.iterdir()}

    assert names == ENCODINGS.keys() == {path.name for path in EXAMPLES.glob("*.png")}


@pytest.mark.parametrize("name", ENCODINGS)
def test_the_script_draws_the_same_again(drawn: Path, name: str) -> None:
    """Pixels and palettes are compared, because the compressed bytes depend on the zlib that Pillow was built with."""
    with Image.open(drawn / name) as again, Image.open(EXAMPLES / name) as committed:
        assert again.mode == committed.mode
        assert again.getpalette() == committed.getpalette()
        assert again.tobytes() == committed.tobytes()


@pytest.mark.parametrize(("name", "encoding"), ENCODINGS.items())
def test_every_label_map_is_a_street(name: str, encoding: str) -> None:
    label_map = read_label_map(EXAMPLES / name, "auto", CITYSCAPES)
    shares = np.bincount(label_map.indices.ravel(), minlength=CITYSCAPES.size) / label_map.indices.size
    present = {label_class.name for label_class, share in zip(CITYSCAPES.classes, shares, strict=True) if share > 0}

    assert label_map.encoding == encoding
    assert label_map.indices.shape == (256, 512)
    assert present >= {"road", "sidewalk", "building", "vegetation", "sky", "car", "person", "pole", "traffic sign"}
    assert shares[CITYSCAPES.index("road")] > 0.25
    assert set(np.unique(label_map.indices[0])) <= {
        CITYSCAPES.index(above) for above in ("sky", "building", "vegetation", "pole", "traffic light")
    }
