import zipfile

import numpy as np
import pytest

from seg2vid_cli.outputs.webdataset.array_file import ArrayFileWriter

LABELS = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
FLOW = np.linspace(-1, 1, 3 * 4 * 5 * 2, dtype=np.float32).reshape(3, 4, 5, 2)


def written(path, name, array):
    writer = ArrayFileWriter(path, name, len(array))
    for part in array:
        writer.write(part)
    writer.close()
    return path


@pytest.mark.parametrize(("name", "array"), [("labels", LABELS), ("flow", FLOW), ("flow", FLOW[:, ::2].swapaxes(1, 2))])
def test_numpy_reads_what_was_written_frame_by_frame(tmp_path, name, array):
    with np.load(written(tmp_path / "a.npz", name, array)) as file:
        assert file.files == [name]
        np.testing.assert_array_equal(file[name], array)
        assert file[name].dtype == array.dtype


@pytest.mark.parametrize(("array", "kind"), [(LABELS, zipfile.ZIP_DEFLATED), (FLOW, zipfile.ZIP_STORED)])
def test_integers_alone_are_compressed(tmp_path, array, kind):
    with zipfile.ZipFile(written(tmp_path / "a.npz", "a", array)) as archive:
        assert [entry.compress_type for entry in archive.infolist()] == [kind]


def test_the_same_arrays_give_the_same_bytes(tmp_path):
    first, second = (written(tmp_path / f"{number}.npz", "labels", LABELS) for number in range(2))
    assert first.read_bytes() == second.read_bytes()


def test_what_is_given_up_can_be_removed(tmp_path):
    writer = ArrayFileWriter(tmp_path / "a.npz", "labels", 3)
    writer.write(LABELS[0])
    writer.abort()
    writer.abort()
    (tmp_path / "a.npz").unlink()
