"""Damage to files, drawn from a seed: what disks, copies and hands do to them, and what strangers may."""

import random
import re
from collections.abc import Callable, Iterator, Sequence

Mutator = Callable[[bytes, bytes, random.Random], bytes]
"""Makes another file of a file; the second is a whole one of the same kind."""

NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
ODD_NUMBERS = (
    *(b"0", b"-1", b"1", b"2", b"255", b"256", b"65536", b"-2147483649", b"9223372036854775808", b"0.5", b"-0.0"),
    *(b"1e308", b"1e999", b"-1e999", b"1e-320", b"NaN", b"-Infinity", b"nan", b"inf", b"0x7f", b"007", b"1_000"),
    *(b"9" * 30, b"9" * 5000, b"1" + b"0" * 400, b"true", b"null", b'""', b'"1"', b"[]", b"{}", "\u0663".encode()),
)
ODD_BYTES = (b"\0", b"\xff", b"\xef\xbb\xbf", b"\r", b"\n", b'"', b"'", b"{", b"]", b"=", b"\\", b"\x1b[2J", b"#", b",")
DEPTH = 2000


def flip_bit(data: bytes, _: bytes, rng: random.Random) -> bytes:
    return _with(data, place := rng.randrange(len(data)), bytes([data[place] ^ 1 << rng.randrange(8)]))


def flip_bits(data: bytes, other: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.randint(2, 20)):
        data = flip_bit(data, other, rng)
    return data


def change_byte(data: bytes, _: bytes, rng: random.Random) -> bytes:
    return _with(
        data, rng.randrange(len(data)), bytes([rng.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF, rng.randrange(256)))])
    )


def truncate(data: bytes, _: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def zero_run(data: bytes, _: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    return _with(data, start, bytes(min(len(data) - start, rng.choice((4, 16, 512, 4096)))))


def splice(data: bytes, other: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))] + other[rng.randrange(len(other)) :]


def cut_out(data: bytes, _: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.randint(1, 64) :]


def repeat(data: bytes, _: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    end = start + rng.randint(1, 256)
    return data[:end] + data[start:end] * rng.randint(1, 4) + data[end:]


def append(data: bytes, other: bytes, rng: random.Random) -> bytes:
    return data + rng.choice((b"\0", b"\n", rng.randbytes(100), other))


def swap_number(data: bytes, _: bytes, rng: random.Random) -> bytes:
    numbers = list(NUMBER.finditer(data))
    if not numbers:
        return data
    place = rng.choice(numbers)
    new = rng.choice((*ODD_NUMBERS, rng.choice(numbers)[0]))
    return data[: place.start()] + new + data[place.end() :]


def insert_odd_bytes(data: bytes, _: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(data))
    return data[:place] + rng.choice(ODD_BYTES) + data[place:]


def nest(data: bytes, _: bytes, rng: random.Random) -> bytes:
    opening, closing = rng.choice(((b"[", b"]"), (b'{"a":', b"}")))
    numbers = list(NUMBER.finditer(data))
    start, end = rng.choice(numbers).span() if numbers else (0, 0)
    depth = rng.choice((50, 100, DEPTH, 50 * DEPTH))
    return data[:start] + opening * depth + b"1" + closing * depth + data[end:]


def drop_line(data: bytes, _: bytes, rng: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    del lines[rng.randrange(len(lines))]
    return b"".join(lines)


def swap_lines(data: bytes, other: bytes, rng: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    lines[rng.randrange(len(lines))] = rng.choice(rng.choice((data, other)).splitlines(keepends=True) or [b"\n"])
    return b"".join(lines)


BINARY: Sequence[Mutator] = (
    *(flip_bit, flip_bit, flip_bit, flip_bits, change_byte, truncate, zero_run, splice, cut_out, repeat, append),
)
TEXT: Sequence[Mutator] = (
    *(*BINARY, *(swap_number,) * 6, insert_odd_bytes, insert_odd_bytes, nest, drop_line, swap_lines),
)


def at_the_ends(mutator: Mutator) -> Mutator:
    """Return a mutator that damages the first or last part of a large file, where what describes the rest lies."""

    def mutate(data: bytes, other: bytes, rng: random.Random) -> bytes:
        size = min(len(data), rng.choice((256, 4096, 32768)))
        if rng.random() < 0.5:
            return mutator(data[:size], other[: len(other) // 2], rng) + data[size:]
        return data[:-size] + mutator(data[-size:], other, rng)

    return mutate


LARGE: Sequence[Mutator] = (*BINARY, *map(at_the_ends, (*BINARY, swap_number, swap_number)))


def mutations(
    files: Sequence[bytes], mutators: Sequence[Mutator], count: int, seed: str
) -> Iterator[tuple[bytes, bytes]]:
    """Yield `count` pairs of a whole file and a damaged one, which differ; the same for the same seed."""
    rng = random.Random(seed)
    made = 0
    while made < count:
        whole = rng.choice(files)
        damaged = rng.choice(mutators)(whole, rng.choice(files), rng)
        if damaged != whole:
            made += 1
            yield whole, damaged


def _with(data: bytes, place: int, new: bytes) -> bytes:
    return data[:place] + new + data[place + len(new) :]
