"""Who: organisations, sites, people and service accounts."""

from typing import Any, ClassVar, NoReturn

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from accounts.base import TimestampedModel
from accounts.roles import PERMISSIONS, ROLES, STAFF_ROLES


class Organisation(TimestampedModel):
    """A tenant: the boundary of keys, of blind indexes and of everything that one customer can know of another."""

    name = models.CharField(max_length=120)
    code = models.SlugField(max_length=40, unique=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class Site(TimestampedModel):
    """A clinic or department: the boundary of permission."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="sites")
    name = models.CharField(max_length=120)
    code = models.SlugField(max_length=40)

    class Meta:
        default_permissions = ()
        permissions = [(codename, sentence) for codename, sentence in PERMISSIONS.items()]
        constraints = [models.UniqueConstraint(fields=["organisation", "code"], name="one_site_per_code")]

    def __str__(self) -> str:
        return self.name


class SiteUserObjectPermission(UserObjectPermissionBase):
    """guardian's table for users, with a real foreign key."""

    content_object = models.ForeignKey(Site, on_delete=models.CASCADE)


class SiteGroupObjectPermission(GroupObjectPermissionBase):
    """guardian asks for this table; roles are granted to users."""

    content_object = models.ForeignKey(Site, on_delete=models.CASCADE)


class UserManager(BaseUserManager["User"]):
    """Finds users by name; services/users.py makes them, checks, audits and says where they belong."""


class User(AbstractBaseUser, TimestampedModel):
    """A person or a service account. Never deleted, only deactivated: a name is never used again."""

    class Kind(models.TextChoices):
        PERSON = "person", "person"
        SERVICE = "service", "service account"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="users")
    username = models.CharField(
        max_length=80, unique=True, validators=[RegexValidator(r"^[\w.@+-]+$", "Letters, digits and . @ + - _ only.")]
    )
    display_name = models.CharField(max_length=120, blank=True, default="")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.PERSON)
    is_active = models.BooleanField(default=True)
    deactivated_at = models.DateTimeField(null=True, blank=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.username

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("users are deactivated, never deleted")

    @property
    def is_staff(self) -> bool:
        """May knock at the administration; what is behind the door follows the permissions held at sites."""
        return self.is_active and self.memberships.filter(role__in=STAFF_ROLES).exists()

    @property
    def is_superuser(self) -> bool:
        """Nobody is: every permission is held at a site."""
        return False

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Never true: permissions are held at a site, ask accounts/access.py."""
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return False


class Membership(TimestampedModel):
    """A user's role at a site: what is granted in guardian follows from it (services/roles.py)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=32, choices=[(role, role.replace("_", " ")) for role in ROLES])

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "site", "role"], name="one_membership_per_role")]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} at {self.site}"
