"""Trains the bundled model's image stage on a GPU that is had for minutes, far from the data; README.md tells how.

    python recipes/street/gpu.py pack STREETS PACK              here: data, frozen weights and packages, 60 MB
    python recipes/street/gpu.py train PACK OUT --minutes 10    there, in a copy of this repository
    python recipes/street/gpu.py join OUT weights.safetensors   here: the weights that came back in parts

Needs seg2vid with its `train` extra here, and there PyTorch, NumPy, Pillow and safetensors.
"""

import argparse
import io
import json
import lzma
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[2]
KINDS, SPLITS = ("stills", "clips"), ("train", "val")
PICTURES, LABELS, INDEX, WHEELS = "pictures.bin", "labels.xz", "index.json", "wheels"
VGG, FEATURES = "vgg16.safetensors", "efficientnet-lite1.safetensors"
WEIGHTS, PART = "weights.safetensors", 15_000_000  # bytes
SAVE_EVERY = 90.0  # seconds


# ------------------------------------------------------------------------------------------------------------- here
def pack(streets: Path, target: Path, *, height: int, width: int) -> None:
    """Pack the data at the training size, the frozen networks in half precision, and pydantic for the machine there."""
    target.mkdir(parents=True)
    frames = [
        (kind, split, clip.name, picture)
        for kind in KINDS
        for split in SPLITS
        for clip in sorted((streets / kind / split).iterdir())
        for picture in sorted((clip / "images").iterdir())
    ]
    with ThreadPoolExecutor() as pool:
        packed = list(pool.map(lambda frame: _packed(frame[3], (width, height)), frames))
    (target / PICTURES).write_bytes(b"".join(picture for picture, _ in packed))
    (target / LABELS).write_bytes(lzma.compress(np.stack([labels for _, labels in packed]).tobytes()))
    index = [[*frame[:3], frame[3].stem, len(picture)] for frame, (picture, _) in zip(frames, packed, strict=True)]
    (target / INDEX).write_text(json.dumps({"height": height, "width": width, "frames": index}))
    _pack_frozen(target)
    _pack_wheels(target / WHEELS)
    size = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    print(f"{target}: {len(frames)} pictures, {size / 1e6:.1f} MB")


def _packed(picture: Path, size: tuple[int, int]) -> tuple[bytes, np.ndarray]:
    """Return a picture as WebP, which at this quality no training can tell from the original, and its label map."""
    label_map = picture.parents[1] / "labels" / f"{picture.stem}.png"
    with Image.open(picture, formats=("PNG", "JPEG")) as image, Image.open(label_map, formats=("PNG",)) as labels:
        data = io.BytesIO()
        image.convert("RGB").resize(size, Image.Resampling.LANCZOS).save(data, "WEBP", quality=90)
        return data.getvalue(), np.array(labels.resize(size, Image.Resampling.NEAREST))


def _pack_frozen(target: Path) -> None:
    """Pack the networks that the losses look through; they are fetched if they are not in the cache."""
    import torch
    from safetensors.torch import save_file

    from seg2vid_cli.files.cache import cache_folder
    from seg2vid_torch.networks.vgg import last_of_blocks
    from seg2vid_torch.weights.downloads import EFFICIENTNET_LITE1, VGG16
    from seg2vid_torch.weights.efficientnet_lite import load_frozen_features
    from seg2vid_torch.weights.entries import read_entries
    from seg2vid_torch.weights.perceptual import BLOCKS
    from seg2vid_torch.weights.vgg_kinds import kind_of

    entries = read_entries(VGG16.fetch(cache_folder()))
    kind = kind_of(entries)
    assert kind
    used = kind.names(last_of_blocks(kind.blocks, BLOCKS)[-1] + 1).values()
    features = load_frozen_features(EFFICIENTNET_LITE1.fetch(cache_folder()), torch.device("cpu")).state_dict()
    for name, weights in ((VGG, {name: entries[name] for name in used}), (FEATURES, features)):
        save_file({key: values.half().contiguous() for key, values in weights.items()}, target / name)


def _pack_wheels(folder: Path) -> None:
    """Fetch pydantic for Python 3.12 on Linux, which machines with PyTorch alone do not have."""
    platform = ("--python-version", "3.12", "--platform", "manylinux2014_x86_64", "--only-binary=:all:")
    command = [sys.executable, "-m", "pip", "download", "--quiet", *platform, f"--dest={folder}", "pydantic"]
    subprocess.run(command, check=True)


def join(out: Path, weights: Path) -> None:
    """Put the parts of the weights together again."""
    parts = sorted(out.glob(f"{WEIGHTS}.*"))
    if not parts:
        sys.exit(f"{out}: holds no {WEIGHTS}.00, ...")
    weights.write_bytes(b"".join(part.read_bytes() for part in parts))
    print(f"{weights}: {weights.stat().st_size / 1e6:.1f} MB of {len(parts)} parts")


# ------------------------------------------------------------------------------------------------------------ there
def train(
    packed: Path, out: Path, *, minutes: float, initial: Path | None, seed: int = 0, settings: Mapping[str, str]
) -> None:
    """Unpack, train for so many minutes, and leave in `out` what is to be brought back; all the while, too."""
    _make_importable(packed)
    from seg2vid_interface.backend import TrainingRequest
    from seg2vid_torch.backend import TorchBackend

    began = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        size = unpack(packed, folder)
        print(f"unpacked in {time.monotonic() - began:.0f} s", flush=True)
        chosen = {
            "height": str(size[0]),
            "width": str(size[1]),
            "minutes": str(minutes),
            "vgg_weights": str(packed / VGG),
            "critic_weights": str(packed / FEATURES),
            **({"initial": str(initial)} if initial else {}),
            **settings,
        }
        data = tuple(folder / kind for kind in KINDS)
        request = TrainingRequest("image", data, folder / "run", settings=chosen, seed=seed, overwrite=True)
        monitor = Courier(folder / "run", out)
        TorchBackend().train(request, monitor)
        monitor.bring(whole=True)
    print(f"done after {time.monotonic() - began:.0f} s", flush=True)


def _make_importable(packed: Path) -> None:
    """Put the repository and the packed wheels on the path, as far as they are not installed."""
    folder = Path(tempfile.mkdtemp())
    for wheel in (packed / WHEELS).glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    sys.path += [str(ROOT), str(ROOT / "backends"), str(folder)]  # at the end: what is installed comes first


def unpack(packed: Path, folder: Path) -> tuple[int, int]:
    """Write the packed data as datasets of the "clips" layout; return height and width."""
    index = json.loads((packed / INDEX).read_text())
    height, width, frames = index["height"], index["width"], index["frames"]
    labels = np.frombuffer(lzma.decompress((packed / LABELS).read_bytes()), np.uint8).reshape(-1, height, width)
    pictures = (packed / PICTURES).read_bytes()
    ends = np.cumsum([frame[4] for frame in frames])

    def write(number: int) -> None:
        kind, split, clip, stem, size = frames[number]
        place = folder / kind / split / clip
        data = io.BytesIO(pictures[ends[number] - size : ends[number]])
        Image.open(data, formats=("WEBP",)).save(place / "images" / f"{stem}.png", compress_level=1)
        Image.fromarray(labels[number]).save(place / "labels" / f"{stem}.png", compress_level=1)

    for place in {(kind, split, clip) for kind, split, clip, _, _ in frames}:
        for part in ("images", "labels"):
            folder.joinpath(*place, part).mkdir(parents=True)
    with ThreadPoolExecutor() as pool:
        list(pool.map(write, range(len(frames))))
    return height, width


class Courier:
    """A `TrainingMonitor` that prints the metrics and brings to a folder what the run has."""

    def __init__(self, run: Path, out: Path) -> None:
        self._run, self._out = run, out
        self._brought = time.monotonic()

    def begin(self, *, step: int, steps: int | None, share: float, summary: Mapping[str, object]) -> None:
        """Print what is trained."""
        print(json.dumps({"step": step, "steps": steps, "share": share, **summary}, default=str), flush=True)
        self._out.mkdir(parents=True, exist_ok=True)

    def advance(self, *, step: int, share: float, metrics: Mapping[str, float]) -> None:
        """Print the metrics; now and then bring what there is, so that little is lost with the machine."""
        if metrics:
            values = " ".join(f"{name} {value:.4g}" for name, value in metrics.items())
            print(f"{step} {share:.1%} {values}", flush=True)
        if metrics and time.monotonic() - self._brought > SAVE_EVERY:
            self.bring(whole=False)
            self._brought = time.monotonic()

    def stop_requested(self) -> bool:
        """Never."""
        return False

    def bring(self, *, whole: bool) -> None:
        """Copy the log and the newest sheets, and write the weights in half precision, in parts."""
        from seg2vid_torch.training.light_checkpoint import save_light_checkpoint

        shutil.copy(self._run / "metrics.jsonl", self._out)
        for sheet in sorted((self._run / "samples").glob("*.png"))[-2:]:
            shutil.copy(sheet, self._out)
        weights = self._out / WEIGHTS
        save_light_checkpoint(self._run / "checkpoint.pt", weights)
        for old in self._out.glob(f"{WEIGHTS}.*"):
            old.unlink()
        data = weights.read_bytes()
        for number, start in enumerate(range(0, len(data), PART)):
            (self._out / f"{WEIGHTS}.{number:02}").write_bytes(data[start : start + PART])
        weights.unlink()
        (self._out / "DONE").write_text("finished\n" if whole else "not finished\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    packing = commands.add_parser("pack", help="here: pack the data")
    packing.add_argument("streets", type=Path, help="folder of stills/ and clips/, each in the clips layout")
    packing.add_argument("pack", type=Path, help="folder to make")
    packing.add_argument("--size", default="128x256", metavar="HxW")
    training = commands.add_parser("train", help="there: unpack and train")
    training.add_argument("pack", type=Path)
    training.add_argument("out", type=Path, help="folder for what is to be brought back")
    training.add_argument("--minutes", type=float, required=True, help="of training; the start comes on top")
    training.add_argument("--initial", type=Path, help="weights to go on from: a joined file, a model's folder")
    training.add_argument("--seed", type=int, default=0, help="another than the weights' goes on with other draws")
    training.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as of seg2vid train")
    joining = commands.add_parser("join", help="here: put the weights together")
    joining.add_argument("out", type=Path)
    joining.add_argument("weights", type=Path)
    given: Any = parser.parse_args(arguments)
    if given.command == "pack":
        height, width = map(int, given.size.split("x"))
        pack(given.streets, given.pack, height=height, width=width)
    elif given.command == "train":
        settings = dict(text.split("=", 1) for text in given.set)
        numbers = {"minutes": given.minutes, "seed": given.seed}
        train(given.pack, given.out, initial=given.initial, settings=settings, **numbers)
    else:
        join(given.out, given.weights)


if __name__ == "__main__":
    main()
