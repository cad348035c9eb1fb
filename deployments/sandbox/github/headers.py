"""What answers of the GitHub sandbox say beside their body: for how long they may be kept, and who may read them.

From recorded answers (octokit/fixtures: get-repository, errors) and GitHub's pages on CORS and on pages of lists, where
an answer to nobody may be kept by everybody. What is refused and what has no body is not to be kept, nor has it a tag.
Inferred: that GraphQL and the limits are never kept.
"""

from __future__ import annotations

from starlette.requests import Request

_EXPOSED = (
    "ETag, Link, Location, Retry-After, X-GitHub-OTP, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Used, "
    "X-RateLimit-Resource, X-RateLimit-Reset, X-OAuth-Scopes, X-Accepted-OAuth-Scopes, X-Poll-Interval, "
    "X-GitHub-Media-Type, X-GitHub-SSO, X-GitHub-Request-Id, Deprecation, Sunset"
)
_CROSS_ORIGIN = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": _EXPOSED}
_VARY = "Accept-Encoding, Accept, X-Requested-With"
ALWAYS = {
    **_CROSS_ORIGIN,
    "Strict-Transport-Security": "max-age=31536000; includeSubdomains; preload",
    "X-Frame-Options": "deny",
    "X-Content-Type-Options": "nosniff",
    "X-XSS-Protection": "0",
    "Referrer-Policy": "origin-when-cross-origin, strict-origin-when-cross-origin",
    "Content-Security-Policy": "default-src 'none'",
    "Vary": _VARY,
}
# To what a browser asks before a page of another site may ask (documented).
PREFLIGHT = {
    **_CROSS_ORIGIN,
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Match, "
    "If-Unmodified-Since, X-Requested-With",
    "Access-Control-Allow-Methods": "GET, POST, PATCH, PUT, DELETE",
    "Access-Control-Max-Age": "86400",
}


def kept(request: Request, *, anonymous: bool) -> dict[str, str]:
    """For how long, and by whom, an answer with a body may be kept."""
    if request.url.path.endswith(("/graphql", "/rate_limit")):
        return {"Cache-Control": "no-cache"}
    whose = "public" if anonymous else "private"
    by = "Accept" if anonymous else "Accept, Authorization, Cookie, X-GitHub-OTP"
    return {"Cache-Control": f"{whose}, max-age=60, s-maxage=60", "Vary": f"{by}, {_VARY}"}


def is_known(request: Request, tag: str) -> bool:
    """Whether the client has what this tag is of: it may name several, as weak ones too."""
    named = request.headers.get("if-none-match", "").split(",")
    return tag in {one.strip().removeprefix("W/") for one in named}
