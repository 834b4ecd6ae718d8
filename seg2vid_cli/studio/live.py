"""The web socket: what a page asks for as it is drawn on and played.

A page has one look and one clip in the making at most: a newer one takes the older one's place.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from seg2vid_cli.studio.clips import drawn_map
from seg2vid_cli.studio.failures import CancelledError, NotFoundError, RequestError, described
from seg2vid_cli.studio.layers import layers_of
from seg2vid_cli.studio.making import Drawing, Put, make_clip, make_layer, make_look
from seg2vid_cli.studio.packing import pack, parse_header, unpack
from seg2vid_cli.studio.settings import parse_settings
from seg2vid_cli.studio.sharing import Studio
from seg2vid_cli.studio.worker import Job
from seg2vid_interface.errors import Seg2VidError

MOST_UNSENT: Final = 64
"""Pictures that wait for a slow page; then whatever makes them waits too."""
MOST_UNREAD: Final = 1000
"""Messages of all kinds that wait for it, after which the connection is closed."""
KEPT_CLIPS: Final = 2
MOST_FAULTS: Final = 100
"""Messages that are none, after which it is closed too."""
_POLICY_VIOLATION = 1008

Header = Mapping[str, Any]


class Connection:
    """One page; its methods run in the server's event loop, but for `_put` and `_offer`."""

    def __init__(self, socket: WebSocket, studio: Studio) -> None:
        self._socket, self._studio = socket, studio
        self._loop = asyncio.get_running_loop()
        self._unsent: asyncio.Queue[tuple[bytes, bool]] = asyncio.Queue()
        self._free = threading.Semaphore(MOST_UNSENT)
        self._jobs: dict[str, Job] = {}
        self._played: list[Drawing] = []

    async def serve(self) -> None:
        """Answer until the page goes."""
        sending = asyncio.create_task(self._send_all())
        try:
            with suppress(WebSocketDisconnect):
                await self._receive_all()
        finally:
            for job in list(self._jobs.values()):
                self._studio.worker.cancel(job)
            sending.cancel()

    async def _send_all(self) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):  # gone; RuntimeError: closed from this side meanwhile
            while True:
                message, is_made = await self._unsent.get()
                await self._socket.send_bytes(message)
                if is_made:
                    self._free.release()

    async def _receive_all(self) -> None:
        faults = 0
        while faults < MOST_FAULTS and self._unsent.qsize() < MOST_UNREAD:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            header: dict[str, Any] = {}
            try:
                data, payload = message.get("bytes"), b""
                header, payload = (parse_header(message.get("text") or ""), b"") if data is None else unpack(data)
                self._act(header, payload)
            except Seg2VidError as error:
                faults += type(error) is RequestError
                self._offer(_failed(header.get("id", header.get("clip")), error))
        await self._socket.close(_POLICY_VIOLATION)

    def _act(self, header: Header, payload: bytes) -> None:
        """Do what a message says.  Raises Seg2VidError."""
        match header.get("type"):
            case "look":
                self._look(self._drawing(header, payload))
            case "play":
                self._play(self._drawing(header, payload), header.get("layers", []))
            case "layer":
                self._layer(header.get("clip"), header.get("layer"))
            case "cancel":
                self._cancel()
            case kind:
                raise RequestError(f"type {str(kind)[:40]!r}: no such message", "Known: look, play, layer, cancel.")

    def _drawing(self, header: Header, payload: bytes) -> Drawing:
        number = header.get("id")
        if not isinstance(number, int) or isinstance(number, bool):
            raise RequestError("id: not a whole number")
        wanted = self._studio.wanted(parse_settings(header.get("settings", {})))
        drawn_map(payload, wanted.size)
        return Drawing(number, wanted, payload)

    def _look(self, drawing: Drawing) -> None:
        if "look" in self._jobs:
            self._studio.worker.withdraw(self._jobs["look"])  # unless it has begun: then it is soon there
        sessions = self._studio.sessions
        self._submit("look", drawing.number, lambda put: make_look(drawing, sessions, put), is_urgent=True)

    def _play(self, drawing: Drawing, layers: Any) -> None:
        if not isinstance(layers, list) or not all(isinstance(name, str) for name in layers):
            raise RequestError("layers: not a list of names")
        names = [name for name in layers_of(drawing.wanted.card) if name in layers]
        self._cancel()
        sessions = self._studio.sessions
        self._submit("play", drawing.number, lambda put: make_clip(drawing, names, sessions, put))
        self._played = [*self._played, drawing][-KEPT_CLIPS:]

    def _layer(self, number: Any, name: Any) -> None:
        drawing = next((played for played in self._played if played.number == number), None)
        if drawing is None:
            raise NotFoundError(f"clip {str(number)[:40]}: is not kept any more", "Play it again.")
        if name not in layers_of(drawing.wanted.card):
            raise NotFoundError(f"layer {str(name)[:40]!r}: the clip has none of this name")
        sessions = self._studio.sessions
        self._submit(f"layer {name}", drawing.number, lambda put: make_layer(drawing, name, sessions, put))

    def _cancel(self) -> None:
        """Cancel the clip and the layers that are being made, or are to be."""
        for kind, job in list(self._jobs.items()):
            if kind != "look":
                self._studio.worker.cancel(job)

    def _submit(self, kind: str, number: int, make: Callable[[Put], Header | None], *, is_urgent: bool = False) -> None:
        """Give the worker something to make, which may return a last message; tell how it ends if that is not well.

        Raises BusyError.
        """
        last: list[Header | None] = []

        def ended(error: Seg2VidError | None) -> None:
            self._in_loop(lambda: self._forget(kind, job))
            if error is not None:
                self._offer(_failed(number, error))
            elif last and last[0] is not None:
                self._offer(last[0])

        job = Job(
            work=lambda job: last.append(make(lambda header, payload=b"": self._put(job, header, payload))),
            ended=ended,
            moved=lambda ahead: None if is_urgent else self._offer({"type": "busy", "id": number, "ahead": ahead}),
            is_urgent=is_urgent,
        )
        self._studio.worker.submit(job)
        self._jobs[kind] = job

    def _forget(self, kind: str, job: Job) -> None:
        if self._jobs.get(kind) is job:
            del self._jobs[kind]

    def _put(self, job: Job, header: Header, payload: bytes) -> None:
        """Send a message from the worker's thread; wait while the page does not keep up.  Raises CancelledError."""
        job.check()
        while not self._free.acquire(timeout=0.1):
            job.check()
        message = pack(header, payload)
        self._in_loop(lambda: self._unsent.put_nowait((message, True)))

    def _offer(self, header: Header) -> None:
        """Send a message from any thread without waiting."""
        message = pack(header)
        self._in_loop(lambda: self._unsent.put_nowait((message, False)))

    def _in_loop(self, act: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the server has ended
            self._loop.call_soon_threadsafe(act)


def _failed(number: Any, error: Seg2VidError) -> dict[str, Any]:
    number = number if isinstance(number, int) else None
    if isinstance(error, CancelledError):
        return {"type": "cancelled", "id": number}
    return {"type": "error", "id": number, **described(error)}
