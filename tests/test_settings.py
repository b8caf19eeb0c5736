"""Settings come from the environment alone; each slip is one sentence that names the variable."""

import os
import stat
from pathlib import Path

import pytest

from cartera.settings import Settings, SettingsError, Smtp

KEY = "k" * 40
EXTERNAL = {"DATABASE_URL": "postgres://ana:s3creto@db.example/cartera", "SECRET_KEY": KEY}


def settings(tmp_path: Path, **environ: str) -> Settings:
    return Settings.from_environment({"CARTERA_HOME": str(tmp_path / "home"), **environ})


def test_defaults_are_an_embedded_installation_on_loopback(tmp_path: Path) -> None:
    default = settings(tmp_path)
    assert (default.host, default.port, default.public_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert (default.database_url, default.redis_url, default.smtp, default.clock_file) == (None,) * 4
    assert (default.demo, default.development, default.secure) == (True, True, False)
    assert (default.log_level, default.worker_concurrency) == ("info", 10)


def test_the_public_url_follows_the_port(tmp_path: Path) -> None:
    assert settings(tmp_path, PORT="8123").public_url == "http://127.0.0.1:8123"
    public = settings(tmp_path, PORT="8123", PUBLIC_URL="https://cobros.example/")
    assert (public.public_url, public.secure) == ("https://cobros.example", True)


def test_a_balancer_is_believed_only_by_name(tmp_path: Path) -> None:
    assert settings(tmp_path).trusted_proxies == ()
    named = settings(tmp_path, TRUSTED_PROXIES="10.0.0.7, 192.168.0.0/16")
    assert named.trusted_proxies == ("10.0.0.7", "192.168.0.0/16")
    for slip in ("*", "balancer", "10.0.0.7/8"):
        with pytest.raises(SettingsError, match="TRUSTED_PROXIES"):
            settings(tmp_path, TRUSTED_PROXIES=slip)


def test_the_secret_key_is_made_once_and_kept_to_its_owner(tmp_path: Path) -> None:
    first = settings(tmp_path).secret_key
    kept = tmp_path / "home" / "secret_key"
    assert len(first) >= 32
    assert settings(tmp_path).secret_key == first
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["secret_key"]
    assert settings(tmp_path / "other").secret_key != first


def test_a_home_lets_others_through_and_shows_them_nothing(tmp_path: Path) -> None:
    umask = os.umask(0o022)
    try:
        settings(tmp_path)
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o711


def test_one_login_serves_the_three_roles_unless_they_have_their_own(tmp_path: Path) -> None:
    shared = settings(tmp_path, **EXTERNAL)
    url = "postgresql://ana:s3creto@db.example/cartera"
    assert (shared.database_url, shared.database_owner_url, shared.database_relay_url) == (url, url, url)
    assert (shared.demo, shared.development) == (False, False)
    own = settings(tmp_path, **EXTERNAL, DATABASE_OWNER_URL="postgresql://owner@db.example/cartera")
    assert own.database_owner_url == "postgresql://owner@db.example/cartera"
    assert own.database_relay_url == url


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{KEY}\n")
    assert settings(tmp_path, SECRET_KEY_FILE=str(secret)).secret_key == KEY


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", Smtp("mail.example", 25, "none")),
        ("smtp://u%40x:p%3A@mail.example?starttls=true", Smtp("mail.example", 587, "starttls", "u@x", "p:")),
        ("smtps://u:p@mail.example:2465", Smtp("mail.example", 2465, "tls", "u", "p")),
    ],
)
def test_mail_servers(tmp_path: Path, url: str, expected: Smtp) -> None:
    assert settings(tmp_path, SMTP_URL=url, MAIL_FROM="cobranza@firma.example").smtp == expected


@pytest.mark.parametrize(
    ("environ", "variable", "advice"),
    [
        ({"PORT": "0"}, "PORT", "from 1 to 65535"),
        ({"PORT": "ochenta"}, "PORT", "from 1 to 65535"),
        ({"PORT": "٨٠"}, "PORT", "from 1 to 65535"),
        ({"WORKER_CONCURRENCY": "1_0"}, "WORKER_CONCURRENCY", "from 1 to 1000"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL", "debug, info, warning or error"),
        ({"CARTERA_DEMO": "maybe"}, "CARTERA_DEMO", "yes or no"),
        ({"CARTERA_DEVELOPMENT": "1"}, "CARTERA_DEVELOPMENT", "yes or no"),
        ({"PUBLIC_URL": "http://cobros.example"}, "PUBLIC_URL", "https://"),
        ({"PUBLIC_URL": "https://cobros.example/app"}, "PUBLIC_URL", "without a path"),
        ({"PUBLIC_URL": "cobros.example"}, "PUBLIC_URL", "https://"),
        ({"DATABASE_URL": "mysql://db"}, "DATABASE_URL", "postgresql://"),
        ({"DATABASE_URL": "postgresql://db/cartera"}, "SECRET_KEY", "long random text"),
        ({"DATABASE_OWNER_URL": "postgresql://db/cartera"}, "DATABASE_OWNER_URL", "set both"),
        ({"REDIS_URL": "http://cache"}, "REDIS_URL", "redis://"),
        ({"SMTP_URL": "mail.example"}, "SMTP_URL", "smtp://"),
        ({"SMTP_URL": "smtp://mail.example?tls=1"}, "SMTP_URL", "starttls"),
        ({"SMTP_URL": "smtp://mail.example"}, "MAIL_FROM", "sender"),
        ({"MAIL_FROM": "nobody"}, "MAIL_FROM", "address"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY", "32 or more"),
        ({"SECRET_KEY": KEY, "SECRET_KEY_FILE": "x"}, "SECRET_KEY", "keep one"),
        ({"SECRET_KEY_FILE": "/nowhere/key"}, "SECRET_KEY", "cannot be read"),
    ],
)
def test_a_slip_is_one_sentence_that_names_the_variable(
    tmp_path: Path, environ: dict[str, str], variable: str, advice: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        settings(tmp_path, **environ)
    sentence = str(refusal.value)
    assert sentence.startswith(variable) or f"{variable} " in sentence
    assert advice in sentence
    assert "\n" not in sentence
    assert refusal.value.exit_code == 2
    assert not (tmp_path / "home").exists()


def test_neither_repr_nor_errors_show_a_secret(tmp_path: Path) -> None:
    every = settings(
        tmp_path,
        **EXTERNAL,
        REDIS_URL="redis://:s3creto@cache",
        SMTP_URL="smtp://u:s3creto@mail.example",
        MAIL_FROM="cobranza@firma.example",
    )
    assert "s3creto" not in repr(every)
    assert KEY not in repr(every)
    # A slash in a password makes Python quote a part of it as the port.
    with pytest.raises(SettingsError) as refusal:
        settings(tmp_path, DATABASE_URL="postgresql://ana:s3cr/eto@db.example/cartera", SECRET_KEY=KEY)
    assert "s3cr" not in str(refusal.value)


def test_a_home_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file, not a folder")
    with pytest.raises(SettingsError, match=r"CARTERA_HOME is .* set it to a folder of your own"):
        settings(tmp_path)
