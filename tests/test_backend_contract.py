"""The contract: the fake backend passes it, whatever its model lacks; wrong backends fail the tests that say why."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from contract_faults import FAULTS, wrong_backends, wrong_chunks, wrong_sessions
from fake_backend import FakeBackend
from seg2vid_interface.contract import BackendContract

FAULT_FILES = [module.__file__ for module in (wrong_backends, wrong_chunks, wrong_sessions)]


class TestFake(BackendContract):
    backend_class = FakeBackend

    @pytest.fixture(
        params=["whole", "camera", "no labels", "no styles", "no hints", "no image stage", "no motion stage"]
    )
    def model_folder(self, request: pytest.FixtureRequest, make_model: Callable[..., Path]) -> Path:
        folder = make_model(
            with_labels=request.param != "no labels",
            reads_styles=request.param == "whole",
            camera={} if request.param == "camera" else None,
        )
        card = json.loads((folder / "model.json").read_text())
        match request.param.split():
            case ["no", stage, "stage"]:
                del card["stages"][stage]
            case ["no", "styles"]:
                card |= {"style_size": 0, "texture": False}
            case ["no", "hints"]:
                card["hints"] = False
        (folder / "model.json").write_text(json.dumps(card))
        return folder


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[ElementTree.Element]]:
    """Run the contract on every wrong backend; return test class -> its test cases as JUnit writes them."""
    folder = tmp_path_factory.mktemp("faults")
    distribution = folder / "misnamed-1.0.dist-info"
    distribution.mkdir()
    (distribution / "METADATA").write_text("Metadata-Version: 2.1\nName: misnamed\nVersion: 1.0\n")
    (distribution / "entry_points.txt").write_text(
        "[seg2vid.backends]\nother = contract_faults.wrong_backends:Misnamed\n"
    )
    # a process for each backend, only to see that it is light, is not worth the time
    chosen = ["-k", "TestHeavy or not creating_it_imports_no_runtime", "-p", "no:cacheprovider"]
    subprocess.run(
        [sys.executable, "-m", "pytest", *FAULT_FILES, *chosen, f"--junitxml={folder / 'results.xml'}"],
        cwd=Path(__file__).parents[1],
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        check=False,
    )
    cases: dict[str, list[ElementTree.Element]] = {}
    for case in ElementTree.parse(folder / "results.xml").iter("testcase"):
        cases.setdefault(case.attrib["classname"].rpartition(".")[2], []).append(case)
    return cases


@pytest.mark.slow
@pytest.mark.parametrize("wrong", FAULTS)
def test_a_wrong_backend_fails_the_tests_that_say_why(wrong, outcomes):
    failed = {case.attrib["name"].partition("[")[0] for case in outcomes[wrong] if case.find("failure") is not None}
    assert failed == FAULTS[wrong]
    assert [case for case in outcomes[wrong] if case.find("error") is not None] == []


@pytest.mark.slow
def test_a_failing_test_shows_what_it_wanted_and_what_it_got(outcomes):
    (form,) = (c for c in outcomes["TestInt16Frames"] if c.attrib["name"] == "test_chunks_have_the_promised_form")
    message = form.find("failure").attrib["message"]
    assert "{'frames': ('int16', (1, 32, 64, 3), 'C-contiguous')} != {'frames': ('uint8', (1, 32, 64, 3)" in message


@pytest.mark.slow
def test_a_backend_that_cannot_be_used_is_skipped_with_its_reason(outcomes):
    cases = outcomes["TestUsableDespiteAReason"]
    skipped = {
        case.attrib["name"]: case.find("skipped").attrib["message"]
        for case in cases
        if case.find("skipped") is not None
    }
    assert set(skipped.values()) == {"It does not feel like it."}
    assert {case.attrib["name"] for case in cases} - skipped.keys() == {
        "test_it_is_a_backend_and_bears_its_entry_points_name",
        "test_the_status_is_whole",
    }


def test_without_pytest_it_says_what_it_needs():
    code = "import sys; sys.modules['pytest'] = None; import seg2vid_interface.contract"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.stderr.splitlines()[-1] == (
        "ImportError: seg2vid_interface.contract is a test-suite and needs pytest: pip install pytest"
    )
