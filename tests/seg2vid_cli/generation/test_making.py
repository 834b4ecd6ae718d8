"""What a maker tells, which another process may be told; and what it reads, and when."""

import os
import pickle
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from seg2vid_cli.generation.made import FailedInput, MadeClip, Message, Opened
from seg2vid_cli.generation.making import ClipMaker
from seg2vid_cli.generation.plan import GenerationPlan, Task
from seg2vid_cli.generation.reading import read_ahead
from seg2vid_cli.generation.request import GenerationRequest
from seg2vid_cli.generation.settings import clip_settings
from seg2vid_cli.inputs.scenes import Input
from seg2vid_cli.model_store.store import open_model
from seg2vid_interface.backend import OpenOptions

REQUEST = GenerationRequest(
    labels=(Path("maps"),),
    out="new/",
    model="",
    frames=3,
    frames_per_second=None,
    seed=0,
    samples=1,
    first_frame=None,
    instances=None,
    style=None,
    camera=None,
    label_format="auto",
    save=frozenset(),
    flow_format="npy",
    sheet=None,
    kind=None,
    clips_per_shard=None,
    judging=None,
    shard=None,
    batch=2,
    backend="fake",
    options=OpenOptions(),
    overwrite=False,
    skip_existing=False,
)


@pytest.mark.usefixtures("fake_backends")
def test_all_of_it_can_be_handed_to_another_process(model, street, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("maps").mkdir()
    for name in "abc":
        Path(f"maps/{name}.png").write_bytes(street.read_bytes() if name != "b" else b"no picture")
    request = replace(REQUEST, model=str(model))
    folder = open_model(request.model)
    settings = clip_settings(request, folder.card)
    plan = GenerationPlan(request, folder.card, settings, lambda _: None)
    assert (plan.inputs, plan.clips, plan.skipped) == (3, 3, None)
    tasks, arguments = pickle.loads(pickle.dumps((list(plan.tasks()), (request, folder, settings))))
    frames = list[int]()
    with ClipMaker(*arguments) as maker:
        made = list(maker.make(tasks, frames.append))
        again = list(maker.make([], frames.append))
    made = pickle.loads(pickle.dumps(made))
    assert [type(one) for one in made] == [Message, Opened, MadeClip, FailedInput, Message, MadeClip]
    _, opened, first, failed, _, last = made
    assert opened == Opened("fake", "cpu", "fp32")
    assert [Path(one.clip.output).name for one in (first, last)] == ["a.mp4", "c.mp4"]
    assert (failed.paths.label_map, failed.error.code, failed.frames) == (Path("maps/b.png"), "label_map", 3)
    assert failed.error.hint
    assert (sum(frames), again) == (6, [])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_what_is_no_file_is_read_when_it_is_due_by_the_thread_that_can_be_stopped(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    threads = dict[str, str]()

    def read(task):
        threads[task.paths.label_map.name] = threading.current_thread().name

    tasks = [Task(Input(tmp_path / name, None), ()) for name in ("pipe", "file")]
    pipe, file = read_ahead(tasks, read, lambda: 2)
    assert (pipe.is_there, "pipe" in threads) == (False, False)
    pipe.result()
    file.result()
    assert threads["pipe"] == threading.current_thread().name
    assert threads["file"].startswith("seg2vid-reading")
