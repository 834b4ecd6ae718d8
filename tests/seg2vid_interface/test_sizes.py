from itertools import product
from pathlib import Path

import pytest

from seg2vid_cli.model_store.store import open_model
from seg2vid_interface.errors import UsageError
from seg2vid_interface.sizes import SizeRule, choose_size

MOTION = SizeRule(multiple=32, smallest=128, area_multiple=4096)


@pytest.mark.parametrize(
    ("wanted", "nearest"),
    [
        ((160, 288), [(128, 288), (160, 256)]),
        ((100, 256), [(128, 256), (160, 256)]),
        ((1, 9999), [(128, 9984), (128, 10016)]),
    ],
)
def test_the_nearest_sizes_are_told(wanted, nearest):
    assert MOTION.nearest(*wanted)[:2] == nearest


@pytest.mark.parametrize(
    "rule", [MOTION, SizeRule(), SizeRule(8, 16), SizeRule(6, 20, 90), SizeRule(1, 3, 7)], ids=repr
)
def test_none_is_nearer(rule):
    fitting = [size for size in product(range(1, 400), repeat=2) if rule.problem(*size) is None]
    for height, width in ((1, 1), (37, 150), (128, 128), (200, 65)):
        nearest = rule.nearest(height, width)
        assert all(rule.problem(*size) is None for size in nearest)
        distances = [abs(h - height) + abs(w - width) for h, w in fitting]
        assert abs(nearest[0][0] - height) + abs(nearest[0][1] - width) == min(distances)


def test_a_model_opens_at_its_own_size_or_one_that_its_rule_takes():
    assert choose_size(MOTION, None, (128, 256)) == (128, 256)
    assert choose_size(MOTION, (160, 256), (128, 256)) == (160, 256)
    with pytest.raises(UsageError) as caught:
        choose_size(MOTION, (160, 288), (128, 256))
    assert caught.value.message == "--size 160x288: the model needs height x width to be a multiple of 4096"
    assert caught.value.hint == "The nearest sizes it takes are 128x288 and 160x256; its own is 128x256."


def test_the_rule_in_words():
    assert str(SizeRule(32, 64)) == "multiples of 32, at least 64"
    assert str(SizeRule(32, 128, 4096)) == (
        "multiples of 32, at least 128, and height x width to be a multiple of 4096"
    )


def test_help_documents_and_card_agree_on_the_bundled_model_s_sizes():
    root, rule = Path(__file__).parents[2], open_model("street").card.sizes
    multiple = f"multiples of {rule.multiple}"
    assert f"which street takes in {multiple}" in (root / "seg2vid_cli" / "commands" / "generate.py").read_text()
    assert f"`street` takes {multiple}" in (root / "docs" / "models.md").read_text()
    with pytest.raises(UsageError) as caught:
        choose_size(rule, (100, 200), (128, 256))
    assert caught.value.message == f"--size 100x200: the model needs {multiple}, at least {rule.smallest}"
    assert caught.value.hint == "The nearest sizes it takes are 96x192 and 96x224; its own is 128x256."
