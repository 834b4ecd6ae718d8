import sys

import pytest

import fake_backend
from seg2vid_cli import plugins
from seg2vid_cli.plugins import BackendReport, choose_backend, find_exporter, find_trainer, load_backend
from seg2vid_interface.backend import BackendStatus
from seg2vid_interface.errors import BackendError, UsageError

pytestmark = pytest.mark.usefixtures("fake_backends")


def test_load_backend_imports_only_the_one_asked_for(monkeypatch):
    monkeypatch.delitem(sys.modules, "seg2vid_torch.backend", raising=False)
    assert isinstance(load_backend("fake"), fake_backend.FakeBackend)
    assert "seg2vid_torch.backend" not in sys.modules


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UsageError) as caught:
        load_backend("tensorflow")
    assert caught.value.message == "--backend tensorflow: no such backend"
    assert caught.value.hint == "Known: auto, fake, broken, nothing, torch, uninstalled."


def test_a_broken_package_is_named():
    with pytest.raises(BackendError) as caught:
        load_backend("broken")
    assert caught.value.message == (
        "backend broken: the package seg2vid-fakes cannot be loaded: "
        "ModuleNotFoundError: No module named 'package_that_is_not_there'"
    )


def test_something_else_than_a_backend_is_refused():
    with pytest.raises(BackendError) as caught:
        load_backend("nothing")
    assert caught.value.message == (
        "backend nothing: fake_backend:NoBackend of the package seg2vid-fakes is no backend"
    )


def test_auto_takes_the_first_that_works(monkeypatch):
    monkeypatch.setattr(plugins, "AUTO_ORDER", ("missing", "broken", "uninstalled", "fake"))
    assert choose_backend().name == "fake"


def test_auto_gives_every_reason_if_none_works(monkeypatch):
    monkeypatch.setattr(plugins, "AUTO_ORDER", ("missing", "uninstalled"))
    with pytest.raises(BackendError) as caught:
        choose_backend()
    assert caught.value.message == (
        "no backend works here: missing: not installed; uninstalled: Fake is not installed: pip install fake"
    )


def test_trainer_and_exporter_skip_what_cannot_be_loaded(monkeypatch):
    monkeypatch.setattr(plugins, "AUTO_ORDER", ("broken", "nothing", "fake"))
    assert isinstance(find_trainer(), fake_backend.FakeBackend)
    assert isinstance(find_exporter(), fake_backend.FakeBackend)


def test_trainer_without_its_runtime_says_so(monkeypatch):
    monkeypatch.setattr(plugins, "AUTO_ORDER", ("uninstalled",))
    for find in (find_trainer, find_exporter):
        with pytest.raises(BackendError, match=r"^backend uninstalled: Fake is not installed: pip install fake$"):
            find()


def test_no_trainer_or_exporter_at_all(monkeypatch):
    monkeypatch.setattr(plugins, "ENTRY_POINT_GROUP", "seg2vid.none")
    with pytest.raises(BackendError, match="no installed backend can train"):
        find_trainer()
    with pytest.raises(BackendError, match="no installed backend can export"):
        find_exporter()


def test_reports_tell_of_the_broken_ones_too():
    reports = {report.name: report for report in plugins.report_backends()}
    assert list(reports) == ["fake", "broken", "nothing", "torch", "uninstalled"]
    assert reports["fake"] == BackendReport(
        "fake", "seg2vid-fakes", BackendStatus("1.0", ("cpu",), ("fp32",)), ("generate", "train", "export")
    )
    assert reports["broken"].abilities == ()
    assert reports["broken"].status.reason.startswith("backend broken: the package seg2vid-fakes cannot be loaded")
    assert reports["uninstalled"].status.reason == "Fake is not installed: pip install fake"
