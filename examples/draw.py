"""Draws the label maps of this folder: three streets.

    python examples/draw.py [--out FOLDER]

Each scene is drawn as class indices and saved in another encoding.
"""

import argparse
from pathlib import Path
from random import Random

import things
from PIL import Image
from scene import Scene

from seg2vid_interface.label_spaces import CITYSCAPES


def street() -> Scene:
    """A street in a town: houses on both sides, parked cars, some trees."""
    random, scene = Random(3), Scene(vanishing_x=0.52)
    scene.ground("sidewalk", -30, 30)
    scene.ground("road", -6.3, 4.6)
    things.row_of_buildings(scene, random, -9.5, near=-4)
    things.row_of_buildings(scene, random, 7.8, near=-8)
    things.building(scene, -16, 165, length=10, height=13)
    things.row_of_cars(scene, random, -5.2, near=16, far=90)
    things.row_of_cars(scene, random, 3.5, near=13, far=90)
    for x, z, height in ((-7.6, 34, 8), (-7.4, 62, 9), (6.4, 42, 7), (6.2, 75, 9), (-2, 150, 12), (3, 155, 10)):
        things.tree(scene, random, (x, z), height)
    for z in (24, 55, 90):
        things.street_lamp(scene, (5.1, z), reach=-1.6)
    things.round_sign(scene, (5.2, 15))
    things.square_sign(scene, (-6.9, 21))
    things.car(scene, (-2.4, 38))
    things.car(scene, (0.9, 55), things.VAN_CABIN)
    for place in ((6.3, 17), (6.9, 17.6), (-7.6, 26), (6.2, 36)):
        things.person(scene, place, stride=random.uniform(0.05, 0.3))
    things.cyclist(scene, (1.9, 19))
    return scene


def crossing() -> Scene:
    """A wide road that meets another one, with traffic lights, a bus and people who cross."""
    random, scene = Random(8), Scene(vanishing_x=0.47)
    scene.ground("sidewalk", -60, 60)
    scene.ground("road", -60, 60, near=24, far=38)
    scene.ground("road", -8.5, 6.5)
    for x in (-13.0, 11.0):
        things.building(scene, x if x > 0 else x - 14, 2, length=18, height=14)
        things.row_of_buildings(scene, random, x, near=43)
    things.building(scene, -14, 170, length=10, height=14)
    things.building(scene, 0, 170, length=10, height=11)
    for x, z, height in ((-11, 46, 9), (9, 52, 10), (9.4, 66, 9), (-11, 80, 10), (-6, 160, 14), (3, 150, 11)):
        things.tree(scene, random, (x, z), height)
    things.overhead_traffic_light(scene, (7.2, 21), reach=-4.5)
    things.overhead_traffic_light(scene, (7.2, 41), reach=-4)
    things.traffic_light(scene, (-9.2, 22))
    things.traffic_light(scene, (-9, 41))
    things.square_sign(scene, (8, 40))
    things.round_sign(scene, (-9.8, 40))
    things.bus(scene, (-6, 44))
    for place in ((-2.6, 42), (2, 46), (1.8, 70), (4.8, 12)):
        things.car(scene, place)
    things.car(scene, (5, 60), things.VAN_CABIN)
    for x in (-5.2, -4.4, -1.2, 0.1):
        things.person(scene, (x, 20 + random.uniform(-1, 1)), stride=random.uniform(0.12, 0.25))
    for place in ((8.4, 19), (9.2, 24), (-10.3, 23), (-11, 21)):
        things.person(scene, place, stride=0.1)
    things.cyclist(scene, (3.2, 23))
    return scene


def avenue() -> Scene:
    """An avenue under trees, with grass beside the road."""
    random, scene = Random(5), Scene(vanishing_x=0.5)
    scene.ground("sidewalk", -40, 40)
    scene.ground("terrain", -10.5, 7.5)
    scene.ground("road", -7, 4.2)
    things.row_of_buildings(scene, random, -19, near=10)
    things.row_of_buildings(scene, random, 15, near=0)
    for x in (-9, -4, 0, 5):
        things.tree(scene, random, (x, 175), 13)
    things.fence(scene, (12.5, 6), length=45)
    things.hedge(scene, (-14.5, 8), length=60, height=1.8)
    for z in range(16, 140, 11):
        things.tree(scene, random, (-8.8 + random.uniform(-0.4, 0.4), z), random.uniform(9, 12))
        things.tree(scene, random, (5.9 + random.uniform(-0.4, 0.4), z + 4), random.uniform(9, 12))
    things.row_of_cars(scene, random, -6, near=14, far=70)
    things.truck(scene, (1.6, 34))
    things.car(scene, (-2.9, 27))
    things.car(scene, (-2.9, 52))
    things.street_lamp(scene, (5, 14), reach=-1.8)
    things.street_lamp(scene, (5, 48), reach=-1.8)
    things.round_sign(scene, (-7.9, 19))
    things.square_sign(scene, (4.9, 23))
    for place in ((9, 18), (9.7, 18.4), (8.8, 40), (-12, 25)):
        things.person(scene, place, stride=random.uniform(0.05, 0.3))
    things.parked_bicycle(scene, (6.9, 19))
    return scene


def as_label_ids(indices: Image.Image) -> Image.Image:
    """Return an 8-bit picture of Cityscapes label ids."""
    label_ids = [label_class.label_ids[0] for label_class in CITYSCAPES.classes]
    return indices.point(label_ids + [0] * (256 - len(label_ids)))


def as_palette(indices: Image.Image) -> Image.Image:
    """Return a palette picture of train ids in the colours of the classes; 255, in black, is "other"."""
    train_ids = indices.point([255 if index == CITYSCAPES.other else index for index in range(256)])
    colors = [channel for label_class in CITYSCAPES.classes for channel in label_class.color]
    train_ids.putpalette(colors + [0] * (3 * 256 - len(colors)))
    return train_ids


def as_colors(indices: Image.Image) -> Image.Image:
    """Return an RGB picture in the colours of the classes."""
    return as_palette(indices).convert("RGB")


def main() -> None:
    """Draw all scenes into the folder that the command line names."""
    parser = argparse.ArgumentParser(description="Draw the example label maps.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to write to (default: this)")
    folder = parser.parse_args().out
    as_label_ids(street().finish()).save(folder / "street.png")
    as_colors(crossing().finish()).save(folder / "crossing.png")
    as_palette(avenue().finish()).save(folder / "avenue.png")


if __name__ == "__main__":
    main()
