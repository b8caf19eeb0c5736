"""Everything that can be set from outside, read once at start from the environment.

`VARIABLES` is the only list: reading, `cartera doctor` and the table in the README all follow it.
"""

import ipaddress
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from cartera.errors import UserFacingError

LOG_LEVELS = ("debug", "info", "warning", "error")
SHORTEST_SECRET_KEY = 32


class SettingsError(UserFacingError):
    """A setting that cannot be used; the message names the variable and what to do."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable. A secret may also come from the file that `<name>_FILE` names."""

    name: str
    default: str
    meaning: str
    secret: bool = False


VARIABLES = (
    Variable("CARTERA_HOME", ".cartera", "Folder of everything this installation keeps on disk."),
    Variable("HOST", "127.0.0.1", "Address on which the web server listens."),
    Variable("PORT", "8000", "Port on which the web server listens."),
    Variable(
        "PUBLIC_URL",
        "http://127.0.0.1:$PORT",
        "Address that people and payment providers reach: https, or http on loopback.",
    ),
    Variable(
        "TRUSTED_PROXIES",
        "",
        "Addresses or networks of the balancer, with commas between: only their X-Forwarded-For and "
        "X-Forwarded-Proto are believed. Without it all who come through one look like one visitor.",
    ),
    Variable(
        "DATABASE_URL",
        "",
        "PostgreSQL for the application, postgresql://…; when empty an embedded server is started.",
        secret=True,
    ),
    Variable(
        "DATABASE_OWNER_URL",
        "$DATABASE_URL",
        "Login that owns and migrates the tables.",
        secret=True,
    ),
    Variable(
        "DATABASE_RELAY_URL", "$DATABASE_URL", "Login that sees only what is due to be sent.", secret=True
    ),
    Variable("REDIS_URL", "", "Redis, redis://…; when empty an embedded server is started.", secret=True),
    Variable(
        "FILES_URL",
        "file://$CARTERA_HOME/files",
        "Where uploaded files are kept: a folder, or with several machines s3://, gs:// or az:// with the "
        "provider's own variables for its keys (AWS_ACCESS_KEY_ID and so on).",
    ),
    Variable(
        "SMTP_URL",
        "",
        "Mail server, smtp://user:password@host:port (add ?starttls=true) or smtps://…; "
        "when empty mails are kept in the captured mailbox and nothing leaves.",
        secret=True,
    ),
    Variable("MAIL_FROM", "Cartera <cartera@localhost>", "Sender of every mail; required with SMTP_URL."),
    Variable(
        "SECRET_KEY",
        "",
        "Signs links and sessions, at least 32 characters; made once and kept in CARTERA_HOME "
        "when the database is embedded, required otherwise.",
        secret=True,
    ),
    Variable(
        "CARTERA_DEMO",
        "yes with the embedded database, no otherwise",
        "yes or no: whether the first `cartera up` adds the demo organization.",
    ),
    Variable(
        "CARTERA_DEVELOPMENT",
        "yes with the embedded database, no otherwise",
        "yes or no: opens introspection and, where HOST and PUBLIC_URL are loopback addresses, "
        "the captured mailbox and the sandbox payment page.",
    ),
    Variable(
        "CARTERA_CLOCK_FILE", "", "For development and tests: a file that moves the clock of every process."
    ),
    Variable("LOG_LEVEL", "info", "How much is logged: debug, info, warning or error."),
    Variable("WORKER_CONCURRENCY", "10", "How many jobs one worker process runs at a time."),
)


@dataclass(frozen=True, slots=True)
class Smtp:
    """Where mails go. `security` is tls from the first byte, starttls after the greeting, or none."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process. Its repr is safe to log: fields with secrets are left out."""

    home: Path
    host: str
    port: int
    public_url: str
    trusted_proxies: tuple[str, ...]
    database_url: str | None = field(repr=False)
    database_owner_url: str | None = field(repr=False)
    database_relay_url: str | None = field(repr=False)
    redis_url: str | None = field(repr=False)
    files_url: str
    smtp: Smtp | None
    mail_from: str
    secret_key: str = field(repr=False)
    demo: bool
    development: bool
    clock_file: Path | None
    log_level: str
    worker_concurrency: int

    @property
    def secure(self) -> bool:
        """Whether people come by https, so that cookies may carry the `__Host-` prefix."""
        return self.public_url.startswith("https://")

    @property
    def is_private(self) -> bool:
        """Whether this is for development on one machine, where pretended money and mails do no harm."""
        hosts = (self.host, urlsplit(self.public_url).hostname or "")
        return self.development and all(map(is_loopback, hosts))

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read and check every variable; the embedded mode's secret key is made here at first use.

        Raises SettingsError with one sentence about the first variable that cannot be used.
        """
        read = _Reader(environ)
        home = Path(read("CARTERA_HOME")).expanduser().absolute()
        port = _whole_number("PORT", read("PORT"), 1, 65_535)
        database_url = _postgresql("DATABASE_URL", read("DATABASE_URL"))
        smtp = _smtp(read("SMTP_URL"))
        return cls(
            home=home,
            host=read("HOST"),
            port=port,
            public_url=_public_url(read("PUBLIC_URL").replace("$PORT", str(port))),
            trusted_proxies=_proxies(read("TRUSTED_PROXIES")),
            database_url=database_url,
            database_owner_url=_own_or(database_url, "DATABASE_OWNER_URL", read),
            database_relay_url=_own_or(database_url, "DATABASE_RELAY_URL", read),
            redis_url=_redis(read("REDIS_URL")),
            files_url=_files_url(read("FILES_URL"), home),
            smtp=smtp,
            mail_from=_mail_from(read, smtp),
            demo=_yes_or_no("CARTERA_DEMO", read, default=database_url is None),
            development=_yes_or_no("CARTERA_DEVELOPMENT", read, default=database_url is None),
            clock_file=Path(read("CARTERA_CLOCK_FILE")).absolute() if read("CARTERA_CLOCK_FILE") else None,
            log_level=_one_of("LOG_LEVEL", read("LOG_LEVEL").lower(), LOG_LEVELS),
            worker_concurrency=_whole_number("WORKER_CONCURRENCY", read("WORKER_CONCURRENCY"), 1, 1_000),
            # Last, since it may write: a slip in any other variable leaves the disk as it was.
            secret_key=_secret_key(read("SECRET_KEY"), home, embedded=database_url is None),
        )


class _Reader:
    """Looks a variable up: in the environment, in the file that `<name>_FILE` names, or its default."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._variables = {variable.name: variable for variable in VARIABLES}

    def __call__(self, name: str) -> str:
        return self._lookup(name) or self._variables[name].default

    def given(self, name: str) -> bool:
        return bool(self._lookup(name))

    def _lookup(self, name: str) -> str:
        value = self._environ.get(name, "").strip()
        path = self._environ.get(f"{name}_FILE", "").strip() if self._variables[name].secret else ""
        if value and path:
            raise SettingsError(f"{name} and {name}_FILE are both set: keep one of them.")
        return _first_line(name, Path(path)) if path else value


def _first_line(name: str, path: Path) -> str:
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SettingsError(
            f"{name} should be in {path}, which cannot be read ({reason}): correct the path or its rights."
        ) from error
    if not lines[0].strip():
        raise SettingsError(f"{name} should be in {path}, which is empty: put it on the first line.")
    return lines[0].strip()


def _whole_number(name: str, text: str, least: int, most: int) -> int:
    # isdecimal() alone accepts digits of every script, and int() accepts "1_000": both are slips here.
    if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
        raise SettingsError(f"{name} is {text!r}: set it to a whole number from {least} to {most}.")
    return int(text)


def _one_of(name: str, text: str, choices: tuple[str, ...]) -> str:
    if text not in choices:
        raise SettingsError(f"{name} is {text!r}: set it to {', '.join(choices[:-1])} or {choices[-1]}.")
    return text


def _yes_or_no(name: str, read: _Reader, *, default: bool) -> bool:
    return _one_of(name, read(name).lower(), ("yes", "no")) == "yes" if read.given(name) else default


def _split(name: str, text: str) -> SplitResult:
    """Split a URL. Errors quote neither the text nor Python's own words on it: it may hold a password."""
    try:
        url = urlsplit(text)
        url.port  # noqa: B018  the property raises when the port is not a number from 0 to 65535
    except ValueError:
        raise SettingsError(f"{name} is not a valid URL: correct it.") from None
    return url


def _public_url(text: str) -> str:
    url = _split("PUBLIC_URL", text)
    plain = url.path in {"", "/"} and not (url.query or url.fragment or url.username or url.password)
    allowed = url.scheme == "https" or (url.scheme == "http" and is_loopback(url.hostname or ""))
    if not (url.hostname and plain and allowed):
        raise SettingsError(
            f"PUBLIC_URL is {text!r}: set it to https://your.host, "
            "or to http://127.0.0.1:port for this machine only, without a path."
        )
    return text.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _proxies(text: str) -> tuple[str, ...]:
    proxies = tuple(part.strip() for part in text.split(",") if part.strip())
    try:
        for proxy in proxies:
            ipaddress.ip_network(proxy)
    except ValueError:
        raise SettingsError(
            f"TRUSTED_PROXIES is {text!r}: set it to addresses such as 10.0.0.7 or networks such as "
            "10.0.0.0/8, with commas between."
        ) from None
    return proxies


def _postgresql(name: str, text: str) -> str | None:
    if not text:
        return None
    url = _split(name, text)
    if url.scheme not in {"postgres", "postgresql"}:
        raise SettingsError(f"{name} must look like postgresql://user:password@host:5432/database.")
    return url._replace(scheme="postgresql").geturl()


def _own_or(shared: str | None, name: str, read: "_Reader") -> str | None:
    """A login of its own for one task, or the application's."""
    if not read.given(name):
        return shared
    if shared is None:
        raise SettingsError(f"{name} is set and DATABASE_URL is not: set both, or neither.")
    return _postgresql(name, read(name))


def _redis(text: str) -> str | None:
    if text and _split("REDIS_URL", text).scheme not in {"redis", "rediss", "unix"}:
        raise SettingsError("REDIS_URL must look like redis://user:password@host:6379/0.")
    return text or None


def _files_url(text: str, home: Path) -> str:
    url = _split("FILES_URL", text.replace("file://$CARTERA_HOME", home.as_uri()))
    is_folder = url.scheme == "file" and not url.netloc and url.path.startswith("/")
    is_bucket = url.scheme in {"s3", "gs", "az"} and bool(url.hostname)
    if not (is_folder or is_bucket) or url.username or url.query or url.fragment:
        raise SettingsError(
            "FILES_URL must look like file:///srv/cartera/files, or like s3://bucket/folder without keys."
        )
    return url.geturl()


def _smtp(text: str) -> Smtp | None:
    if not text:
        return None
    url = _split("SMTP_URL", text)
    options = parse_qs(url.query, keep_blank_values=True)
    if url.scheme not in {"smtp", "smtps"} or not url.hostname or set(options) - {"starttls"}:
        raise SettingsError("SMTP_URL must look like smtp://user:password@host:587?starttls=true.")
    starttls = _one_of("starttls in SMTP_URL", options.get("starttls", ["false"])[-1], ("true", "false"))
    if url.scheme == "smtps":
        return _smtp_server(url, "tls", 465)
    return _smtp_server(url, "starttls", 587) if starttls == "true" else _smtp_server(url, "none", 25)


def _smtp_server(url: SplitResult, security: Literal["tls", "starttls", "none"], usual_port: int) -> Smtp:
    return Smtp(
        host=url.hostname or "",
        port=url.port or usual_port,
        security=security,
        username=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
    )


def _mail_from(read: "_Reader", smtp: Smtp | None) -> str:
    if smtp and not read.given("MAIL_FROM"):
        raise SettingsError("SMTP_URL is set and MAIL_FROM is not: set it to the sender of your mails.")
    text = read("MAIL_FROM")
    address = parseaddr(text)[1]
    if not address.isprintable() or address.count("@") != 1 or address[0] == "@" or address[-1] == "@":
        raise SettingsError(
            f"MAIL_FROM is {text!r}: set it to an address, as in Cobranza <cobranza@your.host>."
        )
    return text


def _secret_key(text: str, home: Path, *, embedded: bool) -> str:
    if not text and not embedded:
        raise SettingsError(
            "DATABASE_URL is set and SECRET_KEY is not: set SECRET_KEY to a long random text "
            "and keep it, since it signs links and sessions."
        )
    key = text or _kept_secret_key(home)
    if len(key) < SHORTEST_SECRET_KEY:
        raise SettingsError(
            f"SECRET_KEY has {len(key)} characters: set it to a random text of {SHORTEST_SECRET_KEY} or more."
        )
    return key


def _kept_secret_key(home: Path) -> str:
    """The installation's own key. The link makes one writer win when two processes start at once."""
    path = home / "secret_key"
    if path.exists():
        return _first_line("The secret key of this installation", path)
    with writing_home(home):
        draft = home / f"secret_key.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48) + "\n", "ascii")
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text("ascii").strip()


@contextmanager
def writing_home(home: Path) -> Iterator[None]:
    """Make CARTERA_HOME if it is missing. Raises SettingsError where it, or what is done inside, fails."""
    try:
        # Others may pass through (the account of PostgreSQL must) but not look around.
        home.mkdir(mode=0o711, parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise SettingsError(
            f"CARTERA_HOME is {home}, where nothing can be written ({error.strerror}): "
            "set it to a folder of your own."
        ) from error
