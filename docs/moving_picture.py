"""Makes docs/street.webp: the example label maps become clips, beside them the labels and the flow of every frame.

    python docs/moving_picture.py [--out FILE.webp] [--frames N]

The clips, labels and flows are what `seg2vid generate` writes; this script only lays them out.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from seg2vid_cli.outputs.visualize import flow_to_color, labels_to_color
from seg2vid_interface.label_spaces import CITYSCAPES

DOCS = Path(__file__).parent
MAPS = [DOCS.parent / "examples" / f"{name}.png" for name in ("street", "crossing", "avenue")]
SEED = 1
CAPTIONS = ("label map, then clip", "labels of every frame", "flow between frames")
GAP, CAPTION_HEIGHT = 4, 18
FULL_COLOR_PIXELS = 8  # half of the flow videos' scale, as these streets move slowly
MAP_MILLISECONDS, DISSOLVE_MILLISECONDS, FRAME_MILLISECONDS, END_MILLISECONDS = 900, 80, 59, 700
DISSOLVE_STEPS = 6

Strip = tuple[Image.Image, Image.Image, Image.Image]
"""What one map shows at one moment: frame, labels, flow."""


def generate(folder: Path, frames: int) -> None:
    """Make the clips of all maps, as pictures, with labels and flow."""
    flags = ["--format", "png", "--save", "labels,flow", "--frames", str(frames), "--seed", str(SEED), "--quiet"]
    command = [sys.executable, "-m", "seg2vid_cli", "generate", *map(str, MAPS), "-o", f"{folder}/", *flags]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def strips(folder: Path, stem: str, frames: int) -> list[Strip]:
    """Return what the clip called `stem` shows: its map, the way from the map to the first frame, all frames."""
    paths = [folder / stem / f"{number:06d}.png" for number in range(frames)]
    pictures = [Image.open(path, formats=("PNG",)).convert("RGB") for path in paths]
    labels = [painted_labels(folder / f"{stem}.labels" / f"{number:06d}.png") for number in range(frames)]
    flows = [painted_flow(folder / f"{stem}.flow" / f"{number:06d}.npy") for number in range(frames - 1)]
    still = Image.new("RGB", pictures[0].size, "white")  # nothing moves before frame 1
    mixed = [Image.blend(labels[0], pictures[0], step / DISSOLVE_STEPS) for step in range(DISSOLVE_STEPS)]
    before: list[Strip] = [(picture, labels[0], still) for picture in mixed]
    return before + list(zip(pictures, labels, [still, *flows], strict=True))


def painted_labels(path: Path) -> Image.Image:
    """Return a picture of train ids, 255 = other, in the colours of the classes."""
    indices = np.asarray(Image.open(path, formats=("PNG",)))
    return Image.fromarray(labels_to_color(np.where(indices == 255, CITYSCAPES.other, indices), CITYSCAPES))


def painted_flow(path: Path) -> Image.Image:
    """Return a flow field by Middlebury's colour wheel."""
    return Image.fromarray(flow_to_color(np.load(path) / FULL_COLOR_PIXELS))


def laid_out(rows: Sequence[Strip]) -> Image.Image:
    """Return the strips of all maps under one another, with captions above."""
    width, height = rows[0][0].size
    size = (len(CAPTIONS) * (width + GAP) - GAP, CAPTION_HEIGHT + len(rows) * (height + GAP) - GAP)
    picture = Image.new("RGB", size, "white")
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(13)
    for column, caption in enumerate(CAPTIONS):
        draw.text((column * (width + GAP) + 2, 1), caption, fill="black", font=font)
        for row, strip in enumerate(rows):
            picture.paste(strip[column], (column * (width + GAP), CAPTION_HEIGHT + row * (height + GAP)))
    return picture


def main() -> None:
    """Make the picture that the command line names."""
    parser = argparse.ArgumentParser(description="Make the moving picture of the README.")
    parser.add_argument("--out", type=Path, default=DOCS / "street.webp", help="file to write (default: this folder's)")
    parser.add_argument("--frames", type=int, default=24, help="length of the clips (default: 24)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), arguments.frames)
        clips = [strips(Path(folder), path.stem, arguments.frames) for path in MAPS]
    first, *others = (laid_out(rows) for rows in zip(*clips, strict=True))
    durations = [MAP_MILLISECONDS, *[DISSOLVE_MILLISECONDS] * (DISSOLVE_STEPS - 1)]
    durations += [*[FRAME_MILLISECONDS] * (arguments.frames - 1), END_MILLISECONDS]
    first.save(arguments.out, save_all=True, append_images=others, duration=durations, loop=0, quality=85, method=6)


if __name__ == "__main__":
    main()
