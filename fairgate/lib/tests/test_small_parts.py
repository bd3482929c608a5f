from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from fairgate.lib import addresses, headers, logs, secrets
from fairgate.lib.env import SettingsError, from_environment
from fairgate.lib.health import WithHealth
from fairgate.lib.ids import new_code, normalize_code, uuid7
from fairgate.lib.logs import RequestLog
from fairgate.lib.origin import is_cross_site

GOOD = {
    "FAIRGATE_SECRET_KEY": "k" * 64,
    "FAIRGATE_DATABASE_URL": "postgresql://u:p@localhost/x",
    "FAIRGATE_VALKEY_URL": "valkey://localhost:6379/0",
    "FAIRGATE_PUBLIC_URL": "https://tickets.example.org/",
    "FAIRGATE_DATA_DIR": "/srv/fairgate",
}


def test_settings_have_sensible_defaults() -> None:
    settings = from_environment(GOOD)

    assert (settings.is_secure, settings.public_url) == (True, "https://tickets.example.org")
    assert (settings.broker_url, settings.email_url) == ("redis://localhost:6379/0", "file:///srv/fairgate/mail")
    assert settings.cache_url == "valkey://localhost:6379/0"
    assert (settings.log_level, settings.trusted_proxies, settings.data_dir) == ("INFO", (), Path("/srv/fairgate"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FAIRGATE_SECRET_KEY", ""),
        ("FAIRGATE_SECRET_KEY", "short"),
        ("FAIRGATE_DATABASE_URL", "mysql://x"),
        ("FAIRGATE_DATABASE_URL", ""),
        ("FAIRGATE_DATABASE_URL", "postgresql://u:p@localhost:many/x"),
        ("FAIRGATE_DATABASE_URL", "postgresql://u:p@one:5432,two:99999/x?target_session_attrs=primary"),
        ("FAIRGATE_DATABASE_URL", "postgresql://u:p@one,two/x"),
        ("FAIRGATE_DATABASE_URL", "postgresql://u:p@one,two/x?target_session_attrs=any"),
        ("FAIRGATE_DATABASE_URL", "postgresql://[::1"),
        ("FAIRGATE_VALKEY_URL", "http://x"),
        ("FAIRGATE_VALKEY_URL", "[::1"),
        ("FAIRGATE_CACHE_URL", "http://x"),
        ("FAIRGATE_CACHE_URL", "memcached://"),
        ("FAIRGATE_CACHE_URL", "memcached://x:many"),
        ("FAIRGATE_CACHE_URL", "redis://x:many"),
        ("FAIRGATE_CACHE_URL", "redis://[::1"),
        ("FAIRGATE_EMAIL_URL", "carrier-pigeon://x"),
        ("FAIRGATE_PUBLIC_URL", "tickets.example.org"),
        ("FAIRGATE_TRUSTED_PROXIES", "10.0.0.0/99"),
        ("FAIRGATE_LOG_LEVEL", "LOUD"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        from_environment({**GOOD, name: value})

    assert name in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///x",
        "postgresql://[::1]:5432/x",
        "postgresql://u:p@one:5432,[::1],two:5433/x?target_session_attrs=primary",
        "postgresql://u:p@one,two/x?sslmode=require&target_session_attrs=read-write",
    ],
)
def test_a_database_may_be_several_servers(url: str) -> None:
    assert from_environment({**GOOD, "FAIRGATE_DATABASE_URL": url}).database_url == url


def test_ids_are_ordered_by_time_and_never_the_same() -> None:
    ids = [uuid7() for _ in range(1000)]

    assert len(set(ids)) == 1000
    assert [i.int >> 80 for i in ids] == sorted(i.int >> 80 for i in ids)
    assert {i.version for i in ids} == {7}


def test_a_code_typed_by_hand_is_understood() -> None:
    code = new_code(12)

    assert normalize_code(f" {code[:4].lower()}-{code[4:8]} {code[8:]} ") == code
    assert normalize_code("oil") == "011"


def test_a_secret_is_bound_to_its_purpose_and_subject() -> None:
    secret = secrets.derive("key", "hold", "1")

    assert secrets.matches("key", "hold", "1", secret)
    for other in (("other", "hold", "1"), ("key", "order", "1"), ("key", "hold", "2")):
        assert not secrets.matches(*other, secret)
    assert not secrets.matches("key", "hold", "1", "")


@pytest.mark.parametrize(
    ("fetch_site", "origin", "cross"),
    [
        ("same-origin", None, False),
        ("none", None, False),
        ("same-site", None, True),
        ("cross-site", "https://shop.example", True),
        (None, "https://shop.example", False),
        (None, "https://evil.example", True),
        (None, "null", True),
        (None, None, False),
    ],
)
def test_where_a_form_came_from(fetch_site: str | None, origin: str | None, cross: bool) -> None:
    assert is_cross_site(fetch_site, origin, "shop.example") is cross


def test_reserved_words_cover_every_address_of_ours() -> None:
    ours = [
        addresses.checkout("x"),
        addresses.order("c", "s"),
        addresses.find_tickets(),
        addresses.accent_css("#abcdef"),
    ]

    assert all(addresses.is_reserved(address.split("/")[1]) for address in ours)
    assert "unsafe" not in headers.CONTENT_SECURITY_POLICY


def call(app: object, path: str, **environ: str) -> tuple[str, dict[str, str], bytes]:
    got: list[tuple[str, list[tuple[str, str]]]] = []
    body = app(  # type: ignore[operator]
        {"PATH_INFO": path, "REQUEST_METHOD": "GET", **environ},
        lambda status, head, exc=None: got.append((status, head)),
    )
    content = b"".join(body)
    if hasattr(body, "close"):
        body.close()
    return got[0][0], dict(got[0][1]), content


def hello(environ: object, start: object) -> list[bytes]:
    start("200 OK", [])  # type: ignore[operator]
    logs.add_fact(route="/hello/<name>/")
    return [b"hello"]


def test_health_is_answered_before_the_app() -> None:
    app = WithHealth(hello, lambda: False)  # type: ignore[arg-type]

    assert call(app, "/health/live")[0] == "200 OK"
    assert call(app, "/health/ready")[0] == "503 Service Unavailable"
    assert call(app, "/health/other")[0] == "404 Not Found"
    assert call(app, "/hello/ben/")[2] == b"hello"


def test_a_request_is_one_line_without_its_address(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "fairgate"):
        _, head, _ = call(RequestLog(hello, "web"), "/hello/secret/", HTTP_X_REQUEST_ID="abc", QUERY_STRING="token=1")  # type: ignore[arg-type]

    assert head["X-Request-Id"] == "abc"
    (text,) = capsys.readouterr().out.splitlines()
    line = json.loads(text)
    assert (line["event"], line["route"], line["status"], line["request_id"]) == (
        "request",
        "/hello/<name>/",
        200,
        "abc",
    )
    assert "secret" not in text
    assert "token" not in text
