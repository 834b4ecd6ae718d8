"""The jobs for schedulers: their commands are commands, and all of their parts together make every clip once."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
PARTS = 2

pytestmark = pytest.mark.usefixtures("fake_backends")


def slurm_command() -> list[str]:
    script = (EXAMPLES / "slurm.sh").read_text(encoding="utf-8").replace("\\\n", "")
    (last,) = re.findall(r"--array=0-(\d+)$", script, re.MULTILINE)
    (line,) = re.findall(r"^seg2vid .*$", script, re.MULTILINE)
    return in_parts(shlex.split(line.replace("$1", "maps").replace("$2", "clips")), int(last) + 1)


def kubernetes_command() -> list[str]:
    job = (EXAMPLES / "kubernetes.yaml").read_text(encoding="utf-8")
    (completions,) = re.findall(r"completions: (\d+)", job)
    words = ", ".join(re.findall(r"^ +(?:command|args): \[(.*)\]$", job, re.MULTILINE))
    command = [word.strip('"') for word in re.findall(r'"[^"]*"|[^\s,]+', words)]
    return in_parts([word.replace("/data/", "") for word in command], int(completions))


def in_parts(command: list[str], written: int) -> list[str]:
    """Return a command for so few parts that a test can make them all."""
    command[command.index(f"env/{written}")] = f"env/{PARTS}"
    return command


@pytest.mark.parametrize(
    ("command", "index"),
    [(slurm_command(), "SLURM_ARRAY_TASK_ID"), (kubernetes_command(), "JOB_COMPLETION_INDEX")],
    ids=["slurm", "kubernetes"],
)
def test_the_parts_of_a_job_make_every_clip_once(*, seg2vid, model, street, monkeypatch, command, index):
    Path("maps").mkdir()
    for name in "abc":
        Path(f"maps/{name}.png").write_bytes(street.read_bytes())
    program, *flags = [word for word in command if word not in {"--backend", "onnx", "--device", "cpu", "--quiet"}]
    assert program == "seg2vid"
    flags[flags.index("--save") + 1] = "labels,flow"  # what the small model knows
    made = []
    for part in range(PARTS):
        monkeypatch.setenv(index, str(part))
        result = seg2vid(*flags, "--model", model, "--json")
        assert result.exit_code == 0, result.stderr
        made += [output["saved"][0] for output in json.loads(result.stdout)["data"]["outputs"]]
    assert sorted(made) == ["a.mp4", "b.mp4", "c.mp4"]
    assert sorted(path.name for path in Path("clips").iterdir()) == ["1-of-2-000000.tar", "2-of-2-000000.tar"]


def test_the_script_is_one_that_bash_reads():
    assert subprocess.run(["bash", "-n", EXAMPLES / "slurm.sh"], check=False).returncode == 0
