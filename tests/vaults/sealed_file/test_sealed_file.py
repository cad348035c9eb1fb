"""It keeps nothing in clear, is replaced whole or not at all, and what cannot be opened is no empty vault."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks.errors import CatalogError, LeaseLost, RekeyError, StepError, Transient
from blocks.vaults import overwrite, pending
from blocks.vaults.sealed_file.__main__ import main
from blocks.vaults.sealed_file.block import SealedFileVault
from blocks.vaults.sealed_file.client import SealedFileClient
from blocks.vaults.sealed_file.content import SealedFile
from blocks.vaults.terms import Location
from blocks.wire import permission
from deployments.sandbox import made_up
from tests.vaults.kinds import sealed_file
from tests.vaults.scene import ENVIRONMENT, PATH, PLACE, Scene, a_pair, values_of
from tests.vendors.silence import assert_silent

HERE = Location(ENVIRONMENT, PATH)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Where secrets are looked for after the test: the file must hold none in clear."""
    with sealed_file(tmp_path) as made:
        yield made


@pytest.fixture
def sealed(scene: Scene) -> SealedFile:
    assert isinstance(scene.client, SealedFileClient)
    return scene.client._sealed


def test_both_files_are_their_owners_alone_and_hold_nothing_in_clear(scene: Scene, sealed: SealedFile) -> None:
    new = a_pair()
    overwrite.write_current(scene.client, PLACE, new, pending.look_at_current(scene.client, PLACE), ("A", "B"))

    assert scene.holds(new)
    assert {one.name for one in sealed.path.parent.iterdir()} == {"vault", "key"}
    assert [one.stat().st_mode & 0o777 for one in (sealed.path, sealed.key_file)] == [0o600, 0o600]
    text = sealed.path.read_text() + sealed.key_file.read_text()
    assert [one for one in (*made_up.issued, "KEY_ID", PATH) if one in text] == []


def another_key(sealed: SealedFile) -> None:
    sealed.key_file.unlink()
    other = SealedFile(sealed.path.with_name("other"), sealed.key_file)
    other.make()


def one_byte(sealed: SealedFile) -> None:
    content = bytearray(sealed.path.read_bytes())
    content[40] ^= 1
    sealed.path.write_bytes(content)


# What is wrong with the files, and what is said of it.
WRONG = {
    "another key": (another_key, "cannot be opened with the key in"),
    "a byte": (one_byte, "cannot be opened with the key in"),
    "empty": (lambda sealed: sealed.path.write_text(""), "cannot be opened with the key in"),
    "no key": (lambda sealed: sealed.key_file.write_text("key\n"), "holds no key"),
    "key gone": (lambda sealed: sealed.key_file.unlink(), "does not exist"),
    "gone": (lambda sealed: sealed.path.unlink(), "python -m blocks.vaults.sealed_file new"),
    "readable": (lambda sealed: sealed.key_file.chmod(0o644), "may be read, changed or run by others"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_opened_is_told_and_neither_empty_nor_written_over(
    scene: Scene, sealed: SealedFile, what: str
) -> None:
    change, told = WRONG[what]
    change(sealed)
    before = sealed.path.read_bytes() if sealed.path.exists() else b""

    for ask in (
        lambda: scene.client.read(HERE),
        lambda: scene.client.write(HERE, PLACE.named(a_pair())),
        lambda: scene.client.ensure_folder(HERE.child("rekey")),
        lambda: scene.client.delete(HERE, ["KEY_ID"]),
    ):
        with pytest.raises(StepError) as refused:
            ask()
        assert told in str(refused.value)
        assert_silent(refused.value)
    assert scene.client.places(HERE, ["KEY_ID"]).not_looked_at
    assert (sealed.path.read_bytes() if sealed.path.exists() else b"") == before


def test_a_pair_that_changed_since_it_was_read_is_not_written_over(scene: Scene) -> None:
    before, by_hand = pending.look_at_current(scene.client, PLACE), a_pair()
    scene.held.put(PATH, values_of(by_hand))

    with pytest.raises(Transient, match="Somebody else wrote to folder /app/keys"):
        scene.client.write(HERE, PLACE.named(a_pair()), before=before.stored)

    assert scene.holds(by_hand)


def test_rotations_that_write_at_one_moment_lose_nothing_of_each_other(scene: Scene, sealed: SealedFile) -> None:
    folder = HERE.child("rekey")
    scene.client.ensure_folder(folder)
    failures: list[RekeyError] = []

    def write(number: int) -> None:
        try:
            SealedFileClient(sealed).write(folder, {f"NAME_{number}": SecretStr(str(number))}, before={})
        except RekeyError as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert failures == []
    assert scene.in_folder == {f"NAME_{number}": str(number) for number in range(6)}


def test_whoever_may_act_no_more_changes_nothing(scene: Scene, sealed: SealedFile) -> None:
    before = sealed.path.read_bytes()

    def lost() -> None:
        raise LeaseLost("Another run acts now.", "Go on there.")

    with permission.asked(lost), pytest.raises(LeaseLost):
        scene.client.write(HERE, PLACE.named(a_pair()))

    assert sealed.path.read_bytes() == before


def test_half_a_character_is_refused_and_not_repeated(scene: Scene) -> None:
    with pytest.raises(StepError, match="half of a character") as told:
        scene.client.write(HERE, {"SECRET": SecretStr("\ud800")})
    assert_silent(told.value)
    assert scene.holds(scene.old)


def test_every_other_folder_with_one_of_the_names_is_found(scene: Scene) -> None:
    scene.held.put("/app/other", {"SECRET": "1"})
    scene.held.put("/app/neither", {"ANOTHER": "1"})

    found = scene.client.places(HERE, ["KEY_ID", "SECRET"])

    assert (found.found, found.not_looked_at) == ((HERE, Location(ENVIRONMENT, "/app/other")), ())
    assert scene.client.syncs(HERE).not_looked_at == ()


def test_the_block_holds_no_secret_and_takes_whole_paths_only(scene: Scene, sealed: SealedFile) -> None:
    block = SealedFileVault(path=str(sealed.path), key_file=str(sealed.key_file))
    with block.get_client() as client:
        assert client.read(HERE).keys() == values_of(scene.old).keys()
    assert block.addresses == {}
    with pytest.raises(CatalogError, match="a path that is no whole one"):
        SealedFileVault(path="vault", key_file=str(sealed.key_file)).get_client()
    spaced = SealedFileVault(path="/srv/it is here/vault", key_file="/srv/key")
    assert spaced.fetch(PLACE).endswith("get '/srv/it is here/vault' /srv/key prod /app/keys")


def test_a_person_makes_fills_and_reads_one_by_hand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [str(tmp_path / "vault"), str(tmp_path / "key")]
    secret = made_up.alpaca_secret()
    assert main(["new", *paths]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO(f"KEY_ID=PK1\nSECRET={secret}\n"))
    assert main(["put", *paths, "prod", "/app"]) == 0
    assert main(["list", *paths]) == 0
    assert capsys.readouterr().out == "folder /app of environment prod: KEY_ID, SECRET\n"
    assert main(["get", *paths, "prod", "/app"]) == 0
    assert capsys.readouterr().out == f"KEY_ID=PK1\nSECRET={secret}\n"

    monkeypatch.setattr("sys.stdin", io.StringIO("KEY_ID\n"))
    assert main(["put", *paths, "prod", "/app"]) == 1
    assert "one that is none" in capsys.readouterr().err
    for wrong in (["new", *paths], ["get", *paths, "prod", "/none"], ["get"]):
        assert main(wrong) == 1
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err


@pytest.mark.parametrize(
    "value",
    ["two words # no comment", "it's", 'a "b"', "$NAME ${NAME}", "back\\slash", "two\nlines", " spaced ", "", "=="],
)
def test_what_get_prints_is_what_put_takes(
    scene: Scene, sealed: SealedFile, value: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.held.put("/odd", {"ODD": value, "PLAIN": "a"})
    place = [str(sealed.path), str(sealed.key_file), "prod"]

    assert main(["get", *place, "/odd"]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO(capsys.readouterr().out, newline=""))
    assert main(["put", *place, "/again"]) == 0

    assert scene.held.values("/again") == {"ODD": value, "PLAIN": "a"}
