"""Session, users, roles and service tokens under /api/."""

from django.urls import path

from accounts.api.preferences import PreferencesApi
from accounts.api.session import PasswordChangeApi, SessionApi
from accounts.api.tokens import TokenListApi, TokenRevokeApi
from accounts.api.users import RoleGrantApi, RoleRevokeApi, UserDeactivateApi, UserListApi

urlpatterns = [
    path("session/", SessionApi.as_view(), name="api-session"),
    path("session/password/", PasswordChangeApi.as_view(), name="api-password"),
    path("preferences/", PreferencesApi.as_view(), name="api-preferences"),
    path("users/", UserListApi.as_view(), name="api-users"),
    path("users/<uuid:user_id>/deactivate/", UserDeactivateApi.as_view(), name="api-user-deactivate"),
    path("users/<uuid:user_id>/roles/", RoleGrantApi.as_view(), name="api-role-grant"),
    path("users/<uuid:user_id>/roles/revoke/", RoleRevokeApi.as_view(), name="api-role-revoke"),
    path("tokens/", TokenListApi.as_view(), name="api-tokens"),
    path("tokens/<uuid:token_id>/revoke/", TokenRevokeApi.as_view(), name="api-token-revoke"),
]
