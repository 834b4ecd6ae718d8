"""Clips of a run go into shards, in the order in which they were planned, whichever is made first."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from seg2vid_cli.generation.made import ClosedShard, FailedInput, Made, MadeClip, Message
from seg2vid_cli.generation.outcome import Clip
from seg2vid_cli.generation.plan import GenerationPlan
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.outputs.webdataset.names import ShardNames
from seg2vid_cli.outputs.webdataset.packing import ShardPacker


def packed(made: Iterable[Made], plan: GenerationPlan, names: ShardNames, clips: int | None) -> Iterator[Made]:
    """Pack clips that were made; pass everything on, clips as parts of the shards that they come to lie in.

    Args:
        made: what was made, and what failed.
        plan: of the run; what it found unpacked comes first.
        names: of the shards.
        clips: the most that a shard holds; None = as many as its size allows.

    Raises:
        OutputError: a shard cannot be written; its clips stay unpacked.
    """
    packing = _Packing(plan, names, clips)
    yield from packing.begin()
    for one in made:
        if isinstance(one, MadeClip):
            packing.clips[one.clip.output] = one.clip
        else:
            yield one
        if isinstance(one, FailedInput):
            packing.failed.add(one.paths.source)
        yield from packing.go_on()
    yield from packing.end()


class _Packing:
    def __init__(self, plan: GenerationPlan, names: ShardNames, clips: int | None) -> None:
        self._plan, self._names = plan, names
        self._packer = ShardPacker(names, first=names.next_number(), clips=clips)
        self._due: Iterator[PlannedOutput] = (output for task in plan.tasks() for output in task.outputs)
        self._next = next(self._due, None)
        self.clips: dict[str, Clip] = {}
        """Those that wait for their turn, by name."""
        self.failed: set[Path | None] = set()
        """Inputs of which clips may not come, so that nothing waits for them."""

    def begin(self) -> Iterator[Made]:
        """Pack what an earlier run made and did not pack, and remove what it packed and did not remove."""
        for file in self._plan.packed_already:
            file.unlink()
        for files in self._plan.unpacked:
            yield from self._closed(self._packer.add(files))

    def go_on(self) -> Iterator[Made]:
        """Pack the clips whose turn it is."""
        while (due := self._next) is not None:
            clip = self.clips.pop(str(due.video), None)
            if clip is not None:
                yield from self._pack(clip)
            elif due.source not in self.failed:
                return
            self._next = next(self._due, None)

    def end(self) -> Iterator[Made]:
        """Pack what is left, into a shard that is not full."""
        for clip in list(self.clips.values()):  # of inputs of which another clip had failed before
            yield from self._pack(clip)
        yield from self._closed(self._packer.finish())
        if left := [path for path in self._names.unpacked.rglob("*") if path.is_file()]:
            yield Message(
                f"{self._names.unpacked}: {len(left)} files are left there, of clips that this run was not asked for; "
                "--skip-existing with the --save and --samples that they were made with packs them"
            )

    def _pack(self, clip: Clip) -> Iterator[Made]:
        shard, files = self._packer.shard, [Path(clip.output), *map(Path, clip.saved)]
        members = [self._names.member(file) for file in files]
        closed = self._packer.add(files)
        yield MadeClip(replace(clip, output=str(shard), saved=members))
        yield from self._closed(closed)

    @staticmethod
    def _closed(shard: Path | None) -> Iterator[Made]:
        if shard is not None:
            yield ClosedShard(str(shard))
