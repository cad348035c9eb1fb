"""Versions of a secret in the twin: deleted, brought back, dropped, and what its metadata says; asked by hvac."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import hvac
import pytest
from hvac.exceptions import InvalidPath, InvalidRequest

from deployments.sandbox.hashicorp.app import HashicorpVault

PATH = "prod/app"


@pytest.fixture
def kv(client: hvac.Client) -> Any:
    return client.secrets.kv.v2


def read(kv: Any, version: int | None = None) -> dict[str, Any]:
    found: dict[str, Any] = kv.read_secret_version(PATH, version=version, raise_on_deleted_version=False)["data"]
    return found


def test_the_latest_version_is_deleted_softly_and_brought_back(kv: Any) -> None:
    for number in (1, 2):
        kv.create_or_update_secret(PATH, {"A": str(number)})

    kv.delete_latest_version_of_secret(PATH)

    gone = read(kv)
    assert (gone["data"], gone["metadata"]["version"], gone["metadata"]["destroyed"]) == (None, 2, False)
    assert gone["metadata"]["deletion_time"]
    with pytest.raises(InvalidPath):
        kv.read_secret_version(PATH, raise_on_deleted_version=True)
    assert read(kv, 1)["data"] == {"A": "1"}
    kv.undelete_secret_versions(PATH, [2])
    assert read(kv)["data"] == {"A": "2"}


def test_versions_are_deleted_by_number_and_a_destroyed_one_stays_so(kv: Any, client: hvac.Client) -> None:
    for number in (1, 2, 3):
        kv.create_or_update_secret(PATH, {"A": str(number)})

    kv.delete_secret_versions(PATH, [1, 2, 9])
    kv.destroy_secret_versions(PATH, [2])
    kv.undelete_secret_versions(PATH, [1, 2])

    assert read(kv, 1)["data"] == {"A": "1"}
    told = kv.read_secret_metadata(PATH)["data"]["versions"]
    assert {number: one["destroyed"] for number, one in told.items()} == {"1": False, "2": True, "3": False}
    for change, said in (("delete", "No"), ("undelete", "No"), ("destroy", "no")):
        with pytest.raises(InvalidRequest, match=f"{said} version number provided"):
            client.write_data(f"secret/{change}/{PATH}", data={})


def test_ten_versions_are_kept_or_as_many_as_the_secret_says(kv: Any, twin: HashicorpVault) -> None:
    for number in range(12):
        kv.create_or_update_secret(PATH, {f"A{number}": "1"})

    told = kv.read_secret_metadata(PATH)["data"]

    assert (told["current_version"], told["oldest_version"], told["max_versions"]) == (12, 3, 0)
    assert sorted(told["versions"], key=int) == [str(number) for number in range(3, 13)]
    assert [number for number in range(2, 12) if twin.ever_held(f"A{number}")] == list(range(2, 12))
    assert not twin.ever_held("A0")
    with pytest.raises(InvalidPath):
        kv.read_secret_version(PATH, version=2, raise_on_deleted_version=True)
    kv.update_metadata(PATH, max_versions=2)
    kv.create_or_update_secret(PATH, {"B": "1"}, cas=12)
    assert sorted(kv.read_secret_metadata(PATH)["data"]["versions"]) == ["12", "13"]


def test_the_settings_of_a_secret_are_told_and_kept(kv: Any) -> None:
    with pytest.raises(InvalidPath):
        kv.read_secret_metadata(PATH)
    kv.update_metadata(PATH, cas_required=True, delete_version_after="1h1m5s", custom_metadata={"owner": "desk"})
    assert kv.list_secrets("prod")["data"]["keys"] == ["app"]

    with pytest.raises(InvalidRequest, match="check-and-set parameter required"):
        kv.create_or_update_secret(PATH, {"A": "1"})
    written = kv.create_or_update_secret(PATH, {"A": "1"}, cas=0)["data"]

    told = kv.read_secret_metadata(PATH)["data"]
    assert (told["cas_required"], told["delete_version_after"]) == (True, "1h1m5s")
    assert told["custom_metadata"] == read(kv)["metadata"]["custom_metadata"] == {"owner": "desk"}
    begins, ends = (datetime.fromisoformat(written[name]) for name in ("created_time", "deletion_time"))
    assert ends - begins == timedelta(seconds=3665)
    assert told["versions"] == {
        "1": {"created_time": written["created_time"], "deletion_time": written["deletion_time"], "destroyed": False}
    }
    assert told["created_time"] < told["updated_time"] == written["created_time"]
    with pytest.raises(InvalidRequest, match="delete_version_after"):
        kv.update_metadata(PATH, delete_version_after="-5s")
    with pytest.raises(InvalidRequest, match="custom_metadata validation failed"):
        kv.update_metadata(PATH, custom_metadata={str(number): "a" for number in range(65)})


def test_a_secret_that_is_forgotten_begins_anew(kv: Any, twin: HashicorpVault) -> None:
    kv.create_or_update_secret(PATH, {"A": "1"})
    kv.update_metadata(PATH, max_versions=3)

    kv.delete_metadata_and_all_versions(PATH)

    with pytest.raises(InvalidPath):
        kv.list_secrets("prod")
    assert not twin.ever_held("A")
    assert kv.create_or_update_secret(PATH, {"A": "2"}, cas=0)["data"]["version"] == 1
    assert kv.read_secret_metadata(PATH)["data"]["max_versions"] == 0


def test_numbers_and_flags_are_decoded_weakly(kv: Any, url: str, twin: HashicorpVault) -> None:
    kv.create_or_update_secret(PATH, {"A": {"B": "1", "C": {}}, "D": [1]})
    with httpx.Client(base_url=f"{url}/v1/secret", headers={"X-Vault-Token": twin.token}, trust_env=False) as raw:

        def written(cas: object, **headers: str) -> httpx.Response:
            return raw.post(f"/data/{PATH}", json={"data": {"A": "2"}, "options": {"cas": cas}}, headers=headers)

        assert written("1").json()["data"]["version"] == 2
        assert written("1").json()["errors"] == ["check-and-set parameter did not match the current version"]
        for odd in ("one", 2.5, [2]):
            assert written(odd).json()["errors"] == ["error parsing check-and-set parameter"]
        half = raw.post("/data/half", content='{"data": {"A": "\\ud800"}}')
        assert (half.status_code, raw.get("/data/half").json()["data"]["data"]) == (200, {"A": "\ufffd"})
        assert raw.get("/metadata/prod?list=1").json()["data"]["keys"] == ["app"]
        assert raw.get("/metadata/prod?list=maybe").status_code == 400
        assert raw.get(f"/metadata/{PATH}?list=false").json()["data"]["current_version"] == 2
        assert raw.post(f"/delete/{PATH}", json={"versions": "1,2"}).status_code == 204
        assert raw.get(f"/data/{PATH}?version=1").status_code == 404
        assert raw.get(f"/data/{PATH}?version=x").status_code == 400
        raw.post(f"/undelete/{PATH}", json={"versions": ["1"]})
        assert raw.get(f"/subkeys/{PATH}?version=1").json()["data"]["subkeys"] == {
            "A": {"B": None, "C": None},
            "D": None,
        }
        assert raw.get(f"/subkeys/{PATH}?version=1&depth=1").json()["data"]["subkeys"] == {"A": None, "D": None}


def test_a_patch_merges_within_objects_and_of_what_was_deleted_there_is_none(
    kv: Any, url: str, twin: HashicorpVault
) -> None:
    kv.create_or_update_secret(PATH, {"A": {"B": "1", "C": "2"}, "D": "3"})
    headers = {"X-Vault-Token": twin.token, "Content-Type": "application/merge-patch+json"}
    with httpx.Client(base_url=f"{url}/v1/secret", headers=headers, trust_env=False) as raw:
        body = '{"data": {"A": {"C": null, "E": "4"}, "D": null}}'
        assert raw.patch(f"/data/{PATH}", content=body).json()["data"]["version"] == 2
        assert read(kv)["data"] == {"A": {"B": "1", "E": "4"}}
        assert raw.patch(f"/data/{PATH}", content=body, headers={"Content-Type": "application/json"}).status_code == 415
        assert raw.patch("/data/none", content=body).json() == {"errors": []}
        kv.delete_latest_version_of_secret(PATH)
        deleted = raw.patch(f"/data/{PATH}", content=body)
        assert (deleted.status_code, deleted.json()["data"]["version"]) == (404, 2)
