"""A run's metrics after the machine stopped in the middle of a line."""

import json

import pytest

from seg2vid_torch.training.metrics_log import MetricsLog, read_metrics

WHOLE = b'{"step": 1, "loss": 0.5}\n{"step": 2, "loss": 0.25}\n'
METRICS = [{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.25}]


@pytest.mark.parametrize(
    "torn",
    [
        b'{"step": 3, "lo',
        b'{"step": 3, "lo\n',
        b'{"st',
        b"\0" * 100,
        b"\0" * 100 + b"\n",
        b"\xff\xfe\n",
        b'{"step": 3, "loss": NaN}\n',
        b'{"step": "3"}\n',
        b'{"loss": 3}\n',
        b"[3]\n",
        b"3\n",
        b"[" * 100_000,
    ],
)
def test_a_torn_line_is_left_out(tmp_path, torn):
    (tmp_path / "metrics.jsonl").write_bytes(WHOLE + torn)
    assert read_metrics(tmp_path, 5) == METRICS
    with MetricsLog(tmp_path, 2) as log:
        log.write(3, {"loss": 0.125})
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert list(map(json.loads, lines)) == [*METRICS, {"step": 3, "loss": 0.125}]


def test_later_lines_and_missing_files(tmp_path):
    assert read_metrics(tmp_path, 5) == []
    (tmp_path / "metrics.jsonl").write_bytes(WHOLE)
    assert read_metrics(tmp_path, 1) == METRICS[:1]
