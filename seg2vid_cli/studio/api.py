"""The routes: the page's files, what it asks for by name, and the API for programs."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from seg2vid_cli.inputs.pictures.reading import PictureSource
from seg2vid_cli.inputs.told_labels import check_segments
from seg2vid_cli.studio.awaiting import Tell, result_of, while_there
from seg2vid_cli.studio.bodies import line, map_of, picture_of, read_document
from seg2vid_cli.studio.clips import Wanted
from seg2vid_cli.studio.failures import InternalError, NotFoundError, RequestError, described
from seg2vid_cli.studio.guard import SUBPROTOCOL, error_response
from seg2vid_cli.studio.layers import encode_png
from seg2vid_cli.studio.live import Connection
from seg2vid_cli.studio.results import MAP_NAME, Asked, form_named, make_file, map_file
from seg2vid_cli.studio.scenes import GIVEN, ReadMap, known_format, listed, read_map, read_scene_map, told_map
from seg2vid_cli.studio.settings import Settings, parse_settings
from seg2vid_cli.studio.sharing import Studio
from seg2vid_cli.studio.worker import Job
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


class Routes:
    """The handlers of one studio."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._reading = asyncio.Lock()

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
        start = {"map": f"/api/scenes/{GIVEN}" if given else None}
        return JSONResponse({"models": catalogue.described(), "selected": catalogue.selected, "start": start})

    async def scenes(self, _: Request) -> Response:
        """What to begin with."""
        return JSONResponse({"scenes": listed(self._studio)})

    async def scene(self, request: Request) -> Response:
        """A scene as a PNG of class indices."""
        wanted = self._studio.wanted(_settings_of_query(request))
        name = request.path_params["name"]
        found = await run_in_threadpool(read_scene_map, name, self._studio, wanted.card, wanted.size)
        return Response(encode_png(found.indices), media_type="image/png")

    async def maps(self, request: Request) -> Response:
        """What a label map is read as, and the map itself."""
        wanted = self._studio.wanted(_settings_of_query(request))
        label_format = known_format(request.query_params.get("format", "auto"))
        source = picture_of(request, await request.body(), "map.png")
        found = await self._read(source, label_format, wanted)
        return JSONResponse(found.data())

    async def labels(self, request: Request) -> Response:
        """The label map of a photograph."""
        wanted = self._studio.wanted(_settings_of_query(request))
        check_segments(wanted.card)
        source, sessions = picture_of(request, await request.body(), "photograph"), self._studio.sessions
        work = result_of(self._studio.worker, lambda _job, _tell: told_map(source, wanted, sessions))
        return JSONResponse((await while_there(request, work)).data())

    async def command(self, request: Request) -> Response:
        """The line that makes a clip."""
        document = await read_document(request)
        asked = _asked(document, *await self._read_map_of(document))
        return JSONResponse(asked.described())

    async def clips(self, request: Request) -> Response:
        """A clip as a file, or how it comes to be, line by line."""
        document = await read_document(request)
        wanted, source, found = await self._read_map_of(document)
        if document.get("as") == "map":
            headers = {"Content-Disposition": f'attachment; filename="{MAP_NAME}"'}
            return Response(map_file(found.indices, wanted.card), media_type="image/png", headers=headers)
        asked = _asked(document, wanted, source, found)
        if "application/x-ndjson" in request.headers.get("accept", ""):
            return StreamingResponse(self._progress(asked), media_type="application/x-ndjson")
        path = await while_there(request, result_of(self._studio.worker, self._making(asked)))
        clean = BackgroundTask(shutil.rmtree, path.parent, ignore_errors=True)
        return FileResponse(path, filename=asked.form.name, media_type=asked.form.media_type, background=clean)

    async def file(self, request: Request) -> Response:
        """A file that was made a while ago."""
        kept = self._studio.files.find(request.path_params["name"])
        return FileResponse(kept.path, filename=kept.path.name, media_type=kept.media_type)

    async def live(self, socket: WebSocket) -> None:
        """What a page says while it is drawn on."""
        spoken = next(name for name in socket.scope["subprotocols"] if name.startswith(SUBPROTOCOL))
        await socket.accept(subprotocol=spoken)
        await Connection(socket, self._studio).serve()

    async def _read_map_of(self, document: dict[str, Any]) -> tuple[Wanted, PictureSource, ReadMap]:
        """Return what a document wants made of which map: what is wrong is said before others are waited for.

        Raises Seg2VidError.
        """
        wanted = self._studio.wanted(parse_settings(document.get("settings", {})))
        source, label_format = map_of(document, wanted.size)
        return wanted, source, await self._read(source, known_format(label_format), wanted)

    async def _read(self, source: PictureSource, label_format: str, wanted: Wanted) -> ReadMap:
        async with self._reading:  # pictures may be large, so one at a time
            return await run_in_threadpool(read_map, source, label_format, wanted.card, wanted.size)

    def _making(self, asked: Asked) -> Callable[[Job, Tell], Path]:
        def make(job: Job, tell: Tell) -> Path:
            def advance(frames: int, of: int) -> None:
                job.check()
                tell({"type": "progress", "frames": frames, "of": of})

            return make_file(asked, self._studio.sessions, self._studio.files, advance)

        return make

    async def _progress(self, asked: Asked) -> AsyncIterator[bytes]:
        """Yield lines of JSON while a clip is made; the last one says where it is, or what went wrong."""
        told: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        making = asyncio.ensure_future(result_of(self._studio.worker, self._making(asked), told.put_nowait))
        making.add_done_callback(lambda _: told.put_nowait(None))
        try:
            while (event := await told.get()) is not None:
                yield line(event)
            path = making.result()
            name = self._studio.files.keep(path, asked.form.media_type)
            yield line({"type": "file", "url": f"/api/files/{name}", "name": asked.form.name, **asked.described()})
        except Seg2VidError as error:
            yield line({"type": "error", **described(error)})
        finally:
            making.cancel()


def create_app(studio: Studio) -> Starlette:
    """Return the application, which a `Guard` is to stand before."""
    routes = Routes(studio)
    app = Starlette(
        routes=[
            Route("/", routes.page),
            Route("/page/{name:path}", routes.page),
            Route("/health", routes.health),
            Route("/api/models", routes.models),
            Route("/api/scenes", routes.scenes),
            Route("/api/scenes/{name}", routes.scene),
            Route("/api/maps", routes.maps, methods=["POST"]),
            Route("/api/labels", routes.labels, methods=["POST"]),
            Route("/api/clips", routes.clips, methods=["POST"]),
            Route("/api/command", routes.command, methods=["POST"]),
            Route("/api/files/{name}", routes.file),
            WebSocketRoute("/live", routes.live),
        ],
        exception_handlers={Seg2VidError: _failed, HTTPException: _no_route, Exception: _defect},
    )
    app.router.redirect_slashes = False  # an address is what it is
    return app


async def _failed(_: Request, error: Exception) -> Response:
    assert isinstance(error, Seg2VidError)
    return error_response(error)


async def _defect(_: Request, error: Exception) -> Response:
    return error_response(InternalError(error))  # the guard reports it


async def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return error_response(NotFoundError(f"{request.url.path[:100]}: there is nothing of this name"))
    return error_response(RequestError(f"{request.method[:20]} {request.url.path[:100]}: {error.detail}"))


def _asked(document: dict[str, Any], wanted: Wanted, source: PictureSource, found: ReadMap) -> Asked:
    return Asked(wanted, source, found.label_format, form_named(document.get("as", "mp4")))


def _settings_of_query(request: Request) -> Settings:
    """Return the model and size that a query names."""
    named: dict[str, Any] = {
        name: request.query_params[name] for name in ("model", "size") if name in request.query_params
    }
    return parse_settings(named)
