"""Queue, mail and payments: the real ones against servers on loopback, the fakes by the same rules."""

import json
import smtplib
import stat
import time
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
import redis
from rq import Queue as WorkerQueue
from rq import SimpleWorker

from supermarket.gateways.mail import FolderMailer, Mail, MailError, MemoryMailer, SmtpMailer
from supermarket.gateways.payments import (
    Checkout,
    MemoryPayments,
    NoPayments,
    Notice,
    Order,
    Outcome,
    PaymentError,
    StripePayments,
    sign_notice,
)
from supermarket.gateways.queue import SERIALIZER, MemoryQueue, QueueError, RqQueue
from tests.unit.gateways.loopback import Answer, Loopback

JOBS = {"folder": "os.mkdir"}


def test_rq_runs_what_is_in_the_table(redis_address: str, tmp_path: Path) -> None:
    queue = RqQueue(redis_address, JOBS)
    queue.enqueue("folder", str(tmp_path / "made"), 0o700, queue="urgent")
    assert queue.alive()
    assert queue.waiting()["urgent"] == 1
    with redis.Redis.from_url(redis_address) as connection:
        urgent = WorkerQueue("urgent", connection=connection, serializer=SERIALIZER)
        SimpleWorker([urgent], connection=connection, serializer=SERIALIZER).work(burst=True)
    assert (tmp_path / "made").is_dir()
    assert queue.waiting()["urgent"] == 0


def test_nothing_else_can_be_enqueued(redis_address: str) -> None:
    for queue in (RqQueue(redis_address, JOBS), MemoryQueue(JOBS)):
        with pytest.raises(QueueError) as refusal:
            queue.enqueue("os.remove", "x")
        assert refusal.value.code == "job_unknown"


def test_a_queue_that_is_down_says_so() -> None:
    queue = RqQueue("redis://127.0.0.1:1", JOBS)
    assert not queue.alive()
    with pytest.raises(QueueError) as refusal:
        queue.enqueue("folder", "a")
    assert refusal.value.code == "queue_down"


def test_the_fake_queue_records_and_runs(tmp_path: Path) -> None:
    queue, folder = MemoryQueue(JOBS), str(tmp_path / "made")
    queue.enqueue("folder", folder, queue="bulk")
    assert queue.calls == [("folder", (folder,), "bulk")]
    assert queue.run() == 1
    assert (tmp_path / "made").is_dir()
    assert queue.waiting() == {"urgent": 0, "default": 0, "bulk": 0}


MAIL = Mail("li@demo.test", "中选通知\r\nBcc: x@demo.test", "您已中选。", "<p>您已中选。</p>")


def test_mail_as_files_that_only_the_owner_reads(tmp_path: Path) -> None:
    FolderMailer(tmp_path / "outbox", "market@demo.test").send(MAIL)
    (path,) = (tmp_path / "outbox").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert message["Subject"] == "中选通知 Bcc: x@demo.test"
    assert message["Bcc"] is None
    assert message["To"] == "li@demo.test"


@pytest.mark.parametrize("address", ["", "a@b@c", "a@b.test, c@d.test", "a@b.test\r\nBcc: x@y.test", "无@"])
def test_wrong_addresses_are_refused(tmp_path: Path, address: str) -> None:
    for mailer in (MemoryMailer(), FolderMailer(tmp_path, "m@demo.test")):
        with pytest.raises(MailError) as refusal:
            mailer.send(Mail(address, "s", "t"))
        assert refusal.value.code == "mail_address"


def test_a_mail_server_that_is_down_and_no_address_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(MailError) as refusal:
        SmtpMailer("127.0.0.1", 1, "market@demo.test", security="none").send(MAIL)
    assert refusal.value.code == "mail_refused"
    assert "li@demo.test" not in capsys.readouterr().out
    assert smtplib.SMTPException.__name__ not in str(refusal.value)


ORDER = Order("PAY-1", 12345, "可行性研究 第一期", "http://127.0.0.1:8000/contracts/HT-1")
SECRET = "whsec_test"


def test_stripe_checkout_is_begun_once_per_key() -> None:
    answer = {"id": "cs_1", "object": "checkout.session", "url": "https://checkout.test/cs_1"}
    with Loopback(Answer(200, json.dumps(answer).encode())) as server:
        payments = StripePayments("sk_test_x", SECRET, server.url)
        assert payments.create(ORDER, key="pay-1-try-1") == Checkout("cs_1", "https://checkout.test/cs_1")
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/v1/checkout/sessions")
    assert asked.headers["Idempotency-Key"] == "pay-1-try-1"
    assert b"unit_amount%5D=12345" in asked.body.replace(b"[", b"%5B").replace(b"]", b"%5D")


def test_stripe_refusal_is_ours() -> None:
    with Loopback(Answer(402, b'{"error": {"type": "card_error", "message": "no"}}')) as server:
        payments = StripePayments("sk_test_x", SECRET, server.url)
        with pytest.raises(PaymentError) as refusal:
            payments.create(ORDER, key="k")
    assert refusal.value.code == "payment_refused"


def notice_body(kind: str, **changes: object) -> bytes:
    session: dict[str, object] = {
        "id": "cs_1",
        "client_reference_id": "PAY-1",
        "currency": "cny",
        "amount_total": 12345,
        "payment_status": "paid",
    }
    return json.dumps({"id": "evt_1", "type": kind, "data": {"object": session | changes}}).encode()


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (notice_body("checkout.session.completed"), Outcome.PAID),
        (notice_body("checkout.session.completed", payment_status="unpaid"), Outcome.PENDING),
        (notice_body("checkout.session.async_payment_succeeded"), Outcome.PAID),
        (notice_body("checkout.session.async_payment_failed"), Outcome.FAILED),
        (notice_body("checkout.session.expired"), Outcome.FAILED),
        (notice_body("customer.created"), None),
        (notice_body("checkout.session.completed", currency="usd"), None),
        (notice_body("checkout.session.completed", client_reference_id=None), None),
    ],
)
def test_a_signed_notice_is_read(body: bytes, outcome: Outcome | None) -> None:
    payments = StripePayments("sk_test_x", SECRET)
    notice = payments.read_notice(body, sign_notice(body, SECRET.encode(), int(time.time())))
    assert notice == (outcome and Notice("evt_1", outcome, "cs_1", "PAY-1", 12345))


def test_a_notice_of_somebody_else_is_refused() -> None:
    body, now = notice_body("checkout.session.completed"), int(time.time())
    for signature in ("", "t=1,v1=00", sign_notice(body, b"other", now), sign_notice(body, SECRET.encode(), now - 301)):
        for payments in (StripePayments("sk_test_x", SECRET), NoPayments(), MemoryPayments()):
            with pytest.raises(PaymentError) as refusal:
                payments.read_notice(body, signature)
            assert refusal.value.code == "payment_signature"


def test_the_fake_decides_nothing_until_told() -> None:
    payments = MemoryPayments()
    checkout = payments.create(ORDER, key="k")
    assert payments.create(ORDER, key="k") == checkout
    body, signature = payments.notice(checkout.id, paid=True)
    notice = payments.read_notice(body, signature)
    assert notice is not None
    assert (notice.outcome, notice.reference, notice.amount_fen) == (Outcome.PAID, "PAY-1", 12345)


def test_nothing_to_pay_is_refused() -> None:
    for payments in (MemoryPayments(), StripePayments("sk_test_x", SECRET)):
        with pytest.raises(PaymentError) as refusal:
            payments.create(Order("PAY-1", 0, "x", "http://x.test"), key="k")
        assert refusal.value.code == "payment_amount"
