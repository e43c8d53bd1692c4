"""The options of ``scoped-launcher service`` about mails."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import click

from .errors import CliError

if TYPE_CHECKING:
    from ..service.mail.settings import MailSettings

Command = TypeVar("Command", bound=Callable[..., Any])

PORTS = {"starttls": 587, "tls": 465, "none": 25}

OPTIONS = (
    click.option(
        "--smtp",
        metavar="HOST[:PORT]",
        help="The mail server. Without it, no mails are sent. [default port: 587, 465 or 25, by "
        "--smtp-security]",
    ),
    click.option(
        "--smtp-security",
        type=click.Choice(list(PORTS)),
        default="starttls",
        show_default=True,
        help="How the connection to the mail server is encrypted.",
    ),
    click.option(
        "--smtp-user",
        default="",
        help="The user at the mail server. The password is in SCOPED_LAUNCHER_SMTP_PASSWORD, or in "
        "the file of --smtp-password-file.",
    ),
    click.option(
        "--smtp-password-file",
        type=click.Path(dir_okay=False, path_type=Path),
        help="A file with the password for the mail server.",
    ),
    click.option("--mail-from", metavar="ADDRESS", help="The sender of mails."),
    click.option(
        "--mail-users",
        metavar="TEMPLATE",
        default="",
        help="The mail addresses of users, such as {user}@example.edu. Without it, only users whose"
        " names are addresses get mails.",
    ),
    click.option(
        "--mail-digest",
        "digest_s",
        type=click.FloatRange(min=1),
        default=300,
        show_default=True,
        help="The shortest time between two mails about requests for one group, in seconds.",
    ),
    click.option(
        "--public-url",
        metavar="URL",
        help="Where people reach the Hub, such as https://hub.example.edu: mails link to it. "
        "[default: the Hub's public_url]",
    ),
)


def mail_options(command: Command) -> Command:
    """Add `OPTIONS` to a command."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def mail_from(
    *,
    smtp: str | None,
    smtp_security: str,
    smtp_user: str,
    smtp_password_file: Path | None,
    mail_from: str | None,
    mail_users: str,
    digest_s: float,
    public_url: str | None,
    **others: Any,
) -> tuple[MailSettings | None, str, dict[str, Any]]:
    """Return the settings of mails, the public URL of the service's pages, and other options.

    Raises `CliError` for options that do not make a mail.
    """
    from ..service.mail.settings import PASSWORD_VARIABLE, MailSettings, mail_address

    pages_url = _pages_url(public_url)
    if smtp is None:
        return None, pages_url, others
    host, separator, port = smtp.rpartition(":")
    if not separator:
        host, port = smtp, str(PORTS[smtp_security])
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise CliError(f"--smtp {smtp}: write HOST or HOST:PORT, such as mail.example.edu:587.")
    if mail_from is None or mail_address(mail_from) is None:
        raise CliError("--smtp needs --mail-from with a mail address, such as hub@example.edu.")
    if mail_users and ("{user}" not in mail_users or mail_address(mail_users) is None):
        raise CliError(f"--mail-users {mail_users}: write {{user}}@ and a domain.")
    if not pages_url:
        raise CliError(
            "--smtp needs --public-url, such as https://hub.example.edu: mails link to the pages of"
            " this service. The Hub's public_url (c.JupyterHub.public_url) does as well."
        )
    try:
        import aiosmtplib as _aiosmtplib  # noqa: F401
    except ImportError:
        raise CliError(
            "--smtp needs the package aiosmtplib:"
            " pip install 'jupyterlab-scoped-launcher[mail]' in the Hub's environment."
        ) from None
    password = os.environ.get(PASSWORD_VARIABLE, "")
    if smtp_password_file is not None:
        try:
            password = smtp_password_file.read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise CliError(f"--smtp-password-file {smtp_password_file}: {error}.") from None
    settings = MailSettings(
        host=host.strip("[]"),
        port=int(port),
        sender=mail_from,
        security=smtp_security,  # type: ignore[arg-type]
        user=smtp_user,
        password=password,
        user_address=mail_users,
        digest_s=digest_s,
    )
    return settings, pages_url, others


def _pages_url(public_url: str | None) -> str:
    """Return the public URL of the service's pages; empty if it is not known."""
    if public_url is None:
        # The Hub sets it for its services if it knows its own public URL.
        return os.environ.get("JUPYTERHUB_PUBLIC_URL", "")
    parts = urlsplit(public_url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise CliError(f"--public-url {public_url}: write a URL such as https://hub.example.edu.")
    prefix = os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "/services/scoped-launcher/")
    return f"{parts.scheme}://{parts.netloc}{prefix}"
