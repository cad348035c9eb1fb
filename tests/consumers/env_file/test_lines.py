"""Only the values of the wanted names change, as python-dotenv and a shell read them afterwards."""

from __future__ import annotations

import subprocess
from io import StringIO

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from blocks.consumers.env_file.lines import names_in, values_in, with_values
from blocks.errors import StepError

TEXT = """\
# The application's own settings. KEY=in a comment
DEBUG=1

export KEY=old # of Alpaca
SECRET='old one'   # and its half
MANY="first
KEY=inside
last"
broken line here
KEY = old again
LAST="a \\"quoted\\" word\""""
NEW = {"KEY": SecretStr("PKNEW/+=1"), "SECRET": SecretStr("new$less")}
PLAIN = {"KEY": SecretStr("PKNEW/+=1"), "SECRET": SecretStr("two words # and more")}


def test_a_name_is_written_wherever_it_stands_and_all_else_stays_to_the_byte() -> None:
    assert with_values(TEXT, PLAIN) == TEXT.replace("=old #", "=PKNEW/+=1 #").replace(
        "'old one'", "'two words # and more'"
    ).replace("KEY = old again", "KEY = PKNEW/+=1")


def test_what_is_written_is_what_is_read_and_the_last_of_a_name_counts() -> None:
    assert values_in(TEXT, NEW)["KEY"] == SecretStr("old again")
    assert values_in(with_values(TEXT, PLAIN), PLAIN) == PLAIN
    assert names_in(TEXT) == {"DEBUG", "KEY", "SECRET", "MANY", "LAST"}


@pytest.mark.parametrize("text", ["", "DEBUG=1\n", "DEBUG=1", "KEY\n", "DEBUG=1\r\n"])
def test_a_name_that_is_not_there_gets_a_line_at_the_end(text: str) -> None:
    written = with_values(text, PLAIN)

    assert written.startswith(text)
    assert values_in(written, [*PLAIN, "DEBUG"]).items() >= PLAIN.items()
    assert ("\r\n" in text) == written.endswith("\r\n")
    assert "1KEY" not in written


@pytest.mark.parametrize("value", ["new$less", "it's", "back\\slash", "a\nline", "é", "`date`"])
def test_a_value_that_programs_read_in_different_ways_is_refused_and_not_repeated(value: str) -> None:
    with pytest.raises(StepError, match="The new value of SECRET holds a character") as told:
        with_values(TEXT, {"SECRET": SecretStr(value)})
    assert value not in str(told.value)


WRITABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="'\\$`"), max_size=40)
LINES = st.lists(st.text(st.sampled_from("KEY=SECRET '\"#\\abc \t\n\r$"), max_size=30), max_size=6).map("\n".join)


@given(LINES, WRITABLE)
def test_whatever_stands_there_the_value_reads_back_and_no_other_name_changes(text: str, value: str) -> None:
    """Or it is refused, which only a quotation mark that nothing closes may cause."""
    wanted = {"KEY": SecretStr(value)}
    try:
        written = with_values(text, wanted)
    except StepError:
        assert {"'", '"'} & set(text)
        return

    assert values_in(written, ["KEY"]) == wanted
    others = names_in(text) - {"KEY"}
    assert values_in(written, others) == values_in(text, others)
    # A second time there is nothing to change.
    assert with_values(written, wanted) == written


def test_a_text_in_which_nothing_would_read_back_is_refused() -> None:
    with pytest.raises(StepError, match="a quotation mark that nothing closes"):
        with_values("ODD='\n", PLAIN)


def test_a_shell_and_python_dotenv_read_the_same() -> None:
    written = with_values("OTHER=1\n", PLAIN)
    shell = subprocess.run(
        ["sh", "-c", f'{written}\nprintf "%s|%s" "$KEY" "$SECRET"'], capture_output=True, text=True, check=True
    )
    there = dotenv_values(stream=StringIO(written))
    assert shell.stdout == f"{there['KEY']}|{there['SECRET']}" == "PKNEW/+=1|two words # and more"
