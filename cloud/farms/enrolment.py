"""How a gateway comes in: a claim code made by people, redeemed once by the gateway with keys of its own."""

import base64
import binascii
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.orm import Session

from cloud.accounts import repository as people
from cloud.accounts.secret import hashed, short_code, typed
from cloud.broker_users import CLOUD_USER, remove_user, set_password
from cloud.farms import repository
from cloud.farms.models import ClaimCode, Gateway
from cloud.settings import CloudSettings
from gateway.people.names import slug
from gateway.uplink.enrolment import PREFIX

CLAIM_S = 7 * 86400.0


class ClaimRefused(ValueError):
    """A claim that lets nobody in: a void code, no key, or a signature of another key."""


@dataclass(frozen=True)
class Enrolled:
    """What a gateway needs from now on; the password is shown this once."""

    gateway_id: str
    password: str


def make_claim(
    session: Session, made_by: int, person_id: int | None, farm_name: str, gateway_id: str | None, now_s: float
) -> str:
    """A code for a new farm of this person, or for another gateway in the place of one that there is."""
    code = short_code()
    made = ClaimCode(
        hash=hashed(code),
        made_by=made_by,
        person_id=person_id,
        farm_name=farm_name,
        ends_at=now_s + CLAIM_S,
        gateway_id=gateway_id,
        redeemed_at=None,
    )
    repository.keep_claim(session, made)
    return code


def redeem(
    session: Session, settings: CloudSettings, code: str, public_key: str, signature: str, now_s: float
) -> Enrolled:
    """Let the gateway in that signed its code with its own key; the same key may ask again. ClaimRefused."""
    _check_signature(code, public_key, signature)
    spent = hashed(typed(code))
    claim = repository.claim(session, spent, now_s) or repository.claimed_by(session, spent, public_key, now_s)
    if claim is None:
        raise ClaimRefused("this code is wrong, spent, or older than seven days")
    gateway = _gateway_of(session, claim, now_s)
    gateway.public_key = public_key
    gateway.revoked_at = None
    if claim.person_id is not None:
        people.join(session, claim.person_id, gateway.id)
    password = secrets.token_urlsafe(24)
    set_password(settings.users_file, gateway.id, password)
    return Enrolled(gateway.id, password)


def revoke(settings: CloudSettings, gateway: Gateway, now_s: float) -> None:
    """The gateway comes in no more; what it sent stays."""
    gateway.revoked_at = gateway.revoked_at or now_s
    remove_user(settings.users_file, gateway.id)


def _gateway_of(session: Session, claim: ClaimCode, now_s: float) -> Gateway:
    if claim.gateway_id is None:
        made = _new_id(session, claim.farm_name)
        repository.add_gateway(session, made, now_s)
        session.flush()
        claim.gateway_id = made
    gateway = repository.one(session, claim.gateway_id)
    if gateway is None:
        raise ClaimRefused(f"the farm {claim.gateway_id} is gone")
    gateway.farm_name = gateway.farm_name or claim.farm_name
    return gateway


def _new_id(session: Session, farm_name: str) -> str:
    taken = {CLOUD_USER, *repository.taken_ids(session)}
    while (made := f"{slug(farm_name, 'farm')[:31].strip('-')}-{secrets.token_hex(3)}") in taken:
        pass
    return made


def _check_signature(code: str, public_key: str, signature: str) -> None:
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(base64.b64decode(signature, validate=True), PREFIX + code.encode())
    except (binascii.Error, ValueError, InvalidSignature) as error:
        raise ClaimRefused("the code is not signed with this Ed25519 key") from error
