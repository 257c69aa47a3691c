"""Credentials as they are shown. Hashes are the first eight digits that `sha256sum` gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.masking import masked, masked_headers, masked_target

UUID = "01234567-89ab-cdef-0123-456789abcdef"
SECRETS = {
    "act.secretsecret": "act....ab01a5ab",
    UUID: "0123...a23d006b",
    "elevenchars": "...431ea2f6",
    "twelve-chars": "twel...8dd1fe39",
    "t": "...e3b98a4d",
    "": "...e3b0c442",
    "caf\u00e9": "...850f7dc4",
}


@pytest.mark.parametrize(("secret", "shown"), SECRETS.items(), ids=ascii)
def test_a_secret_is_shown_by_its_beginning_and_a_hash(secret: str, shown: str) -> None:
    assert masked(secret) == shown


def test_half_a_pair_can_be_masked() -> None:
    assert masked("\udcff").startswith("...")


@given(st.text(min_size=12))
def test_a_mask_never_holds_more_than_four_characters_of_its_secret(secret: str) -> None:
    shown = masked(secret)
    assert shown[:4] == secret[:4]
    assert shown[4:7] == "..."
    assert len(shown) == 15


@given(st.text(), st.text())
def test_different_secrets_look_different(one: str, other: str) -> None:
    assert (masked(one) == masked(other)) is (one == other)


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("/video/?upload_id=7&upload_token=act.secretsecret", "/video/?upload_id=7&upload_token=act....ab01a5ab"),
        ("/video/?upload_token=act.secretsecret&upload_id=7", "/video/?upload_token=act....ab01a5ab&upload_id=7"),
        ("/?upload_token=t#act", "/?upload_token=...e3b98a4d#act"),
        ("/?UPLOAD_Token=t", "/?UPLOAD_Token=...e3b98a4d"),
        ("/?upload_token=t&upload_token=t", "/?upload_token=...e3b98a4d&upload_token=...e3b98a4d"),
        ("http://h/video/?upload_token=t", "http://h/video/?upload_token=...e3b98a4d"),
        ("/?upload_token=", "/?upload_token="),
        ("/video/?upload_id=7", "/video/?upload_id=7"),
        ("*", "*"),
    ],
)
def test_the_upload_token_of_a_target_is_masked(target: str, shown: str) -> None:
    assert masked_target(target) == shown


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", "Bearer act.secretsecret", "Bearer act....ab01a5ab"),
        ("AUTHORIZATION", "bearer act.secretsecret", "bearer act....ab01a5ab"),
        ("Authorization", "Bearer   act.secretsecret ", "Bearer act....ab01a5ab"),
        ("Authorization", "act.secretsecret", "act....ab01a5ab"),
        ("Authorization", "", "...e3b0c442"),
        ("Proxy-Authorization", "Basic t", "Basic ...e3b98a4d"),
        ("Cookie", "t", "...e3b98a4d"),
        ("X-Any", "Bearer act.secretsecret", "Bearer act.secretsecret"),
        ("Content-Range", "bytes 0-4999/15000", "bytes 0-4999/15000"),
    ],
)
def test_secret_headers_are_masked_behind_their_scheme(name: str, value: str, shown: str) -> None:
    assert masked_headers([(name, value)]) == ((name, shown),)


def test_headers_keep_their_order_and_their_letters() -> None:
    headers = [("b", "1"), ("A", "2"), ("b", "3"), ("cookie", "t")]
    assert masked_headers(headers) == (("b", "1"), ("A", "2"), ("b", "3"), ("cookie", "...e3b98a4d"))
