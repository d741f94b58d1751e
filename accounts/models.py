"""Who someone is: a phone number; staff also a name, a password, and what is in their charge."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.crypto import decrypt
from accounts.states import SCOPE, Role
from config.due import DueRow, due_index


class UserManager(BaseUserManager["User"]):
    def create_user(
        self, username: str | None = None, password: str | None = None, **extra: Any
    ) -> "User":
        user = self.model(username=username, **extra)
        user.set_password(password)  # None makes it unusable
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **extra: Any) -> "User":
        return self.create_user(username, password, is_staff=True, is_superuser=True, **extra)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Residents have a phone number; staff also a user name, a password and TOTP.

    The number is kept encrypted, found by a keyed hash, shown as its last four digits.
    A person who leaves is made anonymous in place: rows that name them stay whole.
    """

    username = models.CharField(_("user name"), max_length=60, unique=True, null=True, blank=True)
    phone_hash = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    phone_cipher = models.BinaryField(null=True, blank=True, editable=False)
    phone_last4 = models.CharField(_("phone ends in"), max_length=4, blank=True, default="")
    phone_verified_at = models.DateTimeField(_("phone verified"), null=True, blank=True)
    nickname = models.CharField(_("nickname"), max_length=30, blank=True, default="")
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("staff"), default=False)
    # Sessions name the round in which they began; the next round ends them all.
    session_round = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.CheckConstraint(
                name="user_can_be_found",
                condition=Q(username__isnull=False)
                | Q(phone_hash__isnull=False)
                | Q(is_active=False),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Of the password, as ever, and of the round."""
        plain: str = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]
        if not self.session_round:
            return plain
        return salted_hmac(
            "accounts.session_round", f"{plain}:{self.session_round}", secret, algorithm="sha256"
        ).hexdigest()

    @property
    def label(self) -> str:
        """How the person is named to others: the user name of staff, else the masked number."""
        return self.nickname or self.username or self.masked_phone or f"#{self.pk}"

    @property
    def masked_phone(self) -> str:
        return f"***{self.phone_last4}" if self.phone_last4 else ""

    @property
    def phone(self) -> str | None:
        """The E.164 number in clear. For sending to it; showing it to others is logged."""
        return decrypt(self.phone_cipher) if self.phone_cipher else None


class StaffRole(models.Model):
    """One thing a member of staff is in charge of: a market, a department or a district.

    The keys point to a higher floor by name only; nothing of it is imported here.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="roles", verbose_name=_("person"))
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)
    market = models.ForeignKey(
        "markets.Market",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="staff",
        verbose_name=_("market"),
    )
    department = models.ForeignKey(
        "markets.Department",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="staff",
        verbose_name=_("department"),
    )
    district = models.ForeignKey(
        "markets.District",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="staff",
        verbose_name=_("district"),
    )

    class Meta:
        verbose_name = _("staff role")
        verbose_name_plural = _("staff roles")
        constraints = [
            models.CheckConstraint(
                name="role_has_its_scope",
                condition=Q(
                    *(
                        Q(role__in=[role for role, of in SCOPE.items() if of == scope])
                        & Q(
                            **{
                                f"{each}__isnull": each != scope
                                for each in ("market", "department", "district")
                            }
                        )
                        for scope in ("market", "department", "district")
                    ),
                    _connector=Q.OR,
                ),
            ),
            models.UniqueConstraint(
                name="role_once",
                fields=["user", "role", "market", "department", "district"],
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} · {self.market or self.department or self.district}"


class Sms(DueRow):
    """A text message to be sent. The body is wiped once it is of no more use."""

    class Kind(models.TextChoices):
        CODE = "code", _("Sign-in code")
        NOTICE = "notice", _("Notice")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    phone_hash = models.CharField(max_length=64)
    to_cipher = models.BinaryField()
    body_cipher = models.BinaryField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        verbose_name = _("text message")
        verbose_name_plural = _("text messages")
        indexes = [
            due_index("sms_due"),
            models.Index(fields=["phone_hash", "created_at"], name="sms_per_phone"),
            models.Index(fields=["created_at"], name="sms_created"),
            # What is still to be wiped, which the sweep looks for every minute: nearly nothing.
            models.Index(
                fields=["created_at"], name="sms_with_words", condition=Q(body_cipher__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"


class MemberCode(models.Model):
    """The short-lived code by which a resident shows a kiosk or a clerk who they are."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    digits = models.CharField(max_length=8, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("member code")
        verbose_name_plural = _("member codes")
        indexes = [models.Index(fields=["user", "-expires_at"], name="member_code_of_user")]

    def __str__(self) -> str:
        return f"#{self.pk}"


class Unmasking(models.Model):
    """Who looked at a person's number or name in clear, when and why. Never edited."""

    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    of = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    why = models.CharField(max_length=200)

    class Meta:
        verbose_name = _("unmasking")
        verbose_name_plural = _("unmaskings")

    def __str__(self) -> str:
        return f"#{self.pk}"
