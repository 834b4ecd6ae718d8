from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from drawn_formats import FORMATS, drawings, read_format
from seg2vid_cli.inputs.label_maps.format_names import label_formats
from seg2vid_cli.inputs.label_maps.reading import fit_label_map, read_label_map
from seg2vid_interface.errors import LabelMapError, SettingsError, UsageError
from seg2vid_interface.label_spaces import CITYSCAPES, LabelClass, LabelSpace

COLORS = np.array([label_class.color for label_class in CITYSCAPES.classes], np.uint8)
LABEL_IDS = np.array([label_class.label_ids[0] for label_class in CITYSCAPES.classes], np.uint8)
INDICES = np.arange(20, dtype=np.uint8).repeat(16).reshape(10, 32)
"""Every Cityscapes class, in a map of 10 x 32 that is no likely street."""

HARBOUR = LabelSpace(
    "harbour",
    (
        LabelClass("water", (0, 0, 200), (3,)),
        LabelClass("ship", (200, 0, 0), (5, 6)),
        LabelClass("rest", (0, 0, 0), (9,)),
    ),
)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.uint8]:
    """A likely street of all 20 classes, uint8 (64, 96)."""
    folder = tmp_path_factory.mktemp("street")
    drawing = next(iter(drawings(read_format(FORMATS["kitti"]), folder)))
    return np.where(drawing.train_ids == 255, 19, drawing.train_ids).astype(np.uint8)


def save(path: Path, pixels: NDArray[Any], **options: Any) -> Path:
    Image.fromarray(pixels).save(path, **options)
    return path


def save_palette(path: Path, indices: NDArray[np.uint8], colors: NDArray[np.uint8], **options: Any) -> Path:
    image = Image.fromarray(indices)
    image.putpalette(colors.tobytes())
    image.save(path, **options)
    return path


def assert_reads(
    path: Path, encoding: str, indices: NDArray[np.uint8], label_format: str = "auto", *, sure: bool = True
) -> None:
    label_map = read_label_map(path, label_format, CITYSCAPES)

    assert label_map.encoding == encoding
    assert label_map.indices.dtype == np.uint8
    np.testing.assert_array_equal(label_map.indices, indices)
    assert (label_map.doubt is None) == sure


def refusal(path: Path, label_format: str = "auto", label_space: LabelSpace = CITYSCAPES) -> tuple[str, str | None]:
    """Return the message, without the path, and the hint of the error that reading `path` raises."""
    with pytest.raises(LabelMapError) as caught:
        read_label_map(path, label_format, label_space)
    assert caught.value.message.startswith(f"{path}: ")
    assert "\n" not in caught.value.message
    return caught.value.message.removeprefix(f"{path}: "), caught.value.hint


class TestIds:
    @pytest.mark.parametrize(("label_format", "sure"), [("auto", False), ("train-ids", True), ("train-ids:ids", True)])
    def test_train_ids(self, tmp_path: Path, street: NDArray[np.uint8], label_format: str, sure: bool) -> None:
        pixels = np.where(street == 19, 255, street).astype(np.uint8)

        assert_reads(save(tmp_path / "map.png", pixels), "Cityscapes train ids", street, label_format, sure=sure)

    @pytest.mark.parametrize(("label_format", "sure"), [("auto", False), ("label-ids", True)])
    def test_label_ids(self, tmp_path: Path, street: NDArray[np.uint8], label_format: str, sure: bool) -> None:
        path = save(tmp_path / "map.png", LABEL_IDS[street])

        assert_reads(path, "Cityscapes label ids", street, label_format, sure=sure)

    def test_label_ids_without_a_train_id_are_other(self, tmp_path: Path) -> None:
        pixels = np.array([0, 3, 4, 6, 9, 14, 18, 30, 33, 255], np.uint8).repeat(20).reshape(10, 20)

        indices = np.where(pixels == 33, 18, 19).astype(np.uint8)
        assert_reads(save(tmp_path / "map.png", pixels), "Cityscapes label ids", indices, "label-ids")

    def test_what_is_no_likely_street_in_any_numbering_is_asked_for(self, tmp_path: Path) -> None:
        path = save(tmp_path / "map.png", np.full((8, 8), 7, np.uint8))

        message, hint = refusal(path)
        assert message.startswith(
            "fits several label formats, and none makes it clearly a street: Cityscapes label ids,"
        )
        assert hint is not None
        assert hint.startswith("Say which: --label-format label-ids, --label-format ")
        assert "--label-format train-ids" in hint
        assert_reads(path, "Cityscapes train ids", np.full((8, 8), 7, np.uint8), "train-ids")
        assert_reads(path, "Cityscapes label ids", np.full((8, 8), 0, np.uint8), "label-ids")

    @pytest.mark.parametrize("label_format", ["auto", "label-ids"])
    def test_instance_ids(self, tmp_path: Path, street: NDArray[np.uint8], label_format: str) -> None:
        pixels = LABEL_IDS[street].astype(np.uint16)
        pixels[:, 1::2] = np.where(pixels[:, 1::2] >= 24, pixels[:, 1::2] * 1000 + 17, pixels[:, 1::2])
        path = save(tmp_path / "map.png", pixels)

        assert_reads(path, "Cityscapes label ids (ids * 1000 + instance)", street, label_format)
        instances = read_label_map(path, label_format, CITYSCAPES).instances
        assert instances is not None
        np.testing.assert_array_equal(instances, pixels)

    def test_only_what_moves_has_instances(self, tmp_path: Path) -> None:
        """7 * 256 looks like 1 * 1000 + 792, an ego vehicle; KITTI writes so."""
        path = save(tmp_path / "map.png", np.full((8, 8), 7 * 256, np.uint16))

        assert refusal(path, "label-ids")[0] == ("holds values that are not those of Cityscapes label ids: 1792")
        assert_reads(path, "KITTI semantics (2015) (ids * 256 + instance)", np.zeros((8, 8), np.uint8), "kitti")

    def test_instances_of_a_channel_are_numbered(self, tmp_path: Path, street: NDArray[np.uint8]) -> None:
        instance = np.where(street == 13, 5 + (np.arange(96) > 60), 0)
        path = save(tmp_path / "map.png", np.dstack([street + 1, instance, instance * 3]).astype(np.uint8))

        found = read_label_map(path, "carla", CITYSCAPES)
        assert found.instances is not None
        numbers = found.instances[street == 13]
        assert np.unique(numbers).size == 2
        assert numbers.min() > 0

    def test_camvid_stands_for_both_of_its_formats(self, tmp_path: Path) -> None:
        ids = np.arange(12, dtype=np.uint8).repeat(8).reshape(8, 12)
        targets = np.array([10, 2, 5, 0, 1, 8, 7, 4, 13, 11, 12, 19], np.uint8)

        assert_reads(save(tmp_path / "map.png", ids), "CamVid, 12 classes (ids)", targets[ids], "camvid-12")
        hint = refusal(tmp_path / "map.png", "camvid")[1]
        assert hint == "Say which: --label-format camvid-32, --label-format camvid-12"

    def test_a_numbering_that_starts_at_one_is_carlas(self, tmp_path: Path, street: NDArray[np.uint8]) -> None:
        path = save(tmp_path / "map.png", np.where(street == 19, 0, street + 1).astype(np.uint8))

        assert_reads(path, "CARLA 0.9.14 and later (ids)", street, sure=False)


class TestNames:
    @pytest.mark.parametrize(
        ("name", "encoding"),
        [
            ("aachen_000000_000019_gtFine_labelIds.png", "Cityscapes label ids"),
            ("aachen_000000_000019_gtFine_labelTrainIds.png", "Cityscapes train ids"),
            ("a.labels/000003.png", "Cityscapes train ids"),
        ],
    )
    def test_a_name_decides_what_values_do_not(self, tmp_path: Path, name: str, encoding: str) -> None:
        (tmp_path / "a.labels").mkdir()
        path = save(tmp_path / name, np.full((8, 8), 7, np.uint8))

        assert read_label_map(path, "auto", CITYSCAPES).encoding == encoding

    def test_a_name_that_the_values_contradict_does_not(self, tmp_path: Path, street: NDArray[np.uint8]) -> None:
        path = save(tmp_path / "a_gtFine_labelTrainIds.png", LABEL_IDS[street])
        assert_reads(path, "Cityscapes label ids", street, sure=False)

        converted = save(tmp_path / "a_gtFine_labelIds.png", np.where(street == 19, 255, street).astype(np.uint8))
        assert refusal(converted)[1] == "Say which: --label-format train-ids, --label-format label-ids"


class TestColors:
    @pytest.mark.parametrize("label_format", ["auto", "colors"])
    @pytest.mark.parametrize("alpha", [False, True])
    def test_cityscapes_colors(self, tmp_path: Path, label_format: str, alpha: bool) -> None:
        pixels = COLORS[INDICES]
        if alpha:
            pixels = np.concatenate([pixels, np.full_like(pixels[..., :1], 255)], axis=-1)

        assert_reads(save(tmp_path / "map.png", pixels), "Cityscapes colours", INDICES, label_format)

    def test_colours_in_bgr_order(self, tmp_path: Path) -> None:
        path = save(tmp_path / "map.png", COLORS[INDICES][..., ::-1])

        assert_reads(path, "Cityscapes colours (colours in BGR order)", INDICES)

    def test_few_colours_may_be_chance(self, tmp_path: Path) -> None:
        """PASCAL VOC's first class and its background are a building and void to CamVid."""
        pixels = np.zeros((8, 8, 3), np.uint8)
        pixels[:4] = (128, 0, 0)
        path = save(tmp_path / "map.png", pixels)

        message, hint = refusal(path)
        assert message.startswith("fits ")
        assert hint is not None
        assert "--label-format camvid-12" in hint

    @pytest.mark.parametrize("label_format", ["auto", "camvid", "camvid-32"])
    def test_camvid_colors(self, tmp_path: Path, label_format: str) -> None:
        table = read_format(FORMATS["camvid-32"])["classes"]
        colors = np.array([list(bytes.fromhex(row["color"][1:])) for row in table], np.uint8)
        names = [label_class.name for label_class in CITYSCAPES.classes]
        targets = np.array([names.index(row["maps_to"]) for row in table], np.uint8)
        classes = np.arange(32, dtype=np.uint8).repeat(8).reshape(8, 32)

        path = save(tmp_path / "map.png", colors[classes])
        assert_reads(path, "CamVid, 32 classes (colours)", targets[classes], label_format)

    def test_lossless_webp(self, tmp_path: Path) -> None:
        path = save(tmp_path / "map.webp", COLORS[INDICES], lossless=True)

        assert_reads(path, "Cityscapes colours", INDICES)


class TestPalettes:
    def test_palette_that_paints_train_ids(self, tmp_path: Path) -> None:
        """As Cityscapes tools write them: 19 colours, and 255 painted white."""
        palette = np.zeros((256, 3), np.uint8)
        palette[:19] = COLORS[:19]
        palette[255] = 255
        indices = np.where(INDICES == 19, 255, INDICES).astype(np.uint8)

        assert_reads(save_palette(tmp_path / "map.png", indices, palette), "Cityscapes train ids", INDICES)

    def test_palette_that_paints_label_ids(self, tmp_path: Path) -> None:
        """All values are train ids as well; the colours tell the numbering."""
        ids = np.array([7, 8, 11, 17], np.uint8).repeat(16).reshape(8, 8)
        palette = np.zeros((18, 3), np.uint8)
        palette[[7, 8, 11, 17]] = COLORS[[0, 1, 2, 5]]
        expected = np.array([0, 1, 2, 5], np.uint8).repeat(16).reshape(8, 8)

        assert_reads(save_palette(tmp_path / "map.png", ids, palette), "Cityscapes label ids", expected)

    def test_palette_in_another_order_is_read_by_its_colors(self, tmp_path: Path) -> None:
        path = save_palette(tmp_path / "map.png", 19 - INDICES, COLORS[::-1])

        assert_reads(path, "Cityscapes colours", INDICES)
        assert_reads(path, "Cityscapes train ids", 19 - INDICES, "train-ids")

    @pytest.mark.parametrize("name", ["map.png", "map.gif"])  # a GIF keeps the levels that are used, in another order
    def test_grey_ramp(self, tmp_path: Path, street: NDArray[np.uint8], name: str) -> None:
        ramp = np.arange(256, dtype=np.uint8)[:, None].repeat(3, axis=1)
        path = save_palette(tmp_path / name, LABEL_IDS[street], ramp)

        found = read_label_map(path, "auto", CITYSCAPES)
        assert found.encoding.startswith("Cityscapes label ids")
        np.testing.assert_array_equal(found.indices, street)

    def test_opaque_palette_with_a_transparency_chunk(self, tmp_path: Path) -> None:
        path = save_palette(tmp_path / "map.png", 19 - INDICES, COLORS[::-1], transparency=bytes([255] * 20))

        with Image.open(path) as image:
            assert "transparency" in image.info
        assert_reads(path, "Cityscapes colours", INDICES)

    def test_arbitrary_palette_says_nothing(self, tmp_path: Path, street: NDArray[np.uint8]) -> None:
        path = save_palette(tmp_path / "map.png", street, COLORS ^ 1)

        assert_reads(path, "Cityscapes train ids", street, sure=False)
        assert_reads(path, "Cityscapes train ids", street, "train-ids")


class TestOtherLabelSpaces:
    def test_a_models_own_space(self, tmp_path: Path) -> None:
        indices = np.array([0, 1, 1, 2], np.uint8).repeat(16).reshape(8, 8)
        label_ids = np.array([3, 5, 6, 9], np.uint8).repeat(16).reshape(8, 8)
        colors = np.array([label_class.color for label_class in HARBOUR.classes], np.uint8)[indices]

        for pixels, encoding in (
            (indices, "Harbour train ids"),
            (label_ids, "Harbour label ids"),
            (colors, "Harbour colours"),
        ):
            label_map = read_label_map(save(tmp_path / "map.png", pixels), "auto", HARBOUR)
            assert label_map.encoding == encoding
            np.testing.assert_array_equal(label_map.indices, indices)

    def test_unlabelled_pixels_need_a_class(self, tmp_path: Path) -> None:
        path = save(tmp_path / "map.png", np.array([0, 2, 1, 255], np.uint8).repeat(16).reshape(8, 8))

        assert refusal(path, "auto", HARBOUR) == (
            "unlabelled pixels (255), for which the model's label space has no class",
            "Give every pixel a class.",
        )

    def test_camvid_does_not_fit_every_model(self, tmp_path: Path) -> None:
        path = save(tmp_path / "map.png", np.zeros((8, 8), np.uint8))

        with pytest.raises(SettingsError, match="no class of the model's label space harbour for 'Sky'"):
            read_label_map(path, "camvid", HARBOUR)

    def test_a_toml_file_maps_ids_and_colors(self, tmp_path: Path) -> None:
        space = tmp_path / "mine.toml"
        space.write_text(
            'name = "mine"\nother = "void"\n'
            '[[classes]]\nname = "void"\ncolor = "#ffffff"\nids = [0]\nmaps_to = "other"\n'
            '[[classes]]\nname = "road"\ncolor = "#101010"\nids = [40, 41]\n'
            '[[classes]]\nname = "tram"\ncolor = "#302020"\nids = [200]\nmaps_to = "train"\n'
        )
        ids = np.array([0, 40, 41, 200, 255, 0, 0, 0], np.uint8).repeat(8).reshape(8, 8)
        colors = np.array([[255] * 3, [16] * 3, [48, 32, 32]], np.uint8)[[0, 1, 1, 2, 0, 0, 0, 0]].repeat(8, axis=0)
        expected = np.array([19, 0, 0, 16, 19, 19, 19, 19], np.uint8).repeat(8).reshape(8, 8)

        assert_reads(save(tmp_path / "ids.png", ids), "mine (ids)", expected, str(space))
        assert_reads(save(tmp_path / "colors.png", colors.reshape(8, 8, 3)), "mine (colours)", expected, str(space))

    def test_ids_that_are_colours_too_need_the_layout(self, tmp_path: Path) -> None:
        space = tmp_path / "mine.toml"
        space.write_text(
            'name = "mine"\n[[classes]]\nname = "road"\ncolor = "#010101"\nids = [2]\n'
            '[[classes]]\nname = "sky"\ncolor = "#020202"\nids = [1]\n'
        )
        path = save(
            tmp_path / "map.png", np.array([[1], [2]], np.uint8).repeat(4, 0).repeat(8, 1).T[..., None].repeat(3, 2)
        )

        assert refusal(path, str(space))[1] == (f"Say which: --label-format {space}:ids, --label-format {space}:colors")
        upper = read_label_map(path, f"{space}:ids", CITYSCAPES).indices[0, 0]
        assert CITYSCAPES.classes[upper].name == "sky"

    def test_an_unknown_format_lists_the_known_ones(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError) as caught:
            read_label_map(save(tmp_path / "map.png", INDICES), "colours", CITYSCAPES)
        assert caught.value.message == "--label-format: 'colours' is not known"
        assert caught.value.hint == (
            f"Known: {', '.join(label_formats())}, or a file: TOML, or CVAT's or labelme's .txt."
        )

    def test_a_layout_that_a_format_lacks(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError) as caught:
            read_label_map(save(tmp_path / "map.png", INDICES), "kitti:red", CITYSCAPES)
        assert caught.value.message == "--label-format kitti:red: kitti has no such layout"
        assert caught.value.hint == "It has ids, greys, ids-256, colors, bgr-colors."


class TestRefusals:
    @pytest.mark.parametrize("kind", ["grey", "16-bit", "RGB", "1-bit"])
    @pytest.mark.parametrize("value", [1, 255])
    def test_a_mask_of_one_class(self, tmp_path: Path, kind: str, value: int) -> None:
        mask = np.zeros((8, 8), np.uint8)
        mask[2:5, 2:5] = value
        pixels = {
            "grey": mask,
            "16-bit": mask.astype(np.uint16),
            "RGB": mask[..., None].repeat(3, axis=2),
            "1-bit": mask > 0,
        }[kind]

        message, hint = refusal(save(tmp_path / "map.png", pixels))
        assert message == "a mask of one class, not a label map of a whole scene"
        assert hint == (
            "Give a map of all classes; what the values of a mask stand for, --label-format FILE.toml can say."
        )

    def test_ids_that_no_format_has(self, tmp_path: Path) -> None:
        path = save(tmp_path / "map.png", np.array([7, 11, 23, 211], np.uint8).repeat(16).reshape(8, 8))

        message, hint = refusal(path)
        assert message == ("holds values that are no known format's; the closest is Cityscapes label ids, without 211")
        assert hint == (
            "What its values mean, --label-format FILE can say: a TOML, or the classes' .txt of CVAT or labelme."
        )

    @pytest.mark.parametrize(
        ("label_format", "message"),
        [
            (
                "train-ids",
                "holds values that are not those of Cityscapes train ids: 20, 21, 22, 23, 24 and 7 more",
            ),
            (
                "camvid-12",
                "holds values that are not those of CamVid, 12 classes (ids): 12, 13, 17, 19, 20 and 11 more",
            ),
            ("colors", "holds colours that are not those of Cityscapes colours: (0, 0, 0)"),
        ],
    )
    def test_a_format_that_does_not_fit(self, tmp_path: Path, label_format: str, message: str) -> None:
        path = save(tmp_path / "map.png", LABEL_IDS[INDICES])
        hint = "`seg2vid labels MAP` finds out what it holds, and `seg2vid label-formats` lists what can be named."

        if label_format == "colors":
            assert refusal(path, label_format) == ("a picture of ids, but --label-format colors reads none", hint)
        else:
            assert refusal(path, label_format) == (message, hint)

    @pytest.mark.parametrize("label_format", ["train-ids", "label-ids"])
    def test_colors_where_ids_were_promised(self, tmp_path: Path, label_format: str) -> None:
        message, _ = refusal(save(tmp_path / "map.png", COLORS[INDICES]), label_format)

        assert message == f"a picture of colours, but --label-format {label_format} reads none"

    def test_unknown_colors(self, tmp_path: Path) -> None:
        pixels = COLORS[INDICES]
        pixels[0, 0] = (1, 2, 3)

        message, _ = refusal(save(tmp_path / "map.png", pixels))
        assert message == (
            "holds colours that are no known format's; the closest is Cityscapes colours, without (1, 2, 3)"
        )

    def test_16_bit_that_are_no_ids(self, tmp_path: Path) -> None:
        depth = np.linspace(500, 9000, 64 * 64).astype(np.uint16).reshape(64, 64)

        refusal(save(tmp_path / "map.png", depth))

    @pytest.mark.parametrize("name", ["photo.png", "photo.jpg"])
    def test_a_photograph(self, tmp_path: Path, name: str) -> None:
        message, hint = refusal(save(tmp_path / name, photograph()))

        assert message.startswith("looks like a photograph (")
        assert message.endswith(" colours), not a label map")
        assert hint == "Give the label map; a photograph of the scene goes to --first-frame."

    def test_a_grey_photograph(self, tmp_path: Path) -> None:
        grey = photograph()[..., 0]

        message, _ = refusal(save(tmp_path / "photo.png", grey))
        assert message == f"looks like a photograph ({len(np.unique(grey))} grey levels), not a label map"
        message, _ = refusal(save(tmp_path / "photo.jpg", grey))
        assert message == "a grey JPEG, which is a photograph or has lost its exact ids to compression"

    def test_colors_smeared_by_jpeg(self, tmp_path: Path) -> None:
        pixels = COLORS[INDICES].repeat(16, axis=0).repeat(16, axis=1)

        message, hint = refusal(save(tmp_path / "map.jpg", pixels, quality=75))
        assert " blurred by JPEG compression or smooth resizing (" in message
        assert hint == "Save the label map as a PNG, and resize it with nearest-neighbour sampling only."

    @pytest.mark.parametrize("label_format", ["auto", "label-ids"])
    @pytest.mark.parametrize("method", [Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS])
    def test_ids_resized_smoothly(
        self, tmp_path: Path, street: NDArray[np.uint8], label_format: str, method: Image.Resampling
    ) -> None:
        """Between two classes stand others that nobody drew; their ids are ids as well."""
        large = LABEL_IDS[street].repeat(8, axis=0).repeat(8, axis=1)
        smooth = Image.fromarray(large).resize((200, 130), method)
        path = save(tmp_path / "map.png", np.asarray(smooth).clip(0, 33))

        if label_format == "label-ids":
            assert refusal(path, label_format)[0].startswith("ids blurred by smooth resizing or compression")
        else:
            refusal(path)
        nearest = Image.fromarray(large).resize((200, 130), Image.Resampling.NEAREST)
        read_label_map(save(tmp_path / "map.png", np.asarray(nearest)), label_format, CITYSCAPES)

    def test_transparency(self, tmp_path: Path) -> None:
        pixels = np.concatenate([COLORS[INDICES], np.full((*INDICES.shape, 1), 255, np.uint8)], axis=-1)
        pixels[0, 0, 3] = 254

        assert refusal(save(tmp_path / "map.png", pixels)) == (
            "has transparent pixels",
            "Flatten the picture on an opaque background.",
        )

    @pytest.mark.parametrize(("mode", "kind"), [("CMYK", "CMYK"), ("F", "floating-point")])
    def test_unusable_pixels(self, tmp_path: Path, mode: str, kind: str) -> None:
        for name in {"CMYK": ["map.jpg"], "F": ["map.pfm", "map.tif"]}[mode]:
            Image.new(mode, (16, 16)).save(tmp_path / name)

            assert refusal(tmp_path / name)[0] == f"a picture with {kind} pixels, not a label map"


def photograph() -> NDArray[np.uint8]:
    """Return noise on a gradient, uint8 (96, 96, 3): thousands of colours, as in a photograph."""
    gradient = np.linspace(20, 220, 96)[:, None, None] * np.ones((96, 96, 3))
    noise = np.random.default_rng(0).normal(0, 12, (96, 96, 3))
    return np.clip(gradient + noise, 0, 255).astype(np.uint8)


class TestFit:
    def test_pixel_centres_are_sampled(self) -> None:
        fitted, message = fit_label_map(np.arange(36, dtype=np.uint8).reshape(6, 6), 2, 2)

        np.testing.assert_array_equal(fitted, [[7, 10], [25, 28]])
        assert fitted.dtype == np.uint8
        assert message is None

    @pytest.mark.parametrize("size", [(7, 13), (40, 90), (10, 32), (1, 1)])
    def test_like_pillows_nearest(self, size: tuple[int, int]) -> None:
        expected = np.asarray(Image.fromarray(INDICES).resize(size[::-1], Image.Resampling.NEAREST))

        np.testing.assert_array_equal(fit_label_map(INDICES, *size)[0], expected)

    def test_a_changed_aspect_is_said(self) -> None:
        label_map = np.zeros((720, 960), np.uint8)

        assert fit_label_map(label_map, 128, 256)[1] == (
            "the label map is 720x960 (height x width, aspect 1.33) and the model 128x256 (aspect 2.00): "
            "the scene is stretched sideways by 1.50"
        )
        assert fit_label_map(label_map, 256, 128)[1] == (
            "the label map is 720x960 (height x width, aspect 1.33) and the model 256x128 (aspect 0.50): "
            "the scene is squeezed sideways by 2.67"
        )

    @pytest.mark.parametrize(("width", "is_said"), [(109, False), (111, True), (91, False), (90, True)])
    def test_up_to_ten_percent_is_silent(self, width: int, is_said: bool) -> None:
        assert (fit_label_map(np.zeros((100, 100), np.uint8), 100, width)[1] is not None) == is_said
