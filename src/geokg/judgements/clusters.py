"""What is the same by judgement, and judgements that contradict each other."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from ..errors import IdentityConflict
from .judgement import Judgement


def clusters(judgements: Iterable[Judgement]) -> dict[str, frozenset[str]]:
    """What is the same by judgement: for each IRI that is judged the same as another, all that it is the same as.

    Raises:
        IdentityConflict: two that are judged different are the same by other judgements, directly or by way of others.

    >>> def same(first, second):
    ...     return Judgement("same", first, second, "Ann", "2026-11-24T09:00:00Z", "Obvious.")
    >>> sorted(clusters([same("urn:a", "urn:b"), same("urn:c", "urn:b")])["urn:a"])
    ['urn:a', 'urn:b', 'urn:c']
    """
    judgements = list(judgements)
    links: dict[str, dict[str, Judgement]] = {}
    for judgement in judgements:
        if judgement.verdict == "same":
            links.setdefault(judgement.first, {}).setdefault(judgement.second, judgement)
            links.setdefault(judgement.second, {}).setdefault(judgement.first, judgement)
    found: dict[str, frozenset[str]] = {}
    for iri in links:
        if iri not in found:
            cluster = frozenset(_reached(iri, links))
            found.update(dict.fromkeys(cluster, cluster))
    for judgement in judgements:
        if judgement.verdict == "different" and judgement.second in found.get(judgement.first, ()):
            raise _conflict(judgement, links)
    return found


def _reached(start: str, links: dict[str, dict[str, Judgement]]) -> dict[str, str]:
    """All that can be reached, each with the one it was reached from; by the fewest steps."""
    before = {start: start}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        for there in links[here]:
            if there not in before:
                before[there] = here
                queue.append(there)
    return before


def _conflict(different: Judgement, links: dict[str, dict[str, Judgement]]) -> IdentityConflict:
    before = _reached(different.first, links)
    here, way = different.second, []
    while here != different.first:
        way.append(links[before[here]][here])
        here = before[here]
    here_too = different.path
    said = " and ".join(
        f"line {one.line}{f' of {one.path}' if one.path != here_too else ''} ({one.by})"
        for one in sorted(way, key=lambda one: one.line)
    )
    return IdentityConflict(
        f"{different.by} judges <{different.first}> and <{different.second}> different, "
        f"but they are the same by {said}; withdraw or delete one of these lines",
        path=different.path,
        line=different.line,
    )
