"""The motion stage of key frames: what of it is learned."""
