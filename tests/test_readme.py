"""The generated parts of the documents are what the program prints, what the format is, and how the rooms lie.

`python tests/test_readme.py` writes them anew.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from seg2vid_cli.app import app
from seg2vid_interface.graphs import INPUTS, KEY_FRAME_INPUTS, KEY_FRAME_OUTPUTS, OUTPUTS, GraphName, TensorFormat

ROOT = Path(__file__).parents[1]
COMMAND_LINE = ROOT / "docs" / "command-line.md"
DOCUMENTS = [COMMAND_LINE, ROOT / "docs" / "architecture.md", ROOT / "backends" / "README.md"]
GENERATED = re.compile(r"(<!-- generated: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)


def with_generated_parts(text: str) -> str:
    return GENERATED.sub(lambda match: f"{match[1]}{generated(match[2])}\n{match[3]}", text)


def generated(part: str) -> str:
    if part == "graphs":
        return "\n".join(graph_table(("image", "motion", "labels"), INPUTS, OUTPUTS))
    if part == "graphs of key frames":
        return "\n".join(
            graph_table(("depth", "motion", "known", "between", "fields"), KEY_FRAME_INPUTS, KEY_FRAME_OUTPUTS)
        )
    if part.startswith("rooms of "):
        return "\n".join(room_table(part.removeprefix("rooms of ")))
    return help_of(part)


def help_of(command: str) -> str:
    arguments = command.removeprefix("seg2vid ").split()
    result = CliRunner().invoke(app, arguments, prog_name="seg2vid", env={"COLUMNS": "80"})
    assert result.exit_code == 0, result.output
    return f"```\n{result.stdout}```"


Tensors = Mapping[GraphName, tuple[TensorFormat, ...]]


def graph_table(graphs: Sequence[GraphName], inputs: Tensors, outputs: Tensors) -> Iterator[str]:
    yield "| graph | | name | shape | dtype |"
    yield "| --- | --- | --- | --- | --- |"
    for graph in graphs:
        for kind, tensors in (("input", inputs[graph]), ("output", outputs[graph])):
            for tensor in tensors:
                shape = ", ".join(map(str, tensor.shape))
                yield f"| {graph} | {kind} | `{tensor.name}` | ({shape}) | {tensor.dtype} |"


def room_table(package: str) -> Iterator[str]:
    """Yield the rooms of a package by their import layers, the highest first, with the summaries of their modules."""
    (root,) = (path for path in (ROOT / package, ROOT / "backends" / package) if path.is_dir())
    yield "| layer | room | what it holds |"
    yield "| --- | --- | --- |"
    for number, layer in enumerate(layers_of(package), 1):
        for name in layer.split(" | "):
            for room in [path for path in (root / f"{name}.py", root / name) if path.exists()]:
                for path in [room, *sorted(inner.parent for inner in room.glob("*/__init__.py"))]:
                    shown = path.relative_to(root).as_posix() + ("/" if path.is_dir() else "")
                    link = f"[`{shown}`](../{path.relative_to(ROOT).as_posix()})"
                    yield f"| {number} | {link} | {summary_of(path)} |"


def layers_of(package: str) -> list[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (layers,) = (contract["layers"] for contract in contracts if contract.get("containers") == [package])
    return list(layers)


def summary_of(path: Path) -> str:
    module = path / "__init__.py" if path.is_dir() else path
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))
    assert docstring, module
    return docstring.splitlines()[0]


def command_names(group: TyperGroup, prefix: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from command_names(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_generated_parts_are_up_to_date(document):
    text = document.read_text(encoding="utf-8")
    assert GENERATED.search(text)
    assert with_generated_parts(text) == text


def test_every_command_is_described():
    described = [match[2] for match in GENERATED.finditer(COMMAND_LINE.read_text(encoding="utf-8"))]
    program = get_command(app)
    assert isinstance(program, TyperGroup)
    assert described == ["seg2vid --help", *(f"{name} --help" for name in command_names(program, "seg2vid"))]


if __name__ == "__main__":
    for path in DOCUMENTS:
        path.write_text(with_generated_parts(path.read_text(encoding="utf-8")), encoding="utf-8")
