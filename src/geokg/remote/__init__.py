"""A graph in a SPARQL service on another machine: ``RemoteStore`` reads and changes it, ``load`` fills it."""

from .loading import load
from .service import Connection, Credentials, Service, addresses
from .store import RemoteStore

__all__ = ["Connection", "Credentials", "RemoteStore", "Service", "addresses", "load"]
