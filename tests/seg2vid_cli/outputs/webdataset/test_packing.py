"""Shards from clips' files: what is in them, and what is left where one cannot be written."""

import tarfile

import pytest

from seg2vid_cli.outputs.webdataset.names import ShardNames, members_in, split_name
from seg2vid_cli.outputs.webdataset.packing import ShardPacker
from seg2vid_interface.errors import OutputError

BYTES = 100  # of each file


@pytest.fixture
def names(tmp_path):
    return ShardNames(tmp_path / "shards")


def clip(names, key):
    files = [names.unpacked / f"{key}.{ending}" for ending in ("mp4", "labels.npz", "json")]
    files[0].parent.mkdir(parents=True, exist_ok=True)
    for file in files:
        file.write_bytes(file.name.encode().ljust(BYTES))
    return files


def members(shard):
    with tarfile.open(shard) as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive}


def test_clips_lie_in_shards_in_order_and_nothing_is_left_beside_them(names):
    packer = ShardPacker(names, first=0, clips=2)
    closed = [packer.add(clip(names, key)) for key in ("aachen/b", "aachen/a", "c")]
    closed.append(packer.finish())
    first, second = names.folder / "000000.tar", names.folder / "000001.tar"
    assert closed == [None, first, None, second]
    assert list(members(first)) == [
        f"aachen/{key}.{ending}" for key in "ba" for ending in ("mp4", "labels.npz", "json")
    ]
    assert members(second)["c.labels.npz"] == b"c.labels.npz".ljust(BYTES)
    assert sorted(names.folder.iterdir()) == names.shards() == [first, second]
    assert list(dict.fromkeys(split_name(member)[0] for member in members_in(first))) == ["aachen/b", "aachen/a"]
    assert packer.finish() is None


def test_a_shard_is_closed_when_it_is_large_enough(names):
    packer = ShardPacker(names, first=7, clips=None, size=4 * BYTES)
    assert [packer.add(clip(names, key)) for key in "abc"] == [None, names.folder / "000007.tar", None]


def test_the_same_clips_give_the_same_bytes(tmp_path):
    shards = []
    for folder in ("one", "other"):
        names = ShardNames(tmp_path / folder)
        packer = ShardPacker(names, first=0, clips=None)
        packer.add(clip(names, "a"))
        shards.append(packer.close())
    assert shards[0].read_bytes() == shards[1].read_bytes()


def test_what_cannot_be_packed_stays_as_it_is(names):
    packer = ShardPacker(names, first=0, clips=None)
    files = clip(names, "a")
    packer.add(files)
    names.shard(0).write_bytes(b"")
    with pytest.raises(OutputError, match="exists already"):
        packer.close()
    assert all(file.is_file() for file in files)
    names.shard(0).unlink()
    files[1].unlink()
    with pytest.raises(OutputError, match=r"000000\.tar: cannot be written: No such file") as caught:
        packer.close()
    assert "--skip-existing" in str(caught.value.hint)
    assert not names.shards()


def test_slices_keep_to_their_own_shards(tmp_path):
    names, other = ShardNames(tmp_path, "2-of-4-"), ShardNames(tmp_path, "12-of-24-")
    packer = ShardPacker(names, first=names.next_number(), clips=None)
    packer.add(clip(names, "a"))
    assert packer.close() == tmp_path / "2-of-4-000000.tar"
    assert (names.next_number(), other.next_number()) == (1, 0)
    assert (names.shards(), other.shards(), ShardNames(tmp_path).shards()) == ([tmp_path / "2-of-4-000000.tar"], [], [])


def test_a_shard_that_is_no_tar_is_named(tmp_path):
    (tmp_path / "000000.tar").write_bytes(b"no tar, but long enough to look at" * 100)
    with pytest.raises(OutputError, match=r"000000\.tar: cannot be read"):
        list(members_in(tmp_path / "000000.tar"))
