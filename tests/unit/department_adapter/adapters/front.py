"""A front before several departments: one address, one port, a certificate per name."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(kw_only=True)
class Front:
    """What came: per connection, the name that TLS was made for and the hosts then asked for."""

    port: int = 0
    trusted: ssl.SSLContext = field(default_factory=lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    connections: list[tuple[str, list[str]]] = field(default_factory=list)


@asynccontextmanager
async def front(folder: Path, *names: str) -> AsyncIterator[Front]:
    """Serve these names, each on connections of its own; clients close them."""
    made = Front()
    contexts = {name: _context(folder, name, made.trusted) for name in names}
    # The front answers whoever asks for another name too, with the certificate of the first.
    shown = contexts[names[0]]
    asked: dict[ssl.SSLObject, str] = {}
    serving = set[asyncio.Task[None] | None]()

    def choose(connection: ssl.SSLObject, name: str, _context: ssl.SSLContext) -> None:
        asked[connection] = name
        connection.context = contexts.get(name, shown)

    shown.sni_callback = choose

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name, hosts = asked[writer.get_extra_info("ssl_object")], list[str]()
        made.connections.append((name, hosts))
        serving.add(asyncio.current_task())
        try:
            while True:
                hosts.append(await _host_asked_for(reader))
                status = b"200 OK" if hosts[-1].startswith(f"{name}:") else b"421 Misdirected"
                writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 2\r\n\r\nok")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=shown)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await asyncio.gather(*filter(None, serving))


async def _host_asked_for(reader: asyncio.StreamReader) -> str:
    head = await reader.readuntil(b"\r\n\r\n")
    fields = dict(_fields(head.decode().lower().splitlines()[1:]))
    await reader.readexactly(int(fields["content-length"]))
    return fields["host"]


def _fields(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in lines:
        name, _, value = line.partition(": ")
        yield name, value


def _context(folder: Path, name: str, trusted: ssl.SSLContext) -> ssl.SSLContext:
    """Return the server side of a name, whose certificate is trusted from now on."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        certificate
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    trusted.load_verify_locations(cadata=certificate.decode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
