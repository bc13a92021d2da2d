"""Files on their way in: where they go, what becomes of each. Whatever goes wrong, nothing of a file stays."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings

from accounts.access import site_access, sites_with
from accounts.errors import DomainError, InvalidInput, NotFound
from accounts.models import Site, User
from accounts.services.objects import ObjectWriter
from imaging.errors import UploadMalformed, UploadTooLarge
from imaging.multipart import PartBegin, PartEnd, form_events
from imaging.services.intake import IntakeOutcome, study_receive

UPLOAD_PERMISSION = "upload_study"
LONGEST_FIELD_BYTES = 1000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one file: an outcome, or why it is refused."""

    file_name: str
    outcome: IntakeOutcome | None = None
    error: DomainError | None = None

    @property
    def status(self) -> int:
        if self.outcome is None:
            return self.error.status if self.error else 500
        return 201 if self.outcome.created else 200


@dataclass(slots=True)
class Destination:
    """Where the files go, as far as it is known yet, and who sends them."""

    actor: User
    site: Site | None = None
    case_type: str | None = None
    claim_number: str = ""

    def site_or_only(self) -> Site:
        """The site that was named; without a name, the one where the sender may send.

        Raises:
            InvalidInput: there are several.
        """
        if self.site is None:
            sites = list(sites_with(self.actor, UPLOAD_PERMISSION)[:2])
            if len(sites) != 1:
                raise InvalidInput(
                    "Name the site: you may send to more than one.",
                    code="site_missing",
                    remedy="Send the site's id or code as X-Site, or as the form's field site before the file.",
                )
            self.site = sites[0]
        return self.site


def site_named(user: User, named: str) -> Site:
    """By id, or by the code that it has among the sites where the user may send."""
    try:
        site_id = UUID(named)
    except ValueError:
        site = sites_with(user, UPLOAD_PERMISSION).filter(code=named).first()
        if site is None:
            raise NotFound("There is no site of that name where you may send studies.", code="site_unknown") from None
        return site
    return site_access(user=user, site_id=site_id, permission=UPLOAD_PERMISSION)


class IncomingFile:
    """One file on its way into quarantine; whatever goes wrong, nothing of it stays."""

    def __init__(self, destination: Destination, name: str) -> None:
        self.site = destination.site_or_only()
        self.destination = destination
        self.name = file_name_of(name)
        self._writer = ObjectWriter(self.site.organisation_id, "original")
        self._finished = False

    def __enter__(self) -> "IncomingFile":
        return self

    def __exit__(self, *_: object) -> None:
        if not self._finished:
            self._writer.abort()

    def write(self, data: bytes) -> None:
        if self._writer.size_bytes + len(data) > settings.UPLOAD_LIMIT_BYTES:
            raise UploadTooLarge
        self._writer.write(data)

    def verdict(self) -> Verdict:
        """The file is complete: decode it, take it in."""
        stored = self._writer.finish()
        self._finished = True
        try:
            outcome = study_receive(
                site=self.site,
                actor=self.destination.actor,
                stored=stored,
                file_name=self.name,
                case_type=self.destination.case_type,
                claim_number=self.destination.claim_number,
            )
        except DomainError as error:
            return Verdict(self.name, error=error)
        return Verdict(self.name, outcome=outcome)


@dataclass(slots=True)
class FormReceiver:
    """Fields first, then files; each file is taken in as soon as it is complete."""

    destination: Destination
    verdicts: list[Verdict] = field(default_factory=list)
    _incoming: IncomingFile | None = None
    _field: str = ""
    _value: bytes = b""

    def receive(self, chunks: Iterable[bytes], *, content_type: str) -> list[Verdict]:
        """Raises UploadMalformed when the form is damaged or holds no file."""
        try:
            for event in form_events(chunks, content_type=content_type):
                if isinstance(event, PartBegin):
                    self._begin(event)
                elif isinstance(event, PartEnd):
                    self._end()
                else:
                    self._data(event)
        finally:
            if self._incoming is not None:
                self._incoming.__exit__()
        if not self.verdicts:
            raise UploadMalformed("The form holds no file.")
        return self.verdicts

    def _begin(self, part: PartBegin) -> None:
        if part.file_name is not None:
            self._incoming = IncomingFile(self.destination, part.file_name)
        self._field, self._value = part.name, b""

    def _data(self, data: bytes) -> None:
        if self._incoming is not None:
            self._incoming.write(data)
            return
        self._value += data
        if len(self._value) > LONGEST_FIELD_BYTES:
            raise UploadMalformed("A field of the form is too long.")

    def _end(self) -> None:
        if self._incoming is not None:
            incoming, self._incoming = self._incoming, None
            with incoming:
                self.verdicts.append(incoming.verdict())
            return
        value = self._value.decode("utf-8", "replace").strip()
        if self._field == "case_type":
            self.destination.case_type = value or None
        elif self._field == "claim_number":
            self.destination.claim_number = value
        elif self._field == "site" and value:
            self.destination.site = site_named(self.destination.actor, value)


def file_name_of(text: str) -> str:
    """The last part of a path, without control characters, at most 255 characters."""
    name = text.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in name if letter.isprintable())[:255]
