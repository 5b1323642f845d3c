"""Keys and signatures in what a service says: hidden in any disguise, and nothing else is."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha512
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanflow.masking import LONGEST_WORD, MASK, RUN, has_key, without_key, without_signatures, without_values

ROOT = Path(__file__).resolve().parents[2]
KEY = "sk-0f3a9C7b21de48f6a5b0c4d8e9f17a62"


def _chance(number: int) -> str:
    """Letters and digits as in a key, without a pattern."""
    return b64encode(sha512(str(number).encode()).digest()).decode().replace("+", "x").replace("/", "Y")


keys = st.integers(0).map(lambda number: f"sk-{_chance(number)[:20]}_{_chance(-1 - number)[:20]}")
separators = st.sampled_from([" ", "\n", "\r\n", "\u200b", "\u2028", "-", ".", "\t", "\x00", "/", "、"])
around = st.text(st.characters(codec="utf-8"), max_size=40)


def _letters(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", text).lower()


def _everywhere(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


DISGUISES: dict[str, Callable[[str], str]] = {
    "as it is": lambda key: key,
    "in capitals": str.upper,
    "in small letters": str.lower,
    "with its scheme": lambda key: f"Bearer {key}",
    "encoded": _everywhere,
    "encoded twice": lambda key: quote(_everywhere(key)),
    "in an address": lambda key: f"https://host.example/{quote(key, safe='')}/film?a=b",
    "in a program": lambda key: "".join(f"\\u{ord(letter):04x}" for letter in key),
    "in HTML": lambda key: "".join(f"&#{ord(letter)};" for letter in key),
    "in wide letters": lambda key: key.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}),
    "in HTML with zeros": lambda key: "".join(f"&#{ord(letter):04};" for letter in key),
    "in hexadecimal": lambda key: key.encode().hex(),
    "in base64": lambda key: b64encode(key.encode()).decode(),
    "in base64 after one byte": lambda key: b64encode(f"u{key}".encode()).decode(),
    "in base64 as a login": lambda key: b64encode(f"user:{key}:".encode()).decode(),
    "in base64 for addresses": lambda key: urlsafe_b64encode(f"me:{key}".encode()).decode(),
}


def _readings(text: str) -> list[str]:
    """What a reader can make of a text: as it is, decoded, and the base64 in it."""
    decoded = unquote(unquote(text))
    program = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)
    page = re.sub(r"&#([0-9]+);", lambda found: chr(int(found[1])), text)
    wide = text.translate({code + 0xFEE0: code for code in range(0x21, 0x7F)})
    found = [text, decoded, program, page, wide]
    for word in re.findall(r"[A-Za-z0-9+/_-]{16,}", text):
        data = word.replace("-", "+").replace("_", "/")
        found += [b64decode(data[skip:] + "=" * (-len(data[skip:]) % 4), validate=False).decode("latin-1") for skip in range(4) if len(data[skip:]) % 4 != 1]  # fmt: skip
    return found


def shown(text: str, key: str) -> list[str]:
    """The runs of a key that a text shows to such a reader."""
    letters = _letters(key)
    runs = {letters[at : at + RUN] for at in range(len(letters) - RUN + 1)}
    return sorted(run for run in runs if any(run in _letters(reading) for reading in _readings(text)))


@given(key=keys, disguise=st.sampled_from(sorted(DISGUISES)), before=around, after=around)
def test_a_key_is_hidden_in_every_disguise(key: str, disguise: str, before: str, after: str) -> None:
    """Whatever is around it; what is around it stays, as far as it is not part of it."""
    text = f"{before} {DISGUISES[disguise](key)} {after}"
    clean = without_key(text, key)
    assert MASK in clean
    assert shown(clean, key) == []
    assert without_key(clean, key) == clean


@given(key=keys, cuts=st.lists(st.integers(1, 43), max_size=8), between=st.lists(separators, min_size=1, max_size=3))
def test_a_key_is_hidden_that_is_in_pieces(key: str, cuts: list[int], between: list[str]) -> None:
    """Blanks, line ends, characters without width and punctuation may be in it, in any number."""
    points = [0, *sorted(set(cuts)), len(key)]
    pieces = [key[start:stop] for start, stop in pairwise(points)]
    clean = without_key("".join(between).join(pieces), key)
    assert shown(clean, key) == []


def is_like_a_word(text: str) -> bool:
    """Whether a text has letters only, and capitals as words have them."""
    return _letters(text).isalpha() and (text.islower() or text.isupper() or text.istitle())


@given(key=keys, cut=st.integers(0, 44))
def test_each_half_of_a_key_is_hidden_by_itself(key: str, cut: int) -> None:
    """A service may put one half into each of two fields; a piece of less than eight letters is not known as one."""
    for half in (key[:cut], key[cut:]):
        clean = without_key(f"«{half}»", key)
        letters = _letters(half)
        assert (MASK in clean) is (len(letters) > LONGEST_WORD or (len(letters) >= RUN and not is_like_a_word(half)))
        assert (clean[0], clean[-1]) == ("«", "»")


@pytest.mark.parametrize("key", ["my-lighthouse-studio-2026", "emulated-account-2026", "sk-dashscope-relay-00417"])
@pytest.mark.parametrize(
    "text", ["The lighthouse at dawn.", "OSSAccessKeyId emulated", "dashscope-instant/emulated/7", "a Dashscope task"]
)
def test_a_word_that_a_made_up_key_has_as_well_is_not_hidden(key: str, text: str) -> None:
    """People make up keys for an emulator and a relay; their films have the same words."""
    assert without_key(text, key) == text
    assert not has_key(text, key)


@given(key=keys, disguise=st.sampled_from(sorted(DISGUISES.keys() - {"in base64 for addresses"})))
def test_a_whole_key_is_found_in_what_is_used(key: str, disguise: str) -> None:
    """In any disguise; a part of it may be there by chance."""
    assert has_key(f"x {DISGUISES[disguise](key)} y", key)
    assert not has_key(key[:20], key)


@pytest.mark.parametrize("form", [str, quote, lambda value: quote(quote(value, safe=""), safe="")])
def test_a_known_signature_is_hidden_by_its_value(form: Callable[[str], str]) -> None:
    """A storage repeats it without its name."""
    signature = "rXSSb3/+Kq0aZZ9pQm4xAbCdEfg="
    assert without_values(f"provided {form(signature)} here", [signature]) == f"provided {MASK} here"


@pytest.mark.parametrize(
    "text",
    [
        "Signature = {}", 'Signature="{}"', "Signature: {}", "<Signature>{}</Signature>", "<SignatureProvided>{}<",
        "<OSSAccessKeyId>{}</OSSAccessKeyId>", "x?Signature\\u003d{}", "Signature&#61;{}", "SignatureValue={}",
    ],
)  # fmt: skip
def test_a_signature_is_hidden_after_its_name(text: str) -> None:
    """However a message, XML or a program writes it."""
    assert "rXSSb3pKq0aZZ9pQm4xA" not in without_signatures(text.format("rXSSb3pKq0aZZ9pQm4xA"))


def vendor_messages() -> list[str]:
    """Everything that the page about the service quotes or says."""
    page = (ROOT / "docs" / "reference" / "service.md").read_text(encoding="utf-8")
    return [cell.strip() for line in page.splitlines() for cell in line.split("|") if cell.strip()]


HONEST = [
    "Invalid according to Policy: Policy expired.",
    "The request signature we calculated does not match the signature you provided.",
    "Unable to download the media resource during the data inspection process.",
    "The bearer token is missing: Authorization: header not set",
    "Failed to download https://host.example/a.png, is it public?",
    "Requests rate limit exceeded, please try again later. Trace 5b7e0c1a-93d4-4e2f-8a66-1f0b9d3c7e58",
    "it expires: 2026-11-30 20:12:39",
    "100% of the quota is used",
]


def test_what_an_honest_service_says_stays() -> None:
    """No word of its messages and of the page about it looks like a key or a signature, but for those that are one."""
    said = vendor_messages()
    assert len(said) > 500
    assert [words for words in (*HONEST, *said) if without_key(words, KEY) != words] == []
    assert [words for words in HONEST if without_signatures(words) != words] == []
    assert [words for words in said if without_signatures(words) != words and not re.search(r"[?=]\S", words)] == []


@given(st.text(), keys)
def test_a_text_without_a_part_of_the_key_stays(text: str, key: str) -> None:
    """Two texts that were made apart have no eight letters in common."""
    assert without_key(text, key) == text


@pytest.mark.parametrize("key", ["sk-animatic", "sk-any", "s"])
def test_a_short_key_is_hidden_only_where_it_is_whole(key: str) -> None:
    """The emulator's key has a word in it, which messages have as well."""
    assert without_key(f"a {key.upper()} b", key) == f"a {MASK} b" if len(key) > 1 else True
    assert without_key("the animatic is free for any film", "sk-animatic") == "the animatic is free for any film"
    assert without_key("words", "") == "words"


@pytest.mark.parametrize(
    ("said", "clean"),
    [
        ("see https://h.example/a.png?Signature=s3cret now", "see https://h.example/a.png?… now"),
        ("HTTPS://H.example/a?x-oss-signature=s3cret", "HTTPS://H.example/a?…"),
        ("(http://h/a?s3cret)", "(http://h/a?…"),
        ("oss://bucket/a?security-token=s3cret", "oss://bucket/a?…"),
        ("url=https%3A%2F%2Fh%2Fa%3FSignature%3Ds3cret", "url=https%3A%2F%2Fh%2Fa?…"),
        ("https%253a%252f%252fh%252fa%253fs3cret", "https%253a%252f%252fh%252fa?…"),
        ("why? https://h/a", "why? https://h/a"),
        ("is it https://h/a?", "is it https://h/a?"),
        ("http://me:s3cret@h.example/a", f"http://{MASK}@h.example/a"),
        ("Signature=s3cret&Expires=17", f"Signature={MASK}&Expires={MASK}"),
        ("OSSAccessKeyId=s3cret, policy=s3cret", f"OSSAccessKeyId={MASK}, policy={MASK}"),
        ("signature%3Ds3cret", f"signature%3D{MASK}"),
        ("x-oss-security-token: s3cret-s3cret", f"x-oss-security-token: {MASK}"),
        ('{"Signature": "s3cret-s3cret"}', f'{{"Signature": "{MASK}"}}'),
        ("Authorization: Bearer s3cret-s3cret next", f"Authorization: Bearer {MASK} next"),
        ("authorization=OSS4-HMAC-SHA256 s3cret-s3cret", f"authorization=OSS4-HMAC-SHA256 {MASK}"),
        ("with Bearer s3cret-s3cret", f"with Bearer {MASK}"),
    ],
)
def test_signatures_are_hidden_in_every_form(said: str, clean: str) -> None:
    """In addresses of any scheme and case, encoded, alone, and in headers."""
    assert without_signatures(said) == clean
    assert without_signatures(clean) == clean


@given(st.text())
def test_no_text_is_too_odd_to_be_cleaned(text: str) -> None:
    """What was hidden once stays as it is."""
    assert without_signatures(without_signatures(text)) == without_signatures(text)
