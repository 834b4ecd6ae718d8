"""Answers a shell that asks what the word being typed can become.

The scripts of `completion_scripts` run the program with the words of the command line up to the cursor, and the index
of the last of them in the environment variable VARIABLE: `_SEG2VID_COMPLETE=2 seg2vid generate --model str`.  (Some
versions of PowerShell drop the last word if it is empty, hence the index.)  The answer is one word a line, perhaps with
a tab and its help after it; or COMPLETE_FILES or COMPLETE_FOLDERS; or nothing.  Of `--model=str` only the value is
answered.

Typer's own completion is not used: it loads pydantic for every Tab, runs the callback of `--version`, and forgets that
files should be completed.
"""

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import typer
from typer.core import TyperArgument, TyperGroup, TyperOption

from seg2vid_cli.completion.offers import FILES, FOLDERS
from seg2vid_cli.completion.scripts import COMPLETE_FILES, COMPLETE_FOLDERS, SHELLS, VARIABLE, completion_script
from seg2vid_interface.errors import UsageError

_SEPARATOR = "--"


@dataclass
class _Place:
    """Where a command line stands after some words."""

    command: Any
    """The innermost command named so far; None after a name that no command has."""
    awaiting: TyperOption | None = None
    """The option whose value comes next."""
    given: list[TyperOption] = field(default_factory=list)
    arguments: int = 0
    """How many words were arguments."""
    separated: bool = False
    """After "--", nothing is an option."""


def answer(program: TyperGroup, args: Sequence[str], request: str) -> str:
    """Return what a shell asks for.

    `request` is the index in `args` of the word to complete, or the name of a shell whose script is wanted.
    Raises UsageError for anything else.
    """
    if request in SHELLS:
        return completion_script(request)
    if not request.isdecimal():
        raise UsageError(f"{VARIABLE}={request}: no such shell", f"Known: {', '.join(SHELLS)}.")
    index = int(request)
    lines = _complete(program, args[:index], "".join(args[index : index + 1]))
    return "".join(f"{line}\n" for line in lines)


def _complete(program: TyperGroup, words: Sequence[str], incomplete: str) -> list[str]:
    place = _Place(program)
    for word in words:
        _step(place, word)
        if place.command is None:
            return []
    if place.awaiting is not None:
        return _values(place.command, place.awaiting, incomplete)
    if incomplete.startswith("-") and not place.separated:
        return _complete_option(place, incomplete)
    if isinstance(place.command, TyperGroup):
        return _command_names(place.command, incomplete)
    argument = _next_argument(place)
    if argument is not None:
        return _values(place.command, argument, incomplete)
    return [] if incomplete or place.separated else _option_names(place, "--")


def _complete_option(place: _Place, incomplete: str) -> list[str]:
    name, equals, value = incomplete.partition("=")
    if not equals:
        return _option_names(place, name)
    option = _find_option(place.command, name)
    return [] if option is None or option.is_flag else _values(place.command, option, value)


def _step(place: _Place, word: str) -> None:
    """Move `place` over a finished word; options that do not exist are passed over."""
    if place.awaiting is not None:
        place.awaiting = None
    elif word == _SEPARATOR:
        place.separated = True
    elif word.startswith("-") and not place.separated:
        name, equals, _ = word.partition("=")
        option = _find_option(place.command, name)
        if option is not None:
            place.given.append(option)
            place.awaiting = None if equals or option.is_flag else option
    elif isinstance(place.command, TyperGroup):
        place.command = place.command.commands.get(word)
    else:
        place.arguments += 1


def _options(command: Any) -> Iterator[TyperOption]:
    parameters = command.get_params(typer.Context(command))  # with --help
    return (option for option in parameters if isinstance(option, TyperOption) and not option.hidden)


def _find_option(command: Any, name: str) -> TyperOption | None:
    return next((option for option in _options(command) if name in (*option.opts, *option.secondary_opts)), None)


def _next_argument(place: _Place) -> TyperArgument | None:
    arguments = [argument for argument in place.command.params if isinstance(argument, TyperArgument)]
    if arguments and arguments[-1].nargs == -1:  # takes all that follow
        return arguments[min(place.arguments, len(arguments) - 1)]
    return arguments[place.arguments] if place.arguments < len(arguments) else None


def _option_names(place: _Place, incomplete: str) -> list[str]:
    options = [option for option in _options(place.command) if option.multiple or option not in place.given]
    names = ((name, option) for option in options for name in (*option.opts, *option.secondary_opts))
    return [_line(name, option.help) for name, option in names if name.startswith(incomplete)]


def _command_names(group: TyperGroup, incomplete: str) -> list[str]:
    shown = ((name, command) for name, command in group.commands.items() if not command.hidden)
    return [
        _line(name, command.get_short_help_str(limit=100)) for name, command in shown if name.startswith(incomplete)
    ]


def _values(command: Any, parameter: TyperOption | TyperArgument, incomplete: str) -> list[str]:
    """Return what `parameter` offers: names, choices, a kind of path, or nothing, as for numbers."""
    offers = parameter.shell_complete(typer.Context(command), incomplete)
    kinds = [offer.help for offer in offers]
    if kinds == [FOLDERS]:
        return [COMPLETE_FOLDERS]
    if kinds == [FILES] or (not offers and _means_path(command, parameter)):
        return [COMPLETE_FILES]
    return [_line(offer.value, offer.help) for offer in offers if offer.value.isprintable()]


def _means_path(command: Any, parameter: TyperOption | TyperArgument) -> bool:
    signature = inspect.signature(command.callback)
    return parameter.name in signature.parameters and _mentions_path(signature.parameters[parameter.name].annotation)


def _mentions_path(annotation: Any) -> bool:
    return annotation is Path or any(_mentions_path(part) for part in get_args(annotation))


def _line(word: str, help_text: str | None) -> str:
    text = " ".join((help_text or "").split("  [default")[0].split())
    return f"{word}\t{text}" if text else word
