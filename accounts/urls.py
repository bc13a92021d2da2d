"""Pages of the accounts app."""

from django.urls import path

from accounts.views import PasswordChangeView, SignInView, SignOutView

urlpatterns = [
    path("sign-in/", SignInView.as_view(), name="sign-in"),
    path("sign-out/", SignOutView.as_view(), name="sign-out"),
    path("password/", PasswordChangeView.as_view(), name="password-change"),
]
