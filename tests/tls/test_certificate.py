"""The CA and its certificate: whom they speak for, for how long, and where they lie."""

import datetime as dt
import ipaddress
import re
import ssl
import stat
import subprocess
import sys
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
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
from cryptography.x509.oid import NameOID

from mockserver.tls.authority import Authority, OutsideError, make_authority
from mockserver.tls.certificate import open_certificate
from mockserver.tls.kept import kept_authority, write_secret
from mockserver.tls.terms import TlsTerms, is_tiktok_host

HOSTS = [
    "open.tiktokapis.com",
    "open-upload.tiktokapis.com",
    "open-upload-va.tiktokapis.com",
    "open-upload-sg.tiktokapis.com",
    "open-upload-i18n.tiktokapis.com",
    "open-upload.us.tiktokapis.com",
    "upload.us.tiktokapis.com",
]


def leaf_of(authority: Authority, *names: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(authority.sign(names)[1])


def test_certificate_is_for_tiktoks_hosts_and_this_machine_for_a_short_time() -> None:
    leaf = leaf_of(make_authority([]))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [*HOSTS, "*.tiktokapis.com", "localhost"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= dt.timedelta(days=31)
    assert leaf.not_valid_before_utc < dt.datetime.now(dt.UTC) - dt.timedelta(hours=23)


def test_authority_is_limited_to_tiktoks_hosts_this_machine_and_further_names() -> None:
    ca = make_authority(["box.example", "10.1.2.3"]).certificate
    limits = ca.extensions.get_extension_for_class(x509.NameConstraints)
    assert limits.critical
    assert limits.value.excluded_subtrees is None
    assert [one.value for one in limits.value.permitted_subtrees or ()] == [
        "tiktokapis.com",
        "localhost",
        ipaddress.ip_network("127.0.0.0/8"),
        ipaddress.ip_network("::1/128"),
        "box.example",
        ipaddress.ip_network("10.1.2.3/32"),
    ]
    basic = ca.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, 0)
    assert ca.not_valid_after_utc - ca.not_valid_before_utc <= dt.timedelta(days=31)


def test_authority_signs_for_no_name_outside_of_its_limits() -> None:
    authority = make_authority(["box.example", "10.1.2.3"])
    leaf_of(authority, "box.example", "deep.box.example", "10.1.2.3")
    for name in ("example", "otherbox.example", "10.1.2.4"):
        with pytest.raises(OutsideError, match=f"it may not sign for {name}, only for tiktokapis.com, localhost"):
            leaf_of(authority, name)


def test_addresses_are_permitted_by_network_and_names_by_their_end() -> None:
    authority = make_authority(["box.example", "2.3"])
    leaf = leaf_of(authority, "127.0.0.2", "127.255.0.1")
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert ipaddress.ip_address("127.0.0.2") in names.get_values_for_type(x509.IPAddress)
    for name in ("128.0.0.1", "10.1.2.3", "::2"):
        with pytest.raises(OutsideError, match=f"it may not sign for {name}, only for"):
            leaf_of(authority, name)


def test_trust_store_holds_the_authority_alone() -> None:
    authority = make_authority([])
    store = pkcs12.load_pkcs12(authority.trust_store(), b"changeit")
    assert store.key is None
    assert [one.certificate for one in store.additional_certs] == [authority.certificate]


def test_name_for_openssl_is_the_one_openssl_looks_for(tmp_path: Path) -> None:
    authority = make_authority([])
    (tmp_path / f"{authority.openssl_hash}.0").write_bytes(authority.pem)
    key, certificate = authority.sign([])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (tmp_path / "leaf.pem").write_bytes(certificate + key)
    context.load_cert_chain(tmp_path / "leaf.pem")
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(capath=str(tmp_path))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    there = client.wrap_bio(to_client, to_server, server_hostname="open.tiktokapis.com")
    here = context.wrap_bio(to_server, to_client, server_side=True)
    for side in (there, here, there, here):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    assert there.getpeercert(), "the server is trusted by what the directory holds"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_directory_keeps_one_authority_whose_key_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "ca"
    first = kept_authority(folder, [])
    again = kept_authority(folder, [])
    assert first.certificate == again.certificate
    assert first.certificate.not_valid_after_utc > dt.datetime.now(dt.UTC) + dt.timedelta(days=1000)
    assert mode(folder / "ca-key.pem") == 0o600
    assert {path.name for path in folder.iterdir()} == {".lock", "ca.pem", "ca-key.pem"}


def test_servers_that_start_together_share_one_authority(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: kept_authority(tmp_path, []).pem, range(8)))
    assert len(set(made)) == 1


def test_authority_of_a_run_is_gone_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    certificate = open_certificate(TlsTerms())
    (folder,) = tmp_path.iterdir()
    assert mode(folder) == 0o700
    assert [path for path in folder.rglob("*") if path.is_file() and b"PRIVATE" in path.read_bytes()] == []
    assert certificate.trust.bundle.read_bytes().startswith(certificate.trust.ca.read_bytes().rstrip())
    certificate.close()
    assert list(tmp_path.iterdir()) == []


def refused(terms: TlsTerms) -> str:
    with pytest.raises(OSError) as caught:
        open_certificate(terms).close()
    assert caught.value.errno is None
    return str(caught.value.strerror)


def test_directories_that_do_not_do_say_what_would(tmp_path: Path) -> None:
    kept_authority(tmp_path, [])
    key, ca = tmp_path / "ca-key.pem", tmp_path / "ca.pem"
    outside = refused(TlsTerms(ca_dir=tmp_path, names=["box.example"]))
    assert outside == (
        f"the CA in {tmp_path} does not do: it may not sign for box.example, only for tiktokapis.com, localhost, "
        "127.0.0.0/8, ::1 and what is below them; give another --ca-dir, or remove it"
    )
    key.chmod(0o644)
    assert refused(TlsTerms(ca_dir=tmp_path)) == (
        f"the CA's key {key} can be read by others (mode 0644): chmod 600 it"
    )
    key.chmod(0o600)
    ca.write_bytes(make_authority([]).pem)
    assert "key and certificate do not belong together; give an empty directory" in refused(
        TlsTerms(ca_dir=tmp_path)
    )
    ca.write_text("rubble")
    assert "is no CA of ours" in refused(TlsTerms(ca_dir=tmp_path))
    ca.write_bytes(make_authority([], days=0).pem)
    key.write_bytes(make_authority([]).key_pem)
    (tmp_path / "file").touch()
    assert "cannot be used" in refused(TlsTerms(ca_dir=tmp_path / "file"))


def foreign_authority(*extensions: x509.ExtensionType) -> tuple[bytes, bytes]:
    """A self-signed certificate that somebody else made, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "of another company")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + dt.timedelta(days=9))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    return certificate, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def keep(folder: Path, certificate: bytes, key: bytes) -> None:
    (folder / "ca.pem").write_bytes(certificate)
    (folder / "ca-key.pem").unlink(missing_ok=True)
    write_secret(folder / "ca-key.pem", key)


CA = x509.BasicConstraints(ca=True, path_length=None)
COMPANY = x509.NameConstraints([x509.DNSName("company.example")], None)


@pytest.mark.parametrize(
    ("extensions", "said"),
    [
        ([], "is no CA of ours: the certificate is no CA's; give an empty directory"),
        ([CA], "does not do: the CA is not limited to any names: not one of ours; give another --ca-dir"),
        (
            [CA, COMPANY],
            "it may not sign for open.tiktokapis.com, only for company.example and what is below them",
        ),
    ],
)
def test_authority_of_somebody_else_is_not_used(
    tmp_path: Path, extensions: list[x509.ExtensionType], said: str
) -> None:
    keep(tmp_path, *foreign_authority(*extensions))
    assert said in refused(TlsTerms(ca_dir=tmp_path))
    with pytest.raises(OSError, match=re.escape(said)):
        kept_authority(tmp_path, [])


def test_key_with_a_password_or_a_curve_nobody_knows_is_not_used(tmp_path: Path) -> None:
    authority = make_authority([])
    locked = authority.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    keep(tmp_path, authority.pem, locked)
    ours = f"what is in --ca-dir {tmp_path} is no CA of ours"
    assert refused(TlsTerms(ca_dir=tmp_path)) == f"{ours}: its key has a password; give an empty directory"
    curve = bytes.fromhex("06082a8648ce3d030107")  # the identifier of P-256 in both of the files
    der = load_pem_private_key(authority.key_pem, None).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )
    unknown = b64encode(der.replace(curve, curve[:-1] + b"\x7f"))
    keep(tmp_path, authority.pem, b"-----BEGIN PRIVATE KEY-----\n" + unknown + b"\n-----END PRIVATE KEY-----\n")
    assert refused(TlsTerms(ca_dir=tmp_path)).startswith(f"{ours}: it cannot be read (")


def test_authority_that_may_not_sign_for_a_name_is_refused_before_it_signs(tmp_path: Path) -> None:
    kept_authority(tmp_path, [])
    kept_authority(tmp_path, ["127.0.0.2", "new.tiktokapis.com"])
    with pytest.raises(OSError, match=r"does not do: it may not sign for box\.example, only for tiktokapis"):
        kept_authority(tmp_path, ["box.example"])


def test_expired_authority_is_not_used(tmp_path: Path) -> None:
    old = make_authority([], days=0)
    (tmp_path / "ca.pem").write_bytes(old.pem)
    (tmp_path / "ca-key.pem").write_bytes(old.key_pem)
    (tmp_path / "ca-key.pem").chmod(0o600)
    assert refused(TlsTerms(ca_dir=tmp_path)) == (
        f"the CA in --ca-dir {tmp_path} has expired: remove {tmp_path / 'ca-key.pem'}, and a new one is made"
    )


def test_certificate_of_the_users_own(tmp_path: Path) -> None:
    key, certificate = make_authority([]).sign([])
    (tmp_path / "cert.pem").write_bytes(certificate)
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "other.pem").write_bytes(make_authority([]).sign([])[0])
    opened = open_certificate(TlsTerms(certificate=tmp_path / "cert.pem", key=tmp_path / "key.pem"))
    assert (opened.trust.ca, opened.trust.java) == (tmp_path / "cert.pem", None)
    opened.close()
    assert (tmp_path / "key.pem").exists()
    for cert, other, said in (
        ("cert.pem", "other.pem", "key values mismatch"),
        ("cert.pem", "gone.pem", "gone.pem cannot be read: No such file"),
        ("key.pem", "key.pem", "are no certificate with its key"),
    ):
        assert said in refused(TlsTerms(certificate=tmp_path / cert, key=tmp_path / other))


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    assert refused(TlsTerms()) == (
        "a certificate of the mock's own needs the package cryptography: "
        "pip install 'tiktok-upload-mock[tls]', or give your own with --cert and --key"
    )


def test_nothing_but_tls_imports_cryptography() -> None:
    code = "import mockserver.app, mockserver.serving, sys; print('cryptography' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("open.tiktokapis.com", True),
        ("OPEN-upload-eu.TikTokAPIs.com.", True),
        ("tiktokapis.com", False),
        ("nottiktokapis.com", False),
        ("open.tiktokapis.com.evil.example", False),
    ],
)
def test_tiktoks_hosts(name: str, is_one: bool) -> None:  # noqa: FBT001 - a table's column
    assert is_tiktok_host(name) is is_one
