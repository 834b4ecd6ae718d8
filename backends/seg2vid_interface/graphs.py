"""The format of a model's ONNX graphs: inputs, outputs, and the card in their metadata.

A model folder holds a graph per stage, `image.onnx`, `motion.onnx` and `labels.onnx`, and at half precision
`image.fp16.onnx` and `motion.fp16.onnx`; inputs and outputs are the same.  Where the image stage has a style encoder,
`style.onnx` reads the style of a picture.  A model without labels has no tensor that is named after labels, one whose
image stage takes no style, texture or hints has no tensors of these names (and no trust), one that sees no instances
has no edges.

Shape symbols: N = batch, K = classes, C = classes that the image stage sees, E = 1 for its edges, Z = style size, X =
texture channels, L = latent size at this height and width, T = frames of a chunk, H, W = height and width, SH, SW =
those of the image stage: H and W times the card's `image_scale`; PH, PW = SH, SW at the card's own height and width, at
which styles are read.  N, L and the heights and widths but PH, PW are open in the graphs that seg2vid exports; a graph
may also fix them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from seg2vid_interface.backend import Stage
from seg2vid_interface.documents import parse_json
from seg2vid_interface.errors import ModelError
from seg2vid_interface.external_data import refuse_external_data
from seg2vid_interface.model_card import TEXTURE_CHANNELS, ModelCard, ModelFolder

GraphName = Stage | Literal["style", "depth", "known", "between", "fields"]
"""The stages; the style encoder, which belongs to the image stage and is needed only to read a picture's style; and of
a model with a `camera` the other parts of its motion stage."""
KEY_FRAME_GRAPHS: Final[tuple[GraphName, ...]] = ("motion", "depth", "known", "between", "fields")
"""The motion stage of a model with a `camera`."""
HALVED_GRAPHS: Final[tuple[GraphName, ...]] = ("image", "motion")
"""Those that there are in half precision too; what the others tell is to be the same everywhere."""
METADATA_KEY: Final = "seg2vid"
"""Of the metadata entry that holds the card, as JSON, without the files' hashes."""


@dataclass(frozen=True)
class TensorFormat:
    """One input or output."""

    name: str
    shape: tuple[str | int, ...]
    """Symbols or numbers."""
    dtype: str = "float32"
    """A NumPy name."""


FRAME: Final = TensorFormat("frame", ("N", 3, "H", "W"))
"""RGB in 0..1."""
LABELS: Final = TensorFormat("labels", ("N", "K", "H", "W"))
"""Class probabilities."""
LABEL_MAP: Final = TensorFormat("label_map", ("N", "H", "W"), "uint8")
"""Class indices."""
OBJECT_MAP: Final = TensorFormat("object_map", ("N", "H", "W"), "uint8")
CAMERA: Final = TensorFormat("camera", ("N", "T1", 3))
OBJECT_MOTION: Final = TensorFormat("object_motion", ("N", 256, 4))
"""These three as in `ClipRequest`."""
TEXTURE: Final = TensorFormat("texture", ("N", "X", "H", "W"))
INVERSE_DEPTH: Final = TensorFormat("inverse_depth", ("N", "h", "w"))
"""Pixels, at the size at which motion is told, by which ground at that depth lies below the horizon."""
ORIGINS: Final = TensorFormat("origins", ("N", "T", 2, "h", "w"))
"""x and y in pixels: where a frame's pixels stood in the key frame before."""
PARTS: Final = TensorFormat("parts", ("N", "h", "w"), "uint8")
"""0 where a pixel is of the street, 1 = of a thing, 2 = of the camera's own bonnet."""
GROUND: Final = TensorFormat("ground", ("N", "T", "h", 1))
"""Inverse depth of the ground at each row."""
LAST_ORIGIN: Final = TensorFormat("last_origin", ("N", 2, "h", "w"))
"""Of the last frame, the next key frame; where it takes a stand-in, where that has its place in the key frame."""
NEXT_LABEL_MAP: Final = TensorFormat("next_label_map", ("N", "H", "W"), "uint8")
SEEN: Final = TensorFormat("seen", ("N", "T", 1, "h", "w"))
"""1 where it shows them, else 0."""
NEXT_PLACES: Final = TensorFormat("next_places", ("N", "T", 2, "h", "w"))
NEXT_SEEN: Final = TensorFormat("next_seen", ("N", "T", 1, "h", "w"))
"""The same of the next key frame."""
PLACES: Final = TensorFormat("places", ("N", "T", 2, "h", "w"))
"""Where the key frame's pixels stand in the frames after it."""
INVERSE_DEPTHS: Final = TensorFormat("inverse_depths", ("N", "T", "h", "w"))
HINT: Final = TensorFormat("hint", ("N", 3, "H", "W"))
HINT_TRUST: Final = TensorFormat("hint_trust", ("N", 1, "H", "W"))
"""What is known of the next key frame, and how sharp that is."""
INPUTS: Final[Mapping[GraphName, tuple[TensorFormat, ...]]] = {
    "image": (
        TensorFormat("labels", ("N", "C", "SH", "SW")),
        TensorFormat("style", ("N", "Z")),
        TensorFormat("texture", ("N", "X", "SH", "SW")),
        TensorFormat("hint", ("N", 3, "SH", "SW")),
        TensorFormat("trust", ("N", 1, "SH", "SW")),
        TensorFormat("edges", ("N", "E", "SH", "SW")),
    ),
    "style": (TensorFormat("picture", ("N", 3, "PH", "PW")),),
    "motion": (
        FRAME,
        LABELS,
        TensorFormat("latent", ("N", "L")),
        TensorFormat("noise", ("N", 3, "H", "W")),
        TensorFormat("labels_wanted", (), "bool"),
    ),
    "labels": (TensorFormat("picture", ("N", 3, "h", "w")),),
}
OUTPUTS: Final[Mapping[GraphName, tuple[TensorFormat, ...]]] = {
    "image": (FRAME,),
    "style": (TensorFormat("style", ("N", "Z")),),
    "motion": (
        TensorFormat("frames", ("N", "T", "H", "W", 3), "uint8"),
        TensorFormat("forward_flow", ("N", "T", "H", "W", 2)),
        TensorFormat("backward_flow", ("N", "T", "H", "W", 2)),
        TensorFormat("occlusion", ("N", "T", "H", "W")),
        TensorFormat("label_maps", ("N", "T", "H", "W"), "uint8"),
        TensorFormat("next_frame", ("N", 3, "H", "W")),
        TensorFormat("next_labels", ("N", "K", "H", "W")),
    ),
    "labels": (TensorFormat("label_map", ("N", "h", "w"), "uint8"),),
}
"""Of the motion stage, `Chunk` says what the first five mean; the other two are the next chunk's frame and labels.
`label_maps` are zeros unless `labels_wanted`: to warp all classes for every frame takes a tenth of the time."""
KEY_FRAME_INPUTS: Final[Mapping[GraphName, tuple[TensorFormat, ...]]] = {
    "depth": (
        TensorFormat("label_map", ("N", "h", "w"), "uint8"),
        TensorFormat("object_map", ("N", "h", "w"), "uint8"),
        CAMERA,
        OBJECT_MOTION,
    ),
    "motion": (LABEL_MAP, OBJECT_MAP, INVERSE_DEPTH, CAMERA, OBJECT_MOTION),
    "known": (
        FRAME,
        TEXTURE,
        TensorFormat("trust", ("N", 1, "H", "W")),
        TensorFormat("noise", ("N", "X", "H", "W")),
        LAST_ORIGIN,
        SEEN,
        NEXT_LABEL_MAP,
    ),
    "between": (
        FRAME,
        TensorFormat("next_frame", ("N", 3, "H", "W")),
        HINT_TRUST,
        ORIGINS,
        SEEN,
        NEXT_PLACES,
        NEXT_SEEN,
    ),
    "fields": (LABEL_MAP, OBJECT_MAP, CAMERA, ORIGINS, SEEN, PLACES, INVERSE_DEPTHS, PARTS, GROUND),
}
KEY_FRAME_OUTPUTS: Final[Mapping[GraphName, tuple[TensorFormat, ...]]] = {
    "depth": (INVERSE_DEPTH,),
    "motion": (
        ORIGINS,
        SEEN,
        NEXT_PLACES,
        NEXT_SEEN,
        PLACES,
        INVERSE_DEPTHS,
        PARTS,
        GROUND,
        LAST_ORIGIN,
        NEXT_LABEL_MAP,
        TensorFormat("next_object_map", ("N", "H", "W"), "uint8"),
        TensorFormat("next_inverse_depth", ("N", "h", "w")),
    ),
    "known": (
        LABELS,
        TensorFormat("next_texture", ("N", "X", "H", "W")),
        HINT,
        HINT_TRUST,
    ),
    "between": (
        TensorFormat("frames", ("N", "T", "H", "W", 3), "uint8"),
        TensorFormat("next_trust", ("N", 1, "H", "W")),
    ),
    "fields": (
        TensorFormat("forward_flow", ("N", "T", "H", "W", 2)),
        TensorFormat("backward_flow", ("N", "T", "H", "W", 2)),
        TensorFormat("occlusion", ("N", "T", "H", "W")),
        TensorFormat("label_maps", ("N", "T", "H", "W"), "uint8"),
        TensorFormat("object_maps", ("N", "T", "H", "W"), "uint8"),
        TensorFormat("depth", ("N", "T", "H", "W")),
    ),
}
"""Of a model with a `camera`; what is named next_X is the X of the next chunk, and the image stage's frame its own."""
DIMENSIONS: Final = {
    "N": "batch",
    "H": "height",
    "W": "width",
    "SH": "image_height",
    "SW": "image_width",
    "L": "latent_size",
    "h": "motion_height",
    "w": "motion_width",
}
"""Symbols of the sides that are open -> their names in the file; at an image scale of 1, SH is H and SW is W."""


def graph_file(name: GraphName, precision: str = "fp32") -> str:
    """Return the file name of a graph."""
    return f"{name}.onnx" if precision == "fp32" or name not in HALVED_GRAPHS else f"{name}.{precision}.onnx"


def graph_path(model: ModelFolder, name: GraphName, precision: str) -> Path:
    """Return the file of a graph, checked against the card.

    Raises:
        MissingWeightsError: the model has none; the hint is the command that makes it from the weights.
        ModelError: it is not the file that the card means, or keeps data outside of itself.
    """
    flags = "--onnx" if precision == "fp32" else f"--onnx --precision {precision}"
    remedy = f"Make it: seg2vid export {model.path} {flags} -o NEW-FOLDER"
    has_weights = all(model.has(f"{stage}.safetensors") for stage in model.card.stages)
    path = model.file(graph_file(name, precision), remedy if has_weights else None)
    refuse_external_data(path)
    return path


def tensors(formats: Iterable[TensorFormat], card: ModelCard) -> list[TensorFormat]:
    """Return what of `formats` a model's graph has, with the card's numbers in the place of its symbols."""
    picture_height, picture_width = card.image_size(card.height, card.width)
    known: dict[str, str | int] = {
        "T": card.chunk_frames,
        "T1": card.chunk_frames + 1,
        "Z": card.style_size,
        "X": TEXTURE_CHANNELS if card.texture else 0,
        "PH": picture_height,
        "PW": picture_width,
        "K": card.label_space.size if card.label_space else 0,
        "C": card.image_labels.size if card.image_labels else 0,
        "E": int(card.instance_edges),
    }
    if card.image_scale == 1:
        known |= {"SH": "H", "SW": "W"}
    present = []
    for tensor in formats:
        shape = tuple(known.get(side, side) if isinstance(side, str) else side for side in tensor.shape)
        if 0 not in shape and not _is_absent(tensor.name, card):
            present.append(TensorFormat(tensor.name, shape, tensor.dtype))
    return present


def _is_absent(name: str, card: ModelCard) -> bool:
    """Say whether a model has no use for a tensor of this name."""
    return (card.label_space is None and "label" in name) or (not card.hints and name in ("hint", "trust"))


def inputs_of(name: GraphName, card: ModelCard) -> list[TensorFormat]:
    """Return the inputs of a model's graph."""
    return tensors((KEY_FRAME_INPUTS if _of_key_frames(name, card) else INPUTS)[name], card)


def outputs_of(name: GraphName, card: ModelCard) -> list[TensorFormat]:
    """Return the outputs of a model's graph."""
    return tensors((KEY_FRAME_OUTPUTS if _of_key_frames(name, card) else OUTPUTS)[name], card)


def _of_key_frames(name: GraphName, card: ModelCard) -> bool:
    return card.camera is not None and name in KEY_FRAME_GRAPHS


def graphs_of(stage: Stage, card: ModelCard) -> tuple[GraphName, ...]:
    """Return the graphs without which a stage cannot run."""
    return KEY_FRAME_GRAPHS if stage == "motion" and card.camera is not None else (stage,)


def open_sides(card: ModelCard, height: int, width: int) -> dict[str, int]:
    """Return symbol -> size of all sides that are open but the batch's, for clips of a height and width."""
    image_height, image_width = card.image_size(height, width)
    area = 1 if card.camera else height * width / (card.height * card.width)  # a path needs no more in a larger picture
    motion_height, motion_width = motion_size(card, height, width)
    return {
        "H": height,
        "W": width,
        "SH": image_height,
        "SW": image_width,
        "L": int(card.latent_size * area),
        "h": motion_height,
        "w": motion_width,
    }


def motion_size(card: ModelCard, height: int, width: int) -> tuple[int, int]:
    """Return the height and width at which motion is told for frames of this height and width: about the card's own.

    So are labels: in larger pictures things are larger than those that a labels stage has learned.
    """
    return card.halvings(height, width)[0]


def card_for_metadata(card: ModelCard) -> str:
    """Return the card as it stands in the metadata of its graphs: JSON, without the hashes of the files."""
    stages = {name: stage.model_copy(update={"files": {}}) for name, stage in card.stages.items()}
    return card.model_copy(update={"stages": stages, "licence_files": {}}).model_dump_json()


def check_graph(
    path: Path,
    name: GraphName,
    card: ModelCard,
    *,
    inputs: Iterable[TensorFormat],
    outputs: Iterable[TensorFormat],
    metadata: str | None,
) -> None:
    """Check that a graph is what the card promises.

    Args:
        path: of its file.
        name: what the graph is to do.
        card: its model's.
        inputs: as the graph has them; a side that it leaves open is a string.
        outputs: likewise.
        metadata: what stands under METADATA_KEY; None = nothing.

    Raises:
        ModelError: it is not.
    """
    if problem := _graph_problem(name, card, inputs, outputs, metadata):
        raise ModelError(f"{path}: {problem}", "Export the model again: seg2vid export MODEL --onnx -o FOLDER")


def _graph_problem(
    name: GraphName,
    card: ModelCard,
    inputs: Iterable[TensorFormat],
    outputs: Iterable[TensorFormat],
    metadata: str | None,
) -> str | None:
    for kind, found, wanted in (("input", inputs, inputs_of(name, card)), ("output", outputs, outputs_of(name, card))):
        if problem := _tensor_problem(kind, list(found), wanted):
            return problem
    return _metadata_problem(metadata, card)


def _tensor_problem(kind: str, found: list[TensorFormat], wanted: list[TensorFormat]) -> str | None:
    found_names, wanted_names = ([tensor.name for tensor in tensors] for tensors in (found, wanted))
    if sorted(found_names) != sorted(wanted_names):
        return f"its {kind}s are {', '.join(found_names)}, not {', '.join(wanted_names)}"
    by_name = {tensor.name: tensor for tensor in found}
    for tensor in wanted:
        has = by_name[tensor.name]
        if has.dtype != tensor.dtype or not _fits(has.shape, tensor.shape):
            return f"its {kind} {tensor.name} is {_text(has)}, not {_text(tensor)}"
    return None


def _fits(found: tuple[str | int, ...], wanted: tuple[str | int, ...]) -> bool:
    """Say whether every side that is a number on both sides agrees; what the format leaves open may be fixed."""
    return len(found) == len(wanted) and all(
        a == b or isinstance(b, str) or isinstance(a, str) for a, b in zip(found, wanted, strict=True)
    )


def _text(tensor: TensorFormat) -> str:
    return f"{tensor.dtype} ({', '.join(str(side) for side in tensor.shape)})"


def _metadata_problem(metadata: str | None, card: ModelCard) -> str | None:
    if metadata is None:
        return f"its metadata hold no {METADATA_KEY!r}: it was not exported by seg2vid"
    try:
        graph_card = parse_json(metadata)
        names = [entry["name"] for entry in (graph_card["label_space"] or {"classes": []})["classes"]]
    except (ValueError, TypeError, KeyError):
        return f"its metadata {METADATA_KEY!r} hold no model card"
    wanted = [] if card.label_space is None else [label_class.name for label_class in card.label_space.classes]
    if names != wanted:
        return "it was made for another label space than the card's"
    return None
