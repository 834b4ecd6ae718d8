"""The same command makes the same bytes, and a long clip takes no more memory than a short one."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from robustness.killing import Tree, tree, unlike

STREET = Path(__file__).parents[2] / "examples" / "street.png"
SURROUNDINGS = (
    {"PYTHONHASHSEED": "0"},
    {"PYTHONHASHSEED": "123", "TZ": "Asia/Tokyo", "LC_ALL": "C", "HOME": "/nowhere"},
    {"PYTHONHASHSEED": "7", "OMP_WAIT_POLICY": "ACTIVE", "MKL_DYNAMIC": "FALSE"},
)
MEASURED = """\
import os, sys
from pathlib import Path
cores = sys.argv.pop(1)
if cores != "all":
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(cores)])
from seg2vid_cli.__main__ import main
try:
    main()
finally:
    status = Path("/proc/self/status").read_text() if sys.platform == "linux" else "VmHWM: 0"
    Path("peak").write_text(status.split("VmHWM:")[1].split()[0])
"""


def generate(folder: Path, backend: str, *words: object, cores: object = "all", **environment: str) -> None:
    """Run the program in a folder, where the peak of its memory in kilobytes is left under "peak"."""
    command = ["generate", STREET, "--backend", backend, "--quiet", "--overwrite", *words]
    subprocess.run(
        [sys.executable, "-c", MEASURED, *map(str, (cores, *command))],
        check=True,
        cwd=folder,
        env=os.environ | {"SEG2VID_CACHE": str(folder / "cache")} | environment,
        stdout=subprocess.DEVNULL,
    )


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["onnx", "openvino", "torch"])
def test_the_same_bytes(tally, tmp_path, backend):
    """The second process reads what the first has put into the cache."""
    threads = {} if backend == "torch" else {"OMP_NUM_THREADS": "3"}
    first: Tree = {}
    with tally("the same command again") as repeats:
        for number, environment in enumerate((*SURROUNDINGS, threads)):
            generate(tmp_path, backend, "-o", "clip.mp4", "--frames", 12, "--save", "all", **environment)
            files = {name: content for name, content in tree(tmp_path).items() if name.startswith("clip")}
            first = first or files
            repeats.add(f"{backend}, {number}: other bytes in {unlike(first, files)}" if first != files else None)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="gives a process fewer cores")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores")
@pytest.mark.parametrize(("backend", "share"), [("onnx", 1e-4), ("torch", 1e-4), ("openvino", 0)])
def test_another_number_of_cores(tally, tmp_path, backend, share):
    """Sums in another order round otherwise: here and there by 1 of 255."""
    clips = []
    for cores in (1, 2):
        generate(tmp_path, backend, "-o", "clip.rgb", "--frames", 25, cores=cores)
        clips.append(np.frombuffer((tmp_path / "clip.rgb").read_bytes(), np.uint8).astype(int))
    difference = np.abs(clips[0] - clips[1])
    problem = f"{backend}: {(difference > 0).mean():.2g} of the values differ, by up to {difference.max()}"
    with tally("another number of cores") as cores:
        cores.add(problem if difference.max() > 1 or (difference > 0).mean() > share else None)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells the peak of a process's memory")
@pytest.mark.parametrize(("backend", "frames"), [("onnx", 2000), ("openvino", 600)])
def test_memory(tally, tmp_path, backend, frames):
    peaks = []
    for length in (100, frames):
        generate(tmp_path, backend, "-o", "clip.mp4", "--frames", length, "--save", "labels,flow", "--size", "96x192")
        peaks.append(int((tmp_path / "peak").read_text()))
    with tally("memory of long clips") as memory:
        more = (peaks[1] - peaks[0]) / 1024
        memory.add(f"{backend}: {more:.0f} MB more for {frames} frames than for 100" if more > 40 else None)
