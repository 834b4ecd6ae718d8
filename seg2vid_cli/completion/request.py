"""Answers a shell that asks what the word being typed can become.

The scripts of `scripts.py` run the program with the words of the command line up to the cursor, and the index of the
last of them in the environment variable VARIABLE: `_SEG2VID_COMPLETE=2 seg2vid generate --model str`.  (Some versions
of PowerShell drop the last word if it is empty, hence the index.)  The answer is one word a line, perhaps with a tab
and its help after it; or COMPLETE_FILES or COMPLETE_FOLDERS; or nothing.  Of `--model=str` only the value is answered.

Typer parses the words and knows what its commands and options offer.  Its own scripts, and what they call, are not
used: for every Tab they load pydantic, and in zsh and fish rich as well, which takes two to three times as long; and
they know neither folders nor words like `--model=str` or `~/bin/seg2vid`.
"""

from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperArgument, TyperGroup, TyperOption

from seg2vid_cli.completion.offers import FILES, FOLDERS
from seg2vid_cli.completion.scripts import COMPLETE_FILES, COMPLETE_FOLDERS, SHELLS, VARIABLE, completion_script
from seg2vid_interface.errors import UsageError

_SEPARATOR = "--"
"""After it, nothing is an option."""


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
    command, words = _innermost(program, list(args[:index]))
    lines = [] if command is None else _complete(command, words, "".join(args[index : index + 1]))
    return "".join(f"{line}\n" for line in lines)


def _innermost(program: TyperGroup, words: list[str]) -> tuple[Any, list[str]]:
    """Return the innermost command that `words` name, None for a name that none has; and the words after its name."""
    command: Any = program
    while isinstance(command, TyperGroup):
        name = next((word for word in words if not word.startswith("-")), None)  # options of groups take no values
        if name is None:
            break
        command, words = command.commands.get(name), words[words.index(name) + 1 :]
    return command, words


def _complete(command: Any, words: list[str], incomplete: str) -> list[str]:
    context = typer.Context(command, resilient_parsing=True)
    options = {name: option for option in command.get_params(context) for name in _option_names(option)}
    if _SEPARATOR not in words:
        awaiting = options.get(words[-1]) if words else None
        if awaiting is not None and not awaiting.is_flag:
            return _values(context, awaiting, incomplete)
        name, equals, value = incomplete.partition("=")
        if equals and name in options and not options[name].is_flag:
            return _values(context, options[name], value)
    given, _, order = command.make_parser(context).parse_args(list(words))  # which empties the list
    if incomplete.startswith("-") and _SEPARATOR not in words:
        return _new_names(context, incomplete, order)
    if isinstance(command, TyperGroup):
        return [_line(offer.value, offer.help) for offer in command.shell_complete(context, incomplete)]
    for parameter in command.params:
        if isinstance(parameter, TyperArgument) and (parameter.nargs == -1 or given.get(parameter.name) is None):
            return _values(context, parameter, incomplete)
    return [] if incomplete or _SEPARATOR in words else _new_names(context, "--", order)


def _option_names(parameter: Any) -> list[str]:
    return [*parameter.opts, *parameter.secondary_opts] if isinstance(parameter, TyperOption) else []


def _new_names(context: typer.Context, incomplete: str, given: Sequence[Any]) -> list[str]:
    """Return the names of options, but for those `given` that may not be repeated."""
    used = {name for parameter in given if not parameter.multiple for name in _option_names(parameter)}
    offers = context.command.shell_complete(context, incomplete)
    return [_line(offer.value, offer.help) for offer in offers if offer.value not in used]


def _values(context: typer.Context, parameter: TyperOption | TyperArgument, incomplete: str) -> list[str]:
    """Return what `parameter` offers: names, choices, a kind of path, or nothing, as for numbers."""
    offers = parameter.shell_complete(context, incomplete)
    kinds = [offer.help for offer in offers]
    if kinds == [FOLDERS]:
        return [COMPLETE_FOLDERS]
    if kinds == [FILES] or (not offers and parameter.type_descriptor.is_path):
        return [COMPLETE_FILES]
    return [_line(offer.value, offer.help) for offer in offers if offer.value.isprintable()]


def _line(word: str, help_text: str | None) -> str:
    text = " ".join((help_text or "").split("  [default")[0].split())
    return f"{word}\t{text}" if text else word
