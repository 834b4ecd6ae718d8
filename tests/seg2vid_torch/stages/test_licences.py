"""Licences of several stages in one expression, and their texts under names of their own."""

import pytest

from seg2vid_interface.errors import ModelError
from seg2vid_torch.stages.licences import join_licences, name_licence_files


@pytest.mark.parametrize(
    ("expressions", "joined"),
    [
        (["MIT"], "MIT"),
        (["MIT", "MIT"], "MIT"),
        (["MIT", "LicenseRef-mine"], "MIT AND LicenseRef-mine"),
        (["MIT OR Apache-2.0", "LicenseRef-mine"], "(MIT OR Apache-2.0) AND LicenseRef-mine"),
        (["MIT OR Apache-2.0", "MIT OR Apache-2.0"], "MIT OR Apache-2.0"),
        (["(MIT OR Apache-2.0)", "MIT"], "(MIT OR Apache-2.0) AND MIT"),
        (["MIT AND Zlib OR (A OR B)", "C"], "(MIT AND Zlib OR (A OR B)) AND C"),
        (["MIT AND (A OR (B OR C))", "D"], "MIT AND (A OR (B OR C)) AND D"),
        (["MIT AND Zlib", "Zlib", "LicenseRef-OR"], "MIT AND Zlib AND LicenseRef-OR"),
        (["GPL-2.0-only WITH Classpath-exception-2.0", "MIT"], "GPL-2.0-only WITH Classpath-exception-2.0 AND MIT"),
    ],
)
def test_one_expression_asks_for_all_licences(expressions, joined):
    assert join_licences(expressions) == joined


def test_files_of_the_same_name_keep_their_contents_and_equal_ones_are_one(tmp_path):
    files = []
    for folder, content in (("a", b"A"), ("b", b"B"), ("c", b"A")):
        (tmp_path / folder).mkdir()
        files.append(tmp_path / folder / "LICENSE")
        files[-1].write_bytes(content)
    assert name_licence_files(files) == {"LICENSE-1": b"A", "LICENSE-2": b"B"}
    assert name_licence_files([files[0], files[2]]) == {"LICENSE": b"A"}
    assert name_licence_files([]) == {}


def test_a_licence_that_is_gone_is_named(tmp_path):
    with pytest.raises(ModelError, match="TERMS: the licence cannot be read: "):
        name_licence_files([tmp_path / "TERMS"])
