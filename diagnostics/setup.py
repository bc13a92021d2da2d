"""What a first start needs, step by step; every step finds its work done on a second start."""

import os
import secrets
from collections.abc import Callable

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.errors import DomainError
from accounts.roles import ROLES
from accounts.selectors import organisations_count
from accounts.services.roles import role_grant
from accounts.services.sites import organisation_create, site_create
from accounts.services.tokens import token_create
from accounts.services.users import user_create
from registry.services.starters import starter_models_import

DEMO_SITES = (("north", "North Clinic"), ("harbour", "Harbour Clinic"))
Say = Callable[[str], None]


def set_up(*, say: Say) -> None:
    """Folders, tables, static files, the starter models, and a demo organisation when there is none at all."""
    for folder in (settings.DATA_DIR, settings.KEY_DIR, settings.LOG_DIR):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _tables(say)
    _static_files(say)
    _starter_models(say)
    if not organisations_count():
        _demo_organisation(say)


def _tables(say: Say) -> None:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        say(f"Preparing the database: {len(plan)} steps")
        call_command("migrate", verbosity=0, interactive=False)


def _starter_models(say: Say) -> None:
    """Without models the portal still receives, shows and reads studies: not analysed, with the reason."""
    try:
        for version in starter_models_import(say=say):
            say(f"Starter model: {version}")
    except DomainError as error:
        say(f"No starter models: {error.message} Studies will be received, not analysed.")


def _static_files(say: Say) -> None:
    """Collected again only when a file is newer than the manifest of the last collection."""
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    newest = max((path.stat().st_mtime for path in (settings.BASE_DIR / "static").rglob("*")), default=0.0)
    pins = (settings.BASE_DIR / "requirements.txt").stat().st_mtime
    if not manifest.exists() or manifest.stat().st_mtime < max(newest, pins):
        say("Collecting static files")
        call_command("collectstatic", verbosity=0, interactive=False)


def _demo_organisation(say: Say) -> None:
    """Two sites, one user per role with a random password, said once and kept in a file that only its owner reads."""
    say("Creating the demo organisation: two sites, one user per role")
    organisation = organisation_create(name="Demo organisation", code="demo")
    sites = [site_create(organisation=organisation, code=code, name=name) for code, name in DEMO_SITES]
    lines = [_demo_user(organisation, sites, role) for role in ROLES]
    path = settings.DATA_DIR / "demo-users.txt"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write("\n".join(lines) + "\n")
    say("")
    for line in lines:
        say("  " + line)
    say(f"\nThese are shown once; they stand in {path}, readable by you alone.\n")


def _demo_user(organisation: object, sites: list[object], role: str) -> str:
    service = role == "service"
    password = None if service else secrets.token_urlsafe(12)
    user = user_create(
        organisation=organisation,
        username=role,
        password=password,
        display_name=f"Demo {role.replace('_', ' ')}",
        kind="service" if service else "person",
    )
    for site in sites:
        role_grant(user=user, site=site, role=role)
    if not service:
        return f"{role:<20}{password}"
    _, secret = token_create(user=user, name="demo", scopes=sorted(ROLES[role]), days=90)
    return f"{role:<20}token {secret}"
