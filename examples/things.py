"""What stands and drives in a street: functions that add one thing to a scene."""

import math
from collections.abc import Sequence
from random import Random

from scene import Outline, Place, Profile, Scene

CAR_BODY: Profile = ((0, 0.3), (0, 0.85), (0.2, 0.95), (3.2, 0.98), (4.1, 0.85), (4.3, 0.6), (4.3, 0.3))
CAR_CABIN: Profile = ((0.3, 0.9), (0.8, 1.38), (1.3, 1.48), (2.2, 1.46), (3.2, 0.95))
VAN_CABIN: Profile = ((0, 0.9), (0.1, 1.8), (0.4, 1.95), (3.0, 1.95), (3.9, 0.95))
BUS_BODY: Profile = ((0, 0.35), (0, 2.9), (0.2, 3.1), (11.8, 3.1), (12, 2.9), (12, 0.35))
TRUCK_BODY: Profile = ((0, 0.6), (0, 3.4), (6.5, 3.4), (6.5, 2.7), (8, 2.6), (8.2, 0.6))


def car(scene: Scene, at: Place, cabin: Profile = CAR_CABIN) -> None:
    """Add a car whose near end is `at`."""
    x, z = at

    def paint() -> None:
        _vehicle(scene, "car", at, 1.8, CAR_BODY)
        scene.solid("car", x - 0.75, x + 0.75, z, cabin)

    scene.add(z, paint)


def bus(scene: Scene, at: Place) -> None:
    """Add a bus of 12 m."""
    scene.add(at[1], lambda: _vehicle(scene, "bus", at, 2.5, BUS_BODY))


def truck(scene: Scene, at: Place) -> None:
    """Add a truck of 8 m."""
    scene.add(at[1], lambda: _vehicle(scene, "truck", at, 2.4, TRUCK_BODY))


def _vehicle(scene: Scene, name: str, at: Place, width: float, body: Profile) -> None:
    x, z = at
    length = body[-1][0]
    radius = 0.32 if length < 5 else 0.48
    for axle in (0.2 * length, 0.8 * length):
        for left in (x - width / 2, x + width / 2 - 0.2):
            scene.solid(name, left, left + 0.2, z, _wheel(axle, radius))
    scene.solid(name, x - width / 2, x + width / 2, z, body)


def _wheel(axle: float, radius: float) -> Profile:
    turns = [math.tau * step / 12 for step in range(12)]
    return [(axle + radius * math.cos(t), radius + radius * math.sin(t)) for t in turns]


def row_of_cars(scene: Scene, random: Random, x: float, *, near: float, far: float) -> None:
    """Add parked cars and vans, with some gaps."""
    z = near
    while z < far:
        car(scene, (x + random.uniform(-0.1, 0.1), z), random.choice((CAR_CABIN, CAR_CABIN, VAN_CABIN)))
        z += random.choice((5.4, 5.8, 6.5, 12))


def building(scene: Scene, left: float, z: float, *, length: float, height: float) -> None:
    """Add a house 14 m wide, `length` metres deep along the street."""
    scene.add(z + length, lambda: scene.solid("building", left, left + 14, z, _box(height, length)))


def row_of_buildings(scene: Scene, random: Random, x: float, *, near: float) -> None:
    """Add houses along the street, their fronts near `x`; they lie left of it if `x` is negative."""
    z = near
    while z < 150:
        setback, length = random.uniform(0, 0.8), random.uniform(10, 20)
        left = x + setback if x > 0 else x - setback - 14
        building(scene, left, z, length=length, height=random.uniform(9, 18))
        z += length


def hedge(scene: Scene, at: Place, *, length: float, height: float) -> None:
    """Add a hedge along the street."""
    x, z = at
    scene.add(z + length, lambda: scene.solid("vegetation", x - 0.5, x + 0.5, z, _box(height, length)))


def fence(scene: Scene, at: Place, *, length: float) -> None:
    """Add a fence along the street."""
    x, z = at
    scene.add(z + length, lambda: scene.solid("fence", x - 0.05, x + 0.05, z, _box(1.1, length)))


def _box(height: float, length: float) -> Profile:
    return ((0, 0), (0, height), (length, height), (length, 0))


def tree(scene: Scene, random: Random, at: Place, height: float) -> None:
    """Add a tree with a ragged crown; Cityscapes counts its trunk as vegetation."""
    x, z = at
    spread = 0.15 * height
    leaves = [
        (x + random.gauss(0, spread), random.gauss(0.66, 0.1) * height, random.uniform(0.3, 1) * spread)
        for _ in range(70)
    ]

    def paint() -> None:
        scene.post("vegetation", at, 0.5 * height, 0.05 * height)
        for leaf_x, leaf_y, radius in leaves:
            scene.disc("vegetation", (leaf_x, z), leaf_y, radius)

    scene.add(z, paint)


def street_lamp(scene: Scene, at: Place, reach: float) -> None:
    """Add a lamp whose arm reaches over the road by `reach` (negative: to the left)."""

    def paint() -> None:
        scene.post("pole", at, 7, 0.16)
        scene.upright("pole", at, [(0, 6.85), (0, 7), (reach, 7.3), (reach, 7.1)])

    scene.add(at[1], paint)


def traffic_light(scene: Scene, at: Place) -> None:
    """Add a traffic light on a post."""

    def paint() -> None:
        scene.post("pole", at, 3, 0.16)
        scene.upright("traffic light", at, _rectangle(0, 2.8, 0.4, 1))

    scene.add(at[1], paint)


def overhead_traffic_light(scene: Scene, at: Place, reach: float) -> None:
    """Add two traffic lights: one on the post, one on an arm that reaches over the road."""

    def paint() -> None:
        scene.post("pole", at, 5.4, 0.16)
        scene.upright("pole", at, _rectangle(reach / 2, 5.3, reach, 0.15))
        scene.upright("traffic light", at, _rectangle(0, 2.8, 0.4, 1))
        scene.upright("traffic light", at, _rectangle(reach, 5.2, 0.4, 1))

    scene.add(at[1], paint)


def round_sign(scene: Scene, at: Place) -> None:
    """Add a round traffic sign."""

    def paint() -> None:
        scene.post("pole", at, 2.6, 0.08)
        scene.disc("traffic sign", at, 2.5, 0.3)

    scene.add(at[1], paint)


def square_sign(scene: Scene, at: Place) -> None:
    """Add a square traffic sign."""

    def paint() -> None:
        scene.post("pole", at, 2.6, 0.08)
        scene.upright("traffic sign", at, _rectangle(0, 2.5, 0.6, 0.8))

    scene.add(at[1], paint)


def _rectangle(x: float, y: float, width: float, height: float) -> Outline:
    """Return the rectangle whose middle is x, y."""
    right, top = x + width / 2, y + height / 2
    return [(right - width, top - height), (right, top - height), (right, top), (right - width, top)]


def person(scene: Scene, at: Place, stride: float) -> None:
    """Add a person; `stride` is how far each foot is put aside."""
    scene.add(at[1], lambda: _figure(scene, "person", at, foot=0, stride=stride))


def cyclist(scene: Scene, at: Place) -> None:
    """Add a cyclist, seen from behind."""

    def paint() -> None:
        _figure(scene, "rider", at, foot=0.2, stride=0.12)
        scene.disc("bicycle", at, 0.34, 0.34, aspect=0.2)
        scene.upright("bicycle", at, _rectangle(0, 0.65, 0.2, 0.7))

    scene.add(at[1], paint)


def parked_bicycle(scene: Scene, at: Place) -> None:
    """Add a bicycle, seen from its side."""
    x, z = at

    def paint() -> None:
        for axle in (x - 0.5, x + 0.5):
            scene.disc("bicycle", (axle, z), 0.34, 0.34)
        scene.upright("bicycle", at, [(-0.5, 0.34), (0.1, 0.3), (0.5, 0.4), (0.4, 1), (0.3, 0.75), (-0.2, 0.9)])

    scene.add(z, paint)


def _figure(scene: Scene, name: str, at: Place, *, foot: float, stride: float) -> None:
    """Paint a human figure of 1.75 m whose feet are `foot` metres above the ground."""
    hip, shoulder = foot + 0.9, foot + 1.45
    for side in (-1, 1):
        for limb in _limbs(side, foot, hip, stride):
            scene.upright(name, at, limb)
    torso = [(-0.19, hip - 0.05), (0.19, hip - 0.05), (0.23, shoulder - 0.05), (0, shoulder + 0.1)]
    scene.upright(name, at, [*torso, (-0.23, shoulder - 0.05)])
    scene.disc(name, at, shoulder + 0.17, 0.13, aspect=0.85)


def _limbs(side: int, foot: float, hip: float, stride: float) -> Sequence[Outline]:
    """Return a leg and an arm, to the left (side -1) or right (side 1)."""
    step, shoulder = side * stride, hip + 0.55
    leg = [(0, hip), (side * 0.19, hip), (step + side * 0.08, foot), (step - side * 0.08, foot)]
    arm = [(side * 0.16, shoulder), (side * 0.26, shoulder - 0.08), (side * 0.32, hip), (side * 0.24, hip)]
    return leg, arm
