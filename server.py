"""The graph of ``data/`` on the web: ``app`` for any WSGI server; ``python server.py`` serves it on this machine."""

from os import environ
from pathlib import Path

import geokg
from geokg.endpoint import WAITRESS, create_app, create_pool
from geokg.endpoint.observing import open_log

if "GEOKG_ACCESS_LOG" in environ:
    open_log(environ["GEOKG_ACCESS_LOG"])
kg = geokg.build(Path(__file__).parent / "data")
app = create_app(kg, pool=create_pool(kg.store), proxies=int(environ.get("GEOKG_PROXIES", "0")))

if __name__ == "__main__":
    from waitress import serve

    print("geokg: http://127.0.0.1:8000/ (stop with Ctrl-C)", flush=True)  # noqa: T201
    serve(app, host="127.0.0.1", port=8000, **WAITRESS)
