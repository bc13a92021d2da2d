"""What --persist adds: the files that could be read are taken in like uploads, for the worker to analyse."""

import hashlib
from pathlib import Path

from accounts.errors import DomainError, InvalidInput, NotFound
from accounts.models import Membership, Site, User
from accounts.roles import ROLES
from imaging.screening_lines import Line
from imaging.services import intake

# Whose work sending is comes first.
SENDING_ROLES = ("technologist", "service", *(role for role in ROLES if role not in {"technologist", "service"}))
NOBODY = "Nobody may send studies in at that site yet."


class ScreeningStore:
    """Takes in each file of a run once."""

    def __init__(
        self, *, site_code: str | None, username: str | None, case_type: str | None, claim_number: str | None = None
    ) -> None:
        self.site = site_named(site_code)
        self.actor = sender_at(self.site, username)
        self._case_type = case_type
        self._claim_number = claim_number or ""
        self._done: set[str] = set()

    def take(self, line: Line) -> DomainError | None:
        """Store the file that a line speaks of; the error when that was refused. Refused files are not stored."""
        if line["status"] == "refused" or line["sha256"] in self._done:
            return None
        self._done.add(line["sha256"])
        try:
            data = Path(line["file"]).read_bytes()
        except OSError:
            return NotFound("The file has gone since it was screened, and is not stored.")
        if hashlib.sha256(data).hexdigest() != line["sha256"]:
            return InvalidInput("The file has changed since it was screened, and is not stored.")
        try:
            intake.study_receive_bytes(
                site=self.site,
                actor=self.actor,
                data=data,
                file_name=Path(line["file"]).name,
                case_type=self._case_type,
                claim_number=self._claim_number,
            )
        except DomainError as error:
            return error
        return None


def site_named(code: str | None) -> Site:
    """The site of that code ("site", or "organisation/site" where two organisations use it); without one, the first.

    Raises:
        InvalidInput: none, or more than one.
    """
    sites = Site.objects.select_related("organisation").order_by("created_at", "code")
    if code is None:
        first = sites.first()
        if first is None:
            raise InvalidInput("There is no site to store for yet; make one first.")
        return first
    organisation, _, name = code.rpartition("/")
    found = list(sites.filter(code=name, **({"organisation__code": organisation} if organisation else {}))[:2])
    if len(found) != 1:
        raise InvalidInput("The site's code names no site." if not found else "Name the site as organisation/site.")
    return found[0]


def sender_at(site: Site, username: str | None) -> User:
    """Whom the audit trail names as the sender: the named user, else the site's first one, technologists before others.

    Raises:
        InvalidInput: nobody, or the named user may not send studies in at the site.
    """
    roles = [role for role in SENDING_ROLES if "upload_study" in ROLES[role]]
    members = Membership.objects.filter(site=site, role__in=roles, user__is_active=True).select_related("user")
    if username is not None:
        members = members.filter(user__username=username)
    found = min(members.order_by("created_at"), key=lambda member: roles.index(member.role), default=None)
    if found is None:
        raise InvalidInput("That user may not send studies in at the site." if username else NOBODY)
    return found.user
