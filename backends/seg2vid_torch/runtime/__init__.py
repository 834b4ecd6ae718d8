"""Models opened on a device."""
