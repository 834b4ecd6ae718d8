"""Waits for the worker where a request does: in the event loop, and no longer than whoever asked is there."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from starlette.requests import Request

from seg2vid_cli.studio.failures import CancelledError
from seg2vid_cli.studio.worker import Job, Worker
from seg2vid_interface.errors import Seg2VidError

Result = TypeVar("Result")
Tell = Callable[[dict[str, Any]], None]


async def result_of(worker: Worker, work: Callable[[Job, Tell], Result], tell: Tell = lambda _: None) -> Result:
    """Return what a job makes; if nobody waits any more, the job is cancelled.

    Args:
        worker: that does it.
        work: is given the job, and a function that tells of its progress from the worker's thread.
        tell: is called in the event loop with what is told, and with the place in the queue.

    Raises:
        BusyError: the queue is full.
        Seg2VidError: whatever the job raises.
    """
    loop = asyncio.get_running_loop()
    settled: asyncio.Future[None] = loop.create_future()
    results: list[Result] = []

    def in_loop(act: Callable[..., object], *args: object) -> None:
        with suppress(RuntimeError):  # the server has ended
            loop.call_soon_threadsafe(act, *args)

    def settle(error: Seg2VidError | None) -> None:
        if settled.done():
            return
        if error is None:
            settled.set_result(None)
        else:
            settled.set_exception(error)

    job = Job(
        work=lambda job: results.append(work(job, lambda told: in_loop(tell, told))),
        ended=lambda error: in_loop(settle, error),
        moved=lambda ahead: in_loop(tell, {"type": "busy", "ahead": ahead}),
    )
    worker.submit(job)
    try:
        await settled
    except asyncio.CancelledError:
        worker.cancel(job)
        raise
    return results[0]


async def while_there(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """Return what `work` does; give it up when whoever asked hangs up.  Raises CancelledError then."""
    working, hanging_up = asyncio.ensure_future(work), asyncio.ensure_future(_hung_up(request))
    try:
        await asyncio.wait({working, hanging_up}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise CancelledError
    finally:
        working.cancel()
        hanging_up.cancel()


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
