"""A server with a certificate that nobody has signed but itself."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kit.scripted_server import Script, ScriptedServer, scripted_server


def self_signed(path: Path, host: str = "localhost") -> Path:
    """Write a certificate for a host, and its key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now, day = datetime.now(UTC), timedelta(days=1)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(certificate.public_bytes(pem) + private)
    return path


@contextmanager
def tls_server(script: Script, certificate: Path, headers: Mapping[str, str] | None = None) -> Iterator[ScriptedServer]:
    """A scripted server behind TLS, on `localhost`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with scripted_server(script, lambda sock: context.wrap_socket(sock, server_side=True), headers) as server:
        server.base_url = server.base_url.replace("http://127.0.0.1", "https://localhost")
        yield server
