"""Signatures of webhooks: what is accepted is what was sent, recently, by who holds the secret."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime, timedelta

import pytest

from cartera.gateways.base import BadSignature
from cartera.gateways.signatures import sign, verified_id

SENT = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
BODY = b'{"data":{"reference":"chk_1"}}'


def test_the_signature_is_that_of_standard_webhooks() -> None:
    # The example that the reference libraries of standardwebhooks.com are tested with.
    secret = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    sent = datetime.fromtimestamp(1614265330, UTC)
    headers = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", sent, b'{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_what_was_signed_is_accepted_within_five_minutes() -> None:
    headers = sign(b"secret", "evt_1", SENT, BODY)
    for late in (timedelta(0), timedelta(minutes=5), -timedelta(minutes=5)):
        assert verified_id(b"secret", headers, BODY, SENT + late) == "evt_1"
    for late in (timedelta(minutes=5, seconds=1), -timedelta(minutes=5, seconds=1)):
        with pytest.raises(BadSignature):
            verified_id(b"secret", headers, BODY, SENT + late)


def test_one_of_several_signatures_is_enough() -> None:
    headers = sign(b"new", "evt_1", SENT, BODY)
    old = sign(b"old", "evt_1", SENT, BODY)["webhook-signature"]
    headers["webhook-signature"] = f"{old} {headers['webhook-signature']}"
    assert verified_id(b"new", headers, BODY, SENT) == "evt_1"


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "evt_2"},
        {"webhook-id": ""},
        {"webhook-id": "x" * 256},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "1763305200.5"},
        {"webhook-timestamp": " 1763305200"},
        {"webhook-timestamp": "9" * 5000},
        {"webhook-timestamp": "١٧٦٣٣٠٥٢٠٠"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,ñandú"},
        {"webhook-signature": "v1," + "A" * 44},
    ],
)
def test_anything_else_is_refused(change: dict[str, str]) -> None:
    headers = sign(b"secret", "evt_1", SENT, BODY) | change
    with pytest.raises(BadSignature):
        verified_id(b"secret", headers, BODY, SENT)


def test_another_body_or_secret_is_refused() -> None:
    headers = sign(b"secret", "evt_1", SENT, BODY)
    with pytest.raises(BadSignature):
        verified_id(b"secret", headers, BODY + b" ", SENT)
    with pytest.raises(BadSignature):
        verified_id(b"other", headers, BODY, SENT)
    with pytest.raises(BadSignature):
        verified_id(b"secret", {}, BODY, SENT)
