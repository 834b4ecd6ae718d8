"""What a worker on another machine makes sure of."""

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from ray_jobs import one_job, write_maps
from seg2vid_cli.generation.made import FailedInput, MadeClip
from seg2vid_cli.generation.making import ClipMaker
from seg2vid_cli.generation.ray_engine.worker import SHARED, Ledger, Worker


@pytest.fixture
def job_and_blocks(seg2vid, model, street, tmp_path, driver):
    """A run of two maps, and its blocks, unmade; all paths are seen from the current folder."""
    blocks = []
    driver.change = lambda block: blocks.append(pickle.loads(pickle.dumps(block))) or 3
    write_maps(Path("maps"), street, 2)
    words = ("maps/map0.png", "maps/map1.png", "-o", "clips/", "--model", model, "--engine", "ray")
    assert seg2vid("generate", *words).exit_code == 1
    Path("clips").mkdir()
    return pickle.loads(pickle.dumps(one_job(driver.jobs))), blocks[::-1]


def test_it_works_where_the_command_was_started(job_and_blocks, tmp_path, monkeypatch):
    job, [block, _] = job_and_blocks
    folder = Path.cwd()
    monkeypatch.chdir(tmp_path)
    made = Worker(job, None).make(block, 1, "actor")
    assert [one.clip.output for one in made.made if isinstance(one, MadeClip)] == ["clips/map0.mp4"]
    assert (folder / "clips/map0.mp4").is_file()
    assert (made.number, made.worker, made.host, made.fatal) == (1, "actor", job.host, None)


@pytest.mark.parametrize("gone", ["maps/map0.png", "clips"])
def test_it_says_what_it_does_not_see(gone, job_and_blocks):
    job, [block, _] = job_and_blocks
    Path(gone).rename("elsewhere")
    elsewhere = Worker(replace(job, host="head"), None).make(block, 1, "actor")
    [failed] = elsewhere.made
    assert isinstance(failed, FailedInput)
    assert failed.error.message == f"{gone}: not there on {job.host}, where a worker runs"
    assert (failed.error.hint, failed.frames) == (SHARED, 6)
    here = Worker(job, None).make(block, 1, "actor")
    [failed] = [one for one in here.made if isinstance(one, FailedInput)]
    assert "where a worker runs" not in failed.error.message  # as ever


def test_where_the_folder_is_not_there_each_input_says_so(job_and_blocks, tmp_path, monkeypatch):
    job, [block, _] = job_and_blocks
    monkeypatch.chdir(tmp_path)
    made = Worker(replace(job, host="head", folder="/nowhere"), None).make(block, 1, "actor")
    assert [one.error.message for one in made.made] == [f"maps/map0.png: not there on {job.host}, where a worker runs"]


def test_another_version_or_model_ends_the_run(job_and_blocks):
    job, [block, _] = job_and_blocks
    made = Worker(replace(job, host="head", version="0.0.1"), None).make(block, 1, "actor")
    assert made.fatal is not None
    assert made.fatal.message == (
        f"worker on {job.host}: seg2vid {job.version} is installed, and the command is of 0.0.1"
    )
    assert made.fatal.hint == "Install the same version on every machine of the cluster."
    other = job.card.model_copy(update={"description": "another"})
    made = Worker(replace(job, card=other), None).make(block, 1, "actor")
    assert made.fatal is not None
    assert made.fatal.message == f"{job.request.model}: another model than the command's"


def test_a_defect_is_the_failure_of_the_inputs_that_it_meets(job_and_blocks, monkeypatch):
    job, [block, following] = job_and_blocks
    both = replace(block, tasks=(*block.tasks, *following.tasks))
    make = ClipMaker.make

    def breaks(self, tasks):
        for one in make(self, tasks):
            yield one
            if isinstance(one, MadeClip):
                raise ZeroDivisionError("by\nzero")

    monkeypatch.setattr(ClipMaker, "make", breaks)
    made = pickle.loads(pickle.dumps(Worker(job, None).make(both, 1, "actor")))
    assert [one.clip.output for one in made.made if isinstance(one, MadeClip)] == ["clips/map0.mp4"]
    [failed] = [one for one in made.made if isinstance(one, FailedInput)]
    assert failed.error.message == "maps/map1.png: internal error: ZeroDivisionError: by zero"
    assert "in breaks" in "".join(failed.error.__notes__)  # which --debug shows
    assert made.fatal is None


def test_a_ledger_counts_attempts():
    ledger = Ledger()
    assert [ledger.begin(number) for number in (1, 2, 1, 1)] == [1, 1, 2, 3]
