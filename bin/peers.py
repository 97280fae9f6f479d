"""Other companies' servers, as the tests need them: mail by SMTP into Maildirs, Amazon's S3, SES and SNS, and a push
service (push_peer.py).

    peers.py <folder>

Each listens on a free port of 127.0.0.1. Once all do, <folder>/peers holds their addresses, one NAME=value a line.
Mail for ann@example.com comes to <folder>/mail/ann@example.com, whoever Ann is. Signing in is possible after STARTTLS
or with TLS from the start, as `mainstay` with the password `secret`.
"""

import asyncio
import datetime
import itertools
import os
import pathlib
import ssl
import sys
import time

import push_peer
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from moto.server import ThreadedMotoServer

folder = pathlib.Path(sys.argv[1])
numbers = itertools.count()


class Maildirs:
    async def handle_DATA(self, server, session, envelope):
        for recipient in envelope.rcpt_tos:
            deliver(recipient, envelope.original_content)
        return "250 OK"


def deliver(recipient, content):
    """Open to all: the server that shows them over IMAP runs as somebody else."""
    maildir = folder / "mail" / recipient.lower().replace("/", "_")
    for part in ("", "tmp", "new", "cur"):
        (maildir / part).mkdir(parents=True, exist_ok=True)
        (maildir / part).chmod(0o777)
    name = f"{time.time_ns()}.{os.getpid()}_{next(numbers)}.peers"
    (maildir / "tmp" / name).write_bytes(content)
    (maildir / "tmp" / name).chmod(0o666)
    (maildir / "tmp" / name).rename(maildir / "new" / name)


def authenticate(server, session, envelope, mechanism, data):
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (b"mainstay", b"secret")
    return AuthResult(success=known, handled=known)


def certificates():
    """An authority of our own and a certificate of localhost by it."""
    today = datetime.datetime.now(datetime.timezone.utc)
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("authority", "localhost")}

    def certify(name, is_authority, names):
        own = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority")])
        built = (
            x509.CertificateBuilder()
            .subject_name(own)
            .issuer_name(issuer)
            .public_key(keys[name].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - datetime.timedelta(days=1))
            .not_valid_after(today + datetime.timedelta(days=30))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        )
        if names:
            built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
        pem = built.sign(keys["authority"], hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        (folder / f"{name}.pem").write_bytes(pem)

    certify("authority", True, [])
    certify("localhost", False, ["localhost"])
    key = keys["localhost"].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "localhost.key").write_bytes(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "localhost.pem", folder / "localhost.key")
    return context


async def main():
    (folder / "mail").mkdir()
    (folder / "mail").chmod(0o777)
    tls = certificates()
    loop = asyncio.get_running_loop()
    smtp = {"authenticator": authenticate, "hostname": "peers.example", "enable_SMTPUTF8": True}
    plain = await loop.create_server(lambda: SMTP(Maildirs(), tls_context=tls, **smtp), "127.0.0.1", 0)
    wrapped = await loop.create_server(
        lambda: SMTP(Maildirs(), auth_require_tls=False, **smtp), "127.0.0.1", 0, ssl=tls
    )
    amazon = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    amazon.start()
    host, port = amazon.get_host_and_port()
    addresses = {
        "MAINSTAY_TEST_SMTP": f"localhost:{plain.sockets[0].getsockname()[1]}",
        "MAINSTAY_TEST_SMTPS": f"localhost:{wrapped.sockets[0].getsockname()[1]}",
        "MAINSTAY_TEST_CA": folder / "authority.pem",
        "MAINSTAY_TEST_AWS": f"http://{host}:{port}",
        "MAINSTAY_TEST_PUSH": push_peer.start(tls),
    }
    (folder / "draft").write_text("".join(f"{name}={value}\n" for name, value in addresses.items()))
    (folder / "draft").rename(folder / "peers")
    await asyncio.Event().wait()


asyncio.run(main())
