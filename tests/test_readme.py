"""The generated parts of the READMEs are what the program prints, and what the format is.

`python tests/test_readme.py` writes them anew.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seg2vid_cli.app import app
from seg2vid_interface.graphs import INPUTS, OUTPUTS

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "backends" / "README.md"]
GENERATED = re.compile(r"(<!-- generated: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)


def with_generated_parts(text: str) -> str:
    def generated(match: re.Match[str]) -> str:
        content = "\n".join(graph_table()) if match[2] == "graphs" else help_of(match[2])
        return f"{match[1]}{content}\n{match[3]}"

    return GENERATED.sub(generated, text)


def help_of(command: str) -> str:
    arguments = command.removeprefix("seg2vid ").split()
    result = CliRunner().invoke(app, arguments, prog_name="seg2vid", env={"COLUMNS": "80"})
    return f"```\n{result.stdout}```"


def graph_table() -> Iterator[str]:
    yield "| graph | | name | shape | dtype |"
    yield "| --- | --- | --- | --- | --- |"
    for stage in ("image", "motion"):
        for kind, tensors in (("input", INPUTS[stage]), ("output", OUTPUTS[stage])):
            for tensor in tensors:
                shape = ", ".join(map(str, tensor.shape))
                yield f"| {stage} | {kind} | `{tensor.name}` | ({shape}) | {tensor.dtype} |"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_generated_parts_are_up_to_date(document):
    text = document.read_text(encoding="utf-8")
    assert GENERATED.search(text)
    assert with_generated_parts(text) == text


if __name__ == "__main__":
    for path in DOCUMENTS:
        path.write_text(with_generated_parts(path.read_text(encoding="utf-8")), encoding="utf-8")
