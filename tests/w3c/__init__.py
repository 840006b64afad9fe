"""The W3C's SPARQL 1.1 tests, sent to any server over HTTP as they stand.

``python -m tests.w3c --query URL --update URL --store URL`` runs them; `tests/test_w3c.py` runs them on our own server.
"""
