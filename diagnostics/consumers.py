"""Sockets: check access, forward ids, decide nothing. A socket neither keeps a session alive nor outlives it."""

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings

from accounts.access import sites_with
from accounts.errors import DomainError
from accounts.live import site_group, study_group
from accounts.policy import any_site, on_site
from accounts.sessions import session_user
from imaging.access import study_access

NOT_SIGNED_IN = 4401
NOT_PERMITTED = 4403
FORWARDED = ("sequence", "kind", "study_id", "site_id", "status")


class Refused(Exception):
    """Why a socket is closed."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(str(code))


class OutboxConsumer(AsyncJsonWebsocketConsumer):
    """One socket and the groups it may hear: checked at the handshake, and again every SOCKET_RECHECK_SECONDS."""

    def _groups(self, user: Any) -> Iterable[str]:
        """Raises Refused when nothing may be heard. Runs in a thread: it reads the database."""
        raise NotImplementedError

    async def connect(self) -> None:
        self.joined: set[str] = set()
        self.recheck: asyncio.Task[None] | None = None
        try:
            await self._join_permitted()
        except Refused as refusal:
            await self.close(code=refusal.code)
            return
        await self.accept()
        self.recheck = asyncio.create_task(self._recheck_forever())

    async def disconnect(self, code: int) -> None:
        if self.recheck is not None:
            self.recheck.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.recheck
        for group in self.joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any) -> None:
        """Pages listen, they do not speak: whatever arrives here is dropped, unread."""

    async def outbox_event(self, message: dict[str, Any]) -> None:
        await self.send_json({key: message.get(key) for key in FORWARDED})

    async def _join_permitted(self) -> None:
        permitted = await self._permitted_groups()
        for group in permitted - self.joined:
            await self.channel_layer.group_add(group, self.channel_name)
        for group in self.joined - permitted:
            await self.channel_layer.group_discard(group, self.channel_name)
        self.joined = permitted

    @database_sync_to_async
    def _permitted_groups(self) -> set[str]:
        session = self.scope.get("session")
        user = session_user(session.session_key if session is not None else None)
        if user is None:
            raise Refused(NOT_SIGNED_IN)
        return set(self._groups(user))

    async def _recheck_forever(self) -> None:
        while True:
            await asyncio.sleep(settings.SOCKET_RECHECK_SECONDS)
            try:
                await self._join_permitted()
            except Refused as refusal:
                await self.close(code=refusal.code)
                return


class WorklistConsumer(OutboxConsumer):
    """Everything that happens to studies of the sites whose studies the user may see."""

    policy = any_site("view_study")

    def _groups(self, user: Any) -> Iterable[str]:
        groups = [site_group(site.id) for site in sites_with(user, "view_study")]
        if not groups:
            raise Refused(NOT_PERMITTED)
        return groups


class StudyConsumer(OutboxConsumer):
    """What happens to one study."""

    policy = on_site("view_study")

    def _groups(self, user: Any) -> Iterable[str]:
        study_id: UUID = self.scope["url_route"]["kwargs"]["study_id"]
        try:
            study = study_access(user=user, study_id=study_id)
        except DomainError:
            raise Refused(NOT_PERMITTED) from None
        return [study_group(study.id)]
