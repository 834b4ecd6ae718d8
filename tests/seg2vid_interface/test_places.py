"""This process's place, as torchrun tells it."""

import pytest

from seg2vid_interface.places import Place, find_place

TOLD = {
    "RANK": "3",
    "WORLD_SIZE": "4",
    "LOCAL_RANK": "1",
    "LOCAL_WORLD_SIZE": "2",
    "MASTER_ADDR": "localhost",
    "MASTER_PORT": "29500",
}


def test_it_is_read_from_the_environment(monkeypatch):
    for key, value in TOLD.items():
        monkeypatch.setenv(key, value)
    assert find_place() == Place(3, 4, 1, 2)
    assert not find_place().leads


@pytest.mark.parametrize(
    "changed", [{key: None} for key in TOLD] + [{"RANK": "4"}, {"RANK": "-1"}, {"LOCAL_RANK": "2"}, {"RANK": "one"}]
)
def test_without_all_of_it_the_process_is_the_only_one(changed, monkeypatch):
    for key, value in (TOLD | changed).items():
        if value is None:
            monkeypatch.delenv(key, raising=False)
        else:
            monkeypatch.setenv(key, value)
    assert find_place() == Place()
    assert find_place().leads
