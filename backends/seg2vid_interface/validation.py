"""What pydantic found wrong, in plain words."""

from pydantic import ValidationError


def problems_of(error: ValidationError) -> list[str]:
    """Return one text per problem: the dotted place and what is wrong with it, or that alone if it is about several."""
    problems = []
    for problem in error.errors():
        message = problem["msg"].removeprefix("Value error, ")  # pydantic's word for what our own checks raised
        place = "".join(letter if letter.isprintable() else "?" for letter in ".".join(map(str, problem["loc"])))
        problems.append(f"{place}: {message}" if place else message)
    return problems
