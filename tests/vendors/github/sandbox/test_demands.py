"""Bodies that are not what they have to be, refused in the words of the library by which GitHub looks at them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.github.sandbox.scene import Scene

VARIABLES, DISPATCHES = "actions/variables", "actions/workflows/tests.yml/dispatches"


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        (VARIABLES, [], "For 'links/0/schema', [] is not an object."),
        (VARIABLES, None, "For 'links/0/schema', nil is not an object."),
        (VARIABLES, ["a", 1], "For 'links/0/schema', [\"a\", 1] is not an object."),
        (VARIABLES, {}, '"name", "value" weren\'t supplied.'),
        (VARIABLES, {"name": "A"}, '"value" wasn\'t supplied.'),
        (VARIABLES, {"name": "A", "value": 1}, "For 'properties/value', 1 is not a string."),
        (
            VARIABLES,
            {"name": None, "value": {"a": True}},
            "For 'properties/name', nil is not a string.\nFor 'properties/value', {\"a\"=>true} is not a string.",
        ),
        (DISPATCHES, {}, '"ref" wasn\'t supplied.'),
        (DISPATCHES, {"ref": 1}, "For 'properties/ref', 1 is not a string."),
        (DISPATCHES, {"ref": "main", "inputs": []}, "For 'properties/inputs', [] is not an object or null."),
        (
            DISPATCHES,
            {"ref": "main", "inputs": dict.fromkeys(map(str, range(26)), "")},
            "No more than 25 properties are allowed; 26 were supplied.",
        ),
        ("actions/secrets/KEY", None, "For 'links/0/schema', nil is not an object."),
    ],
)
def test_a_body_is_refused_in_githubs_words(scene: Scene, repository: str, path: str, body: Any, told: str) -> None:
    scene.sandbox.add_workflow(repository, "tests.yml", "Tests")
    with scene.gh() as gh:
        method = "PUT" if "secrets" in path else "POST"
        answer = gh.request(method, f"/repos/{repository}/{path}", **({} if body is None else {"json": body}))
    assert (answer.status_code, answer.json()["message"]) == (422, f"Invalid request.\n\n{told}")


def test_a_change_of_a_variable_is_looked_at_as_a_new_one_is(scene: Scene, repository: str) -> None:
    base = f"/repos/{repository}/{VARIABLES}"
    with scene.gh() as gh:
        assert gh.post(base, json={"name": "KEY_ID", "value": "1"}).status_code == 201
        refused = gh.patch(f"{base}/KEY_ID", json={"value": 2})
        assert refused.json()["message"].endswith("For 'properties/value', 2 is not a string.")
        assert gh.get(f"{base}/KEY_ID").json()["value"] == "1"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"wait_timer": 43_201}, "43201 must be less than or equal to 43200."),
        ({"wait_timer": -1}, "-1 must be greater than or equal to 0."),
        ({"wait_timer": "1"}, "For 'properties/wait_timer', \"1\" is not an integer or null."),
        (
            {"reviewers": [{"type": "User", "id": one} for one in range(7)]},
            "No more than 6 items are allowed; 7 were supplied.",
        ),
    ],
)
def test_what_cannot_protect_an_environment_is_refused(
    scene: Scene, repository: str, body: dict[str, Any], told: str
) -> None:
    path = f"/repos/{repository}/environments/prod"
    with scene.gh() as gh:
        before = gh.get(path).json()
        refused = gh.put(path, json=body)
        assert (refused.status_code, refused.json()["message"]) == (422, f"Invalid request.\n\n{told}")
        assert gh.get(path).json() == before


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, '"visibility" wasn\'t supplied.'),
        ({"visibility": "some"}, 'some is not a member of ["all", "private", "selected"].'),
    ],
)
@pytest.mark.usefixtures("repository")
def test_an_organization_says_whom_something_is_for(scene: Scene, more: dict[str, str], told: str) -> None:
    with scene.gh() as gh:
        refused = gh.post("/orgs/raxx/actions/variables", json={"name": "FOR", "value": "1", **more})
        assert (refused.status_code, refused.json()["message"]) == (422, f"Invalid request.\n\n{told}")


def test_variables_have_the_documented_limits(scene: Scene, repository: str) -> None:
    """48 KB each, 100 of an environment, 256 KB together ("Limits for configuration variables")."""
    base = f"/repos/{repository}"
    with scene.gh() as gh:
        for size, status in ((48 * 1024, 201), (48 * 1024 + 1, 422)):
            body = {"name": f"SIZE_{size}", "value": "x" * size}
            assert gh.post(f"{base}/actions/variables", json=body).status_code == status
        for number in range(4):
            gh.post(f"{base}/actions/variables", json={"name": f"BIG_{number}", "value": "x" * 48 * 1024})
        too_many = gh.post(f"{base}/actions/variables", json={"name": "ONE_MORE", "value": "x" * 48 * 1024})
        assert too_many.status_code == 422
        for number in range(100):
            body = {"name": f"V_{number}", "value": "1"}
            assert gh.post(f"{base}/environments/prod/variables", json=body).status_code == 201
        assert gh.post(f"{base}/environments/prod/variables", json={"name": "V", "value": "1"}).status_code == 422
        assert gh.patch(f"{base}/environments/prod/variables/V_1", json={"value": "2"}).status_code == 204
