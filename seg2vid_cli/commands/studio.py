"""`seg2vid studio`: a page to draw label maps on and watch them move."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from seg2vid_cli.commands import options
from seg2vid_cli.completion import offers
from seg2vid_cli.model_store.store import DEFAULT_MODEL
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.devices import cuda_index
from seg2vid_interface.errors import Seg2VidError

PORT = 8422
_PACKAGES = ("starlette", "uvicorn", "websockets", "python_multipart")


def studio(
    *,
    label_map: Annotated[
        Path | None,
        typer.Argument(metavar="MAP", readable=False, help="Label map to begin with.", autocompletion=offers.files),
    ] = None,
    model: options.Model = DEFAULT_MODEL,
    label_format: options.LabelFormat = "auto",
    host: Annotated[
        str, typer.Option(metavar="H", help="Address to listen on; others than this machine's own need --token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="P", help="Port to listen on; 0 takes any that is free.")] = PORT,
    token: Annotated[
        str | None,
        typer.Option(metavar="T", help="What the page must know to get in, or auto.  [default: drawn anew]"),
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address, and open nothing.")] = False,
    backend: options.Backend = "auto",
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Draw a street in the browser and watch it move.

    Serves one page on this machine, which needs no network, and prints its address.  Ctrl-C ends it.
    """
    options.check_range("--port", port, 0, 65_535)
    cuda_index(device)
    for package in _PACKAGES:
        if find_spec(package) is None:
            raise Seg2VidError(f"the studio needs {package}", "Install it: pip install 'seg2vid[studio]'")

    from seg2vid_cli.studio.clips import Defaults
    from seg2vid_cli.studio.run import StudioRequest, run_studio

    console = Console("studio", json=json, quiet=quiet, debug=debug)
    defaults = Defaults(backend, device, precision)
    run_studio(StudioRequest(label_map, label_format, model, host, port, token, not no_browser, defaults), console)
