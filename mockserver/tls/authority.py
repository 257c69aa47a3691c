"""A CA of our own, limited to TikTok's hosts and this machine, and what it signs (cryptography)."""

import datetime as dt
import hashlib
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mockserver.tls.terms import API_HOST, DOMAIN, TIKTOK_HOSTS

LEAF_DAYS: Final = 30
"""Platforms refuse more than 397 days; a server that runs on for longer than this needs a restart."""
AUTHORITY_DAYS: Final = 5 * 365
TRUST_STORE_PASSWORD: Final = "changeit"  # noqa: S105 - Java wants one; nothing in the store is secret
_SKEW: Final = dt.timedelta(days=1)
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")
_LOCAL_NETWORKS: Final = ("127.0.0.0/8", "::1/128")


class OutsideError(ValueError):
    """The CA may not sign for this name."""

    def __init__(self, name: str, permitted: Sequence[str]) -> None:
        super().__init__(f"it may not sign for {name}, only for {', '.join(permitted)} and what is below them")


_Subtree = str | ipaddress.IPv4Network | ipaddress.IPv6Network
"""What a CA may sign for: a domain with what is below it, or addresses."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA: its certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return _key_pem(self.key)

    @property
    def expired(self) -> bool:
        return self.certificate.not_valid_after_utc <= _now()

    @property
    def openssl_hash(self) -> str:
        """The name under which OpenSSL looks for it in a directory, without `.0`."""
        canonical = x509.Name(
            [x509.NameAttribute(one.oid, str(one.value).lower()) for one in self.certificate.subject]
        ).public_bytes()
        parts = canonical[2:]  # without the outer tag and a length below 128
        return hashlib.sha1(parts, usedforsecurity=False).digest()[3::-1].hex()

    def trust_store(self) -> bytes:
        """A PKCS 12 store with the CA as the only one to trust, as Java reads it."""
        entry = pkcs12.PKCS12Certificate(self.certificate, b"tiktok-upload-mock")
        return pkcs12.serialize_java_truststore([entry], BestAvailableEncryption(TRUST_STORE_PASSWORD.encode()))

    def check(self, names: Sequence[str]) -> None:
        """Raises OutsideError where one of what `sign` signs is outside of what the CA is limited to.

        ValueError where it is not limited at all.
        """
        permitted = _permitted(self.certificate)
        for name in (*TIKTOK_HOSTS, *_LOCAL, *names):
            if not any(_is_in(name, one) for one in permitted):
                shown = [str(one).removesuffix("/32").removesuffix("/128") for one in permitted]
                raise OutsideError(name, shown)

    def sign(self, names: Sequence[str]) -> tuple[bytes, bytes]:
        """A new key and its certificate for TikTok's hosts, this machine and `names`: both in PEM.

        Raises as `check` does.
        """
        self.check(names)
        key = ec.generate_private_key(ec.SECP256R1())
        wanted = dict.fromkeys((*TIKTOK_HOSTS, f"*.{DOMAIN}", *_LOCAL, *names))
        until = min(_now() + dt.timedelta(days=LEAF_DAYS), self.certificate.not_valid_after_utc)
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        certificate = (
            _builder(_subject(API_HOST), self.certificate.subject, key, until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName([_general(name) for name in wanted]), critical=False)
            .add_extension(issuer_key, critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return _key_pem(key), certificate.public_bytes(Encoding.PEM)


def make_authority(names: Sequence[str], days: int = LEAF_DAYS) -> Authority:
    """A new CA, limited to TikTok's domain, this machine and `names`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(f"tiktok-upload-mock test CA {os.urandom(4).hex()}")
    networks = [x509.IPAddress(ipaddress.ip_network(network)) for network in _LOCAL_NETWORKS]
    hosts = [x509.DNSName(name) for name in (DOMAIN, "localhost")]
    limits = x509.NameConstraints([*hosts, *networks, *(_subtree(name) for name in names)], None)
    certificate = (
        _builder(subject, subject, key, _now() + dt.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(limits, critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate, key)


def load_authority(certificate: bytes, key: bytes) -> Authority:
    """A CA that `make_authority` made, from its PEMs. Raises ValueError where they are none."""
    try:
        return _read_authority(certificate, key)
    except TypeError:
        raise ValueError("its key has a password") from None
    except x509.ExtensionNotFound:
        raise ValueError("the certificate is no CA's") from None
    except (UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension) as error:
        raise ValueError(f"it cannot be read ({error})") from error


def _read_authority(certificate: bytes, key: bytes) -> Authority:
    loaded = load_pem_private_key(key, None)
    read = x509.load_pem_x509_certificate(certificate)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey) or loaded.public_key() != read.public_key():
        raise ValueError("key and certificate do not belong together")
    if not read.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
        raise ValueError("the certificate is no CA's")
    return Authority(read, loaded)


def _permitted(certificate: x509.Certificate) -> list[_Subtree]:
    try:
        limits = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        raise ValueError("the CA is not limited to any names: not one of ours") from None
    domains = [one.value for one in limits.permitted_subtrees or () if isinstance(one, x509.DNSName)]
    addresses = [one.value for one in limits.permitted_subtrees or () if isinstance(one, x509.IPAddress)]
    networks = [one for one in addresses if isinstance(one, ipaddress.IPv4Network | ipaddress.IPv6Network)]
    return [*domains, *networks]


def _is_in(name: str, subtree: _Subtree) -> bool:
    """Addresses by number, names by their end."""
    general = _general(name)
    if isinstance(general, x509.IPAddress):
        return not isinstance(subtree, str) and general.value in subtree
    return isinstance(subtree, str) and (name == subtree or name.endswith(f".{subtree}"))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, until: dt.datetime
) -> x509.CertificateBuilder:
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_now() - _SKEW)
        .not_valid_after(until)
        .add_extension(identifier, critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _subject(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "tiktok-upload-mock"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _subtree(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_network(name))
    except ValueError:
        return x509.DNSName(name)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
