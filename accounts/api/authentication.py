"""Who calls the API: a reader's session (with CSRF), or a service account's token."""

from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.audit.context import context_amend
from accounts.errors import NotSignedIn
from accounts.models import User
from accounts.services.tokens import token_user


class PortalSessionAuthentication(SessionAuthentication):
    """The portal's session. Unsafe methods need the CSRF token; the address counts as signed out without a user."""


class BearerTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer sr_...`; a header that is there but wrong is refused, never ignored."""

    keyword = "Bearer"

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        header = request.headers.get("Authorization", "")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != self.keyword.lower():
            return None
        try:
            user, row = token_user(token.strip())
        except NotSignedIn as error:
            raise AuthenticationFailed from error
        context_amend(
            actor_id=user.id, actor_label=user.username, authentication="token", session_digest="", token_id=row.id
        )
        return user, None

    def authenticate_header(self, request: Request) -> str:
        return self.keyword
