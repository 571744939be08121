"""Mail: SMTP, or a folder of .eml files where there is no server. Logs name message ids, never people."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Final, Protocol

import structlog

from supermarket.core.msgids import N_
from supermarket.gateways.errors import GatewayError

_ADDRESS: Final = re.compile(r"[^@\s,;<>\"\x00-\x1f]{1,64}@[A-Za-z0-9.-]{1,190}")
_TIMEOUT: Final = 10
_log = structlog.get_logger(__name__)


class MailError(GatewayError):
    """The mail was not taken; it may be tried again unless the address is wrong."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one person. `html` is a second form of `text`, not more."""

    to: str
    subject: str
    text: str
    html: str | None = None


class Mailer(Protocol):
    """Whoever takes mail."""

    def send(self, mail: Mail) -> str:
        """Hand over; gives the message id. Raises MailError."""


def _message(mail: Mail, sender: str) -> EmailMessage:
    if not _ADDRESS.fullmatch(mail.to):
        raise MailError("mail_address", N_("This is not a mail address."))
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Date"] = formatdate()
    message["From"], message["To"] = sender, mail.to
    message["Subject"] = " ".join(mail.subject.split())
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: holiday notices do not answer us
    message.set_content(mail.text)
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html")
    return message


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """A mail server; `security` is `tls` (from the first byte), `starttls`, or `none` for a server on this machine."""

    host: str
    port: int
    sender: str
    security: str = "starttls"
    user: str = ""
    password: str = ""

    def send(self, mail: Mail) -> str:
        message = _message(mail, self.sender)
        try:
            with self._connect() as server:
                if self.security == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            # The error's text may repeat the address.
            _log.warning("mail refused", message_id=message["Message-ID"], error=type(error).__name__)
            raise MailError("mail_refused", N_("The mail server did not take the message.")) from None
        _log.info("mail sent", message_id=message["Message-ID"])
        return str(message["Message-ID"])

    def _connect(self) -> smtplib.SMTP:
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=_TIMEOUT, context=ssl.create_default_context())
        return smtplib.SMTP(self.host, self.port, timeout=_TIMEOUT)


class FolderMailer:
    """Mail as .eml files for the demo; only the owner of the folder may read them."""

    def __init__(self, folder: Path, sender: str) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._sender = folder, sender

    def send(self, mail: Mail) -> str:
        message = _message(mail, self._sender)
        message_id = str(message["Message-ID"])
        name = message_id.strip("<>").partition("@")[0] + ".eml"
        path = self._folder / name
        path.touch(mode=0o600)
        path.write_bytes(message.as_bytes())
        _log.info("mail written", message_id=message_id)
        return message_id


class MemoryMailer:
    """The fake: an outbox to look into; `refuse` makes it fail as a server that is down."""

    def __init__(self) -> None:
        self.outbox: list[Mail] = []
        self.refuse = False

    def send(self, mail: Mail) -> str:
        message = _message(mail, "market@demo.test")
        if self.refuse:
            raise MailError("mail_refused", N_("The mail server did not take the message."))
        self.outbox.append(mail)
        return str(message["Message-ID"])

    def to(self, address: str) -> Sequence[Mail]:
        """What was sent to one address, oldest first."""
        return [mail for mail in self.outbox if mail.to == address]
