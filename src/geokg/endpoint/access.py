"""Who may write: whoever sends the token, and never a page of somebody else in a browser."""

from __future__ import annotations

import hashlib
import hmac

from flask import Request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from .problems import ProtocolError

FIELD = "token"
"""What a form of ours calls the token, where no script puts it into the header."""
READ_ONLY = "this endpoint is read-only: it answers queries and takes no updates"


def require_token(request: Request, token: str | None, *, posted: str = "") -> None:
    """Do nothing if the request may write.

    Args:
        request: the request.
        token: the secret that writers send; without one nobody may.
        posted: what a form of ours has in its body; it counts where there is no ``Authorization``.

    Raises:
        ProtocolError: 403, nobody may write here, or a page of another origin asks.
        Unauthorized: 401, the request does not bear the token.
    """
    if not token:
        raise ProtocolError(READ_ONLY, 403)
    refuse_foreign(request)
    told = f"Bearer {posted}" if posted and "Authorization" not in request.headers else ""
    if not bears(told or request.headers.get("Authorization", ""), token):
        raise _unauthorized()


def bears(authorization: str, token: str) -> bool:
    """Whether a header has the token.

    >>> bears("Bearer secret", "secret"), bears("Basic secret", "secret")
    (True, False)
    """
    scheme, _, given = authorization.partition(" ")
    return scheme.lower() == "bearer" and _same(given.strip(), token)


def _same(given: str, token: str) -> bool:
    """Compared as digests, so that neither length nor content shows in the time it takes."""
    digests = (hashlib.sha256(word.encode("utf-8", "surrogateescape")).digest() for word in (given, token))
    return hmac.compare_digest(*digests)


def _unauthorized() -> Unauthorized:
    # The space keeps the quotes, which a realm always has (RFC 9110, section 11.5).
    told = "writing here needs the header Authorization: Bearer, with the token of this endpoint"
    return Unauthorized(told, www_authenticate=WWWAuthenticate("bearer", {"realm": "geokg: writing"}))


def refuse_foreign(request: Request) -> None:
    """Do nothing unless a browser says that the request comes from a page that is not ours.

    Raises:
        ProtocolError: 403.
    """
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "none")
    if site not in ("none", "same-origin") or (origin is not None and origin != request.host_url.rstrip("/")):
        raise ProtocolError("a page of another origin may not write here", 403)
