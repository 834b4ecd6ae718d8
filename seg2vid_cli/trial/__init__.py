"""Trying models out on a sample scene."""
