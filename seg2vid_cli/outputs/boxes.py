"""Boxes and masks of the things in every frame, as a COCO file.

Lin et al., "Microsoft COCO" (ECCV 2014): images are the frames, categories the classes that move by themselves, and
there is an annotation per thing and frame in which it is seen.  Beside what COCO asks for, `track_id` is the thing's
instance id, by which one finds it again in other frames.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as run_lengths

from seg2vid_interface.driving.objects import Objects
from seg2vid_interface.label_spaces import LabelSpace


class BoxesWriter:
    """Writes annotations frame by frame, so that memory does not grow with the clip's length."""

    def __init__(self, path: Path, label_space: LabelSpace, objects: Objects, images: list[str], comment: str) -> None:
        """Open the file.  Raises OSError.

        Args:
            path: of the file.
            label_space: the model's; a category's id is its class index.
            objects: of the clip.
            images: name of every frame's picture.
            comment: what made the clip, one line of JSON.
        """
        self._objects, self._images = objects, images
        self._frames = self._annotations = 0
        height, width = objects.numbers.shape
        head = {
            "info": {"description": comment},
            "images": [{"id": i, "file_name": n, "height": height, "width": width} for i, n in enumerate(images)],
            "categories": [
                {"id": index, "name": label_space.classes[index].name}
                for index in label_space.foreground
                if index != label_space.other
            ],
        }
        self._file: IO[str] = path.open("w", encoding="utf-8", newline="\n")
        self._file.write(json.dumps(head)[:-1] + ', "annotations": [')

    def write(self, numbers: NDArray[np.uint8]) -> None:
        """Write the annotations of the next frame's things, whose numbers (H, W) these are.  Raises OSError."""
        for annotation in self._annotated(numbers):
            self._annotations += 1  # from 1: COCO's evaluation takes 0 for none
            line = json.dumps({"id": self._annotations, "image_id": self._frames} | annotation)
            self._file.write(f"{',' if self._annotations > 1 else ''}\n{line}")
        self._frames += 1

    def close(self) -> None:
        """Finish the file.  Raises OSError."""
        with self._file:
            self._file.write("\n]}\n")

    def abort(self) -> None:
        """Close the file as it is; harmless twice."""
        self._file.close()

    def _annotated(self, numbers: NDArray[np.uint8]) -> Iterator[dict[str, Any]]:
        columns = np.asfortranarray(numbers)  # as the runs go
        for number in np.unique(numbers[numbers > 0]).tolist():
            runs = run_lengths.encode((columns == number).view(np.uint8))
            yield {
                "category_id": self._objects.classes[number - 1],
                "track_id": self._objects.ids[number - 1],
                "bbox": run_lengths.toBbox(runs).tolist(),
                "area": int(run_lengths.area(runs)),
                "iscrowd": 0,
                "segmentation": {"size": list(numbers.shape), "counts": runs["counts"].decode("ascii")},
            }
