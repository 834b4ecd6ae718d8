"""`seg2vid backends`: what is installed and works here."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from seg2vid_cli.commands import options
from seg2vid_cli.terminal.console import Console

if TYPE_CHECKING:
    from seg2vid_cli.plugins import BackendReport


def backends(json: options.Json = False, quiet: options.Quiet = False, debug: options.Debug = False) -> None:
    """List the backends and what they can do.

    One that cannot be used here is listed with the reason.
    """
    from seg2vid_cli.plugins import report_backends

    reports = report_backends()
    lines = [line for report in reports for line in _describe(report)]
    data = {"backends": [_document(report) for report in reports]}
    Console("backends", json=json, quiet=quiet, debug=debug).succeed(lines, data)


def _describe(report: "BackendReport") -> list[str]:
    status = report.status
    if status.reason is not None:
        return [f"{report.name}: cannot be used: {status.reason}"]
    return [
        f"{report.name} {status.version} (from {report.package}): {', '.join(report.abilities)}",
        f"    devices {', '.join(status.devices)}; precisions {', '.join(status.precisions)}",
    ]


def _document(report: "BackendReport") -> dict[str, object]:
    abilities = report.abilities if report.status.reason is None else ()
    return {"name": report.name, "package": report.package, "abilities": abilities} | asdict(report.status)
