"""The HTTP face of the GitHub sandbox: which routes there are, and the ones about accounts and repositories."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from deployments.sandbox.github import looks
from deployments.sandbox.github.accounts import Accounts
from deployments.sandbox.github.app_hook import AppHook
from deployments.sandbox.github.branch_policies import BranchPolicies
from deployments.sandbox.github.by_number import ByNumber
from deployments.sandbox.github.changing import Changing
from deployments.sandbox.github.checks import Checks
from deployments.sandbox.github.code import Code
from deployments.sandbox.github.deploy_keys import DeployKeys
from deployments.sandbox.github.deploying import Deploying
from deployments.sandbox.github.documentation import FIRST, documented
from deployments.sandbox.github.edge import NamedClients
from deployments.sandbox.github.environments import Environments
from deployments.sandbox.github.face import ANONYMOUS, Face, paged
from deployments.sandbox.github.files import Files
from deployments.sandbox.github.grants import Grants
from deployments.sandbox.github.graphql import GraphQL
from deployments.sandbox.github.hooks import Hooks
from deployments.sandbox.github.installations import Installations
from deployments.sandbox.github.making import Making
from deployments.sandbox.github.nothing import Nothing
from deployments.sandbox.github.oauth import OAuth
from deployments.sandbox.github.own import Own
from deployments.sandbox.github.own_secrets import OwnSecrets
from deployments.sandbox.github.reviews import Reviews
from deployments.sandbox.github.root import root_shown
from deployments.sandbox.github.rules import AnyPrefix, Refusal
from deployments.sandbox.github.runners import Runners
from deployments.sandbox.github.runs import Runs
from deployments.sandbox.github.secrets import Secrets
from deployments.sandbox.github.store import Estate
from deployments.sandbox.github.switches import Switches
from deployments.sandbox.github.variables import Variables
from deployments.sandbox.github.workflows import Workflows
from deployments.sandbox.json_body import parsed

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_MOST_REVOKED = 1000
# What has an allowance of its own (documented: "Get rate limit status for the authenticated user").
_OWN_LIMITS = {
    "search": 30,
    "code_search": 10,
    "source_import": 100,
    "integration_manifest": 5000,
    "code_scanning_upload": 500,
    "actions_runner_registration": 10000,
    "dependency_snapshots": 100,
    "scim": 15000,
}


class GithubApi:
    """Answers requests from an estate, and changes it."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._face = Face(estate)
        self._routes = self.routes()

    def app(self) -> ASGIApp:
        """The application for a sandbox server."""
        app = Starlette(routes=self._routes, exception_handlers={Refusal: self._refuse})
        # GitHub knows no path with a slash at its end, and redirects from none.
        app.router.redirect_slashes = False
        return NamedClients(AnyPrefix(ByNumber(app, self._estate.repositories)))

    def routes(self) -> list[Route]:
        """Everything that can be asked for."""
        repository, deploying = "/repos/{owner}/{name}", Deploying(self._face)
        return [
            Route("/", self._root),
            Route("/zen", self._zen),
            Route("/user/repos", self._repositories),
            Route("/rate_limit", self._rate_limit),
            Route("/credentials/revoke", self._revoke, methods=["POST"]),
            *Accounts(self._face).routes(),
            *Installations(self._face).routes(),
            *AppHook(self._face).routes(),
            *Own(self._face).routes(),
            *OwnSecrets(self._face).routes(),
            *Nothing(self._face).routes(),
            *Grants(self._face).routes(),
            Route("/orgs/{owner}/repos", self._repositories),
            Route("/users/{owner}/repos", self._repositories),
            Route(repository, self._repository),
            *Workflows(self._face).routes(),
            *Runs(self._face).routes(),
            *Checks(self._face).routes(),
            *Code(self._face).routes(),
            *Secrets(self._face).routes(),
            *Variables(self._face).routes(),
            *BranchPolicies(self._face).routes(),
            *Environments(self._face).routes(),
            *DeployKeys(self._face).routes(),
            *deploying.routes(),
            *Reviews(self._face, deploying).routes(),
            *Changing(self._face).routes(),
            *Making(self._face).routes(),
            *Files(self._face).routes(),
            *Hooks(self._face).routes(),
            *OAuth(self._face).routes(),
            *Switches(self._face).routes(),
            *Runners(self._face).routes(),
            *GraphQL(self._face).routes(),
            Route("/{anything:path}", self._nothing, methods=_METHODS),
        ]

    async def _root(self, request: Request) -> Response:
        if "authorization" in request.headers:
            self._face.token(request)
        return self._face.answer(request, root_shown(str(request.base_url)))

    async def _zen(self, _: Request) -> Response:
        return PlainTextResponse("Keep it logically awesome.")

    async def _rate_limit(self, request: Request) -> Response:
        """Asking costs nothing, and needs no token."""
        anonymous = "authorization" not in request.headers
        if not anonymous:
            self._face.token(request, counted=False)
        core = self._face.allowance(anonymous=anonymous)
        graphql = {**core, "limit": 0, "remaining": 0, "used": 0} if anonymous else core
        own = {name: {**core, "limit": limit, "used": 0, "remaining": limit} for name, limit in _OWN_LIMITS.items()}
        resources = {"core": core, "graphql": graphql, **own}
        return self._face.answer(request, {"resources": resources, "rate": core})

    async def _revoke(self, request: Request) -> Response:
        """POST /credentials/revoke: whoever finds a token may end it, without one of its own (documented)."""
        try:
            body = parsed(await request.body())
        except ValueError:
            raise Refusal(400, "Problems parsing JSON") from None
        found = body.get("credentials") if isinstance(body, dict) else None
        if not isinstance(found, list) or not 0 < len(found) <= _MOST_REVOKED:
            raise Refusal(422, "Validation Failed")
        for one in found:
            self._estate.tokens.pop(str(one), None)
        return self._face.answer(request, {}, 202)

    async def _repositories(self, request: Request) -> Response:
        token, owner = self._face.token(request), request.path_params.get("owner")
        if owner is not None and owner != looks.PERSON and not self._estate.has_organization(owner):
            raise Refusal(404, "Not Found")
        # A list of one's own is narrowed by visibility, one of an organization by type.
        wanted = request.query_params.get("visibility", request.query_params.get("type"))
        shown = [
            looks.repository(one, str(request.base_url))
            for one in self._estate.repositories.values()
            if (owner is None or one.owner.lower() == owner.lower())
            and (not one.private or token.sees(one.full_name))
            and wanted != ("public" if one.private else "private")
        ]
        chosen, headers = paged(request, shown)
        return self._face.answer(request, chosen, headers=headers)

    async def _repository(self, request: Request) -> Response:
        token, found = self._face.visible(request)
        shown = looks.whole_repository(found, str(request.base_url))
        if token is ANONYMOUS:
            del shown["permissions"]
        return self._face.answer(request, shown)

    async def _nothing(self, request: Request) -> Response:
        self._face.visitor(request)
        raise Refusal(404, "Not Found")

    async def _refuse(self, request: Request, refusal: Exception) -> Response:
        if not isinstance(refusal, Refusal):
            raise refusal
        page = FIRST if refusal.credentials else documented(self._routes, request)
        told = {"documentation_url": refusal.page or page, "status": str(refusal.status)}
        return self._face.answer(request, {**refusal.body, **told}, refusal.status, headers=refusal.headers)
