"""Shards that are there already, where a run begins or goes on."""

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from seg2vid_cli.outputs.plan import is_folder
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.outputs.webdataset.names import FORMAT, ShardNames, members_in, split_name
from seg2vid_interface.errors import OutputError, UsageError
from seg2vid_interface.staging.leftovers import put_right


def shard_names(out: str | None, part: str) -> ShardNames:
    """Return the names of the shards in a folder `-o`.

    Args:
        out: as typed.
        part: "2/8", where the shards of other parts lie beside these; "" = these are all.

    Raises:
        UsageError: no folder is named.
    """
    if out is None or out == "-" or (Path(out).suffix and not is_folder(out)):
        given = f", but -o {out} is none" if out else ""
        raise UsageError(f"--format {FORMAT}: shards need a folder{given}", "Name one, with a slash: -o shards/")
    return ShardNames(Path(out), f"{part.replace('/', '-of-')}-" if part else "")


class PackedClips:
    """The clips that lie in shards."""

    def __init__(self, names: ShardNames, *, overwrite: bool, skip_existing: bool) -> None:
        """Look what is there; what a killed run left half done is put right before.

        Raises:
            UsageError: they are to be replaced, which shards are not.
            OutputError: there are some, and they are not to be skipped; one cannot be read; or the inputs were shared
                out among another number of runs.
        """
        if overwrite:
            raise UsageError(
                "--overwrite: shards are not replaced", "Choose another -o, or go on with --skip-existing."
            )
        _check_parts(names)
        put_right([names.folder])
        shards = names.shards()
        if not skip_existing and (found := [*shards, *([names.unpacked] if os.path.lexists(names.unpacked) else [])]):
            raise OutputError(
                f"{found[0]}: exists already", "Go on where it was stopped with --skip-existing, or choose another -o."
            )
        self._names = names
        self._clips = dict[str, tuple[Path, frozenset[str]]]()
        same = dict[frozenset[str], frozenset[str]]()  # most clips have the same fields
        for shard in shards:
            for key, fields in _fields_in(shard).items():
                self._clips[key] = shard, same.setdefault(fields, fields)

    def shard_of(self, output: PlannedOutput) -> Path | None:
        """Return the shard that an output lies in; None = in none.

        Raises:
            OutputError: not all of its files lie there.
        """
        key, _ = split_name(self._names.member(output.video))
        shard, fields = self._clips.get(key, (None, frozenset()))
        if shard is None:
            return None
        needed = [split_name(self._names.member(path))[1] for path in output.results]
        if missing := next((field for field in needed if field not in fields), None):
            raise OutputError(
                f"{shard}: holds {key}.{min(fields)}, but no {key}.{missing}, so it cannot be skipped",
                "Ask for the same --save as before, choose another -o, or remove the shard: its clips are made again.",
            )
        return shard

    def in_shard(self, files: Iterable[Path]) -> list[Path]:
        """Return those of a clip's unpacked files that lie in a shard as well."""
        found = []
        for file in files:
            key, field = split_name(self._names.member(file))
            if key in self._clips and field in self._clips[key][1]:
                found.append(file)
        return found


def _fields_in(shard: Path) -> dict[str, frozenset[str]]:
    clips = defaultdict[str, set[str]](set)
    for member in members_in(shard):
        key, field = split_name(member)
        clips[key].add(field)
    return {key: frozenset(fields) for key, fields in clips.items()}


def _check_parts(names: ShardNames) -> None:
    if (found := names.of_other_parts()) is None:
        return
    path, parts = found
    if parts:
        whose, hint = f"runs of {parts} parts", f"Go on with --shard I/{parts}"
    else:
        whose, hint = "a run without --shard", "Leave --shard out"
    raise OutputError(f"{path}: is of {whose}, and its clips would be made again", f"{hint}, or choose another -o.")
