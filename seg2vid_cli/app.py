"""The program `seg2vid`: its commands, and what becomes of errors and signals."""

import os
import re
import signal
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from seg2vid_cli.commands.backends import backends
from seg2vid_cli.commands.benchmark import benchmark
from seg2vid_cli.commands.data import data
from seg2vid_cli.commands.evaluate import evaluate
from seg2vid_cli.commands.export import export
from seg2vid_cli.commands.generate import generate
from seg2vid_cli.commands.labels import label_formats, labels
from seg2vid_cli.commands.models import models
from seg2vid_cli.commands.quick_help import QuickHelpGroup
from seg2vid_cli.commands.segment import segment
from seg2vid_cli.commands.studio import studio
from seg2vid_cli.commands.train import train
from seg2vid_cli.completion.scripts import VARIABLE as COMPLETION_VARIABLE
from seg2vid_cli.terminal.console import Console, flush_results, program_version
from seg2vid_cli.terminal.one_voice import leave_the_word
from seg2vid_cli.terminal.signals import Stopped, stop_on_signals
from seg2vid_cli.terminal.streams import prepare_streams
from seg2vid_interface.errors import Seg2VidError, UsageError
from seg2vid_interface.places import find_place

_PLAIN_WORDS = {
    "Value error, ": "",  # before what a check of Typer's raised
    "Input should be a valid integer, unable to parse string as an integer": "not a whole number",
    "Input should be a valid number, unable to parse string as a number": "not a number",
}
"""What pydantic says -> what users read."""
_INTERRUPTED = 128 + signal.SIGINT


class InternalError(Seg2VidError):
    """A defect of seg2vid or of what it stands on."""

    code = "internal"


class CommandLineError(UsageError):
    """A command line that cannot be parsed."""


class ErrorReportingGroup(QuickHelpGroup):
    """Turns errors into one or two lines, or a JSON object, and an exit code; so tests see what users see."""

    def main(self, args: Sequence[str] | None = None, *positional: Any, **named: Any) -> NoReturn:
        """Run the program on `args` (None: the process's own) and leave by SystemExit."""
        words = _words_before_separator(sys.argv[1:] if args is None else args)
        console = Console(_command_name(self, words), json="--json" in words, debug="--debug" in words)
        try:
            sys.exit(self._run(args, *positional, **named))
        except typer.TyperException as error:
            failure: Seg2VidError | Stopped = _usage_error(error, console.command)
        except (Seg2VidError, Stopped) as error:
            failure = error
        flush_results()
        if console.command != "train" or find_place().leads or not isinstance(failure, Stopped | CommandLineError):
            console.fail(failure)
        elif isinstance(failure, CommandLineError):  # which all processes that train together have been given
            leave_the_word()
        sys.exit(failure.exit_code)

    def _run(self, args: Sequence[str] | None, *positional: Any, **named: Any) -> Any:
        """Return the exit code; whatever happens, raise nothing but Seg2VidError, Stopped and TyperException."""
        try:
            with stop_on_signals():
                if request := os.environ.get(COMPLETION_VARIABLE):
                    return self._answer_shell(sys.argv[1:] if args is None else args, request)
                exit_code = super().main(args, *positional, **{**named, "standalone_mode": False})
        except (Seg2VidError, typer.TyperException):
            raise
        except OSError as error:
            where = "" if error.filename is None else f"{error.filename}: "
            raise Seg2VidError(f"{where}{error.strerror or error}") from error
        except SystemExit as error:
            if isinstance(error.__context__, BrokenPipeError):  # what Typer makes of a reader that has seen enough
                return 0
            raise
        except Exception as error:
            message = " ".join(f"internal error: {type(error).__name__}: {error}".split())
            raise InternalError(message, "Run it again with --debug and report what it prints.") from error
        if exit_code == _INTERRUPTED:  # what Typer makes of KeyboardInterrupt
            raise Stopped(signal.SIGINT)
        return exit_code

    def _answer_shell(self, args: Sequence[str], request: str) -> int:
        from seg2vid_cli.completion.request import answer

        typer.echo(answer(self, args, request), nl=False)
        return 0


def _usage_error(error: typer.TyperException, command: str | None) -> CommandLineError:
    program = "seg2vid" if command is None else f"seg2vid {command}"
    message = " ".join(error.format_message().split())
    message = re.sub(r" \(Possible options: .*\)$", "", message)  # which may be far from what was meant
    for wording, plain in _PLAIN_WORDS.items():
        message = message.replace(wording, plain)
    return CommandLineError(message, f"`{program} --help` shows how it is used.")


def _words_before_separator(args: Sequence[str]) -> list[str]:
    words = list(args)
    return words[: words.index("--")] if "--" in words else words


def _command_name(group: TyperGroup, words: Sequence[str]) -> str | None:
    """Return e.g. "models list", as far as `words` name commands; needed before they are parsed."""
    names: list[str] = []
    commands: dict[str, Any] = dict(group.commands)
    for word in words:
        if word not in commands:
            break
        names.append(word)
        commands = dict(getattr(commands[word], "commands", {}))
    return " ".join(names) or None


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"seg2vid {program_version()}")
        raise typer.Exit


app = typer.Typer(
    name="seg2vid",
    cls=ErrorReportingGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,  # its flags would load pydantic whatever the command
    rich_markup_mode=None,  # plain text is quick, and nothing in brackets is lost
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def _program(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Turn one semantic label map into a video, with its flow, occlusion and per-frame labels."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(UsageError.exit_code)


app.command()(generate)
app.command()(labels)
app.command("label-formats")(label_formats)
app.command()(segment)
app.command()(studio)
app.command()(train)
app.command()(export)
app.command()(evaluate)
app.command()(benchmark)
app.command()(backends)
app.add_typer(data, name="data")
app.add_typer(models, name="models")


def main() -> None:
    """Run `seg2vid`; never returns."""
    prepare_streams()
    app()
