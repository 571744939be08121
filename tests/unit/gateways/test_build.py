"""The configuration decides which neighbours the house has."""

from pathlib import Path

import pytest

from supermarket.gateways import ConfigError, build
from supermarket.gateways.files import FolderFiles, MemoryFiles
from supermarket.gateways.keys import FolderKeys
from supermarket.gateways.mail import FolderMailer, SmtpMailer
from supermarket.gateways.payments import NoPayments, StripePayments
from supermarket.gateways.search_postgres import PostgresSearch
from supermarket.gateways.search_whoosh import WhooshSearch
from supermarket.gateways.witness import HttpWitness


def make_config(data: Path, **changes: object) -> dict[str, object]:
    return {"DATA": str(data), "REDIS_URL": "redis://127.0.0.1:1", "WITNESS_URL": "http://127.0.0.1:1", **changes}


def test_the_plain_installation(tmp_path: Path) -> None:
    made = build(make_config(tmp_path))
    assert isinstance(made.files, FolderFiles)
    assert isinstance(made.search, WhooshSearch)
    assert isinstance(made.mail, FolderMailer)
    assert isinstance(made.payments, NoPayments)
    assert isinstance(made.keys, FolderKeys)
    assert isinstance(made.witness, HttpWitness)
    assert made.registries.names == ()


def test_what_a_configuration_can_name(tmp_path: Path) -> None:
    made = build(
        make_config(
            tmp_path,
            SEARCH_ENGINE="postgres",
            SQLALCHEMY_DATABASE_URI="postgresql+psycopg://127.0.0.1:1/x",
            MAIL_URL="smtps://me:p%40ss@mail.test?from=market@demo.test",
            STRIPE_SECRET_KEY="sk_test_x",
            STRIPE_WEBHOOK_SECRET="whsec_x",
            REGISTRIES=[{"name": "credit", "url": "http://127.0.0.1:1", "answers": ["dishonesty"]}],
        )
    )
    assert isinstance(made.search, PostgresSearch)
    assert made.mail == SmtpMailer("mail.test", 465, "market@demo.test", "tls", "me", "p@ss")
    assert isinstance(made.payments, StripePayments)
    assert made.registries.get("credit").name == "credit"


def test_fakes() -> None:
    assert isinstance(build({"GATEWAYS": "fake"}).files, MemoryFiles)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"GATEWAYS": "none"}, "GATEWAYS"),
        ({"SEARCH_ENGINE": "none"}, "SEARCH_ENGINE"),
        ({"MAIL_URL": "ftp://u:secret@x"}, "MAIL_URL"),
        ({"WITNESS_URL": ""}, "WITNESS_URL"),
        ({"STRIPE_SECRET_KEY": "sk"}, "STRIPE_WEBHOOK_SECRET"),
    ],
)
def test_a_wrong_setting_is_named_but_no_secret(tmp_path: Path, changes: dict[str, object], name: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        build(make_config(tmp_path, **changes))
    assert refusal.value.params["name"] == name
    assert "secret" not in str(refusal.value)
