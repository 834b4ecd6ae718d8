"""The README's generated parts are what the program prints.

`python tests/test_readme.py` writes them anew.
"""

import re
from pathlib import Path

from typer.testing import CliRunner

from seg2vid_cli.app import app

README = Path(__file__).parents[1] / "README.md"
GENERATED = re.compile(r"(<!-- generated: seg2vid (.+?) -->\n```\n).*?(```\n<!-- end -->)", re.DOTALL)


def with_generated_parts(text: str) -> str:
    def output(match: re.Match[str]) -> str:
        result = CliRunner().invoke(app, match[2].split(), prog_name="seg2vid", env={"COLUMNS": "80"})
        return f"{match[1]}{result.stdout}{match[3]}"

    return GENERATED.sub(output, text)


def test_the_readme_shows_what_the_program_prints():
    text = README.read_text(encoding="utf-8")
    assert GENERATED.search(text)
    assert with_generated_parts(text) == text


if __name__ == "__main__":
    README.write_text(with_generated_parts(README.read_text(encoding="utf-8")), encoding="utf-8")
