"""Bodies of the API: strict types, unknown fields refused, one sentence for each field that is wrong."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from fairgate.lib.i18n import gettext as _
from fairgate.lib.problems import Problem, invalid

MAX_BODY = 256 * 1024


class Body(BaseModel):
    """A JSON object that says no more than we know."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, str_strip_whitespace=True)


def _printable(text: str) -> str:
    """PostgreSQL stores no NUL, and a name of one line needs no other control character either."""
    if any(char < " " or char == "\x7f" for char in text):
        raise PydanticCustomError("control_characters", "")
    return text


Text = Annotated[str, AfterValidator(_printable)]
Model = TypeVar("Model", bound=BaseModel)


def parse(model: type[Model], raw: bytes) -> Model:
    """The body as a model. Raises Problem: too-large, broken-json, or invalid with a sentence for each field."""
    if len(raw) > MAX_BODY:
        raise Problem("too-large", _("The body is too large; send at most 256 KB."))
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
    if problems[0]["type"] == "json_invalid":
        raise Problem("broken-json", _("The body is not valid JSON in UTF-8."))
    raise invalid({_field(problem["loc"]): _sentence(problem) for problem in problems})


def _field(location: tuple[int | str, ...]) -> str:
    """("items", 0, "quantity") → "items[0].quantity"."""
    name = ""
    for part in location:
        name += f"[{part}]" if isinstance(part, int) else f".{part}"
    return name.lstrip(".") or "body"


def _sentence(problem: ErrorDetails) -> str:
    limits: dict[str, Any] = problem.get("ctx", {})
    kind = problem["type"]
    if kind == "greater_than_equal":
        return _("Use %(limit)s or more.") % {"limit": limits["ge"]}
    if kind == "less_than_equal":
        return _("Use %(limit)s or less.") % {"limit": limits["le"]}
    sentences = {
        "missing": _("This field is required."),
        "extra_forbidden": _("There is no such field."),
        "int_type": _("Use a whole number."),
        "int_from_float": _("Use a whole number."),
        "string_type": _("Use text."),
        "string_unicode": _("Use valid UTF-8."),
        "string_too_short": _("This is too short."),
        "too_short": _("This is too short."),
        "string_too_long": _("This is too long."),
        "too_long": _("This is too long."),
        "list_type": _("Use a list."),
        "control_characters": _("Leave out control characters."),
        "email": _("Use an email address such as ben@example.org."),
    }
    return sentences.get(kind, _("This is not valid here."))
