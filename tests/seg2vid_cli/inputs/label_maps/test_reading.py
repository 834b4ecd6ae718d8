from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from seg2vid_cli.inputs.label_maps.reading import fit_label_map, read_label_map
from seg2vid_interface.errors import LabelMapError, SettingsError, UsageError
from seg2vid_interface.label_spaces import CAMVID_12, CAMVID_32, CITYSCAPES, LabelClass, LabelSpace

COLORS = np.array([label_class.color for label_class in CITYSCAPES.classes], np.uint8)
LABEL_IDS = np.array([label_class.label_ids[0] for label_class in CITYSCAPES.classes], np.uint8)
INDICES = np.arange(20, dtype=np.uint8).repeat(16).reshape(10, 32)
"""Every Cityscapes class, in a map of 10 x 32."""

HARBOUR = LabelSpace(
    "harbour",
    (
        LabelClass("water", (0, 0, 200), (3,)),
        LabelClass("ship", (200, 0, 0), (5, 6)),
        LabelClass("rest", (0, 0, 0), (9,)),
    ),
)


def save(path: Path, pixels: NDArray[Any], **options: Any) -> Path:
    Image.fromarray(pixels).save(path, **options)
    return path


def save_palette(path: Path, indices: NDArray[np.uint8], colors: NDArray[np.uint8], **options: Any) -> Path:
    image = Image.fromarray(indices)
    image.putpalette(colors.tobytes())
    image.save(path, **options)
    assert mode_of(path) == "P"
    return path


def mode_of(path: Path) -> str:
    with Image.open(path) as image:
        return image.mode


def assert_reads(path: Path, encoding: str, indices: NDArray[np.uint8], label_format: str = "auto") -> None:
    label_map = read_label_map(path, label_format, CITYSCAPES)

    assert label_map.encoding == encoding
    assert label_map.indices.dtype == np.uint8
    np.testing.assert_array_equal(label_map.indices, indices)


def refusal(path: Path, label_format: str = "auto", label_space: LabelSpace = CITYSCAPES) -> tuple[str, str | None]:
    """Return the message, without the path, and the hint of the error that reading `path` raises."""
    with pytest.raises(LabelMapError) as caught:
        read_label_map(path, label_format, label_space)
    assert caught.value.message.startswith(f"{path}: ")
    assert "\n" not in caught.value.message
    return caught.value.message.removeprefix(f"{path}: "), caught.value.hint


class TestIds:
    def test_train_ids(self, tmp_path: Path) -> None:
        assert_reads(save(tmp_path / "map.png", INDICES), "Cityscapes train ids", INDICES)

    @pytest.mark.parametrize("label_format", ["auto", "train-ids"])
    def test_train_ids_with_unlabelled_pixels(self, tmp_path: Path, label_format: str) -> None:
        pixels = np.where(INDICES == 19, 255, INDICES).astype(np.uint8)

        assert_reads(save(tmp_path / "map.png", pixels), "Cityscapes train ids", INDICES, label_format)

    @pytest.mark.parametrize("label_format", ["auto", "label-ids"])
    def test_label_ids(self, tmp_path: Path, label_format: str) -> None:
        assert_reads(save(tmp_path / "map.png", LABEL_IDS[INDICES]), "Cityscapes label ids", INDICES, label_format)

    def test_label_ids_without_a_train_id_are_other(self, tmp_path: Path) -> None:
        pixels = np.array([0, 3, 4, 6, 9, 14, 18, 30, 33, 255], np.uint8).repeat(20).reshape(10, 20)

        indices = np.where(pixels == 33, 18, 19).astype(np.uint8)
        assert_reads(save(tmp_path / "map.png", pixels), "Cityscapes label ids", indices)

    def test_label_ids_that_look_like_train_ids_need_the_format(self, tmp_path: Path) -> None:
        path = save(tmp_path / "map.png", np.full((8, 8), 7, np.uint8))

        assert_reads(path, "Cityscapes train ids", np.full((8, 8), 7, np.uint8))
        assert_reads(path, "Cityscapes label ids", np.full((8, 8), 0, np.uint8), "label-ids")

    @pytest.mark.parametrize("label_format", ["auto", "label-ids"])
    def test_instance_ids(self, tmp_path: Path, label_format: str) -> None:
        pixels = LABEL_IDS[INDICES].astype(np.uint16)
        pixels[:, 1::2] = np.where(pixels[:, 1::2] >= 24, pixels[:, 1::2] * 1000 + 17, pixels[:, 1::2])
        path = save(tmp_path / "map.png", pixels)

        assert mode_of(path) == "I;16"
        assert_reads(path, "Cityscapes instance ids", INDICES, label_format)

    def test_16_bit_label_ids_and_train_ids(self, tmp_path: Path) -> None:
        label_ids = save(tmp_path / "label_ids.png", LABEL_IDS[INDICES].astype(np.uint16))
        train_ids = save(tmp_path / "train_ids.png", INDICES.astype(np.uint16))

        assert_reads(label_ids, "Cityscapes label ids", INDICES)
        assert_reads(train_ids, "Cityscapes train ids", INDICES)

    def test_a_16_bit_pgm(self, tmp_path: Path) -> None:
        path = tmp_path / "map.pgm"
        path.write_bytes(b"P5 32 10 65535\n" + LABEL_IDS[INDICES].astype(">u2").tobytes())

        assert mode_of(path) == "I"
        assert_reads(path, "Cityscapes label ids", INDICES)

    def test_grey_with_opaque_alpha(self, tmp_path: Path) -> None:
        pixels = np.stack([INDICES, np.full_like(INDICES, 255)], axis=-1)

        assert_reads(save(tmp_path / "map.png", pixels), "Cityscapes train ids", INDICES)

    def test_camvid_only_when_asked_for(self, tmp_path: Path) -> None:
        ids = np.arange(12, dtype=np.uint8).repeat(8).reshape(8, 12)
        path = save(tmp_path / "map.png", ids)
        targets = np.array(CAMVID_12.class_indices(CITYSCAPES), np.uint8)

        assert_reads(path, "CamVid 12-class ids", targets[ids], "camvid")
        assert_reads(path, "Cityscapes train ids", ids)


class TestColors:
    @pytest.mark.parametrize("label_format", ["auto", "colors"])
    @pytest.mark.parametrize("alpha", [False, True])
    def test_cityscapes_colors(self, tmp_path: Path, label_format: str, alpha: bool) -> None:
        pixels = COLORS[INDICES]
        if alpha:
            pixels = np.concatenate([pixels, np.full_like(pixels[..., :1], 255)], axis=-1)

        assert_reads(save(tmp_path / "map.png", pixels), "Cityscapes colours", INDICES, label_format)

    def test_colors_of_label_ids_without_a_train_id(self, tmp_path: Path) -> None:
        pixels = np.full((8, 8, 3), (111, 74, 0), np.uint8)
        pixels[:, 4:] = (128, 64, 128)

        indices = np.where(np.arange(8) < 4, 19, 0).astype(np.uint8) * np.ones((8, 1), np.uint8)
        assert_reads(save(tmp_path / "map.png", pixels), "Cityscapes colours", indices)

    @pytest.mark.parametrize("label_format", ["auto", "colors", "camvid"])
    def test_camvid_colors(self, tmp_path: Path, label_format: str) -> None:
        classes = np.arange(32, dtype=np.uint8).repeat(8).reshape(8, 32)
        colors = np.array([label_class.color for label_class in CAMVID_32.space.classes], np.uint8)
        targets = np.array(CAMVID_32.class_indices(CITYSCAPES), np.uint8)

        assert_reads(save(tmp_path / "map.png", colors[classes]), "CamVid colours", targets[classes], label_format)

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

    def test_grey_ramp_is_read_by_its_indices(self, tmp_path: Path) -> None:
        ramp = np.arange(34, dtype=np.uint8)[:, None].repeat(3, axis=1)

        assert_reads(save_palette(tmp_path / "map.png", LABEL_IDS[INDICES], ramp), "Cityscapes label ids", INDICES)

    def test_opaque_palette_with_a_transparency_chunk(self, tmp_path: Path) -> None:
        path = save_palette(tmp_path / "map.png", 19 - INDICES, COLORS[::-1], transparency=bytes([255] * 20))

        with Image.open(path) as image:
            assert "transparency" in image.info
        assert_reads(path, "Cityscapes colours", INDICES)

    def test_arbitrary_palette_is_refused_until_the_numbering_is_named(self, tmp_path: Path) -> None:
        path = save_palette(tmp_path / "map.png", INDICES, COLORS ^ 1)

        message, hint = refusal(path)
        assert message == (
            "holds colours that are not Cityscapes colours or CamVid colours: "
            "(1, 1, 1), (1, 1, 71), (1, 1, 143), (1, 1, 231), (1, 61, 101) and 15 more"
        )
        assert hint == (
            "Another label space needs --label-format FILE.toml; "
            "palette indices that are ids need train-ids or label-ids."
        )
        assert_reads(path, "Cityscapes train ids", INDICES, "train-ids")

    def test_a_named_numbering_falls_back_on_the_indices(self, tmp_path: Path) -> None:
        path = save_palette(tmp_path / "map.png", np.zeros((8, 8), np.uint8), COLORS ^ 1)

        assert_reads(path, "CamVid 12-class ids", np.full((8, 8), 10, np.uint8), "camvid")


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
        path = save(tmp_path / "map.png", np.array([0, 255], np.uint8).repeat(32).reshape(8, 8))

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
            '[[classes]]\nname = "tram"\ncolor = "#202020"\nids = [200]\nmaps_to = "train"\n'
        )
        ids = np.array([0, 40, 41, 200, 255, 0, 0, 0], np.uint8).repeat(8).reshape(8, 8)
        colors = np.array([[255] * 3, [16] * 3, [32] * 3], np.uint8)[[0, 1, 1, 2, 0, 0, 0, 0]].repeat(8, axis=0)
        expected = np.array([19, 0, 0, 16, 19, 19, 19, 19], np.uint8).repeat(8).reshape(8, 8)

        assert_reads(save(tmp_path / "ids.png", ids), "Mine ids", expected, str(space))
        assert_reads(save(tmp_path / "colors.png", colors.reshape(8, 8, 3)), "Mine colours", expected, str(space))

    def test_an_unknown_format_lists_the_known_ones(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError) as caught:
            read_label_map(tmp_path / "map.png", "colours", CITYSCAPES)
        assert caught.value.message == "--label-format: 'colours' is not known"
        assert caught.value.hint == (
            "Known: auto, train-ids, label-ids, colors, camvid, or the TOML file of a label space."
        )


class TestRefusals:
    def test_ids_outside_the_label_space(self, tmp_path: Path) -> None:
        path = save(tmp_path / "map.png", (LABEL_IDS[INDICES] + np.uint8(28)))

        message, _ = refusal(path)
        assert message == (
            "holds values that are not Cityscapes train, label or instance ids: 35, 36, 39, 40, 41 and 14 more"
        )

    @pytest.mark.parametrize(
        ("label_format", "message"),
        [
            ("train-ids", "holds values that are not Cityscapes train ids: 20, 21, 22, 23, 24 and 7 more"),
            ("camvid", "holds values that are not CamVid 12-class ids: 12, 13, 17, 19, 20 and 11 more"),
            ("colors", "a picture of ids, but --label-format colors reads colours"),
        ],
    )
    def test_a_format_that_does_not_fit_suggests_auto(self, tmp_path: Path, label_format: str, message: str) -> None:
        path = save(tmp_path / "map.png", LABEL_IDS[INDICES])

        assert refusal(path, label_format) == (message, "--label-format auto finds out what the picture holds.")

    @pytest.mark.parametrize("label_format", ["train-ids", "label-ids"])
    def test_colors_where_ids_were_promised(self, tmp_path: Path, label_format: str) -> None:
        message, _ = refusal(save(tmp_path / "map.png", COLORS[INDICES]), label_format)

        assert message == f"a picture of colours, but --label-format {label_format} reads ids"

    def test_unknown_colors(self, tmp_path: Path) -> None:
        pixels = COLORS[INDICES]
        pixels[0, 0] = (1, 2, 3)

        message, _ = refusal(save(tmp_path / "map.png", pixels))
        assert message == "holds colours that are not Cityscapes colours or CamVid colours: (1, 2, 3)"

    def test_16_bit_without_instance_ids(self, tmp_path: Path) -> None:
        depth = np.linspace(500, 9000, 64 * 64).astype(np.uint16).reshape(64, 64)

        message, _ = refusal(save(tmp_path / "map.png", depth))
        assert message == ("holds values that are not Cityscapes instance ids: 500, 502, 504, 506, 508 and 236 more")

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
        assert message.startswith("Cityscapes colours blurred by JPEG compression or smooth resizing (")
        assert hint == "Save the label map as a PNG, and resize it with nearest-neighbour sampling only."

    def test_transparency(self, tmp_path: Path) -> None:
        pixels = np.concatenate([COLORS[INDICES], np.full((*INDICES.shape, 1), 255, np.uint8)], axis=-1)
        pixels[0, 0, 3] = 254

        assert refusal(save(tmp_path / "map.png", pixels)) == (
            "has transparent pixels",
            "Flatten the picture on an opaque background.",
        )

    @pytest.mark.parametrize(
        ("mode", "kind"), [("1", "black-and-white (1 bit)"), ("CMYK", "CMYK"), ("F", "floating-point")]
    )
    def test_unusable_pixels(self, tmp_path: Path, mode: str, kind: str) -> None:
        path = tmp_path / {"1": "map.png", "CMYK": "map.jpg", "F": "map.pfm"}[mode]
        Image.new(mode, (16, 16)).save(path)

        assert refusal(path)[0] == f"a picture with {kind} pixels, not a label map"


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
