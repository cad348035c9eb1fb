"""What is read of an answer is read in one way only, and a vendor's wish to be left alone is believed within reason."""

from __future__ import annotations

import gzip
import time
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, formatdate

import pytest

from blocks.errors import RateLimited, Unclear, Unreadable, VendorError
from blocks.wire.exchange import Answered, _decoded
from blocks.wire.replies import LONGEST_PATIENCE_S, patience_s, reply_of
from blocks.wire.strict_json import UnreadableError, read_json

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        '{"live_enabled": false, "live_enabled": true}',
        '[{"deep": {"id": 1, "id": 1}}]',
        '{"equity": NaN}',
        '{"equity": Infinity}',
        '{"equity": -Infinity}',
        '{"equity": 1e999}',
        "[" * 100_000,
        '{"a":' * 100_000,
        "9" * 5000,
        '{"id": "\\ud800"}',
        '["\\udc00\\ud800"]',
        "{} {}",
        "<html></html>",
        " ",
    ],
)
def test_json_that_two_readers_read_in_two_ways_is_not_read(text: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        read_json(text.encode())
    assert len(str(refused.value)) < 80, "nothing of the text is in it"


@pytest.mark.parametrize("content", [b"\xff\xfe{\x00}\x00", '{"a": 1}'.encode("utf-16"), b'{"a": "\xe9"}', b"\x00"])
def test_json_is_utf_8(content: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_json(content)


@pytest.mark.parametrize(
    ("content", "value"),
    [(b"", None), (b"null", None), (b'{"a": [1.5, "\\ud83d\\ude00"]}', {"a": [1.5, "\U0001f600"]})],
)
def test_json_that_is_plain_is_read(content: bytes, value: object) -> None:
    assert read_json(content) == value


@pytest.mark.parametrize("status", [200, 401, 403, 404, 422])
def test_an_answer_that_cannot_be_relied_on_is_no_refusal_either(status: int) -> None:
    answered = Answered(status, {}, b'{"code": 40110000, "code": 0}')
    with pytest.raises(Unreadable, match="twice") as caught:
        reply_of("Alpaca", "read account", answered)
    assert isinstance(caught.value, Unclear)


@pytest.mark.parametrize(
    ("status", "content", "helps"),
    [
        (401, b'{"id": "unauthorized"}', True),
        (403, b'{"id": "forbidden"}', True),
        (404, b'{"id": "not_found"}', True),
        (422, b'{"id": "invalid"}', True),
        (429, b'{"id": "rate_limit"}', False),
        (500, b'{"id": "internal"}', False),
        (302, b"", False),
        (401, b"<html></html>", False),
        (200, b"<html></html>", False),
    ],
)
def test_what_is_to_be_done_about_a_key_is_said_of_a_refusal_alone(status: int, content: bytes, helps: bool) -> None:
    with pytest.raises(VendorError) as caught:
        reply_of("Heroku", "read account", Answered(status, {}, content), if_refused="Make another token.")
    assert (caught.value.remedy == "Make another token.") is helps
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("asked", "wait_s"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("3601", LONGEST_PATIENCE_S),
        ("9" * 400, LONGEST_PATIENCE_S),
        ("9" * 5000, LONGEST_PATIENCE_S),
        (format_datetime(NOW + timedelta(seconds=30), usegmt=True), 30.0),
        (format_datetime(NOW - timedelta(days=9), usegmt=True), 0.0),
        (format_datetime(NOW + timedelta(days=900), usegmt=True), LONGEST_PATIENCE_S),
        ("-5", None),
        ("nan", None),
        ("inf", None),
        ("1e9", None),
        ("٣", None),
        ("soon", None),
        ("Fri, 99 Nov 20266 12:00:00 GMT", None),
        ("", None),
    ],
)
def test_how_long_a_vendor_is_left_alone(asked: str, wait_s: float | None) -> None:
    headers = {"retry-after": asked, "date": format_datetime(NOW, usegmt=True)}
    assert patience_s(headers) == wait_s


def test_a_moment_of_renewal_is_believed_within_reason_too() -> None:
    answered = Answered(429, {"x-ratelimit-reset": "9" * 300}, b"")
    with pytest.raises(RateLimited) as caught:
        reply_of("Alpaca", "read account", answered)
    assert caught.value.retry_after_s == LONGEST_PATIENCE_S + 1


@pytest.mark.parametrize("off_s", [-620, 0, 620], ids=["slow", "right", "fast"])
def test_until_a_moment_of_renewal_is_counted_by_the_vendors_clock_and_not_by_this_machines(off_s: int) -> None:
    """A slow clock waited for more than any step does, and a fast one not at all."""
    there = int(time.time()) - off_s
    answered = Answered(429, {"x-ratelimit-reset": str(there + 20), "date": formatdate(there, usegmt=True)}, b"")
    with pytest.raises(RateLimited) as caught:
        reply_of("Alpaca", "read account", answered)
    assert caught.value.retry_after_s == 21


@pytest.mark.parametrize("told", ["", "yesterday", "Mon, 01 Jan 2024 00:00:00 -0000"])
def test_without_a_clock_of_the_vendors_this_machines_has_to_do(told: str) -> None:
    answered = Answered(429, {"x-ratelimit-reset": str(int(time.time()) + 20), "date": told}, b"")
    with pytest.raises(RateLimited) as caught:
        reply_of("Alpaca", "read account", answered)
    assert 15 < (caught.value.retry_after_s or 0) <= 21


@pytest.mark.parametrize("behind", [b"more", gzip.compress(b"[]")], ids=["bytes", "a second part"])
def test_an_answer_with_something_behind_its_end_is_not_read(behind: bytes) -> None:
    """Another reader might read that, too."""
    packed = gzip.compress(b"{}")

    assert _decoded([packed], "gzip", 100) == b"{}"
    for parts in ([packed + behind], [packed, behind]):
        with pytest.raises(zlib.error):
            _decoded(parts, "gzip", 100)
