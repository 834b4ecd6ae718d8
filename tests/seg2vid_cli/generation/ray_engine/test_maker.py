"""The command with Ray's workers in its own process: what it tells, and what it leaves."""

import json
from pathlib import Path

import pytest

from ray_jobs import one_job, write_maps
from seg2vid_cli.generation.ray_engine import maker
from seg2vid_cli.generation.ray_engine.messages import BlockMade, Ready, WindowMade
from seg2vid_cli.generation.ray_engine.worker import Worker
from seg2vid_interface.cores import available_cores
from seg2vid_interface.errors import BackendError


@pytest.fixture
def generate(seg2vid, model, driver):
    def run(*words):
        return seg2vid("generate", *words, "--model", model, "--engine", "ray")

    return run


@pytest.fixture
def three_maps(street, tmp_path):
    return write_maps(tmp_path / "maps", street, 3)


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_files_and_lists_as_a_single_process_makes(generate, seg2vid, model, three_maps, driver):
    maps = three_maps
    (maps / "map1.png").write_bytes(b"no picture")
    flags = ("-o", "clips/", "--samples", 11, "--save", "labels", "--json")
    result = generate(maps, *flags)
    made = files(Path("clips"))
    expected = seg2vid("generate", maps, *flags, "--overwrite", "--model", model)
    assert made == files(Path("clips"))
    assert (result.exit_code, expected.exit_code, len(made)) == (1, 1, 22 * (2 + 6))

    document, other = json.loads(result.stdout), json.loads(expected.stdout)
    workers = document["data"].pop("workers")
    for clip in (*document["data"]["outputs"], *other["data"]["outputs"]):
        clip["seconds"] = 0
    assert document == other
    assert [
        {name: worker[name] for name in ("worker", "clips", "frames", "failures", "replaced")} for worker in workers
    ] == [
        {"worker": 1, "clips": 12, "frames": 72, "failures": 5, "replaced": 0},
        {"worker": 2, "clips": 10, "frames": 60, "failures": 6, "replaced": 0},
    ]
    assert {worker["host"] for worker in workers} == {one_job(driver.jobs).host}
    # Each thing is said once, however many workers and samples there are; then the table.
    said = result.stderr.splitlines()
    once = [line for line in said if "map" in line or line.startswith(("starting", "Ray", "model"))]
    assert sorted(once) == sorted(
        [
            f"{maps}: 3 label maps",
            "starting Ray",
            "Ray: 2 workers, each with 1 thread",
            f"{maps / 'map2.png'}: Cityscapes train ids",
            "model tiny, backend fake, device cpu, precision fp32",
            f"error: {document['data']['failures'][0]['message']}",
            f"{maps / 'map0.png'}: Cityscapes train ids",
        ]
    )
    assert [line.split()[:2] for line in said if line.split()[0] in ("worker", "1", "2")] == [
        ["worker", "host"],
        ["1", workers[0]["host"]],
        ["2", workers[1]["host"]],
    ]


def test_only_the_rest_is_made(generate, street, tmp_path, driver):
    maps = write_maps(tmp_path / "maps", street, 3)
    assert generate(maps, "-o", "clips/").exit_code == 0
    Path("clips/map1.mp4").unlink()
    before = files(Path("clips"))
    result = generate(maps, "-o", "clips/", "--skip-existing", "--json")
    data = json.loads(result.stdout)["data"]
    assert ([clip["output"] for clip in data["outputs"]], len(data["skipped"])) == (["clips/map1.mp4"], 2)
    assert files(Path("clips")).items() >= before.items()
    driver.jobs.clear()
    data = json.loads(generate(maps, "-o", "clips/", "--skip-existing", "--json").stdout)["data"]
    assert (data["outputs"], data["workers"], driver.jobs) == ([], [], [])  # no Ray for nothing


def test_a_list_goes_through_in_windows(generate, street, tmp_path, monkeypatch):
    monkeypatch.setattr(maker, "WINDOW", 2)
    monkeypatch.setattr(maker, "BLOCKS_PER_WORKER", 1)
    maps = write_maps(tmp_path / "maps", street, 5)
    result = generate(maps, "-o", "clips/")
    assert result.stdout.split() == [f"clips/map{number}.mp4" for number in (1, 0, 3, 2, 4)]


def test_a_block_is_a_batch(generate, street, tmp_path, driver):
    maps = write_maps(tmp_path / "maps", street, 5)
    sizes = []
    driver.change = lambda block: sizes.append(len(block.tasks)) or 1
    assert generate(maps, "-o", "clips/", "--batch", 2).exit_code == 0
    assert sizes == [1, 2, 2]
    job = one_job(driver.jobs)
    maker_of_clips = maker.RayClipMaker.__new__(maker.RayClipMaker)
    maker_of_clips._job = job
    assert maker_of_clips._clips_of_block(Ready(1, 1)) == 2


def test_clips_of_a_worker_that_died_are_made_again_and_none_is_lost(generate, street, tmp_path, driver):
    """What it finished is there already; what it had begun lies in a hidden folder."""
    maps = write_maps(tmp_path / "maps", street, 4)

    def make_twice(block):
        Worker(one_job(driver.jobs), None).make(block, 1, "actor")
        hidden = Path("clips/.seg2vid-0123456789ab")
        hidden.mkdir(exist_ok=True)
        (hidden / "lock").touch()
        return 2

    driver.change = make_twice
    result = generate(maps, "-o", "clips/", "--json")
    assert (result.exit_code, set(files(Path("clips")))) == (0, {f"map{number}.mp4" for number in range(4)})
    assert len(json.loads(result.stdout)["data"]["outputs"]) == 4


def test_a_clip_that_kills_workers_is_listed(generate, street, tmp_path, driver):
    maps = write_maps(tmp_path / "maps", street, 3)
    driver.change = lambda block: 3 if block.number == 2 else 1
    result = generate(maps, "-o", "clips/", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["data"]["failures"] == [
        {
            "input": str(maps / "map1.png"),
            "code": "backend",
            "message": f"{maps / 'map1.png'}: the worker that made it died, and so did the one that tried again",
            "hint": "Memory may not suffice: ask for fewer --workers, or a smaller --size.",
        }
    ]
    assert set(files(Path("clips"))) == {"map0.mp4", "map2.mp4"}


def test_what_concerns_all_inputs_ends_the_run(generate, street, tmp_path):
    maps = write_maps(tmp_path / "maps", street, 3)
    result = generate(maps, "-o", "new/clips/", "--precision", "fp16")
    assert result.exit_code == 1
    assert "--precision fp16: fakes are exact" in result.stderr
    assert not Path("new").exists()


def test_existing_results_are_no_workers_to_replace(generate, street, tmp_path, driver):
    maps = write_maps(tmp_path / "maps", street, 2)

    def come_between(block):
        Path("clips/map1.mp4").write_text("another run's")
        return 1

    driver.change = come_between
    result = generate(maps, "-o", "clips/")
    assert (result.exit_code, Path("clips/map1.mp4").read_text()) == (1, "another run's")
    assert "clips/map1.mp4: exists already" in result.stderr


def test_a_block_that_ray_loses_is_no_success(generate, street, tmp_path, driver, monkeypatch):
    monkeypatch.setattr(driver, "events", lambda _: iter([WindowMade()]))
    result = generate(write_maps(tmp_path / "maps", street, 2), "-o", "clips/")
    assert (result.exit_code, Path("clips").exists()) == (1, False)
    assert "error: --engine ray: Ray lost 2 blocks of clips\n" in result.stderr


def test_workers_that_run_the_model_otherwise_are_told_of(generate, three_maps, monkeypatch):
    maps = three_maps
    make = Worker.make

    def elsewhere(self, block, attempt, name):
        made = make(self, block, attempt, name)
        changed = [type(one)("fake", "cuda:0", "fp16") if hasattr(one, "device") else one for one in made.made]
        return BlockMade(**vars(made) | {"made": tuple(changed)}) if block.number == 2 else made

    monkeypatch.setattr(Worker, "make", elsewhere)
    result = generate(maps, "-o", "clips/", "--json")
    assert "another worker: backend fake, device cuda:0, precision fp16\n" in result.stderr
    assert json.loads(result.stdout)["data"]["device"] == "cpu"


def test_threads_limit_a_session_of_this_process_too(seg2vid, model, street, fake_backends, monkeypatch):
    seen = []
    monkeypatch.setattr("seg2vid_cli.generation.making.open_session", lambda *_: _fail(seen))
    result = seg2vid("generate", street, "--model", model, "--threads", 1, "-o", "x.mp4")
    assert (result.exit_code, seen) == (1, [1])
    result = seg2vid("generate", street, "--model", model, "--threads", 0)
    assert (result.exit_code, result.stderr) == (2, "error: --threads 0: must be 1 or more\n")


def _fail(seen):
    seen.append(available_cores())
    raise BackendError("no more is needed")
