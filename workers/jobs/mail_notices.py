"""After a change was committed: tell by mail that a notice waits; the mail names no person and no thing, only a link."""

from supermarket.notices.mailing import mail


def run(*notice_ids: int) -> None:
    """Send what has not been sent; a second call sends nothing again (notices.mailing)."""
    mail(notice_ids)
