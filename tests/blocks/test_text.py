"""Text of a person or a vendor is shown as it is, and neither terminal, nor Slack, nor Prefect's pages obey it."""

from __future__ import annotations

from itertools import chain

import pytest

from blocks.text import CUT, CUT_HERE, is_seen, markdown, slack, terminal, visible

OURS = "http://127.0.0.1:4200/v2"
RUN = f"{OURS}/runs/flow-run/0193-abc"
LONG = "a<" * 5000

TERMINAL = {
    "\x1b[2J\x1b[31mred": r"\x1b[2J\x1b[31mred",
    "\x9b31mred": r"\x9b31mred",
    "one\ntwo": r"one\ntwo",
    "one\r\x07\x08\x00two": r"one\r\x07\x08\x00two",
    "one\u2028two\u0085three": r"one\u2028two\x85three",
    "evil\u202egnp.exe": r"evil\u202egnp.exe",
    "\u2066in\u2069 \u200fright": r"\u2066in\u2069 \u200fright",
    "zero\u200bwidth\ufeff\u2060\u00ad": r"zero\u200bwidth\ufeff\u2060\xad",
    "filler\u3164\u115f": r"filler\u3164\u115f",
    "hidden\ufe0f\U000e0101\U000e0041": r"hidden\ufe0f\U000e0101\U000e0041",
    "half\ud83d": r"half\ud83d",
    "wide\u00a0space\u3000": "wide space ",
    "José 山田 Ōta": "José 山田 Ōta",
    "<!channel> [a](http://b.example) {{ c }} | `d`": "<!channel> [a](http://b.example) {{ c }} | `d`",
}
MARKDOWN = {
    "one\ntwo": r"one\\ntwo",
    "\x1b[31m": r"\\x1b\[31m",
    "\u202e": r"\\u202e",
    "<!channel> <b>x</b>": r"\<!channel\> \<b\>x\</b\>",
    "[click](http://evil.example)": r"\[click\](http\[:\]//evil.example)",
    "![x](https://evil.example/p.png)": r"!\[x\](https\[:\]//evil.example/p.png)",
    "see www.evil.example and WWW.evil.example": r"see www\[.\]evil.example and WWW\[.\]evil.example",
    f"own {RUN}.": f"own {RUN}.",
    "http://127.0.0.1:4200.evil.example/v2": r"http\[:\]//127.0.0.1:4200.evil.example/v2",
    f"{OURS}evil/x": r"http\[:\]//127.0.0.1:4200/v2evil/x",
    "{{ flow_run.name }} {% if %} {# #}": r"\{\{ flow_run.name \}\} \{% if %\} \{# #\}",
    "a | b": r"a \| b",
    "`code` **bold** *it* ~~gone~~": r"\`code\` \*\*bold\*\* \*it\* \~\~gone\~\~",
    "_it_ TRADING_LIVE_DISABLED": r"\_it\_ TRADING_LIVE_DISABLED",
    "# head": r"\# head",
    "- item": r"\- item",
    "&lt;b&gt;": r"\&lt;b\&gt;",
    r"back\slash": r"back\\slash",
}
SLACK = {
    "<!channel> <@U123> <#C1>": "&lt;!channel&gt; &lt;@U123&gt; &lt;#C1&gt;",
    "&lt;!here&gt;": "&amp;lt;!here&amp;gt;",
    "<https://evil.example|rekey>": "&lt;https[:]//evil.example|rekey&gt;",
    "http://evil.example www.evil.example": "http[:]//evil.example www[.]evil.example",
    f"own {RUN}.": f"own <{RUN}>.",
    "`code` *bold* ~gone~": "'code' ∗bold∗ ∼gone∼",  # noqa: RUF001  # they look alike on purpose
    "_it_ TRADING_LIVE_DISABLED": "＿it＿ TRADING_LIVE_DISABLED",  # noqa: RUF001  # the same
    "> quoted": "＞ quoted",  # noqa: RUF001  # the same
    "a :rotating_light: b at 13:56:07": "a ∶rotating_light: b at 13:56:07",  # noqa: RUF001  # the same
    "one\ntwo": r"one\ntwo",
    "\x1b[31m\u202e": r"\x1b[31m\u202e",
    "{{ token }}": "{{ token }}",
}


@pytest.mark.parametrize(("said", "shown"), TERMINAL.items())
def test_a_terminal_moves_nothing_and_hides_nothing(said: str, shown: str) -> None:
    assert terminal(said) == visible(said) == shown


@pytest.mark.parametrize(("said", "shown"), MARKDOWN.items())
def test_a_page_shows_the_text_and_makes_nothing_of_it(said: str, shown: str) -> None:
    assert markdown(said, ours=OURS) == shown


@pytest.mark.parametrize(("said", "shown"), SLACK.items())
def test_slack_calls_nobody_and_links_nowhere_else(said: str, shown: str) -> None:
    assert slack(said, ours=OURS) == shown


def test_line_breaks_of_a_sentence_stay_where_it_is_asked_for() -> None:
    """And what begins a line is looked at on each line."""
    said = "2 are missing:\n1. one\n> two\n# three"

    assert terminal(said, lines=True) == said
    assert markdown(said, lines=True) == "2 are missing:\n1. one\n\\> two\n\\# three"
    assert slack(said, lines=True) == "2 are missing:\n1. one\n＞ two\n# three"  # noqa: RUF001  # it looks alike


def test_too_long_a_text_ends_within_its_bound_and_never_within_an_escape() -> None:
    for shown in (terminal(LONG, most=100), markdown(LONG, most=100), slack(LONG, most=100)):
        assert len(shown) <= 100
        assert shown.endswith(CUT)
    assert slack("<<<<", most=8) == f"&lt;{CUT}"
    assert markdown("<<<<", most=5) == f"\\<{CUT}"
    assert slack("<<", most=8) == "&lt;&lt;"


def test_what_has_to_stay_at_the_end_stays_and_the_middle_is_cut() -> None:
    shown = slack(f"begins {'<' * 200} ends", most=100, last=20)

    assert len(shown) <= 100
    assert shown.startswith("begins &lt;&lt;")
    assert shown.endswith(f"&lt;{CUT_HERE}&lt;&lt;&lt; ends")
    assert slack("<" * 25, most=100, last=20) == "&lt;" * 25, "what has room is whole"


def test_every_character_that_is_shown_as_it_is_is_seen() -> None:
    """Of the first plane and the tags: no control, no mark of direction, nothing without width, one white space."""
    hidden = {chr(one) for one in chain(range(0x10000), range(0xE0000, 0xE0200)) if not is_seen(chr(one))}

    assert set("\x00\x1b\x7f\x9f\u061c\u200e\u202a\u2066\u180e\ue000\U000e0001") <= hidden
    assert not [one for one in hidden if any(c in hidden for c in visible(one))]
