"""Shards that are there already, where a run begins or goes on."""

import os
from pathlib import Path

from seg2vid_cli.outputs.plan import is_folder
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.outputs.webdataset.names import FORMAT, ShardNames, keys_in
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
            OutputError: there are some, and they are not to be skipped; or one cannot be read.
        """
        if overwrite:
            raise UsageError(
                "--overwrite: shards are not replaced", "Choose another -o, or go on with --skip-existing."
            )
        put_right([names.folder])
        shards = names.shards()
        if not skip_existing and (found := [*shards, *([names.unpacked] if os.path.lexists(names.unpacked) else [])]):
            raise OutputError(
                f"{found[0]}: exists already", "Go on where it was stopped with --skip-existing, or choose another -o."
            )
        self._names = names
        self._shards = {key: shard for shard in shards for key in keys_in(shard)}

    def shard_of(self, output: PlannedOutput) -> Path | None:
        """Return the shard that an output lies in; None = in none."""
        key, _, _ = self._names.member(output.video).rpartition(".")
        return self._shards.get(key)
