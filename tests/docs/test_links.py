"""Every relative link and anchor in the documents leads somewhere, and every page of docs/ is in the index."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "backends/*.md", "backends/*/README.md", "examples/README.md")
    for path in ROOT.glob(pattern)
)
CODE_BLOCK = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
LINK = re.compile(
    r"""\]\(\s*<?([^)\s>]+)[^)]*\)     # [text](target "title"), ![picture](target)
    | ^\[[^\]]+\]:\s+(\S+)             # [name]: target
    | \b(?:src|href)="([^"]+)"         # HTML""",
    re.VERBOSE | re.MULTILINE,
)
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)  # https:, mailto:


def without_code(text: str) -> str:
    """Leave code blocks and code spans out; in neither is a link a link."""
    return CODE_SPAN.sub("", CODE_BLOCK.sub("", text))


def links(text: str) -> Iterator[str]:
    for match in LINK.finditer(without_code(text)):
        target = next(filter(None, match.groups()))
        if not ELSEWHERE.match(target):
            yield target


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives the headings of a document, and those that it has itself."""
    text = CODE_BLOCK.sub("", text)
    found, seen = set(re.findall(r'<a\s+(?:id|name)="([^"]+)"', text)), Counter[str]()
    for heading in re.findall(r"^ {0,3}#{1,6}[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*$", text, re.MULTILINE):
        shown = re.sub(r"<[^>]+>", "", re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading))
        name = re.sub(r"[^\w\- ]", "", shown.strip().lower()).replace(" ", "-")
        found.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return found


def problems(document: Path) -> list[str]:
    """Return what is wrong with the document's links, each with the reason."""
    return [
        f"{target}: {problem}"
        for target in links(document.read_text(encoding="utf-8"))
        if (problem := problem_of(document, target))
    ]


def problem_of(document: Path, target: str) -> str | None:
    name, _, anchor = target.partition("#")
    path = (document.parent / name).resolve() if name else document
    if not path.exists() or name.startswith("/"):
        return "no such file"
    if anchor and (path.suffix != ".md" or anchor not in anchors(path.read_text(encoding="utf-8"))):
        return "no such heading"
    return None


documents = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())


@documents
def test_links_lead_somewhere(document: Path) -> None:
    assert problems(document) == []


@documents
def test_source_files_that_are_named_exist(document: Path) -> None:
    named = re.findall(r"`([\w.-]+/[\w./-]+\.(?:py|toml|sh))`", document.read_text(encoding="utf-8"))
    roots = [document.parent, ROOT, ROOT / "backends", ROOT / "seg2vid_cli", ROOT / "backends" / "seg2vid_torch"]
    assert [name for name in named if not any((root / name).is_file() for root in roots)] == []


def test_the_documents_are_found() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in DOCUMENTS}
    assert names >= {"README.md", "CONTRIBUTING.md", "docs/README.md", "backends/README.md", "examples/README.md"}
    assert "backends/seg2vid_torch/README.md" in names


def test_every_page_is_in_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {target for target in links(index.read_text(encoding="utf-8")) if "/" not in target}
    assert linked == {path.name for path in index.parent.glob("*.md")} - {index.name}


def test_links_that_lead_nowhere_are_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# Other\n## Other\n```\n# no heading\n```\n", encoding="utf-8")
    (tmp_path / "map.png").touch()
    document = tmp_path / "page.md"
    document.write_text(
        """
# A [`page`](other.md)'s own, in C++ & *more* #
[good](other.md) ![good](map.png "title") [good](other.md#other-1) [good](#a-pages-own-in-c--more) <a href="map.png">
[good](https://example.org/nothing.md) `[code](nothing.md)` ``[`code`](nothing.md)`` [wrapped
text](other.md#other)
[bad](nothing.md) ![bad](nothing.png) [bad](other.md#no-heading) [bad](other.md#other-2) [bad](#own) <img src="no.png">
[bad](/other.md) [bad](map.png#other)
```
[code](nothing.md)
```
[bad]: nowhere.md
""",
        encoding="utf-8",
    )
    assert problems(document) == [
        "nothing.md: no such file",
        "nothing.png: no such file",
        "other.md#no-heading: no such heading",
        "other.md#other-2: no such heading",
        "#own: no such heading",
        "no.png: no such file",
        "/other.md: no such file",
        "map.png#other: no such heading",
        "nowhere.md: no such file",
    ]
