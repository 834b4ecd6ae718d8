"""The routes: the page's files, what it asks for by name, and the API for programs."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from seg2vid_cli.studio import scenes
from seg2vid_cli.studio.failures import NotFoundError
from seg2vid_cli.studio.guard import SUBPROTOCOL, error_response
from seg2vid_cli.studio.layers import encode_png
from seg2vid_cli.studio.live import Connection
from seg2vid_cli.studio.settings import Settings, parse_settings
from seg2vid_cli.studio.sharing import Studio
from seg2vid_cli.terminal.console import program_version
from seg2vid_interface.errors import Seg2VidError

PAGE = Path(__file__).parent / "page"
_MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".ico": "image/x-icon",
}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "font-src 'self'; manifest-src 'self'; worker-src 'self' blob:; connect-src 'self' ws://{host}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

Handler = Callable[[Request], Awaitable[Response]]


class Routes:
    """The handlers of one studio."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    async def page(self, request: Request) -> Response:
        """One of the page's files: those that are in its folder, and nothing that leads elsewhere."""
        name = request.path_params.get("name", "index.html")
        files = {path.relative_to(PAGE).as_posix(): path for path in PAGE.rglob("*") if path.suffix in _MEDIA_TYPES}
        if name not in files:
            raise NotFoundError(f"{name[:100]}: the page has no such file")
        policy = _POLICY.format(host=request.headers["host"])
        headers = {"Content-Security-Policy": policy, "Cache-Control": "no-cache"}
        return Response(files[name].read_bytes(), media_type=_MEDIA_TYPES[files[name].suffix], headers=headers)

    async def health(self, _: Request) -> Response:
        """Whether the studio runs."""
        return JSONResponse({"status": "ok", "version": program_version()})

    async def models(self, _: Request) -> Response:
        """What there is to draw for."""
        catalogue, given = self._studio.catalogue, self._studio.given
        start = {"map": f"/api/scenes/{scenes.GIVEN}" if given else None}
        return JSONResponse({"models": catalogue.described(), "selected": catalogue.selected, "start": start})

    async def scenes(self, _: Request) -> Response:
        """What to begin with."""
        return JSONResponse({"scenes": scenes.listed(self._studio)})

    async def scene(self, request: Request) -> Response:
        """A scene as a PNG of class indices."""
        wanted = self._studio.wanted(_settings_of_query(request))
        name = request.path_params["name"]
        found = await run_in_threadpool(scenes.scene, name, self._studio, wanted.card, wanted.size)
        return Response(encode_png(found.indices), media_type="image/png")

    async def live(self, socket: WebSocket) -> None:
        """What a page says while it is drawn on."""
        spoken = next(name for name in socket.scope["subprotocols"] if name.startswith(SUBPROTOCOL))
        await socket.accept(subprotocol=spoken)
        await Connection(socket, self._studio).serve()


def create_app(studio: Studio) -> Starlette:
    """Return the application, which a `Guard` is to stand before."""
    routes = Routes(studio)
    return Starlette(
        routes=[
            Route("/", routes.page),
            Route("/page/{name:path}", routes.page),
            Route("/health", routes.health),
            Route("/api/models", routes.models),
            Route("/api/scenes", routes.scenes),
            Route("/api/scenes/{name}", routes.scene),
            WebSocketRoute("/live", routes.live),
        ],
        exception_handlers={Seg2VidError: _failed, 404: _not_found},
    )


async def _failed(_: Request, error: Exception) -> Response:
    assert isinstance(error, Seg2VidError)
    return error_response(error)


async def _not_found(request: Request, _: Exception) -> Response:
    return error_response(NotFoundError(f"{request.url.path[:100]}: there is nothing of this name"))


def _settings_of_query(request: Request) -> Settings:
    """Return the model and size that a query names."""
    named: dict[str, Any] = {
        name: request.query_params[name] for name in ("model", "size") if name in request.query_params
    }
    return parse_settings(named)
