"""Says when resizing a picture distorts what it shows."""

_LARGEST_CHANGE = 1.1


def distortion_message(what: str, old_size: tuple[int, int], new_size: tuple[int, int]) -> str | None:
    """Return a message if the aspect ratio of `what` changes by more than 10%, else None; sizes are (height, width)."""
    (old_height, old_width), (height, width) = old_size, new_size
    stretch = (width / height) / (old_width / old_height)
    if max(stretch, 1 / stretch) <= _LARGEST_CHANGE:
        return None
    return (
        f"the {what} is {old_height}x{old_width} (height x width, aspect {old_width / old_height:.2f}) and the "
        f"model {height}x{width} (aspect {width / height:.2f}): "
        f"the scene is {'stretched' if stretch > 1 else 'squeezed'} sideways by {max(stretch, 1 / stretch):.2f}"
    )
