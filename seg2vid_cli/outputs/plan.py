"""The names of all results of a run, planned before anything is computed."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from seg2vid_cli.inputs.stdin import NAME as STDIN_NAME
from seg2vid_cli.inputs.stdin import STDIN
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.outputs.save_names import ALL, FLOW_FORMATS, SAVE_NAMES
from seg2vid_cli.outputs.video.kinds import Kind, kind_of
from seg2vid_interface.errors import UsageError

_STEM_WITHOUT_INPUT = "clip"
_SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))
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
) -> list[PlannedOutput]:
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

    Raises:
        UsageError: flags that contradict each other, or inputs whose results would have one name.
    """
    _check_flags(save, sheet, clips=len(label_maps) * samples)
    _check_flow_format(flow_format, save)
    clips = len(label_maps) * samples
    if to_stdout:
        destination = _stdout(_as_kind(kind), save, clips)
    else:
        destination = _destination(out, _as_kind(kind), several=clips > 1)
    videos = [
        (source, sample, destination.video(name, sample))
        for source, name in zip(label_maps, _names(label_maps, places), strict=True)
        for sample in range(1, samples + 1)
    ]
    return [
        PlannedOutput(
            source=source,
            sample=sample,
            video=video,
            kind=destination.kind,
            save=save,
            sheet=sheet,
            overwrite=overwrite,
            makes_folder=destination.is_folder and not os.path.lexists(video.parent),
            flow_format=flow_format,
            to_stdout=to_stdout,
        )
        for source, sample, video in videos
    ]


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

    def video(self, name: Path, sample: int) -> Path:
        place = self.folder / name.parent if self.is_folder else self.folder
        stem = name.name if sample == 1 else f"{name.name}_{sample}"
        return self.file or place / (stem if self.kind is Kind.PNG else f"{stem}{self.kind.ending}")


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
        raise UsageError(f"--format {name}: unknown", f"Known are {', '.join(Kind)}.")
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


def _names(label_maps: Sequence[Path | None], places: Mapping[Path, Path]) -> list[Path]:
    """Return the results' places and stems, one per input."""
    owners: dict[Path, Path | None] = {}
    for path in label_maps:
        name = _name(path, places)
        if name in owners:
            raise UsageError(
                f"{_shown(owners[name])} and {_shown(path)}: both results would be called {name}",
                "Rename one of them, or run twice.",
            )
        owners[name] = path
    return list(owners)


def _name(path: Path | None, places: Mapping[Path, Path]) -> Path:
    if path is None:
        return Path(_STEM_WITHOUT_INPUT)
    return places.get(path, Path()) / (STDIN_NAME if path == STDIN else path.stem)


def _shown(path: Path | None) -> str:
    return STDIN_NAME if path == STDIN else str(path)
