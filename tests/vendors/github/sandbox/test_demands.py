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
