"""Serves a simulator over https with a self-signed certificate, as a gateway does (enapter.md B1)."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from ipaddress import ip_address
import os
import ssl
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ..server import HOST, Application, Server


@cache
def certificate(number: int) -> tuple[str, str]:
    """Return a self-signed certificate for 127.0.0.1 and localhost and its key, as PEM; one per number and process.

    It is valid for longer than any clock of a test may say.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "enapter-gateway.local")])
    names = [x509.DNSName("localhost"), x509.DNSName("enapter-gateway.local"), x509.IPAddress(ip_address(HOST))]
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return signed.public_bytes(serialization.Encoding.PEM).decode(), private.decode()


def serving(number: int = 0) -> ssl.SSLContext:
    """Return a context that serves with the certificate of that number."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    # Only files can be loaded.
    with tempfile.NamedTemporaryFile("w", suffix=".pem", delete_on_close=False) as file:
        file.write("".join(certificate(number)))
        file.close()
        context.load_cert_chain(os.fspath(file.name))
    return context


def trusting() -> ssl.SSLContext:
    """Return a client's context that trusts the first certificate, and no other."""
    return ssl.create_default_context(cadata=certificate(0)[0])


class TlsServer(Server):
    """A simulator on a port of 127.0.0.1, over https; `url` begins with https."""

    def __init__(self, simulator: Application, port: int = 0, certificate_number: int = 0) -> None:
        """Serve `simulator` on `port`, or on a free one if it is 0."""
        super().__init__(simulator, port, serving(certificate_number))


@asynccontextmanager
async def running_tls(simulator: Application, port: int = 0) -> AsyncGenerator[TlsServer]:
    """Serve `simulator` over https on 127.0.0.1 for as long as the context lasts."""
    server = TlsServer(simulator, port)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
