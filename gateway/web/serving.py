"""Serves the pages: plain, and by TLS where there is a certificate, which is renewed while it is in use."""

import asyncio
import contextlib
import logging

import uvicorn
from fastapi import FastAPI

from gateway.farm import Farm
from gateway.living.tls import CIPHERS, Certificates, own_names, utc_now
from gateway.web.desk import Desk

log = logging.getLogger(__name__)

LOOK_EVERY_S = 3600.0
FIRST_LOOK_S = 5.0


async def serve(app: FastAPI, farm: Farm) -> None:
    """Until SIGTERM or SIGINT; the plain pages do not wait for those by TLS."""
    certificates = Certificates(farm.data / "tls")
    plain = uvicorn.Server(_config(app, farm, farm.web.port))
    if not certificates.usable:
        await plain.serve()
        return
    secure = uvicorn.Server(_config(app, farm, farm.web.tls_port, certificates))
    helpers = [
        asyncio.create_task(_serve_secure(secure, farm.web.tls_port)),
        asyncio.create_task(_renew_for_ever(certificates, secure.config, app.state.desk)),
    ]
    await plain.serve()
    secure.should_exit = True
    helpers[1].cancel()
    await asyncio.gather(*helpers, return_exceptions=True)


async def _serve_secure(server: uvicorn.Server, port: int) -> None:
    try:
        await server.serve()
    except SystemExit:  # how uvicorn says that the port is taken
        log.error("port %d is taken: the pages are not served by TLS. Give [web] another tls_port", port)


def _config(app: FastAPI, farm: Farm, port: int, certificates: Certificates | None = None) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        host=farm.web.host,
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=2,
        lifespan="off" if certificates else "on",
        ssl_certfile=certificates.folder / "server.crt" if certificates else None,
        ssl_keyfile=certificates.folder / "server.key" if certificates else None,
        ssl_ciphers=CIPHERS,
    )
    config.load()
    return config


async def _renew_for_ever(certificates: Certificates, secure: uvicorn.Config, desk: Desk) -> None:
    await asyncio.sleep(FIRST_LOOK_S)
    while True:
        try:
            if await asyncio.to_thread(certificates.ensure, own_names(), utc_now()) and secure.ssl is not None:
                certificates.load(secure.ssl)
                log.info("the pages have a new certificate")
            days_left = certificates.days_left(utc_now())
            with contextlib.suppress(ConnectionError, TimeoutError):
                await desk.link.order({"do": "certificate", "days_left": days_left})
        except (OSError, ValueError):
            log.exception("the certificate of the pages could not be renewed")
        await asyncio.sleep(LOOK_EVERY_S)
