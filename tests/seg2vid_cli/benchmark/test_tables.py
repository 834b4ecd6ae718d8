"""The tables of a benchmark, as a terminal and as GitHub show them."""

import re
from dataclasses import replace

from benchmark_results import make_result
from seg2vid_cli.benchmark.comparison import compare
from seg2vid_cli.benchmark.document import ChunkTimes, Document, Machine, Round, Unavailable
from seg2vid_cli.benchmark.tables import report

ON_A_GPU = {
    "model": "town",
    "device": "cuda",
    "batch": 4,
    "peak_memory_mb": None,
    "device_memory_mb": 800.2,
    "load_s": 0.526,
}
ONNX = make_result(precision="fp16", chunk_ms=ChunkTimes(204.4, 350.6), frames_per_s=20.04, **ON_A_GPU)
TORCH = make_result(
    backend="torch", chunk_ms=None, peak_fraction=None, max_difference=None, rounds=(Round(10, None),) * 2, **ON_A_GPU
)
UNAVAILABLE = Unavailable("town", "openvino", "auto", "auto", "not installed")
DOCUMENT = Document(1, Machine("A", 2, 8.0, ("GPU",), "Linux"), {}, (ONNX, TORCH), (UNAVAILABLE,), core_share=0.97)
SLOWER = replace(DOCUMENT, results=(replace(ONNX, rounds=(Round(10, 200), Round(10, 200))), TORCH))

LINES = """\
A, 2 cores, GPU; clips of 25 frames, 2 rounds
                                               load  first   chunk   chunk   network    to mp4  GPU  of own       differs
model  size        backend  device  precision     s     ms  p50 ms  p90 ms  frames/s  frames/s   MB    peak        of 255
town   128x256 x4  onnx     cuda    fp16       0.53    100     204     351      20.0      10.0  800     40%  1 from torch
town   128x256 x4  torch    cuda    fp32       0.53    100       -       -      20.0      10.0  800       -             -
not available: town, openvino, auto, auto: not installed
"""  # noqa: E501  # a table is as wide as it needs to be
COMPARED = """\

against b.json, tolerance 10%:
                                                 frames/s  frames/s       share of peak,
row                                   verdict    baseline       now       now / baseline
town 128x256 batch 4 onnx cuda fp16   regressed      20.0      20.0  0.50 (0.50 to 0.50)
town 128x256 batch 4 torch cuda fp32  ok             20.0      20.0  1.00 (1.00 to 1.00)
"""
MARKDOWN = """\
### seg2vid benchmark

A, 2 cores, GPU; clips of 25 frames, 2 rounds

| model | size | backend | device | precision | load s | first ms | chunk p50 ms | chunk p90 ms | network frames/s \
| to mp4 frames/s | GPU MB | of own peak | differs of 255 |
|-|-|-|-|-|-|-|-|-|-|-|-|-|-|
| town | 128x256 x4 | onnx | cuda | fp16 | 0.53 | 100 | 204 | 351 | 20.0 | 10.0 | 800 | 40% | 1 from torch |
| town | 128x256 x4 | torch | cuda | fp32 | 0.53 | 100 | - | - | 20.0 | 10.0 | 800 | - | - |

- not available: town, openvino, auto, auto: not installed
"""
BUSY = "the machine was busy: of the cores, other programs took 57%"


def text(*args, **kwargs) -> str:
    return "\n".join(report(*args, **kwargs)) + "\n"


def test_for_a_terminal():
    assert text(DOCUMENT, None) == LINES
    assert text(SLOWER, compare(DOCUMENT, SLOWER, tolerance=0.1, file="b.json")) == LINES + COMPARED


def test_for_github():
    shown = text(replace(DOCUMENT, core_share=0.43), None, markdown=True)
    assert re.sub(" {2,}", " ", re.sub("-{3,}", "-", shown)) == MARKDOWN.replace("\n- not", f"\n- {BUSY}\n- not")
    compared = text(DOCUMENT, compare(DOCUMENT, SLOWER, tolerance=0.1, file="b.json"), markdown=True)
    assert "\n\nagainst b.json, tolerance 10%:\n\n| row " in compared
