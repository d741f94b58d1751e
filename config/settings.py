"""Every setting of the city's installation; whatever differs between machines is read from the
environment (docs/operations.md lists the names)."""

import logging
import sys
from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from config.logs import configure as configure_logs

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
TESTING = "pytest" in sys.modules
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "data")))

if TESTING or DEBUG:
    # A development copy must run from nothing; a real one must say its secrets.
    _secret_default = {"default": "development-only-" + "x" * 40}
else:
    _secret_default = {}
SECRET_KEY = env.str("SECRET_KEY", **_secret_default)
# Key of the keyed hash by which a phone number is found, and of its encryption at rest.
PII_KEY = env.str("PII_KEY", **_secret_default)
PII_OLD_KEYS = env.list("PII_OLD_KEYS", default=[])

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if DEBUG or TESTING else [])
# The address printed in QR codes; codes are glued to stalls, so it must not follow a Host header.
PUBLIC_ORIGIN = env.str("PUBLIC_ORIGIN", default="http://127.0.0.1:8000")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "config",
    "pages",
    "reports",
    "rewards",
    "volunteers",
    "markets",
    "points",
    "accounts",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "simple_history",
    "import_export",
    "csp",
    "django_structlog",
]

MIDDLEWARE = [
    "config.probes.answer_probes",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.logs.RequestLogMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.csp.admin_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.StaffTotpMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.site",
            ],
        },
    },
]

# --- Data -----------------------------------------------------------------------------------
DATABASES = {
    "default": env.db_url("DATABASE_URL", default="postgres://postgres@127.0.0.1:5432/suishoupai")
    | {
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
        # A database host that drops every packet must not hold a web thread for minutes.
        "OPTIONS": {"connect_timeout": 5},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Rate limits and the like must outlive Redis, which may be emptied at any moment.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "config_cache",
        # Beyond it a third is thrown away, counts of wrong passwords too: more than anybody can
        # make while a count lasts.
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "pages.views.errors.csrf_failure"

# --- Who someone is ---------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if TESTING
    else ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = reverse_lazy("pages:me")
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.PhoneAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_METHODS = {"phone", "username"}
ACCOUNT_SIGNUP_FIELDS = ["phone*"]
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
CODE_VALID_SECONDS = ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 300
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = 5  # the limits per phone come first
ACCOUNT_PHONE_VERIFICATION_ENABLED = True
ACCOUNT_PHONE_VERIFICATION_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
ACCOUNT_LOGIN_BY_CODE_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = False  # an unknown number registers by signing in
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_FORMS = {
    "request_login_code": "accounts.forms.PhoneForm",
    "confirm_login_code": "accounts.forms.CodeForm",
    "login": "accounts.forms.StaffLoginForm",
    "reauthenticate": "accounts.forms.PasswordAgainForm",
}
# A whole market shares one Wi-Fi address, so the limits are per phone (accounts.actions.sms),
# and per account for passwords.
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "login_failed": "10/m/key,5/300s/key",
    "signup": None,
    "confirm_email": None,
    "request_login_code": None,
    "reauthenticate": None,  # a wrong password or code is counted by login_failed
}
MFA_ADAPTER = "accounts.adapter.StaffMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "随手拍"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off; a code still works only once
MFA_FORMS = {
    "authenticate": "accounts.forms.TotpForm",
    "reauthenticate": "accounts.forms.TotpAgainForm",
    "activate_totp": "accounts.forms.ActivateTotpForm",
}
# Addresses that nobody in charge of anything opens without a second factor.
STAFF_DOORS = ("/admin/", "/orders/")
STAFF_SESSION_HOURS = env.int("STAFF_SESSION_HOURS", default=12)
# Numbers 100 xxxx xxxx, which no carrier has ever given out, for demonstration and tests.
DEMO_PHONES = env.bool("DEMO_PHONES", default=DEBUG or TESTING)

# --- SMS --------------------------------------------------------------------------------------
# A backend is a class with send(*, to, body, reference) -> provider's id; see accounts/sms.py.
SMS_BACKEND = env.str(
    "SMS_BACKEND",
    default="accounts.sms.MemoryBackend"
    if TESTING
    else "accounts.sms.ConsoleBackend"
    if DEBUG
    else "accounts.sms.RefusingBackend",
)
SMS_DAILY_BUDGET = env.int("SMS_DAILY_BUDGET", default=50_000)
SMS_PER_PHONE = {"seconds": 60, "hour": 5, "day": 10}

# --- Language, time ---------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "theme"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# --- Files ------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "config.one_sheet.OneSheetStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or TESTING
# Four photos of 20 MB each and the words beside them; more is refused while it is being read.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 12
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o640

# --- Work in the background ---------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "socket_timeout": 3,  # longest that one who rings is held up by a broker that hangs
    "socket_connect_timeout": 2,
    "max_retries": 0,  # of one who rings; a worker tries again for ever, by the settings below
    "global_keyprefix": env.str("REDIS_PREFIX", default="suishoupai:"),
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    # The bell may be lost; these sweeps are what makes sure that due rows are done.
    "sweep-sms": {"task": "accounts.send_due_sms", "schedule": 60.0},
    "sweep-photos": {"task": "reports.process_due_photos", "schedule": 60.0},
    "sweep-follow-ups": {"task": "reports.do_due_follow_ups", "schedule": 60.0},
    "expire-points": {"task": "points.expire_nightly", "schedule": crontab(hour=0, minute=20)},
    "audit-ledger": {"task": "points.audit_hourly", "schedule": crontab(minute=40)},
    "audit-stock": {"task": "rewards.audit_hourly", "schedule": crontab(minute=45)},
    "purge-drafts": {"task": "reports.purge_drafts", "schedule": crontab(hour=3, minute=10)},
    "purge-accounts": {"task": "accounts.purge_unverified", "schedule": crontab(hour=3, minute=30)},
}

# --- Security -----------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
HTTPS = env.bool("HTTPS", default=PUBLIC_ORIGIN.startswith("https://"))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    # The admin has its own, looser policy (config.csp): its theme evaluates expressions.
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
        "worker-src": [SELF],
    }
}

# --- Logs: no personal data ----------------------------------------------------------------------
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOG_JSON = env.bool("LOG_JSON", default=not DEBUG)
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_USER_ID_FIELD = None
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
# Beside a terminal only what went wrong, so that codes and addresses are not drowned.
DJANGO_STRUCTLOG_STATUS_2XX_LOG_LEVEL = logging.DEBUG if DEBUG else logging.INFO
DJANGO_STRUCTLOG_STATUS_DEFAULT_LOG_LEVEL = DJANGO_STRUCTLOG_STATUS_2XX_LOG_LEVEL
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "bare": {"format": "%(message)s"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line"},
        "bare": {"class": "logging.StreamHandler", "formatter": "bare"},
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # Lines of structlog carry their own time and level.
        "django_structlog": {"handlers": ["bare"], "level": LOG_LEVEL, "propagate": False},
        "django.server": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},  # 404s and 403s are in the line of the request
    },
}
configure_logs(as_json=LOG_JSON)

UNFOLD = {
    "SITE_TITLE": _("Suishoupai"),
    "SITE_HEADER": _("Suishoupai · market desk"),
    "SITE_SYMBOL": "storefront",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [lambda request: static("css/admin.css")],
    "DASHBOARD_CALLBACK": "pages.desk.dashboard",
    "COLORS": {
        "primary": {
            "50": "240 250 244",
            "100": "219 243 228",
            "200": "184 230 204",
            "300": "133 209 168",
            "400": "78 180 127",
            "500": "43 151 97",
            "600": "29 121 76",
            "700": "24 97 63",
            "800": "22 77 52",
            "900": "19 64 44",
            "950": "9 36 25",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "pages.desk.navigation",
    },
}
