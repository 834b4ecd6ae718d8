"""The names of all results of a run, planned before anything is computed."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypedDict, overload

from seg2vid_cli.inputs.stdin import NAME as STDIN_NAME
from seg2vid_cli.inputs.stdin import STDIN
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.outputs.save_names import ALL, FLOW_FORMATS, SAVE_NAMES
from seg2vid_cli.outputs.video.kinds import Kind, kind_of
from seg2vid_cli.outputs.webdataset.names import FORMAT, ShardNames, key_stem
from seg2vid_interface.errors import UsageError

_STEM_WITHOUT_INPUT = "clip"
_SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))
_HERE = Path()
_SAMPLE = re.compile(r"(.+)_([2-9]|[1-9]\d{1,8})", re.DOTALL)
"""What the second and later clips of an input are called, and the first one."""
_NOWHERE_ELSE: Mapping[Path, Path] = MappingProxyType({})


def plan_outputs(
    label_maps: Sequence[Path | None],
    out: str | None,
    *,
    kind: str | None,
    samples: int,
    save: frozenset[str],
    sheet: Path | None,
    overwrite: bool,
    flow_format: str = "npy",
    places: Mapping[Path, Path] = _NOWHERE_ELSE,
    to_stdout: bool = False,
    shards: ShardNames | None = None,
) -> "PlannedOutputs":
    """Plan every clip of a run: all samples of the first input, then all of the second, ...; change nothing on disk.

    Args:
        label_maps: the inputs, which give the results their stems; None where there is no file.
        out: `-o` as typed, as a trailing slash means a folder; a folder that exists needs none.
        kind: `--format`; None = what `out` says.
        samples: clips per input.
        save: names among `SAVE_NAMES`.
        sheet: `--sheet`.
        overwrite: whether results that exist may be replaced.
        flow_format: among `FLOW_FORMATS`; other than npy, it needs "flow" in `save`.
        places: input -> where its results lie below a folder `out`; those of others lie in that folder itself.
        to_stdout: the only clip goes to standard output, whatever `out` is.
        shards: those that the clips will lie in, where `kind` is that.

    Raises:
        UsageError: flags that contradict each other, or inputs whose results would have one name.
    """
    clips = len(label_maps) * samples
    if shards is not None:
        _check_for_shards(sheet, flow_format)
    _check_flags(save, sheet, clips=clips)
    _check_flow_format(flow_format, save)
    if shards is not None:
        destination = _Destination(shards.unpacked, None, Kind.MP4, is_folder=True, in_shard=True)
    elif to_stdout:
        destination = _stdout(_as_kind(kind), save, clips)
    else:
        destination = _destination(out, _as_kind(kind), several=clips > 1)
    _check_names(label_maps, places, destination, samples)
    return PlannedOutputs(
        label_maps,
        samples,
        destination,
        places,
        _Common(
            kind=destination.kind,
            save=save,
            sheet=sheet,
            overwrite=overwrite,
            flow_format=flow_format,
            to_stdout=to_stdout,
            in_shard=destination.in_shard,
        ),
    )


def is_folder(out: str) -> bool:
    """Tell whether `-o`, as typed, names a folder, be it there or not."""
    return out.endswith(_SEPARATORS) or Path(out).is_dir()


@dataclass(frozen=True)
class _Destination:
    folder: Path
    file: Path | None
    """The only result's name, if it was given."""
    kind: Kind
    is_folder: bool = False
    """Whether that is what `-o` names."""
    in_shard: bool = False

    def stem(self, source: Path | None) -> str:
        """Return what the results of an input are called."""
        stem = _STEM_WITHOUT_INPUT if source is None else STDIN_NAME if source == STDIN else source.stem
        return key_stem(stem) if self.in_shard else stem

    def of(self, place: Path) -> Path:
        """Return the folder of the results of inputs that lie in a place."""
        return self.folder / place if self.is_folder else self.folder

    def video(self, folder: Path, stem: str, sample: int) -> Path:
        """Return the file or folder of a clip."""
        stem = stem if sample == 1 else f"{stem}_{sample}"
        return self.file or folder / (stem if self.kind is Kind.PNG else f"{stem}{self.kind.ending}")


class _Common(TypedDict):
    kind: Kind
    save: frozenset[str]
    sheet: Path | None
    overwrite: bool
    flow_format: str
    to_stdout: bool
    in_shard: bool


class PlannedOutputs(Sequence[PlannedOutput]):
    """All clips of a run, or of some of its inputs; each is planned when it is asked for, so that many take no room."""

    def __init__(
        self,
        label_maps: Sequence[Path | None],
        samples: int,
        destination: _Destination,
        places: Mapping[Path, Path],
        common: _Common,
    ) -> None:
        self._label_maps, self._samples, self._destination = label_maps, samples, destination
        self._places, self._common = places, common
        self._folders = dict[Path, tuple[Path, bool]]()

    def of(self, source: Path | None) -> list[PlannedOutput]:
        """Return the clips of one input."""
        return [self._planned(source, sample) for sample in range(1, self._samples + 1)]

    def only(self, label_maps: Sequence[Path | None]) -> "PlannedOutputs":
        """Return the clips of some of the inputs, which are in the same order."""
        if len(label_maps) == len(self._label_maps):
            return self
        own = frozenset(label_maps)
        places = {path: place for path, place in self._places.items() if path in own}  # the others take room
        return PlannedOutputs(label_maps, self._samples, self._destination, places, self._common)

    def folders(self) -> set[Path]:
        """Return the folders that results go to."""
        sheet = self._common["sheet"]
        places = {_place(path, self._places) for path in self._label_maps}
        return {self._destination.of(place) for place in places} | (set() if sheet is None else {sheet.parent})

    def __len__(self) -> int:
        return len(self._label_maps) * self._samples

    @overload
    def __getitem__(self, index: int) -> PlannedOutput: ...

    @overload
    def __getitem__(self, index: slice) -> list[PlannedOutput]: ...

    def __getitem__(self, index: int | slice) -> PlannedOutput | list[PlannedOutput]:
        numbers = range(len(self))[index]
        if isinstance(numbers, range):
            return [self[number] for number in numbers]
        number, sample = divmod(numbers, self._samples)
        return self._planned(self._label_maps[number], sample + 1)

    def _planned(self, source: Path | None, sample: int) -> PlannedOutput:
        folder, is_made = self._folder(_place(source, self._places))
        video = self._destination.video(folder, self._destination.stem(source), sample)
        return PlannedOutput(source=source, sample=sample, video=video, makes_folder=is_made, **self._common)

    def _folder(self, place: Path) -> tuple[Path, bool]:
        """Return a folder, and whether it is to be made as it was seen first: it is there once its first clip is."""
        if place not in self._folders:
            folder = self._destination.of(place)
            self._folders[place] = folder, self._destination.is_folder and not os.path.lexists(folder)
        return self._folders[place]


def _destination(out: str | None, kind: Kind | None, *, several: bool) -> _Destination:
    if out and is_folder(out):
        return _Destination(Path(out), None, kind or Kind.MP4, is_folder=True)
    if several:
        problem = f"-o {out}: one file cannot take" if out else "no folder was given for"
        raise UsageError(
            f"{problem} several results", f"Name a folder, with a slash: -o {Path(out or 'videos').with_suffix('')}/"
        )
    if out is None:
        return _Destination(Path(), None, kind or Kind.MP4)
    file = Path(out)
    if kind not in {None, kind_of(file)}:
        raise UsageError(
            f"--format {kind}: contradicts -o {out}", f"Leave --format out, or give a folder: -o {file.parent}/"
        )
    return _Destination(file.parent, file, kind_of(file))


def _stdout(kind: Kind | None, save: frozenset[str], clips: int) -> _Destination:
    if clips > 1:
        raise UsageError(f"-o -: standard output cannot take {clips} clips", "Name a folder, with a slash: -o videos/")
    if kind is Kind.PNG:
        raise UsageError("--format png: a folder of pictures cannot go to standard output", "Choose another --format.")
    if save:
        raise UsageError(
            f"--save {','.join(sorted(save))}: lies beside the clip, which goes to standard output",
            "Name a file: -o clip.mp4",
        )
    return _Destination(Path(), STDIN, kind or Kind.MP4)


def _as_kind(name: str | None) -> Kind | None:
    if name is None:
        return None
    if name not in set(Kind):
        raise UsageError(f"--format {name}: unknown", f"Known are {', '.join((*Kind, FORMAT))}.")
    return Kind(name)


def _check_flags(save: frozenset[str], sheet: Path | None, *, clips: int) -> None:
    if unknown := sorted(save - set(SAVE_NAMES)):
        problem = f"--save {','.join(unknown)}: unknown" if all(unknown) else "--save: an empty name"
        raise UsageError(problem, f"Known are {', '.join((*SAVE_NAMES, ALL))}.")
    if sheet is not None and sheet.suffix.lower() != ".png":
        raise UsageError(f"--sheet {sheet}: a sheet is a .png picture", f"Write --sheet {sheet.with_suffix('.png')}")
    if sheet is not None and clips > 1:
        raise UsageError(f"--sheet {sheet}: one sheet cannot show {clips} clips", "Make one clip at a time.")


def _check_flow_format(flow_format: str, save: frozenset[str]) -> None:
    if flow_format not in FLOW_FORMATS:
        raise UsageError(f"--flow-format {flow_format}: unknown", f"Known are {', '.join(FLOW_FORMATS)}.")
    if flow_format != FLOW_FORMATS[0] and "flow" not in save:
        raise UsageError(f"--flow-format {flow_format}: no flow is saved", "Add --save flow.")


def _check_for_shards(sheet: Path | None, flow_format: str) -> None:
    if sheet is not None:
        raise UsageError(f"--sheet {sheet}: clips in shards have no sheet", "Leave it out.")
    if flow_format != FLOW_FORMATS[0]:
        raise UsageError(f"--flow-format {flow_format}: in shards, flow is one array a clip", "Leave it out.")


def _check_names(
    label_maps: Sequence[Path | None], places: Mapping[Path, Path], destination: _Destination, samples: int
) -> None:
    """Raise UsageError if the results of two inputs would have one name, be it in runs of a part each."""
    owners: dict[str, int] = {}
    for number, path in enumerate(label_maps):
        name = os.path.normpath(f"{_place(path, places)}/{destination.stem(path)}")  # as texts they take less room
        if (owner := owners.setdefault(name, number)) != number:
            raise _called_alike(label_maps[owner], path, name, destination)
    for name, number in owners.items() if samples > 1 else ():
        sample = _SAMPLE.fullmatch(name)
        if sample is not None and int(sample[2]) <= samples and sample[1] in owners:
            raise _called_alike(label_maps[owners[sample[1]]], label_maps[number], name, destination)


def _called_alike(one: Path | None, other: Path | None, name: str, destination: _Destination) -> UsageError:
    return UsageError(
        f"{_shown(one)} and {_shown(other)}: both results would be called {name}",
        "Rename one of them." if destination.in_shard else "Rename one of them, or run twice, into two folders.",
    )


def _place(path: Path | None, places: Mapping[Path, Path]) -> Path:
    return _HERE if path is None else places.get(path, _HERE)


def _shown(path: Path | None) -> str:
    return STDIN_NAME if path == STDIN else str(path)
