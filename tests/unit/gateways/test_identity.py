"""Who the unified identity platform says is here: one honest way in, and everything else refused as a whole."""

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from registries.identity import Answer, Platform
from supermarket.gateways import ConfigError
from supermarket.gateways.identity import (
    ENDED,
    NO_LEGAL_PERSON,
    REFUSED,
    UNAVAILABLE,
    IdentityError,
    LegalPerson,
    MemoryIdentity,
    ProviderSettings,
)
from supermarket.gateways.identity_openid import OpenIdProvider, providers
from tests.factories.forged_tokens import by_another_key, by_hmac, part, stating, tampered, unsigned, without
from tests.factories.identity import (
    AGENCY,
    CALLBACK,
    OWNER,
    BentPlatform,
    Claims,
    choose,
    make_legal_person,
    platform,
    provider_of,
    query_of,
)


@pytest.fixture(scope="module")
def running() -> Iterator[BentPlatform]:
    with platform() as bent:
        yield bent


@pytest.fixture
def bent(running: BentPlatform) -> Iterator[BentPlatform]:
    yield running
    running.bend, running.write, running.answers = None, None, {}


def come(bent: BentPlatform, provider: OpenIdProvider | None = None, who: int | str = 0, **changed: str) -> LegalPerson:
    """Out and back; `changed` replaces what the browser brings."""
    found = provider or provider_of(bent)
    url, attempt = found.start(CALLBACK)
    return found.finish(attempt, choose(bent, url, who) | changed, CALLBACK)


def refused(act: Callable[[], object], code: str = "identity_refused") -> str:
    """Why it was refused; the sentence is the one of its code."""
    with pytest.raises(IdentityError) as error:
        act()
    assert error.value.code == code
    sentences = {
        "identity_refused": REFUSED,
        "identity_ended": ENDED,
        "identity_unavailable": UNAVAILABLE,
        "identity_not_legal_person": NO_LEGAL_PERSON,
    }
    assert error.value.msgid == sentences[code]
    return error.value.why


def test_the_honest_way(bent: BentPlatform) -> None:
    person = come(bent)
    assert person == replace(make_legal_person(AGENCY), nonce=person.nonce)
    assert come(bent, who=1).uscc == OWNER.uscc


def test_what_the_browser_is_sent_with(bent: BentPlatform) -> None:
    url, attempt = provider_of(bent).start(CALLBACK)
    asked = query_of(url)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).rstrip(b"=").decode()
    assert asked == {
        "response_type": "code",
        "client_id": "supermarket",
        "redirect_uri": CALLBACK,
        "scope": "openid profile",
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    assert len({attempt.state, attempt.nonce, attempt.verifier}) == 3
    assert attempt.verifier not in url
    assert attempt.state not in repr(attempt)


def test_the_clients_secret_is_shown_to_the_token_endpoint_alone() -> None:
    with platform(secret="s3cret/+=") as bent:
        honest = provider_of(bent, secret="s3cret/+=")
        assert "s3cret" not in honest.start(CALLBACK)[0]
        assert come(bent, honest).uscc == AGENCY.uscc
        assert refused(lambda: come(bent, provider_of(bent, secret="another"))) == "exchange"
        assert refused(lambda: come(bent, provider_of(bent))) == "exchange"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"state": "other"}, "state"),
        ({"state": ""}, "state"),
        ({"state": "ünsigned"}, "state"),
        ({"iss": "https://evil.test"}, "iss_other"),
        ({"iss": ""}, "iss_other"),
        ({"code": ""}, "no_code"),
        ({"code": "x" * 3000}, "no_code"),
        ({"code": "a\nb"}, "no_code"),
        ({"code": "never given out"}, "exchange"),
        ({"error": "server_error"}, "no_code"),
    ],
)
def test_an_answer_that_does_not_fit_the_question(bent: BentPlatform, changed: dict[str, str], why: str) -> None:
    assert refused(lambda: come(bent, **changed)) == why


def test_a_platform_that_names_itself_must_do_so(bent: BentPlatform) -> None:
    provider = provider_of(bent)
    url, attempt = provider.start(CALLBACK)
    answer = choose(bent, url)
    del answer["iss"]
    assert refused(lambda: provider.finish(attempt, answer, CALLBACK)) == "iss_missing"


def test_an_attempt_at_one_platform_is_not_answered_by_another(bent: BentPlatform) -> None:
    here, there = provider_of(bent), provider_of(bent, name="other")
    url, attempt = here.start(CALLBACK)
    answer = choose(bent, url)
    assert refused(lambda: there.finish(attempt, answer, CALLBACK)) == "other_provider"


def test_the_same_answer_twice(bent: BentPlatform) -> None:
    provider = provider_of(bent)
    url, attempt = provider.start(CALLBACK)
    answer = choose(bent, url)
    provider.finish(attempt, answer, CALLBACK)
    assert refused(lambda: provider.finish(attempt, answer, CALLBACK)) == "exchange"


def test_a_code_that_was_caught_is_worth_nothing_without_the_verifier(bent: BentPlatform) -> None:
    provider = provider_of(bent)
    url, attempt = provider.start(CALLBACK)
    answer = choose(bent, url)
    thief = replace(attempt, verifier="v" * 43)
    assert refused(lambda: provider.finish(thief, answer, CALLBACK)) == "exchange"


def test_a_code_of_another_sign_in_brings_the_wrong_nonce(bent: BentPlatform) -> None:
    provider = provider_of(bent)
    url, mine = provider.start(CALLBACK)
    injected = replace(mine, nonce="of-the-victim")
    answer = choose(bent, url)
    assert refused(lambda: provider.finish(injected, answer, CALLBACK)) == "InvalidClaimError"


def test_who_says_no_at_the_platform_is_told_so(bent: BentPlatform) -> None:
    assert refused(lambda: come(bent, who="nobody"), "identity_ended") == "access_denied"


NOW = int(time.time())


@pytest.mark.parametrize(
    "bend",
    [
        pytest.param(stating(exp=NOW - 120), id="expired"),
        pytest.param(stating(exp=0), id="expired-1970"),
        pytest.param(stating(exp="9999999999"), id="exp-as-text"),
        pytest.param(stating(exp=float("nan")), id="exp-nan"),
        pytest.param(stating(exp=True), id="exp-true"),
        pytest.param(without("exp"), id="exp-missing"),
        pytest.param(stating(iat=NOW + 3600), id="issued-tomorrow"),
        pytest.param(without("iat"), id="iat-missing"),
        pytest.param(stating(nbf=NOW + 3600), id="not-yet"),
        pytest.param(stating(aud="another-client"), id="audience-other"),
        pytest.param(stating(aud=["another-client"]), id="audience-others"),
        pytest.param(stating(aud=["supermarket", "another-client"]), id="audience-shared-no-azp"),
        pytest.param(stating(aud=["supermarket", "x"], azp="x"), id="authorized-party-other"),
        pytest.param(stating(aud=[]), id="audience-empty"),
        pytest.param(stating(aud={"supermarket": 1}), id="audience-object"),
        pytest.param(without("aud"), id="audience-missing"),
        pytest.param(stating(iss="https://evil.test"), id="issuer-other"),
        pytest.param(stating(iss=None), id="issuer-null"),
        pytest.param(without("iss"), id="issuer-missing"),
        pytest.param(stating(nonce="other"), id="nonce-other"),
        pytest.param(stating(nonce=["other"]), id="nonce-list"),
        pytest.param(without("nonce"), id="nonce-missing"),
        pytest.param(without("sub"), id="subject-missing"),
        pytest.param(stating(sub=""), id="subject-empty"),
        pytest.param(stating(sub=7), id="subject-number"),
        pytest.param(stating(sub="x" * 256), id="subject-long"),
        pytest.param(stating(sub="a\nb"), id="subject-lines"),
        pytest.param(stating(at_hash="AAAAAAAAAAAAAAAAAAAAAA"), id="access-token-other"),
    ],
)
def test_a_token_with_a_wrong_claim(bent: BentPlatform, bend: Callable[[Claims], Claims]) -> None:
    bent.bend = bend
    refused(lambda: come(bent))


@pytest.mark.parametrize(
    "writer",
    [
        pytest.param(lambda bent: unsigned, id="alg-none"),
        pytest.param(lambda bent: lambda claims: unsigned(claims).replace("none", "None"), id="alg-none-spelt"),
        pytest.param(lambda bent: by_hmac(b""), id="hmac-empty-key"),
        pytest.param(lambda bent: by_hmac(b"supermarket", kid=bent._kid), id="hmac-client-id"),
        pytest.param(
            lambda bent: by_hmac(
                bent._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), kid=bent._kid
            ),
            id="hmac-public-key",
        ),
        pytest.param(lambda bent: by_another_key(bent), id="another-key-same-kid"),
        pytest.param(lambda bent: by_another_key(bent, kid="unknown"), id="another-key-unknown-kid"),
        pytest.param(tampered, id="changed-after-signing"),
        pytest.param(lambda bent: lambda claims: Platform.signed(bent, claims)[:-4], id="signature-cut"),
        pytest.param(lambda bent: lambda claims: Platform.signed(bent, claims) + "." + "e30", id="four-parts"),
        pytest.param(lambda bent: lambda claims: "", id="empty"),
        pytest.param(lambda bent: lambda claims: "x" * 20_000, id="endless"),
        pytest.param(lambda bent: lambda claims: "a.b.c.d.e", id="encrypted-looking"),
        pytest.param(lambda bent: lambda claims: f"{part([])}.{part([])}.{part([])}", id="lists"),
        pytest.param(lambda bent: lambda claims: 7, id="number"),
    ],
)
def test_a_token_that_the_platform_did_not_sign(
    bent: BentPlatform, writer: Callable[[BentPlatform], Callable[[Claims], str]]
) -> None:
    bent.write = writer(bent)
    refused(lambda: come(bent))


@given(st.text(max_size=200) | st.binary(max_size=120).map(lambda data: data.hex() + "." + data.hex() + ".x"))
@settings(max_examples=60, deadline=None)
def test_no_token_breaks_the_reader(running: BentPlatform, text: str) -> None:
    provider = provider_of(running)
    _url, attempt = provider.start(CALLBACK)
    with pytest.raises(IdentityError):
        provider._verified({"id_token": text}, attempt, provider._found())


def test_a_client_among_several_audiences_that_it_is_named_for(bent: BentPlatform) -> None:
    bent.bend = stating(aud=["supermarket", "x"], azp="supermarket")
    assert come(bent).uscc == AGENCY.uscc


def test_a_clock_that_goes_a_little_wrong_is_forgiven(bent: BentPlatform) -> None:
    assert come(bent, provider_of(bent, clock=lambda: time.time() - 50)).uscc == AGENCY.uscc
    refused(lambda: come(bent, provider_of(bent, clock=lambda: time.time() - 120)))
    refused(lambda: come(bent, provider_of(bent, clock=lambda: time.time() + 3600)))


@pytest.mark.parametrize(
    "bend",
    [
        without("uscc"),
        stating(uscc="91510107MAX0000000"),
        stating(uscc=None),
        stating(uscc=["91510107MAX0000000"]),
        stating(uscc=AGENCY.uscc.lower()) if AGENCY.uscc.lower() != AGENCY.uscc else without("uscc"),
        without("org_name"),
        stating(org_name="x" * 300),
    ],
)
def test_a_natural_persons_account_is_not_an_organisation(bent: BentPlatform, bend: Callable[[Claims], Claims]) -> None:
    bent.bend = bend
    refused(lambda: come(bent), "identity_not_legal_person")


@pytest.mark.parametrize("stated", ["low", "", None, 4, ["high"], True])
def test_an_assurance_that_is_not_among_the_known_words_is_none(bent: BentPlatform, stated: object) -> None:
    bent.bend = stating(assurance_level=stated)
    assert come(bent).assured is False


def test_new_keys_of_the_platform_are_found_but_not_asked_for_again_and_again(bent: BentPlatform) -> None:
    moment = [0.0]
    provider = provider_of(bent, ticks=lambda: moment[0])
    come(bent, provider)
    old = bent._key, bent._kid
    try:
        other = Platform(bent.issuer, ())
        bent._key, bent._kid = other._key, other._kid
        assert refused(lambda: come(bent, provider)) == "InvalidKeyIdError"  # asked less than a minute ago
        moment[0] = 61.0
        assert come(bent, provider).uscc == AGENCY.uscc
    finally:
        bent._key, bent._kid = old


def discovery(bent: BentPlatform, **more: object) -> dict[str, Answer]:
    body = json.dumps(bent._discovery() | more).encode()
    return {"/.well-known/openid-configuration": Answer(200, body)}


@pytest.mark.parametrize(
    "more",
    [
        {"issuer": "https://evil.test"},
        {"token_endpoint": "http://evil.test/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"jwks_uri": "ftp://127.0.0.1/keys"},
        {"jwks_uri": "http://[broken"},
    ],
)
def test_a_discovery_that_leads_elsewhere(bent: BentPlatform, more: dict[str, object]) -> None:
    bent.answers = discovery(bent, **more)
    assert refused(lambda: provider_of(bent).start(CALLBACK)).startswith("discovery_")


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/.well-known/openid-configuration", Answer(500, b"")),
        ("/.well-known/openid-configuration", Answer(200, b"<html>")),
        ("/.well-known/openid-configuration", Answer(200, b"[" * 200_000)),
        ("/.well-known/openid-configuration", Answer(302, b"", location="https://evil.test/")),
        ("/token", Answer(500, b"")),
        ("/token", Answer(502, b"<html>")),
        ("/token", Answer(200, b"[1]")),
        ("/token", Answer(302, b"", location="https://evil.test/")),
        ("/jwks.json", Answer(503, b"")),
    ],
)
def test_a_platform_that_is_not_well_is_said_to_be_so(bent: BentPlatform, path: str, answer: Answer) -> None:
    bent.answers = {path: answer}
    refused(lambda: come(bent), "identity_unavailable")


@pytest.mark.parametrize("keys", [{}, {"keys": []}, {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}, {"keys": "x"}])
def test_a_key_set_without_a_key_that_may_sign(bent: BentPlatform, keys: object) -> None:
    bent.answers = {"/jwks.json": Answer(200, json.dumps(keys).encode())}
    refused(lambda: come(bent))


def test_a_platform_that_is_not_there(bent: BentPlatform) -> None:
    nowhere = OpenIdProvider(ProviderSettings("national", "http://127.0.0.1:1", "supermarket"), timeout=1)
    refused(lambda: nowhere.start(CALLBACK), "identity_unavailable")


def test_what_only_the_user_info_states_is_taken_if_it_is_the_same_subjects(bent: BentPlatform) -> None:
    stated = {"sub": AGENCY.sub, "org_name": AGENCY.org_name, "uscc": AGENCY.uscc}
    bent.bend = without("uscc")
    bent.answers = discovery(bent, userinfo_endpoint=f"{bent.issuer}/me") | {
        "/me": Answer(200, json.dumps(stated).encode())
    }
    assert come(bent).uscc == AGENCY.uscc
    bent.answers = {**bent.answers, "/me": Answer(200, json.dumps(stated | {"sub": "other"}).encode())}
    assert refused(lambda: come(bent)) == "userinfo_subject"


def test_nothing_personal_is_shown_by_repr() -> None:
    assert repr(make_legal_person()).count(AGENCY.org_name) == 0
    assert "geheim" not in repr(ProviderSettings("n", "https://id.test", "c", client_secret="geheim"))


def test_a_person_survives_being_stored() -> None:
    assert LegalPerson.read(make_legal_person().stored()) == make_legal_person()


def test_configuration() -> None:
    found = providers(
        [
            {"issuer": "https://id.test", "client_id": "c", "assured": "L3, L4", "claim_uscc": "creditCode"},
            {"name": "second", "label": "第二平台", "issuer": "https://id2.test", "client_id": "c2"},
        ]
    )
    assert found.names == ("national", "second")
    first, second = found.get("national"), found.get("second")
    assert isinstance(first, OpenIdProvider) and second is not None
    assert first._settings.assured == {"L3", "L4"} and first._settings.claims.uscc == "creditCode"
    assert second.label == "第二平台" and found.get("third") is None
    for wrong in ({"issuer": "http://id.test", "client_id": "c"}, {"issuer": "https://id.test", "client_id": ""}):
        with pytest.raises(ConfigError):
            providers([wrong])


def test_the_fake_refuses_what_it_was_not_told() -> None:
    fake = MemoryIdentity()
    fake.tell("good", make_legal_person())
    url, attempt = fake.start(CALLBACK)
    assert refused(lambda: fake.finish(attempt, {"state": "other", "code": "good"}, CALLBACK)) == "state"
    person = fake.finish(attempt, {"state": query_of(url)["state"], "code": "good"}, CALLBACK)
    assert person.nonce == attempt.nonce
    assert refused(lambda: fake.finish(attempt, {"state": attempt.state, "code": "good"}, CALLBACK)) == "no_code"
