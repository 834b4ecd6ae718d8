"""The tables of a benchmark, as a terminal and as GitHub show them."""

from dataclasses import replace

from benchmark_results import make_result
from seg2vid_cli.benchmark.comparison import compare
from seg2vid_cli.benchmark.document import ChunkTimes, Document, Machine, Round, Unavailable
from seg2vid_cli.benchmark.tables import document_lines, document_markdown

ONNX = make_result(
    device="cuda:0",
    precision="fp16",
    batch=4,
    threads=None,
    load_s=0.526,
    first_frame_ms=101.4,
    chunk_ms=ChunkTimes(204.4, 350.6),
    frames_per_s=20.04,
    end_to_end_frames_per_s=15,
    peak_memory_mb=None,
    device_memory_mb=800.2,
    peak_fraction=0.4008,
)
TORCH = replace(
    ONNX,
    backend="torch",
    precision="fp32",
    chunk_ms=None,
    peak_gflops=None,
    peak_fraction=None,
    rounds=(Round(10, None),) * 2,
)
DOCUMENT = Document(
    1,
    Machine("A | B", 2, 8.0, ("GPU",), "Linux"),
    {},
    (ONNX, TORCH),
    (Unavailable("street", "openvino", "auto", "auto", "not installed"),),
    core_share=0.97,
)
LINES = """\
A | B, 2 cores, GPU; clips of 21 frames, 2 rounds
                                                load  first   chunk   chunk   network    to mp4  GPU  of own  differs
model   size        backend  device  precision     s     ms  p50 ms  p90 ms  frames/s  frames/s   MB    peak   of 255
street  128x256 x4  onnx     cuda:0  fp16       0.53    101     204     351      20.0      15.0  800     40%        1
street  128x256 x4  torch    cuda:0  fp32       0.53    101       -       -      20.0      15.0  800       -        1
not available: street, openvino, auto, auto: not installed
"""
COMPARED = """\

against b.json, tolerance 10%:
                                                     frames/s  frames/s   share of own peak,  against other rows,
row                                       verdict    baseline       now       now / baseline       now / baseline
street 128x256 batch 4 onnx cuda:0 fp16   regressed      20.0      20.0  0.50 (0.50 to 0.50)  0.50 (0.50 to 0.50)
street 128x256 batch 4 torch cuda:0 fp32  unclear        20.0      20.0                    -                    -
unclear: a loss of this size would not be told from noise; use a quieter machine, or leave out --quick
"""
MARKDOWN = """\
### seg2vid benchmark

A | B, 2 cores, GPU; clips of 21 frames, 2 rounds

| model | size | backend | device | precision | load s \
| first ms | chunk p50 ms | chunk p90 ms | network frames/s | to mp4 frames/s | GPU MB | of own peak | differs of 255 |
| --- | --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| street | 128x256 x4 | onnx | cuda:0 | fp16 | 0.53 | 101 | 204 | 351 | 20.0 | 15.0 | 800 | 40% | 1 |
| street | 128x256 x4 | torch | cuda:0 | fp32 | 0.53 | 101 | - | - | 20.0 | 15.0 | 800 | - | 1 |

- not available: street, openvino, auto, auto: not installed
"""


def test_for_a_terminal():
    assert "\n".join(document_lines(DOCUMENT, None)) + "\n" == LINES


def test_with_a_comparison():
    slower = replace(DOCUMENT, results=(replace(ONNX, rounds=(Round(10, 200), Round(10, 200))), TORCH))
    comparison = compare(DOCUMENT, slower, tolerance=0.1, file="b.json")
    assert "\n".join(document_lines(slower, comparison)) + "\n" == LINES + COMPARED
    markdown = document_markdown(slower, comparison)
    assert markdown.startswith(MARKDOWN)
    assert "\n\nAgainst `b.json`, tolerance 10%:\n\n| row | verdict |" in markdown


def test_a_busy_machine_is_told_of():
    busy = "the machine was busy: of the cores, other programs took 57%"
    assert busy in document_lines(replace(DOCUMENT, core_share=0.43), None)
    assert f"- {busy}\n" in document_markdown(replace(DOCUMENT, core_share=0.43), None)


def test_for_github():
    assert document_markdown(DOCUMENT, None) == MARKDOWN
