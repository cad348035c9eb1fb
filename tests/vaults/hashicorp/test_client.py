"""Check-and-set, read-back, what is left in a history, and whom Vault takes rekey for."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from blocks.errors import CatalogError, Missing, Refused, StepError, Transient, Unclear
from blocks.model.hosts import Hosts
from blocks.prefect_api.estate import refuse_other_hosts
from blocks.vaults import overwrite, pending
from blocks.vaults.hashicorp import places
from blocks.vaults.hashicorp.block import HashicorpVault as Block
from blocks.vaults.hashicorp.client import HashicorpClient
from blocks.vaults.hashicorp.session import HashicorpSession
from blocks.vaults.terms import Location, Places
from blocks.vaults.tokens import Tokens
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.hashicorp.app import HashicorpVault
from tests.vaults.scene import ENVIRONMENT, FOLDER, PATH, PLACE, Scene, a_pair, values_of
from tests.vendors.silence import assert_silent

HERE, THERE = Location(ENVIRONMENT, PATH), Location(ENVIRONMENT, FOLDER)


def role(twin: HashicorpVault, scene: Scene, tokens: Tokens | None = None, secret_id: str = "") -> HashicorpClient:
    """A client that logs in as the AppRole."""
    session = HashicorpSession(
        scene.running.url("vault"),
        role_id=twin.role_id,
        secret_id=SecretStr(secret_id or twin.secret_id),
        tokens=tokens,
    )
    return HashicorpClient(session, twin.mount)


def test_other_names_of_the_secret_stay_also_those_that_are_no_text(scene: Scene, twin: HashicorpVault) -> None:
    beside = {"PORT": 5432, "RATIO": 1.0, "DEEP": {"a": [1]}, "NULL": "x"}
    twin.put(f"{ENVIRONMENT}{PATH}", {**values_of(scene.old), **beside})
    new = a_pair()

    overwrite.write_current(scene.client, PLACE, new, pending.look_at_current(scene.client, PLACE), ("A", "B"))

    assert twin.values(f"{ENVIRONMENT}{PATH}") == {**values_of(new), **beside}
    assert "PORT" not in scene.client.read(HERE)
    with pytest.raises(StepError, match="PORT in folder /app/keys of environment prod is no text"):
        scene.client.read(HERE, ["PORT"])


def test_one_that_is_sealed_says_what_helps(scene: Scene, twin: HashicorpVault) -> None:
    """Its status page is the team's own: nothing passes by itself."""
    twin.knobs.sealed = True

    with pytest.raises(Unclear, match=r"it is sealed .*Unseal it \(`vault operator unseal`\)"):
        scene.client.read(HERE)


def test_a_write_that_follows_another_version_than_was_read_is_not_made(scene: Scene, twin: HashicorpVault) -> None:
    before = pending.look_at_current(scene.client, PLACE)
    by_hand = a_pair()
    twin.put(f"{ENVIRONMENT}{PATH}", values_of(by_hand))

    with pytest.raises(Transient, match="somebody else wrote to folder /app/keys"):
        scene.client.write(HERE, PLACE.named(a_pair()), before=before.stored)

    assert scene.holds(by_hand)


def test_a_standby_that_is_behind_is_asked_until_it_shows_the_write_and_not_for_ever(
    scene: Scene, twin: HashicorpVault
) -> None:
    before, new = pending.look_at_current(scene.client, PLACE), a_pair()
    twin.knobs.stale_reads = 3
    scene.client.write(HERE, PLACE.named(new), before=before.stored)
    assert scene.holds(new)

    before = pending.look_at_current(scene.client, PLACE)
    twin.knobs.stale_reads = 99
    with pytest.raises(Transient, match="does not show what was written to KEY_ID, SECRET"):
        scene.client.write(HERE, PLACE.named(a_pair()), before=before.stored)


@pytest.mark.parametrize("kind", [None, FaultKind.DROP_AFTER])
def test_what_was_in_flight_is_in_no_older_version_either(
    scene: Scene, twin: HashicorpVault, kind: FaultKind | None
) -> None:
    new = a_pair()
    pending.keep(scene.client, PLACE, new)
    assert twin.ever_held("SECRET__")
    if kind is not None:
        scene.goes_wrong(kind)
        scene.running.plan.add(Fault("vault", kind, "PUT", "/v1/secret/destroy/.*"))

    pending.drop(scene.client, PLACE, [new.fingerprint])

    assert not twin.ever_held("SECRET__")
    # The pair's own history is the user's.
    assert twin.ever_held("SECRET")


def test_a_run_that_was_killed_before_it_destroyed_older_versions_does_so_when_it_goes_on(
    scene: Scene, twin: HashicorpVault
) -> None:
    new = a_pair()
    pending.keep(scene.client, PLACE, new)
    scene.running.plan.add(Fault("vault", FaultKind.ANSWER, "PUT", "/v1/secret/destroy/.*", 503, times=None))
    with pytest.raises(Unclear):
        pending.drop(scene.client, PLACE, [new.fingerprint])
    assert scene.in_folder == {}
    assert twin.ever_held("SECRET__")
    scene.running.plan.clear()

    pending.drop(scene.client, PLACE, [new.fingerprint])

    assert not twin.ever_held("SECRET__")


def test_a_destruction_that_is_not_seen_is_none(scene: Scene, twin: HashicorpVault) -> None:
    pending.keep(scene.client, PLACE, a_pair())
    twin.knobs.keeps_versions = True
    with pytest.raises(Transient, match=r"older versions of folder /app/keys/rekey .* can still be read"):
        scene.client.delete(THERE, ["SECRET"])


def test_a_folder_that_was_deleted_by_hand_is_made_again(scene: Scene, twin: HashicorpVault) -> None:
    pending.keep(scene.client, PLACE, a_pair())
    twin.kept[f"{ENVIRONMENT}{FOLDER}"][-1].deleted_at = "2026-11-28T12:00:00Z"
    assert pending.look(scene.client, PLACE).stored is None
    new = a_pair()

    pending.keep(scene.client, PLACE, new)

    assert pending.find(scene.client, PLACE, new.fingerprint) == new


@pytest.mark.parametrize("lacks", ["patch", "update"])
def test_what_the_policy_lacks_is_found_out_by_the_rehearsal_and_changes_no_pair(
    scene: Scene, twin: HashicorpVault, lacks: str
) -> None:
    twin.knobs.capabilities -= {lacks}
    with pytest.raises(Refused, match="update the `destroy` path") as told:
        overwrite.rehearse(scene.client, PLACE, scene.old)
    assert_silent(told.value)
    assert scene.holds(scene.old)


def test_a_mount_that_is_none_is_named(scene: Scene, twin: HashicorpVault) -> None:
    session = HashicorpSession(scene.running.url("vault"), token=SecretStr(twin.token))
    with HashicorpClient(session, "kv") as client:
        for ask in (lambda: client.read(HERE), lambda: client.ensure_folder(HERE)):
            with pytest.raises(Missing, match=r"no secrets engine at kv.*Compare 'Mount'"):
                ask()


def test_a_path_that_leads_elsewhere_is_refused(scene: Scene) -> None:
    for odd in (Location("prod", "/app/../other"), Location("..", "/app"), Location("team/prod", "/app")):
        with pytest.raises(CatalogError, match="is no path"):
            scene.client.read(odd)


def test_every_secret_of_the_mount_with_one_of_the_names_is_found(scene: Scene, twin: HashicorpVault) -> None:
    twin.put("prod", {"SECRET": "1"})
    twin.put("staging/app/deep/er", {"KEY_ID": "1", "ANOTHER": "1"})
    twin.put("prod/app/neither", {"ANOTHER": "1"})
    twin.put("prod/app/gone", {"SECRET": "1"})
    twin.kept["prod/app/gone"][-1].deleted_at = "2026-11-28T12:00:00Z"

    found = scene.client.places(HERE, ["KEY_ID", "SECRET"])

    others = (Location("prod", "/"), Location("staging", "/app/deep/er"))
    assert found == Places(tuple(sorted((HERE, *others), key=str)), ())


def test_what_the_policy_does_not_show_and_what_does_not_answer_is_not_looked_at(
    scene: Scene, twin: HashicorpVault
) -> None:
    scene.running.plan.add(Fault("vault", FaultKind.HTML, "GET", "/v1/secret/metadata/prod", 502))
    assert scene.client.places(HERE, ["SECRET"]).not_looked_at == (
        "folder / of environment prod (the vendor is in trouble)",
    )
    twin.knobs.capabilities -= {"list"}
    found = scene.client.places(HERE, ["SECRET"])
    assert (found.found, len(found.not_looked_at)) == ((), 1)
    assert found.not_looked_at[0].endswith("(not accepted)")


def test_of_very_many_secrets_some_are_looked_at_and_that_is_said(
    scene: Scene, twin: HashicorpVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MOST", 4)
    for number in range(9):
        twin.put(f"prod/app/k{number}", {"SECRET": "1"})

    found = scene.client.places(HERE, ["SECRET"])

    assert found.not_looked_at == ("more of the mount secret (there are more than 4 folders and secrets)",)
    assert len(scene.running.journal.of("vault")) == 4


def test_an_approle_logs_in_once_a_process_and_again_when_its_token_has_ended(
    scene: Scene, twin: HashicorpVault
) -> None:
    tokens = Tokens()
    for _ in range(2):
        with role(twin, scene, tokens) as client:
            assert client.read(HERE)
    assert twin.logins == 1
    twin.tokens.clear()
    with role(twin, scene, tokens) as client:
        client.write(HERE, PLACE.named(a_pair()))
    assert twin.logins == 2


def test_a_role_that_logs_in_and_may_nothing_logs_in_once_and_says_so(scene: Scene, twin: HashicorpVault) -> None:
    twin.knobs.capabilities = frozenset()
    with role(twin, scene) as client, pytest.raises(Refused, match="whose policy lets it read") as told:
        client.read(HERE)
    assert twin.logins == 1
    assert_silent(told.value)


def test_a_wrong_secret_id_is_refused_as_that(scene: Scene, twin: HashicorpVault) -> None:
    told = pytest.raises(Refused, match="log in failed: the AppRole is not accepted")
    with role(twin, scene, secret_id="wrong") as client, told as refused:  # noqa: S106  # that is the point
        client.read(HERE)
    assert_silent(refused.value)


def test_a_login_without_a_clear_answer_says_nothing_of_the_role(scene: Scene, twin: HashicorpVault) -> None:
    for kind, status in ((FaultKind.HTML, 200), (FaultKind.ANSWER, 302), (FaultKind.ANSWER, 200)):
        scene.running.plan.add(Fault("vault", kind, "POST", "/v1/auth/.*", status))
        with role(twin, scene) as client, pytest.raises(Unclear):
            client.read(HERE)


def test_the_block_says_as_whom_and_where_it_goes(twin: HashicorpVault, scene: Scene) -> None:
    url = scene.running.url("vault")
    block = Block(url=url, token=SecretStr(twin.token))
    with block.get_client() as client:
        assert client.read(HERE).keys() == values_of(scene.old).keys()
    for wrong in (Block(url=url), Block(url=url, token=SecretStr("a"), role_id="b", secret_id=SecretStr("c"))):
        with pytest.raises(CatalogError, match="neither a token alone nor the role ID"):
            wrong.get_client()
    refuse_other_hosts(block, "rekey", Hosts.model_validate({"others": {"hashicorp-vault": url}}))
    with pytest.raises(CatalogError, match=r"names no others.hashicorp-vault"):
        refuse_other_hosts(block, "rekey", Hosts())
    assert Block(url=url, mount="kv").fetch(PLACE) == "vault kv get -mount=kv prod/app/keys"
