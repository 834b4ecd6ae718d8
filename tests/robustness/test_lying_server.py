"""`models pull` from a server that lies: a line that says what is wrong, and nothing left behind."""

import hashlib
import io
import time
import zipfile

import pytest

from loopback_server import content, loopback_server
from robustness.judging import bounded
from robustness.lying import lies
from seg2vid_cli.model_store import download

QUICK = ("other bytes", "a length that is too long", "a redirect to 'file:///etc/passwd'", "a compressed bomb")


@pytest.fixture
def archive(make_model) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for member in sorted(make_model("town").iterdir()):
            file.write(member, f"town/{member.name}")
    return packed.getvalue()


@pytest.mark.parametrize("which", [QUICK, pytest.param(None, id="all", marks=pytest.mark.slow)])
def test_a_lying_server(*, tally, seg2vid, archive, tmp_path, monkeypatch, which):
    monkeypatch.setattr(download, "TIMEOUT_SECONDS", 0.5)
    monkeypatch.setattr(download, "TOTAL_SECONDS", 2.0)
    monkeypatch.setattr(download, "MAX_DOWNLOAD_BYTES", 5_000_000)
    digest = hashlib.sha256(archive).hexdigest()
    models = tmp_path / "cache" / "models"
    with tally("lies of a server") as found, loopback_server() as server:
        for number, (lie, answer) in enumerate(lies(archive).items()):
            if which is not None and lie not in which:
                continue
            url = server.answer(f"/{number}.zip", answer)
            begun = time.monotonic()
            with bounded():
                result = seg2vid("models", "pull", url, "--sha256", digest)
            left = [path.name for path in models.rglob("*")] if models.exists() else []
            one_line = len([line for line in result.stderr.splitlines() if not line.startswith("       ")]) == 1
            told = result.exit_code == 1 and result.stderr.startswith("error: ") and "internal" not in result.stderr
            if not (told and one_line and result.stderr.isascii()) or left or time.monotonic() - begun > 15:
                found.add(f"{lie}: {result.exit_code}, {result.exception!r}: {result.stderr!r:.500}, {left}")
            else:
                found.add(None)
        result = seg2vid("models", "pull", server.answer("/truth.zip", content(archive)), "--sha256", digest)
        found.add(None if result.exit_code == 0 else f"the truth: {result.stderr}")
