"""Groups of commands whose `--help` is quick."""

from typing import Any

from typer.core import TyperGroup, TyperOption


class QuickHelpGroup(TyperGroup):
    """Spares the help of its commands the import of pydantic (half of the time it takes)."""

    def get_help_option(self, ctx: Any) -> TyperOption | None:
        """Return `--help` with a default: Typer loads pydantic to interpret a flag that has no value at all."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.default = False
        return option
