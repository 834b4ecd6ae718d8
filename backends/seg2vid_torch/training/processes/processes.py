"""What the processes that train together do together; a training in one process does it all alone, at no cost.

Weights are equal in all of them from the first step on, for all add up the same gradients: they are averaged after the
backward pass, in one piece.  DistributedDataParallel would begin to send them during it, but it wraps one forward of
one network, and a step here goes several times through several networks, some of them frozen for a while.

Shape symbols: N = processes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch import distributed as dist

from seg2vid_interface.errors import TrainingError
from seg2vid_interface.places import Place
from seg2vid_torch.data.division import Divided, undivided

Result = TypeVar("Result")
CPU = torch.device("cpu")


class Processes:
    """This process and the others that train with it."""

    def __init__(self, place: Place | None = None) -> None:
        """Take its place; torch.distributed must be ready if there are others."""
        self.place = place or Place()
        self.count = self.place.count
        """N."""

    @property
    def leads(self) -> bool:
        """Whether this is the one that writes for all."""
        return self.place.leads

    # Of numbers.

    @torch.no_grad()
    def mean(self, values: Tensor) -> Tensor:
        """Return the mean over the processes of what each has, summed in float64; no gradient goes through it."""
        if self.count == 1:
            return values
        total = values.detach().to(torch.float64, copy=True).contiguous()
        with _telling_of_the_lost():
            dist.all_reduce(total)
        return (total / self.count).to(values.dtype)

    @torch.no_grad()
    def gathered(self, rows: Tensor) -> Tensor:
        """Return the rows (n, ...) of all processes (N x n, ...), in the order of their ranks."""
        if self.count == 1:
            return rows
        rows = rows.detach().contiguous()
        everyones = [torch.empty_like(rows) for _ in range(self.count)]
        with _telling_of_the_lost():
            dist.all_gather(everyones, rows)
        return torch.cat(everyones)

    @torch.no_grad()
    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace gradients by their means over the processes."""
        if self.count == 1:
            return
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        with _telling_of_the_lost():
            dist.all_reduce(flat)
        flat /= self.count
        for gradient, mean in zip(gradients, flat.split([x.numel() for x in gradients]), strict=True):
            gradient.copy_(mean.view_as(gradient))

    # Of what is decided.

    def any(self, flag: bool) -> bool:
        """Return whether it is true in any of them."""
        return self.largest(float(flag)) > 0

    def largest(self, value: float) -> float:
        """Return the largest of all their values."""
        if self.count == 1:
            return value
        largest = torch.tensor(value, dtype=torch.float64)
        with _telling_of_the_lost():
            dist.all_reduce(largest, dist.ReduceOp.MAX)
        return largest.item()

    def of_first(self, find: Callable[[], Result]) -> Result:
        """Return what the first process finds, in all of them; only there it is looked for."""
        if self.count == 1:
            return find()
        found = [find() if self.leads else None]
        with _telling_of_the_lost():
            dist.broadcast_object_list(found, 0, device=CPU)
        result: Any = found[0]
        return result

    def meet(self) -> None:
        """Wait until all have come here."""
        self.largest(0)

    def one_a_machine_first(self, work: Callable[[], None]) -> None:
        """Do work whose results stay on a machine's disk: one process does it there, then the others find it done."""
        if self.place.local_rank == 0:
            work()
        self.meet()
        if self.place.local_rank > 0:
            work()

    # Of work.

    def divider(self) -> Divided:
        """Return what divides work among them (see `Divided`): one for each thread that does, made by all in turn."""
        if self.count == 1:
            return undivided
        group = dist.new_group(backend="gloo")

        def divided(items: Sequence[Any], work: Callable[[Sequence[Any]], Iterator[Any]]) -> Iterator[Any]:
            own = iter(work(items[self.place.rank :: self.count]))
            for number in range(len(items)):
                worker = number % self.count
                made = [_whole(next(own)) if worker == self.place.rank else None]
                with _telling_of_the_lost():
                    dist.broadcast_object_list(made, worker, group, device=CPU)
                yield made[0]
            for _ in own:  # it may have something to say at its end
                pass

        return divided


def _whole(made: Any) -> Any:
    """Return what can be sent: for an iterator, all that it gives."""
    return list(made) if isinstance(made, Iterator) else made


@contextmanager
def _telling_of_the_lost() -> Iterator[None]:
    """Turn what torch.distributed raises when another process has gone into a TrainingError."""
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        raise TrainingError(
            "another process of this training is gone",
            "It was killed, as where memory runs out, or its machine cannot be reached.",
        ) from error
