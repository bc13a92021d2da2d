"""Pages: sign in, sign out, change the password."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.views.generic import FormView

from accounts.access import VISIBLE_WITH, has_permission_somewhere
from accounts.addresses import client_address
from accounts.admin_site import may_enter_admin
from accounts.api.errors import RETRY_AFTER_SECONDS, TooManyRequests
from accounts.errors import InvalidInput
from accounts.policy import PUBLIC, SIGNED_IN
from accounts.selectors import sign_in_failures_from
from accounts.services.users import password_change
from accounts.sessions import session_start


class SignInView(LoginView):
    """One sentence for every way to fail; five failures lock a name at an address for 15 minutes (django-axes), and
    fifty an hour lock the address."""

    policy = PUBLIC
    template_name = "registration/login.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if sign_in_failures_from(client_address(request)) >= settings.SIGN_IN_FAILURES_PER_ADDRESS_AND_HOUR:
            return sign_in_locked(request)
        return super().post(request, *args, **kwargs)

    def get_success_url(self) -> str:
        """Where the user was going, or home: the worklist for who reads studies, the administration for staff."""
        asked = self.get_redirect_url()
        return asked if asked and asked != reverse("worklist") else home_of(self.request.user)


def home_of(user: Any) -> str:
    """The page that a user starts from."""
    if has_permission_somewhere(user, VISIBLE_WITH):
        return reverse("worklist")
    return reverse("admin:index" if may_enter_admin(user) else "password-change")


class SignOutView(LogoutView):
    """POST only, so that no link signs anybody out."""

    policy = SIGNED_IN
    next_page = "sign-in"


def sign_in_locked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """What django-axes shows, too: nothing about whether the name exists."""
    error = TooManyRequests("Too many attempts to sign in. Wait 15 minutes, then try again.", code="sign_in_locked")
    if request.path.startswith("/api/"):
        response: HttpResponse = JsonResponse(error.as_dict(), status=error.status)
    else:
        response = render(request, "registration/locked.html", {"error": error}, status=error.status)
    response["Retry-After"] = str(max(RETRY_AFTER_SECONDS, 15 * 60))
    return response


class PasswordChangeForm(forms.Form):
    """Three fields; what makes a password good is asked in the service."""

    old_password = forms.CharField(widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}), strip=False)
    new_password = forms.CharField(widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False)
    repeated = forms.CharField(
        label="New password again", widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("new_password") != cleaned.get("repeated"):
            self.add_error("repeated", "The two new passwords differ.")
        return cleaned


class PasswordChangeView(FormView):
    """Ends every other session of the user and renews this one."""

    policy = SIGNED_IN
    template_name = "registration/password_change.html"
    form_class = PasswordChangeForm
    success_url = reverse_lazy("password-change")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        old, new = form.cleaned_data["old_password"], form.cleaned_data["new_password"]
        try:
            user = password_change(user=self.request.user, old_password=old, new_password=new)
        except InvalidInput as error:
            _tell(form, error)
            return self.form_invalid(form)
        update_session_auth_hash(self.request, user)
        session_start(self.request.session)
        messages.success(self.request, "Your password is changed. Other sessions of yours were signed out.")
        return super().form_valid(form)


def _tell(form: forms.Form, error: InvalidInput) -> None:
    field = "old_password" if error.code == "wrong_password" else "new_password"
    for sentence in error.details.get("rules", [error.message]):
        form.add_error(field, sentence)
