import json
import signal
import socket
import time
import urllib.request

import pytest

from seg2vid_cli.commands import studio as command


def started(start_seg2vid, tmp_path, *args: object):
    """Start a studio; return the process and the address that it prints."""
    process = start_seg2vid("studio", "--no-browser", "--port", "0", *args, cwd=tmp_path)
    line = process.stdout.readline()
    return process, line.strip()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_its_address_serves_and_ends_at_once(start_seg2vid, tmp_path, model, street, number):
    process, address = started(start_seg2vid, tmp_path, street, "--model", model)
    page, _, token = address.partition("#token=")
    with urllib.request.urlopen(page) as answer:
        assert answer.status == 200
    asked = urllib.request.Request(f"{page}api/scenes", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(asked) as answer:
        assert json.load(answer)["scenes"][0] == {"id": "given", "title": "street.png"}
    began = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert time.monotonic() - began < 10
    ended = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}[number]
    assert (process.returncode, out) == (128 + number, "")
    assert err == f"the studio is open at this address; Ctrl-C closes it\n{ended}\n"


def test_it_ends_at_once_while_a_network_runs(start_seg2vid, tmp_path, make_model):
    process, _ = started(start_seg2vid, tmp_path, "--json", "--quiet", "--model", make_model(seconds_per_chunk=1.5))
    time.sleep(0.2)  # the model is opened, and paints once
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "interrupted\n")


def test_a_port_in_use_is_told(seg2vid, fake_backends, model):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        result = seg2vid("studio", "--no-browser", "--model", model, "--port", port)
    assert (result.exit_code, result.stdout, result.stderr) == (
        1,
        "",
        f"error: --port {port}: in use already, perhaps by another studio\n"
        "       Choose another, or 0 for any that is free.\n",
    )


@pytest.mark.parametrize(
    ("args", "exit_code", "message", "hint"),
    [
        (
            ("--host", "0.0.0.0"),
            2,
            "--host 0.0.0.0: others than this machine could reach it, so it needs --token",
            "--token auto makes one and prints it.",
        ),
        (
            ("--token", "a b"),
            2,
            "--token: not 8 to 200 letters, digits, or any of - _ . ~",
            "--token auto makes one.",
        ),
        (("nothing.png",), 1, "nothing.png: no such file", None),
        (("--port", "65536"), 2, "--port 65536: must be between 0 and 65535", None),
        (("--model", "nobody"), 1, "nobody: no such model and no such folder", "Known models: street."),
        (("--device", "gpu"), 2, None, None),
    ],
)
@pytest.mark.usefixtures("fake_backends")
def test_wrong_usage(seg2vid, args, exit_code, message, hint):
    result = seg2vid("studio", "--no-browser", *args)
    assert (result.exit_code, result.stdout) == (exit_code, "")
    lines = [f"error: {message}", *([f"       {hint}"] if hint else [])]
    assert message is None or result.stderr.splitlines() == lines


def test_a_model_that_takes_no_label_map_cannot_be_drawn_for(seg2vid, fake_backends, make_model):
    model = make_model(with_labels=False)
    result = seg2vid("studio", "--no-browser", "--model", model)
    assert (result.exit_code, result.stderr.splitlines()[0]) == (2, f"error: --model {model}: it takes no label map")


def test_what_is_missing_is_named_with_its_remedy(seg2vid, monkeypatch):
    monkeypatch.setattr(command, "find_spec", lambda name: None if name == "uvicorn" else name)
    result = seg2vid("studio")
    assert (result.exit_code, result.stderr) == (
        1,
        "error: the studio needs uvicorn\n       Install it: pip install 'seg2vid[studio]'\n",
    )
