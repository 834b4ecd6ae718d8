"""Whether several processes can share a step: equally, so that means over shares are means over the batch."""

from collections.abc import Iterator

from seg2vid_interface.errors import SettingsError
from seg2vid_torch.settings.image import SpadeSettings
from seg2vid_torch.settings.loading import StageSettings
from seg2vid_torch.settings.stage import BatchPart

LARGEST = 8  # as a multiple of the batch that is asked for: how far a better one is looked for


def refuse_unshareable(settings: StageSettings, processes: int) -> None:
    """Raise SettingsError if not every part of a batch can be divided by all processes and micro-batches."""
    if processes > 1 and isinstance(settings, SpadeSettings) and settings.cuda_graph:
        raise SettingsError(
            f"cuda_graph = true: a captured step cannot be shared by {processes} processes",
            "Use --set cuda_graph=false, or one process.",
        )
    divisor = processes * settings.accumulate
    uneven = next(_uneven(settings, divisor), None)
    if uneven is None:
        return
    micro_batches = f" x accumulate = {settings.accumulate}" if settings.accumulate > 1 else ""
    sharing = f"{processes} processes{micro_batches}" if processes > 1 else f"accumulate = {settings.accumulate}"
    whole = settings.batch if uneven.key == "batch" else uneven.count
    of_which = f": {uneven.count} are {uneven.what}" if uneven.what else ""
    others = "processes" if processes > 1 else "micro-batches"
    raise SettingsError(
        f"{uneven.key} = {whole}: cannot be shared equally by {sharing}{of_which}",
        f"{_remedy(settings, uneven, divisor)}, or another number of {others}.",
    )


def _uneven(settings: StageSettings, divisor: int) -> Iterator[BatchPart]:
    return (part for part in settings.parts() if part.count % divisor)


def _remedy(settings: StageSettings, uneven: BatchPart, divisor: int) -> str:
    """Return the least change of the setting that would do."""
    if uneven.key != "batch":
        return f"Give --set {uneven.key}={-(-uneven.count // divisor) * divisor}"
    for batch in range(settings.batch + 1, LARGEST * max(settings.batch, divisor) + 1):
        changed = settings.model_copy(update={"batch": batch})
        if not any(part.key == "batch" for part in _uneven(changed, divisor)):
            return f"Give --set batch={batch}"
    return "Give another --set batch=N"
