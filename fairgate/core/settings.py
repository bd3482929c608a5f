"""Django's settings, made from the typed environment in `fairgate.lib.env`. Nothing else reads the environment."""

from __future__ import annotations

from pathlib import Path

import django_stubs_ext
from psycopg.conninfo import conninfo_to_dict

from fairgate.lib import env
from fairgate.replicas.servers import spares
from fairgate.ui import assets

django_stubs_ext.monkeypatch()

SETTINGS = env.settings()
PACKAGE = Path(__file__).parent.parent

SECRET_KEY = SETTINGS.secret_key
DEBUG = False
# A host that is not ours would end up in links. Behind another name, set FAIRGATE_PUBLIC_URL.
ALLOWED_HOSTS = [SETTINGS.public_host, "localhost", "127.0.0.1", "[::1]"]
ROOT_URLCONF = "fairgate.core.urls"
WSGI_APPLICATION = "fairgate.core.wsgi.application"

INSTALLED_APPS = [
    "fairgate.core",
    "fairgate.files",
    "fairgate.accounts",
    "fairgate.organizers",
    "fairgate.events",
    "fairgate.stock",
    "fairgate.orders",
    "fairgate.payments",
    "fairgate.tickets",
    "fairgate.checkin",
    "fairgate.messages",
    "fairgate.outbox",
    "fairgate.ui",
    "fairgate.shop",
    "fairgate.console",
    "fairgate.api",
    "fairgate.rehearsal",
    "allauth",
    "allauth.account",
    "django_htmx",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "fairgate.core.middleware.security_headers",
    "fairgate.core.middleware.CompressPublic",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "fairgate.core.middleware.log_route",
    "fairgate.core.middleware.say_busy_without_database",
    "fairgate.replicas.middleware.remember_what_was_seen",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [PACKAGE / "ui" / "templates", PACKAGE / "shop" / "templates", PACKAGE / "console" / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "fairgate.ui.jinja.create_environment",
            "context_processors": ["django.contrib.messages.context_processors.messages"],
        },
    },
    {
        # The admin alone.
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def _database(url: str, *, pool_timeout_s: float, **more: object) -> dict[str, object]:
    """As libpq reads it, which knows several hosts and ports."""
    parts = conninfo_to_dict(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "NAME": parts.pop("dbname", ""),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "OPTIONS": {
            # A server that hangs must not hang us: another one may be next in the list.
            "connect_timeout": 3,
            # What is left are libpq's own options.
            **parts,
            # One that was away is asked again by the next request, not after a growing pause.
            "pool": {
                "min_size": 1,
                "max_size": SETTINGS.web_threads + 2,
                "timeout": pool_timeout_s,
                "reconnect_timeout": 3,
            },
            # What comes again is prepared, from the fifth time on: planning a read takes longer than doing it.
            "server_side_binding": True,
            "prepare_threshold": 5,
        },
        # They outlive their transaction, and a pooler such as PgBouncer gives each transaction another connection.
        "DISABLE_SERVER_SIDE_CURSORS": True,
        **more,
    }


DATABASES = {"default": _database(SETTINGS.database_url, pool_timeout_s=5)}
# Instead of a replica that does not answer there is the primary.
REPLICA_URLS = SETTINGS.replica_urls
for number, url in enumerate(REPLICA_URLS, 1):
    DATABASES[f"replica{number}"] = _database(url, pool_timeout_s=1, TEST={"MIRROR": "default"})
# Read from only while one of the replicas is the primary.
SPARE_URLS = spares(SETTINGS.database_url, REPLICA_URLS)
for number, url in enumerate(SPARE_URLS, 1):
    DATABASES[f"spare{number}"] = _database(url, pool_timeout_s=1, TEST={"MIRROR": "default"})
DATABASE_ROUTERS = ["fairgate.replicas.router.ReplicaRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Sign-in attempts are counted here. In the database, so that the limits hold over all processes and without Valkey.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "core_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/console/"
LOGOUT_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "fairgate.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
# Accounts are made by owners and operators, who know the address.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = 1

_prefix = "__Host-" if SETTINGS.is_secure else ""
SESSION_COOKIE_NAME = f"{_prefix}fairgate_session"
SESSION_COOKIE_SECURE = SETTINGS.is_secure
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
# What the console says on its next page names people, so it stays on the server.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_COOKIE_NAME = f"{_prefix}fairgate_csrf"
CSRF_COOKIE_SECURE = SETTINGS.is_secure
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [SETTINGS.public_url]
CSRF_FAILURE_VIEW = "fairgate.core.errors.csrf_failure"

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SETTINGS.is_secure else 0
SECURE_SSL_REDIRECT = SETTINGS.is_secure
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 1
# As much as the door lets in: nothing of an upload is written to this machine's disk.
FILE_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STORAGES = {
    "default": {"BACKEND": "fairgate.files.storage.ObjectStorage", "OPTIONS": {"url": SETTINGS.storage_url}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

STATIC_URL = "/static/"
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder"]
# Served straight from the packages: no build step. Our own addresses carry a digest of the content, see ui.assets.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_IMMUTABLE_FILE_TEST = assets.is_versioned
WHITENOISE_MAX_AGE = 3600

EMAIL_BACKEND = "fairgate.messages.backend.EmailBackend"
DEFAULT_FROM_EMAIL = f"Fairgate <tickets@{SETTINGS.public_host}>"

LOGGING_CONFIG = None
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # The address is unique by a constraint on its lower-case form, which the check does not see.
    "security.W005",  # Subdomains of the operator's domain are the operator's to decide about,
    "security.W021",  # and so is preloading.
]
