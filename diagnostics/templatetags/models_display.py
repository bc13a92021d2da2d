"""How the models page words what the registry holds: formatting only, the same words as `manage.py models`."""

from django import template

from registry.listing import engine_text, verdict_word
from registry.overview import ROLES, Figure, VersionLine
from registry.wording import family_title, figure_title, short, words

register = template.Library()


@register.filter
def spoken(name: str) -> str:
    return words(name)


@register.filter
def title_of(figure: Figure) -> str:
    return figure_title(figure.name)


@register.filter
def family_named(line: VersionLine) -> str:
    return family_title(line.family)


@register.filter
def role_explained(line: VersionLine) -> str:
    return ROLES[line.role]


@register.filter
def value_of(figure: Figure) -> str:
    return "–" if figure.value is None else short(figure.value)


@register.filter
def interval_of(figure: Figure) -> str:
    return "" if figure.low is None or figure.high is None else f"{short(figure.low)} to {short(figure.high)}"


@register.filter
def verdict_of(line: VersionLine) -> str:
    return verdict_word(line.verdict, line.version.task).lower()


@register.filter
def engine_of(line: VersionLine) -> str:
    return engine_text(line)


@register.filter
def calibrated(line: VersionLine) -> bool:
    """Has an operating point somewhere, so that it may call a finding positive."""
    return bool(line.version.spec.get("operating_points") or line.version.task == "guard")
