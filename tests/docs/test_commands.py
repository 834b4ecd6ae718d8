"""Every `seg2vid` command in the documents is one that the program takes."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from seg2vid_cli.app import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("backends/**/*.md"), ROOT / "examples/README.md"]
CODE_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
HELP = re.compile(r"<!-- generated: .*?<!-- end -->", re.DOTALL)


def commands(text: str) -> Iterator[str]:
    """Yield the commands of a document's code blocks that name no language, the help texts left out."""
    for language, block in CODE_BLOCK.findall(HELP.sub("", text)):
        for line in [] if language else block.replace("\\\n", " ").splitlines():
            for command in re.findall(r"(?:^|&& )(seg2vid .*?)(?= && | \| |$)", line):
                yield shlex.join(shlex.split(command, comments=True))


def parse(command: str) -> dict[str, object]:
    """Return the parameters of a command, parsed by the program; nothing is run."""
    words = shlex.split(command)
    found, name = get_command(app), words.pop(0)
    while isinstance(found, TyperGroup):
        name = words.pop(0)
        found = found.commands[name]
    return dict(found.make_context(name, words).params)


@pytest.mark.parametrize(
    "command", sorted({command for path in DOCUMENTS for command in commands(path.read_text(encoding="utf-8"))})
)
def test_the_program_takes_it(command: str) -> None:
    parameters = parse(command)
    if command.startswith("seg2vid generate "):
        maps, samples = parameters["labels"] or [Path("of a model without labels")], parameters["samples"]
        assert isinstance(maps, list)
        assert isinstance(samples, int)
        results = samples * sum(len(list(ROOT.glob(str(path)))) or 1 for path in maps)
        assert results == 1 or str(parameters["out"]).endswith("/"), "several results need a folder"


def test_the_commands_are_found() -> None:
    blocks = ["pip install . && seg2vid one -o 'a b'   # 1\nseg2vid \\\n two | cat\nuv seg2vid no", "seg2vid no"]
    text = (
        f"seg2vid no\n```\n{blocks[0]}\n```\n```python\n{blocks[1]}\n```\n<!-- generated: x -->\n```\n{blocks[1]}\n```"
    )
    assert list(commands(f"{text}\n<!-- end -->\n")) == ["seg2vid one -o 'a b'", "seg2vid two"]
