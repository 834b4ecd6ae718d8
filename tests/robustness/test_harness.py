"""What tries the program finds faults itself, where there are any."""

import sys
import time
from pathlib import Path

import numpy as np
import pytest

from robustness import judging
from robustness.drawn_pictures import label_pngs, label_pnms
from robustness.judging import problem_of
from robustness.mutation import BINARY, TEXT, mutations
from robustness.strict_pictures import read_png, read_pnm
from robustness.tally import PROPERTY, counting, table
from seg2vid_cli.inputs.label_maps.pixels import read_pixels
from seg2vid_interface.errors import Seg2VidError

FILE = Path("folder") / "a.png"


def problem_with(error: BaseException) -> str | None:
    def read(path: Path) -> None:
        raise error

    return problem_of(read, FILE, lambda _: None)


def test_an_error_is_one_line_that_names_the_file_and_has_a_hint():
    assert problem_with(Seg2VidError(f"{FILE}: wrong", "Mend it.")) is None
    assert problem_with(Seg2VidError(f"{FILE}: wrong")) == f"no hint: {FILE}: wrong"
    assert problem_with(Seg2VidError("wrong", "Mend it.")) == "does not name the file: wrong"
    assert problem_with(Seg2VidError(f"{FILE}: a\nb", "Mend it.")).startswith("not one line: ")


def test_other_exceptions_are_wrong():
    assert problem_with(ValueError("odd")).startswith("ValueError: odd (test_harness.py:")
    assert problem_with(MemoryError()).startswith("MemoryError: ")


def test_what_was_read_is_looked_at():
    assert problem_of(lambda path: 3, FILE, lambda found: f"{found} is odd") == "3 is odd"


@pytest.mark.skipif(sys.platform != "linux", reason="bounds processes of Linux alone")
def test_time_and_memory_have_bounds(monkeypatch):
    monkeypatch.setattr(judging, "MOST_SECONDS", 0.05)
    assert problem_of(lambda path: time.sleep(5), FILE, lambda _: None) == "takes more than 0.05 seconds"
    monkeypatch.setattr(judging, "MOST_SECONDS", 5.0)
    assert problem_of(lambda path: bytearray(8 << 30), FILE, lambda _: None).startswith("MemoryError: ")


def test_the_same_seed_is_the_same_damage():
    files = [b"a = 1\nb = [2, 3]\n", b"c = 4\n"]
    for mutators in (BINARY, TEXT):
        first, again, other = (list(mutations(files, mutators, 200, seed)) for seed in ("x", "x", "y"))
        assert first == again != other
        assert all(whole in files and damaged != whole for whole, damaged in first)


def test_the_strict_readers_read_what_is_whole_as_the_program_does(tmp_path):
    pictures = [*((data, read_png) for data in label_pngs()), *((data, read_pnm) for data in label_pnms())]
    for data, strict in pictures:
        path = tmp_path / "a.png"
        path.write_bytes(data)
        pixels = read_pixels(path)
        stored = strict(data)
        np.testing.assert_array_equal(pixels.distinct[pixels.which], stored.values[..., : pixels.channels])


def test_what_is_wrong_fails_the_test_and_shows_in_the_table(request):
    with pytest.raises(AssertionError, match="c: 1 of 2 wrong:\nodd"), counting("c", request.node) as tally:
        tally.add(None)
        tally.add("odd")
    assert request.node.user_properties.pop() == (PROPERTY, ("c", 2, 1))

    class Report:
        user_properties = ((PROPERTY, ("c", 2, 1)), ("other", 3), (PROPERTY, ["d", 10, 0]))

    assert table([Report(), Report()]) == [
        "| case |  tried | wrong |",
        "| ---- | -----: | ----: |",
        "| c    |      4 |     2 |",
        "| d    |     20 |     0 |",
        "| all  |     24 |     2 |",
    ]
    assert table([]) == []
