"""The names of all results of a run, planned before anything is computed."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.outputs.save_names import ALL, FLOW_FORMATS, SAVE_NAMES
from seg2vid_cli.outputs.video.kinds import Kind, kind_of
from seg2vid_interface.errors import UsageError

_STEM_WITHOUT_INPUT = "clip"
_SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))


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

    Raises:
        UsageError: flags that contradict each other, or inputs whose results would have one name.
    """
    _check_flags(save, sheet, clips=len(label_maps) * samples)
    _check_flow_format(flow_format, save)
    destination = _destination(out, _as_kind(kind), several=len(label_maps) * samples > 1)
    return [
        PlannedOutput(
            source=source,
            sample=sample,
            video=destination.video(stem, sample),
            kind=destination.kind,
            save=save,
            sheet=sheet,
            overwrite=overwrite,
            makes_folder=destination.makes_folder,
            flow_format=flow_format,
        )
        for source, stem in zip(label_maps, _stems(label_maps), strict=True)
        for sample in range(1, samples + 1)
    ]


@dataclass(frozen=True)
class _Destination:
    folder: Path
    file: Path | None
    """The only result's name, if it was given."""
    kind: Kind
    makes_folder: bool = False

    def video(self, stem: str, sample: int) -> Path:
        name = stem if sample == 1 else f"{stem}_{sample}"
        return self.file or self.folder / (name if self.kind is Kind.PNG else f"{name}.{self.kind}")


def _destination(out: str | None, kind: Kind | None, *, several: bool) -> _Destination:
    if out and (out.endswith(_SEPARATORS) or Path(out).is_dir()):
        return _Destination(Path(out), None, kind or Kind.MP4, makes_folder=not os.path.lexists(Path(out)))
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


def _stems(label_maps: Sequence[Path | None]) -> list[str]:
    """Return the results' stems, one per input."""
    owners: dict[str, Path | None] = {}
    for path in label_maps:
        stem = _STEM_WITHOUT_INPUT if path is None else path.stem
        if stem in owners:
            raise UsageError(
                f"{owners[stem]} and {path}: both results would be called {stem}", "Rename one of them, or run twice."
            )
        owners[stem] = path
    return list(owners)
